//! The host's registry and runner, as simple as they can be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::ledger::Ledger;
use super::rules::Ablation;
use super::wire::{Down, ITEM_BYTES, Item, Items, PART_BYTES, SyncBody, Up, Wire};
use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;
use crate::link::{Admission, Admit, ConnId, Contact, HostLink, HostTransmit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) ack: Seq,
    pub(super) admitted: Seq,
}

/// What a synchronous request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done { state: State, id: u64 },
    Pending(State),
    Lost { why: LinkLost, admitted: bool },
}

#[derive(Debug)]
struct Live {
    link: HostLink<Items, u64>,
    /// Admitted, and not yet run; whether it came by the socket.
    queue: VecDeque<(Seq, Item, bool)>,
    /// Handlers that have not answered.
    open: Vec<(Seq, Item)>,
    assembly: Option<(u64, u8)>,
    /// Another document has taken its place.
    retired: bool,
    /// Packets before this one had come when the present connection was welcomed.
    had: Seq,
    /// Without [`Ablation::AnswerPerSeq`]'s rule: the latest answer.
    slot: u64,
}

#[derive(Debug)]
pub(super) struct Host {
    limits: Limits,
    without: Option<Ablation>,
    epoch: Epoch,
    links: BTreeMap<LinkId, Live>,
    conns: BTreeMap<ConnId, LinkId>,
    ended: BTreeSet<LinkId>,
    hellos: u64,
}

