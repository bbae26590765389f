//! The ports of one page's link, by the numbers that they have there: the page makes the even ones, the host the odd ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use exciton_protocol::{Args, Call, Encoded, Limits, Packet};

use super::pair::{End, Holder, Message, Refused, close};
use super::{MessagePortMain, port::adopt};
use crate::document::BadReport;
use crate::error::SendError;
use crate::one_line::one_line;

/// What carries the packets. No method calls user code.
pub(crate) trait Wire: Send + Sync + 'static {
    /// Sends a packet.
    fn post(&self, packet: &Packet) -> Result<(), SendError>;
    /// Sends one that may not be lost, however full the link is. Without effect if the link is over.
    fn must_post(&self, packet: &Packet);
}

/// The ends that are on a link.
pub(crate) struct LinkPorts {
    wire: Weak<dyn Wire>,
    table: Mutex<Table>,
    /// Ports that may be open at once.
    limit: usize,
    /// Bytes that may wait for a port.
    cap: usize,
}

struct Table {
    ends: HashMap<u64, End>,
    next: u64,
    over: bool,
}

impl LinkPorts {
    pub(crate) fn new(wire: Weak<dyn Wire>, limits: &Limits) -> Arc<Self> {
        let table = Table { ends: HashMap::new(), next: 1, over: false };
        Arc::new(Self {
            wire,
            table: Mutex::new(table),
            limit: limits.ports as usize,
            cap: limits.port_bytes as usize,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many ports are open on the link.
    pub(crate) fn len(&self) -> usize {
        self.lock().ends.len()
    }

    /// Sends a message to a channel of the page, and the ends with it.
    pub(crate) fn send(self: &Arc<Self>, call: Call, ends: Vec<End>) -> Result<(), Refused> {
        let handed = self.hand_over(call, ends, Packet::Send)?;
        attach(self, handed);
        Ok(())
    }

    /// As [`send`](Self::send), for a caller with a lock: it [attaches](attach) the ends later.
    pub(crate) fn send_unattached(&self, call: Call, ends: Vec<End>) -> Result<Vec<u64>, Refused> {
        self.hand_over(call, ends, Packet::Send)
    }

    /// Posts at the page's port of that number. Returns the numbers of what was handed over.
    pub(super) fn post(&self, id: u64, message: Message) -> Result<Vec<u64>, Refused> {
        let Message { data, ends } = message;
        let mut text = Vec::with_capacity(data.text.len() + 24);
        text.extend_from_slice(format!("[{id},").as_bytes());
        text.extend_from_slice(&data.text);
        text.push(b']');
        let call = Call::new("port", Args::new(text, data.blobs));
        self.hand_over(call, ends, Packet::Order)
    }

    fn hand_over(
        &self,
        mut call: Call,
        ends: Vec<End>,
        packet: fn(Call) -> Packet,
    ) -> Result<Vec<u64>, Refused> {
        let ids = self.enlist(ends)?;
        call.extra.ports.clone_from(&ids);
        let posted = match self.wire.upgrade() {
            Some(wire) => wire.post(&packet(call)),
            None => Err(SendError::FrameGone),
        };
        match posted {
            Ok(()) => Ok(ids),
            Err(error) => {
                let mut table = self.lock();
                let ends = ids.iter().filter_map(|id| table.ends.remove(id)).collect();
                Err(Refused { error, ends })
            }
        }
    }

    fn enlist(&self, ends: Vec<End>) -> Result<Vec<u64>, Refused> {
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let mut table = self.lock();
        if table.over {
            return Err(Refused { error: SendError::FrameGone, ends });
        }
        let open = table.ends.len() + ends.len();
        if open > self.limit {
            return Err(Refused { error: SendError::Ports { open, limit: self.limit }, ends });
        }
        let number = |end| {
            let id = table.next;
            table.next += 2;
            table.ends.insert(id, end);
            id
        };
        Ok(ends.into_iter().map(number).collect())
    }

    /// The ports that the page hands over. Of each that can't be taken, the page's own end is closed.
    pub(crate) fn receive(self: &Arc<Self>, ids: &[u64]) -> Vec<MessagePortMain> {
        self.take_in(ids).into_iter().map(adopt).collect()
    }

    fn take_in(self: &Arc<Self>, ids: &[u64]) -> Vec<End> {
        ids.iter().map(|&id| self.take_in_one(id)).collect()
    }

    fn take_in_one(self: &Arc<Self>, id: u64) -> End {
        let (theirs, ours) = End::pair(self.cap);
        let (pair, side) = theirs.place();
        pair.lock()[side].holder = Holder::Link(Arc::downgrade(self), id);
        let mut table = self.lock();
        let (open, is_new) = (table.ends.len() + 1, !table.ends.contains_key(&id));
        if open <= self.limit && is_new && id.is_multiple_of(2) && !table.over {
            table.ends.insert(id, theirs);
            return ours;
        }
        let over = table.over;
        drop(table);
        if !is_new || !id.is_multiple_of(2) {
            tracing::warn!(port = id, "a page hands over a port by a number that it can't have");
        } else if !over {
            let error = SendError::Ports { open, limit: self.limit };
            tracing::warn!(port = id, error = %one_line(&error), "a page's port is closed");
            self.say_closed(id);
        }
        // The link's side must not be told by that number.
        pair.lock()[side].holder = Holder::Transit;
        drop(theirs);
        ours
    }

    /// The page posts at one of its ports.
    pub(crate) fn heard_message(self: &Arc<Self>, report: &Call) -> Result<(), BadReport> {
        let Call { args, extra, .. } = report;
        let (id, text) = split(&args.text)
            .ok_or_else(|| BadReport::Refused("a port's message without its number".to_owned()))?;
        let message = Message {
            data: Encoded { text, blobs: args.blobs.clone() },
            ends: self.take_in(&extra.ports),
        };
        let Some((pair, side)) = self.lock().ends.get(&id).map(End::place) else {
            tracing::debug!(port = id, "a message of a page to a closed port is dropped");
            return Ok(());
        };
        let Err(refused) = pair.post(side, message) else { return Ok(()) };
        tracing::warn!(port = id, error = %one_line(&refused.error), "a page's port is closed, its message was not taken");
        let end = self.lock().ends.remove(&id);
        self.say_closed(id);
        drop((end, refused.ends));
        Ok(())
    }

    /// What the page posts has too much of something: it can't be told, so its port is closed, with those that came along.
    pub(crate) fn refuse_message(self: &Arc<Self>, report: &Call) {
        drop(self.receive(&report.extra.ports));
        let Some(id) = first_number(&report.args.text) else { return };
        let end = self.lock().ends.remove(&id);
        if end.is_some() {
            self.say_closed(id);
        }
    }

    /// The page has closed one of its ports.
    pub(crate) fn heard_close(&self, report: &Call) -> Result<(), BadReport> {
        let id: u64 = report.args.reader()?.read()?;
        let end = self.lock().ends.remove(&id);
        drop(end);
        Ok(())
    }

    /// The other side is closed: so is the page's. Returns its end, to be closed as well.
    pub(super) fn tell_closed(&self, id: u64) -> Option<End> {
        let end = self.lock().ends.remove(&id)?;
        self.say_closed(id);
        Some(end)
    }

    fn say_closed(&self, id: u64) {
        let args = Args::new(Bytes::from(format!("[{id}]")), Vec::new());
        if let Some(wire) = self.wire.upgrade() {
            wire.must_post(&Packet::Order(Call::new("port-close", args)));
        }
    }

    /// The link is over: nothing comes from its ports any more.
    pub(crate) fn end(&self) {
        let mut table = self.lock();
        table.over = true;
        let ends = std::mem::take(&mut table.ends);
        drop(table);
        close(ends.into_values().collect());
    }
}

/// Connects ends that have just got their numbers: what waited for them is sent after them.
pub(crate) fn attach(ports: &Arc<LinkPorts>, ids: Vec<u64>) {
    let mut work = ids;
    while let Some(id) = work.pop() {
        // The page may have closed it in the meantime.
        let Some((pair, side)) = ports.lock().ends.get(&id).map(End::place) else { continue };
        let mut sides = pair.lock();
        let side = &mut sides[side];
        if side.is_gone() {
            continue;
        }
        side.holder = Holder::Link(Arc::downgrade(ports), id);
        let mut refused = None;
        while let Some(message) = side.pop() {
            match ports.post(id, message) {
                Ok(handed) => work.extend(handed),
                Err(other) => {
                    refused = Some(other);
                    break;
                }
            }
        }
        let ended = side.ended;
        drop(sides);
        if let Some(refused) = &refused {
            tracing::warn!(port = id, error = %one_line(&refused.error), "a port is closed, what waited for it was not taken");
        }
        let end = if ended || refused.is_some() { ports.tell_closed(id) } else { None };
        drop((end, refused));
    }
}

/// `[7,value]`: the number, and the text of the value.
fn split(text: &Bytes) -> Option<(u64, Bytes)> {
    let comma = text.iter().position(|byte| *byte == b',')?;
    Some((first_number(text)?, text.slice(comma + 1..text.len().checked_sub(1)?)))
}

/// That number.
pub(crate) fn first_number(text: &[u8]) -> Option<u64> {
    let comma = text.iter().position(|byte| *byte == b',')?;
    std::str::from_utf8(text.get(1..comma)?).ok()?.trim().parse().ok()
}
