//! Two ends that hear each other, wherever each of them is: in this process, on a page's link, or on its way.
//!
//! Invariants: what is posted waits in the queue of the end that it is for, and leaves it in order, under the pair's lock.
//! No two pairs are locked at once, and an [`End`] is never dropped under a lock: that closes it, which needs others.
//! A pair is locked before a tab, a document or a link's table.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use exciton_protocol::{Encoded, Full};

use super::link::{LinkPorts, attach};
use super::port::Port;
use crate::error::SendError;

/// The right to post at one side and to receive there. Whoever has it is the only one. Dropped, it closes its side.
pub(crate) struct End {
    pair: Arc<Pair>,
    side: usize,
    spent: bool,
}

/// What is posted: a value, and the ends that it hands over.
pub(crate) struct Message {
    pub(super) data: Encoded,
    pub(super) ends: Vec<End>,
}

/// A message that was not taken, so that its ends can be given back.
pub(crate) struct Refused {
    pub(crate) error: SendError,
    pub(crate) ends: Vec<End>,
}

/// What two ends share.
pub(super) struct Pair {
    sides: Mutex<[Side; 2]>,
    /// Bytes that may wait at a side.
    cap: usize,
}

/// One side of a pair.
#[derive(Default)]
pub(super) struct Side {
    pub(super) holder: Holder,
    queue: VecDeque<Message>,
    bytes: usize,
    /// The other side is closed: nothing comes after what is in the queue.
    pub(super) ended: bool,
    /// No handle of the port leads here any more.
    pub(super) abandoned: bool,
}

/// Where a side's end is.
#[derive(Default)]
pub(super) enum Holder {
    /// In a message.
    #[default]
    Transit,
    /// In this process. What can still receive keeps itself.
    Port(Weak<Port>, Option<Arc<Port>>),
    /// On a page's link, by its number there. Its queue is empty.
    Link(Weak<LinkPorts>, u64),
    /// Closed.
    Gone,
}

impl Message {
    pub(super) fn size(&self) -> usize {
        OVERHEAD
            + self.data.text.len()
            + self.data.blobs.iter().map(bytes::Bytes::len).sum::<usize>()
    }
}

/// A message that waits costs this and its value.
const OVERHEAD: usize = 64;

impl End {
    /// Two ends that hear each other. At each, `cap` bytes may wait.
    pub(super) fn pair(cap: usize) -> (End, End) {
        let pair = Arc::new(Pair { sides: Mutex::default(), cap });
        let end = |side| End { pair: pair.clone(), side, spent: false };
        (end(0), end(1))
    }

    /// An end whose other side is closed.
    pub(super) fn closed() -> End {
        End::pair(0).0
    }

    pub(super) fn place(&self) -> (Arc<Pair>, usize) {
        (self.pair.clone(), self.side)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.spent {
            self.spent = true;
            close(vec![End { pair: self.pair.clone(), side: self.side, spent: false }]);
        }
    }
}

impl Side {
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.holder, Holder::Gone)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Message> {
        let message = self.queue.pop_front()?;
        self.bytes -= message.size();
        Some(message)
    }

    fn push(&mut self, message: Message) {
        self.bytes += message.size();
        self.queue.push_back(message);
    }
}

impl Pair {
    pub(super) fn lock(&self) -> MutexGuard<'_, [Side; 2]> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts at a side. False if nobody is at the other one any more: then the message is dropped.
    pub(super) fn post(&self, from: usize, message: Message) -> Result<bool, Refused> {
        let mut sides = self.lock();
        let side = &mut sides[1 - from];
        let ports = match &side.holder {
            Holder::Gone => {
                drop(sides);
                return Ok(false);
            }
            Holder::Link(ports, id) => match ports.upgrade() {
                None => {
                    drop(sides);
                    return Ok(false);
                }
                Some(ports) => Some((ports, *id)),
            },
            _ => None,
        };
        if let Some((ports, id)) = ports {
            let handed = ports.post(id, message)?;
            drop(sides);
            attach(&ports, handed);
            return Ok(true);
        }
        let queued = side.bytes + message.size();
        if queued > self.cap {
            let error = Full { queued, cap: self.cap }.into();
            return Err(Refused { error, ends: message.ends });
        }
        side.push(message);
        wake(side);
        Ok(true)
    }
}

/// Lets the port at this side run, if it has something to do.
pub(super) fn wake(side: &Side) {
    if let Holder::Port(port, _) = &side.holder
        && let Some(port) = port.upgrade()
    {
        port.wake(side);
    }
}

/// Closes ends, and those in what waited for them, however deep. Their other sides hear of it after all that was posted.
pub(super) fn close(mut ends: Vec<End>) {
    while let Some(mut end) = ends.pop() {
        end.spent = true;
        let mut sides = end.pair.lock();
        let mine = &mut sides[end.side];
        let holder = std::mem::replace(&mut mine.holder, Holder::Gone);
        let queue = std::mem::take(&mut mine.queue);
        mine.bytes = 0;
        let other = &mut sides[1 - end.side];
        other.ended = true;
        let told = match &other.holder {
            Holder::Link(ports, id) => ports.upgrade().map(|ports| (ports, *id)),
            _ => None,
        };
        wake(other);
        drop(sides);
        if !queue.is_empty() {
            tracing::debug!(messages = queue.len(), "a message port was closed before it was read");
        }
        ends.extend(queue.into_iter().flat_map(|message| message.ends));
        ends.extend(told.and_then(|(ports, id)| ports.tell_closed(id)));
        // The port's listeners may go with it, which is user code.
        drop(holder);
    }
}