impl Host {
    pub(super) fn new(limits: Limits, without: Option<Ablation>) -> Self {
        Self {
            limits,
            without,
            epoch: Epoch::from_bits(1),
            links: BTreeMap::new(),
            conns: BTreeMap::new(),
            ended: BTreeSet::new(),
            hellos: 0,
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn lacks(&self, rule: Ablation) -> bool {
        self.without == Some(rule)
    }

    pub(super) fn restart(&mut self) {
        self.epoch = Epoch::from_bits(self.epoch.bits() + 1);
        self.links.clear();
        self.conns.clear();
        self.ended.clear();
    }

    pub(super) fn expire(&mut self, wire: &mut Wire) {
        self.ended.extend(self.links.keys());
        for conn in self.conns.keys() {
            wire.send_down(*conn, Down::Lost(LinkLost::Expired));
            wire.close_down(*conn);
        }
        self.links.clear();
        self.conns.clear();
    }

    /// Sends to the page of today. False if there is none, or no room.
    pub(super) fn send(&mut self, ledger: &mut Ledger) -> bool {
        let active = self.links.iter_mut().rev().find(|(_, live)| !live.retired);
        let Some((link, live)) = active else { return false };
        let id = ledger.id();
        let pushed = live.link.push(Items::one(Item::Send(id)));
        if let Ok(seq) = pushed {
            ledger.sent_down(*link, seq, id);
        }
        pushed.is_ok()
    }

    pub(super) fn send_big(&mut self, parts: usize, ledger: &mut Ledger) {
        let room = self.limits.outbox_bytes as usize - parts * PART_BYTES;
        let active = self.links.iter_mut().rev().find(|(_, live)| !live.retired);
        let Some((link, live)) = active.filter(|(_, live)| live.link.queued_bytes() <= room) else {
            return;
        };
        let id = ledger.id();
        for index in 0..parts as u8 {
            let last = usize::from(index) + 1 == parts;
            let seq = live.link.push_unbounded(Items::one(Item::Part { id, index, last }));
            if last {
                ledger.sent_down(*link, seq, id);
            }
        }
    }

    fn admit(
        &mut self,
        link: LinkId,
        epoch: Epoch,
        fresh: bool,
        first: Option<Seq>,
        now: Millis,
    ) -> Result<(), LinkLost> {
        let contact = Contact {
            epoch: if self.lacks(Ablation::Epoch) && fresh { self.epoch } else { epoch },
            host_epoch: self.epoch,
            known: self.links.contains_key(&link),
            ended: self.ended.contains(&link) && !self.lacks(Ablation::Tombstones),
            fresh,
            first,
        };
        match contact.admission() {
            Admission::Existing => Ok(()),
            Admission::Lost(why) => Err(why),
            Admission::Create => {
                for (older, live) in &mut self.links {
                    if *older < link {
                        live.link.retire(now);
                        live.retired = true;
                    }
                }
                let live = Live {
                    link: HostLink::new(link, self.limits, now),
                    queue: VecDeque::new(),
                    open: Vec::new(),
                    assembly: None,
                    retired: false,
                    had: 0,
                    slot: 0,
                };
                self.links.insert(link, live);
                Ok(())
            }
        }
    }

    pub(super) fn receive(
        &mut self,
        conn: ConnId,
        frame: Up,
        wire: &mut Wire,
        ledger: &mut Ledger,
        now: Millis,
    ) {
        if let Up::Hello { link, epoch, attempt, ack, admitted, fresh } = frame {
            let refused = self.admit(link, epoch, fresh, None, now).err();
            let retired = self.links.get(&link).is_some_and(|live| live.retired);
            if let Some(why) = refused.or(retired.then_some(LinkLost::Replaced)) {
                wire.send_down(conn, Down::Lost(why));
                return wire.close_down(conn);
            }
            self.hellos += 1;
            let attempt = if self.lacks(Ablation::Attempt) { self.hellos } else { attempt };
            let Some(live) = self.links.get_mut(&link) else { return };
            match live.link.handle_hello(conn, attempt, ack, admitted, now) {
                Ok(attached) => {
                    self.conns.insert(conn, link);
                    if let Some(before) = attached.replaced {
                        wire.close_down(before);
                    }
                }
                Err(crate::link::Refused::Stale { .. }) => wire.close_down(conn),
                Err(error) => ledger.fault(format!("the page misbehaved: {error}")),
            }
            return;
        }
        let Some(live) = self.conns.get(&conn).and_then(|link| self.links.get_mut(link)) else {
            return;
        };
        let outcome = match frame {
            Up::Data { first, ack, items } => live
                .link
                .handle_data(conn, first, items.count(), items.size(), ack, now)
                .map(|admit| {
                    if admit.is_some() {
                        ledger.resumed("host", live.had, first, &items);
                    }
                    if let Some(Admit::Take { skip }) = admit {
                        take(live, first, skip, &items, true, ledger);
                    }
                }),
            Up::Ack(ack) => live.link.handle_ack(conn, ack, now).map(|_| ()),
            Up::Ping => {
                live.link.handle_ping(conn, now);
                Ok(())
            }
            Up::Gone(gone) => {
                live.link.handle_closed(conn, gone, now);
                Ok(())
            }
            Up::Frozen => {
                if live.link.freeze(conn, now) {
                    live.retired = false;
                }
                Ok(())
            }
            Up::Hello { .. } => Ok(()),
        };
        if let Err(error) = outcome {
            ledger.fault(format!("the page misbehaved: {error}"));
        }
    }

    /// A synchronous request arrives. `None` while its answer isn't there.
    pub(super) fn sync(
        &mut self,
        body: &SyncBody,
        ledger: &mut Ledger,
        now: Millis,
    ) -> Option<Answer> {
        let first = body.batches.first().map(|(first, _)| *first);
        // A request that only waits brings no packet, and so begins no link.
        let fresh = body.fresh && first.is_some();
        if let Err(why) = self.admit(body.link, body.epoch, fresh, first, now) {
            return Some(Answer::Lost { why, admitted: false });
        }
        let backlog = !self.lacks(Ablation::Backlog);
        let live = self.links.get_mut(&body.link)?;
        if let Err(error) = live.link.handle_sync(body.ack, &body.got, now) {
            ledger.fault(format!("the page misbehaved: {error}"));
        }
        if backlog {
            for (first, items) in &body.batches {
                match live.link.handle_sync_data(*first, items.count(), items.size()) {
                    Ok(Admit::Take { skip }) => take(live, *first, skip, items, false, ledger),
                    Ok(Admit::Duplicate) => {}
                    Err(error) => ledger.fault(format!("the page misbehaved: {error}")),
                }
            }
        } else if let Some(seq) = body.seq.filter(|seq| *seq == live.link.admitted()) {
            // All before it have come by the socket.
            let own = body.batches.iter().find_map(|(first, items)| {
                items.0.get(usize::try_from(seq.checked_sub(*first)?).ok()?)
            });
            if let Some(item) = own
                && let Ok(Admit::Take { .. }) = live.link.handle_sync_data(seq, 1, item.size())
            {
                take(live, seq, 0, &Items(vec![*item]), false, ledger);
            }
        }
        if body.seq.is_none() {
            live.link.handle_bye(now);
        }
        self.look(body)
    }

    /// The answer to a request that the host holds open, if it is there.
    pub(super) fn look(&self, body: &SyncBody) -> Option<Answer> {
        let Some(live) = self.links.get(&body.link) else {
            return Some(Answer::Lost { why: LinkLost::Expired, admitted: true });
        };
        let id = *live.link.answer_of(body.seq?)??;
        let id = if self.lacks(Ablation::AnswerPerSeq) { live.slot } else { id };
        Some(Answer::Done { state: state(live), id })
    }

    /// The answer of a request that took too long.
    pub(super) fn pending(&self, body: &SyncBody) -> Answer {
        match self.links.get(&body.link) {
            Some(live) => Answer::Pending(state(live)),
            None => Answer::Lost { why: LinkLost::Expired, admitted: true },
        }
    }

    pub(super) fn run(&mut self, count: usize, ledger: &mut Ledger, now: Millis) {
        for (link, live) in &mut self.links {
            for _ in 0..count {
                let Some((seq, item, _)) = live.queue.pop_front() else { break };
                match item {
                    Item::Send(id) | Item::Invoke(id) | Item::Sync(id) => ledger.ran(*link, id),
                    Item::Part { id, index, last } => {
                        if live.assembly.unwrap_or((id, 0)) != (id, index) {
                            ledger.fault(format!("part {index} of {id} after {:?}", live.assembly));
                        }
                        live.assembly = (!last).then_some((id, index + 1));
                        if last {
                            ledger.ran(*link, id);
                        }
                    }
                    Item::Reply(..) => ledger.fault("the page replied"),
                }
                if let Item::Invoke(id) | Item::Sync(id) = item {
                    live.open.push((seq, item));
                    // Every other handler answers at once.
                    if id % 2 == 0 {
                        settle(live, ledger);
                    }
                }
                live.link.consumed(1, now);
            }
        }
    }

    /// The latest handlers answer.
    pub(super) fn settle(&mut self, count: usize, ledger: &mut Ledger) {
        for live in self.links.values_mut() {
            for _ in 0..count.min(live.open.len()) {
                settle(live, ledger);
            }
        }
    }

    pub(super) fn timeout(&self) -> Option<Millis> {
        self.links.values().filter_map(|live| live.link.poll_timeout()).min()
    }

    pub(super) fn tick(&mut self, wire: &mut Wire, now: Millis) {
        let over: Vec<LinkId> = self
            .links
            .iter()
            .filter(|(_, live)| live.link.is_expired(now))
            .map(|(link, _)| *link)
            .collect();
        for link in over {
            self.links.remove(&link);
            self.ended.insert(link);
        }
        for live in self.links.values_mut().filter(|live| live.link.is_silent(now)) {
            if let Some(conn) = live.link.conn() {
                live.link.handle_closed(conn, crate::link::Gone::Vanished, now);
                wire.close_down(conn);
            }
        }
    }

    pub(super) fn pump(&mut self, wire: &mut Wire, now: Millis) {
        let is_silent = self.lacks(Ablation::Resume);
        for live in self.links.values_mut() {
            let Some(conn) = live.link.conn() else { continue };
            while let Some(transmit) = live.link.poll_transmit(now) {
                let frame = match transmit {
                    HostTransmit::Welcome { ack, admitted } => {
                        live.had = admitted;
                        let (ack, admitted) = if is_silent { (0, 0) } else { (ack, admitted) };
                        Down::Welcome { ack, admitted }
                    }
                    HostTransmit::Data { flight, ack } => {
                        Down::Data { first: flight.first, ack, items: flight.batch.payload.clone() }
                    }
                    HostTransmit::Ack(ack) => Down::Ack(ack),
                };
                wire.send_down(conn, frame);
            }
        }
    }

    /// The connection of a link.
    pub(super) fn conn(&self, link: LinkId) -> Option<ConnId> {
        self.links.get(&link)?.link.conn()
    }

    pub(super) fn is_idle_for(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|live| {
            live.queue.is_empty() && live.open.is_empty() && live.link.is_idle()
        })
    }

    pub(super) fn check(&self, ledger: &mut Ledger) {
        for live in self.links.values() {
            // Replies to the page's open invokes are never refused.
            let cap =
                self.limits.outbox_bytes as usize + self.limits.open_invokes as usize * ITEM_BYTES;
            if live.link.queued_bytes() > cap {
                ledger.fault(format!("the host holds {} bytes of {cap}", live.link.queued_bytes()));
            }
            let by_socket = || live.queue.iter().filter(|(.., by_socket)| *by_socket);
            let bytes: usize = by_socket().map(|(_, item, _)| item.size()).sum();
            let (packets, limits) = (by_socket().count(), &self.limits);
            if packets > limits.window_packets as usize || bytes > limits.window_bytes as usize {
                ledger.fault(format!("{packets} packets, {bytes} bytes are beyond the window"));
            }
        }
    }
}

fn settle(live: &mut Live, ledger: &mut Ledger) {
    let Some((seq, item)) = live.open.pop() else { return };
    match item {
        Item::Invoke(id) => {
            live.link.invoke_ended();
            live.link.push_unbounded(Items::one(Item::Reply(seq, id)));
        }
        Item::Sync(id) => {
            live.slot = id;
            if !live.link.answer(seq, id) {
                // The page has given it up, and said so.
                live.slot = id;
            }
        }
        _ => ledger.fault("an answer without a call"),
    }
}

fn state(live: &Live) -> State {
    State { ack: live.link.consumed_seq(), admitted: live.link.admitted() }
}

fn take(
    live: &mut Live,
    first: Seq,
    skip: u32,
    items: &Items,
    by_socket: bool,
    ledger: &mut Ledger,
) {
    for (index, item) in items.0.iter().enumerate().skip(skip as usize) {
        let seq = first + index as Seq;
        match item {
            Item::Sync(id) if live.link.sync_began(seq).is_err() => {
                ledger.fault(format!("sendSync {id} is one too many"));
            }
            Item::Invoke(id) if !live.link.invoke_began() => {
                ledger.fault(format!("invoke {id} is one too many"));
            }
            _ => {}
        }
        live.queue.push_back((seq, *item, by_socket));
    }
}
