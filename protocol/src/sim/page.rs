//! The page's driver, as simple as it can be.

use std::collections::BTreeMap;

use super::calls::Calls;
use super::ledger::Ledger;
use super::wire::{Down, ITEM_BYTES, Item, Items, PART_BYTES, SyncBody, Up, Wire};
use crate::error::CloseReason;
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;
use crate::link::{Admit, Gone, PageEvent, PageLink, PageTransmit, Want};

#[derive(Debug)]
pub(super) struct Page {
    limits: Limits,
    pub(super) link: PageLink<Items>,
    /// A probe that the driver has under way.
    probing: bool,
    pub(super) frozen: bool,
    /// Synchronous calls under way. While there are any, the page does nothing else.
    pub(super) calls: Calls,
    pending: BTreeMap<Seq, u64>,
    /// The packet that is being put together, and its next piece.
    assembly: Option<(u64, u8)>,
    /// Packets before this one had come when the present connection said hello.
    had: Seq,
    pub(super) losses: Vec<crate::error::LinkLost>,
}

impl Page {
    pub(super) fn new(limits: Limits, epoch: Epoch, now: Millis) -> Self {
        Self {
            limits,
            link: PageLink::new(LinkId::from_bits(1), epoch, limits, now),
            probing: false,
            frozen: false,
            calls: Calls::default(),
            pending: BTreeMap::new(),
            assembly: None,
            had: 0,
            losses: Vec::new(),
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        !self.calls.is_empty()
    }

    fn push(&mut self, ledger: &mut Ledger, make: impl FnOnce(u64) -> Item) -> Option<(Seq, u64)> {
        let id = ledger.id();
        let before = (self.link.next_seq(), self.link.queued_bytes());
        match self.link.push(Items::one(make(id))) {
            Ok(seq) => {
                ledger.sent_up(self.link.id(), seq, id);
                Some((seq, id))
            }
            Err(full) => {
                let told = (full.queued, full.cap);
                let real = (before.1 + ITEM_BYTES, self.limits.outbox_bytes as usize);
                if told != real || before != (self.link.next_seq(), self.link.queued_bytes()) {
                    ledger.fault(format!("a full outbox says {told:?}, and it was {real:?}"));
                }
                None
            }
        }
    }

    pub(super) fn send(&mut self, ledger: &mut Ledger) -> bool {
        self.push(ledger, Item::Send).is_some()
    }

    pub(super) fn send_big(&mut self, parts: usize, ledger: &mut Ledger) {
        let size = parts * PART_BYTES;
        let room = self.limits.outbox_bytes as usize - PART_BYTES;
        // As the driver does it: too large, or no room for all of it, and nothing is taken.
        if size > self.limits.packet_bytes as usize || self.link.queued_bytes() + size > room {
            return;
        }
        let id = ledger.id();
        for index in 0..parts as u8 {
            let part = Items::one(Item::Part { id, index, last: usize::from(index) + 1 == parts });
            match self.link.push(part) {
                Ok(seq) if usize::from(index) + 1 == parts => {
                    ledger.sent_up(self.link.id(), seq, id);
                }
                Ok(_) => {}
                Err(full) => ledger.fault(format!("no room for a part: {full}")),
            }
        }
    }

    pub(super) fn invoke(&mut self, ledger: &mut Ledger) {
        if self.pending.len() >= self.limits.open_invokes as usize {
            return;
        }
        if let Some((seq, id)) = self.push(ledger, Item::Invoke) {
            self.pending.insert(seq, id);
            ledger.opened(id);
        }
    }

    /// Begins a synchronous call: its first request is on its way.
    pub(super) fn sync(&mut self, ledger: &mut Ledger) {
        if self.link.check_nesting().is_err() || self.link.check_sync_room().is_err() {
            return;
        }
        let id = ledger.id();
        let seq = self.link.push_sync(Items::one(Item::Sync(id)));
        if self.link.sync_begin(seq).is_err() {
            return ledger.fault("nested too deep after it was allowed");
        }
        ledger.sent_up(self.link.id(), seq, id);
        ledger.opened(id);
        let body = self.request(Some(seq), true);
        self.calls.begin(id, body);
    }

    /// The body of a request, or of a `bye`.
    pub(super) fn request(&mut self, seq: Option<Seq>, with_packets: bool) -> SyncBody {
        let (ack, got) = self.link.sync_header();
        let (ack, got) = (ack, got.to_vec());
        let batches = self
            .link
            .backlog(seq.unwrap_or(Seq::MAX))
            .filter(|_| with_packets)
            .map(|flight| (flight.first, flight.batch.payload.clone()))
            .collect();
        let (link, epoch, fresh) = (self.link.id(), self.link.epoch(), self.link.is_fresh());
        SyncBody { link, epoch, ack, got, seq, fresh, batches }
    }

    pub(super) fn receive(&mut self, frame: Down, ledger: &mut Ledger, now: Millis) {
        let outcome = match frame {
            Down::Welcome { ack, admitted } => self.link.handle_welcome(ack, admitted, now),
            Down::Ack(ack) => self.link.handle_ack(ack, now),
            Down::Lost(why) => {
                self.link.handle_lost(why);
                Ok(())
            }
            Down::Closed => {
                self.link.handle_closed(now, 0);
                Ok(())
            }
            Down::Data { first, ack, items } => {
                let (count, size) = (items.count(), items.size());
                ledger.resumed("page", self.had, first, &items);
                self.link.handle_data(first, count, size, ack, now).map(|admit| {
                    if let Admit::Take { skip } = admit {
                        for item in &items.0[skip as usize..] {
                            self.take(*item, ledger);
                        }
                        self.link.consumed(count - skip, now);
                    }
                })
            }
        };
        if let Err(error) = outcome {
            ledger.fault(format!("the host misbehaved: {error}"));
        }
    }

    fn take(&mut self, item: Item, ledger: &mut Ledger) {
        match item {
            Item::Send(id) => ledger.received(self.link.id(), id),
            Item::Part { id, index, last } => {
                if self.assembly.unwrap_or((id, 0)) != (id, index) {
                    ledger.fault(format!("part {index} of {id} came after {:?}", self.assembly));
                }
                self.assembly = (!last).then_some((id, index + 1));
                if last {
                    ledger.received(self.link.id(), id);
                }
            }
            Item::Reply(seq, id) => match self.pending.remove(&seq) {
                Some(asked) if asked == id => ledger.settled(id),
                asked => ledger.fault(format!("invoke {asked:?} got the answer of {id}")),
            },
            Item::Invoke(_) | Item::Sync(_) => ledger.fault("the host called the page"),
        }
    }

    /// Goes into the back/forward cache.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
        self.link.handle_freeze();
    }

    /// Comes back from there, or becomes visible.
    pub(super) fn wake(&mut self, now: Millis) {
        self.frozen = false;
        self.link.handle_wake(now);
    }

    /// Leaves with a `bye`, for the document that the host now serves.
    pub(super) fn reload(
        &mut self,
        wire: &mut Wire,
        epoch: Epoch,
        ledger: &mut Ledger,
        now: Millis,
    ) {
        let bye = self.request(None, true);
        wire.push_late(bye);
        self.link.handle_leave();
        self.follow(wire, now);
        self.begin(epoch, ledger, now);
    }

    pub(super) fn timeout(&self) -> Option<Millis> {
        self.link.poll_timeout().filter(|_| !self.is_blocked() && !self.frozen)
    }

    pub(super) fn tick(&mut self, now: Millis) {
        if !self.is_blocked() && !self.frozen {
            self.link.handle_timeout(now, 0);
        }
    }

    pub(super) fn pump(&mut self, wire: &mut Wire, epoch: Epoch, ledger: &mut Ledger, now: Millis) {
        if self.is_blocked() {
            return;
        }
        self.renew(wire, epoch, ledger, now);
        self.follow(wire, now);
        if std::mem::take(&mut self.probing) {
            self.link.handle_alive(true, now, 0);
            self.follow(wire, now);
        }
        while let Some(transmit) = self.link.poll_transmit(now) {
            let frame = match transmit {
                PageTransmit::Hello { attempt, ack, admitted, fresh } => {
                    let (link, epoch) = (self.link.id(), self.link.epoch());
                    self.had = admitted;
                    Up::Hello { link, epoch, attempt, ack, admitted, fresh }
                }
                PageTransmit::Data { flight, ack } => {
                    Up::Data { first: flight.first, ack, items: flight.batch.payload.clone() }
                }
                PageTransmit::Ack(ack) => Up::Ack(ack),
                PageTransmit::Ping => Up::Ping,
            };
            wire.send_up(frame);
        }
    }

    fn follow(&mut self, wire: &mut Wire, now: Millis) {
        while let Some(want) = self.link.poll_want() {
            match want {
                Want::Connect => {
                    wire.open();
                    self.link.handle_open(now);
                }
                Want::Probe => self.probing = true,
                Want::Close(CloseReason::Frozen) => wire.close(Up::Frozen),
                Want::Close(CloseReason::Left) => wire.close(Up::Gone(Gone::Bye)),
                Want::Close(_) => wire.close(Up::Gone(Gone::Closed)),
            }
        }
    }

    /// A link that is over makes room for a new one, with the epoch of the host that is there now.
    pub(super) fn renew(
        &mut self,
        wire: &mut Wire,
        epoch: Epoch,
        ledger: &mut Ledger,
        now: Millis,
    ) {
        while let Some(event) = self.link.poll_event() {
            if let PageEvent::Lost { why, unacked } = event {
                self.losses.push(why);
                ledger.lost(self.link.id(), unacked);
                self.follow(wire, now);
                return self.begin(epoch, ledger, now);
            }
        }
    }

    fn begin(&mut self, epoch: Epoch, ledger: &mut Ledger, now: Millis) {
        for id in std::mem::take(&mut self.pending).into_values() {
            ledger.settled(id);
        }
        let id = LinkId::from_bits(self.link.id().bits() + 1);
        self.link = PageLink::new(id, epoch, self.limits, now);
        self.assembly = None;
        self.probing = false;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty()
            && self.calls.is_empty()
            && self.link.queued_bytes() == 0
            && self.link.is_open()
    }

    pub(super) fn check(&self, ledger: &mut Ledger) {
        // A synchronous packet may come on top of a full outbox, one at a time.
        let cap = self.limits.outbox_bytes as usize + ITEM_BYTES;
        if self.link.queued_bytes() > cap {
            ledger.fault(format!("the page holds {} bytes of {cap}", self.link.queued_bytes()));
        }
    }
}
