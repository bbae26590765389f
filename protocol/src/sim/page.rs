//! The page's driver, as simple as it can be.

use std::collections::BTreeMap;

use super::Violation;
use super::host::{Answer, Host, State};
use super::wire::{Down, Item, Items, SyncBody, Up, Wire};
use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;
use crate::link::{Admit, PageEvent, PageLink, PageTransmit, Want};

#[derive(Debug)]
pub(super) struct Page {
    limits: Limits,
    link: PageLink<Items>,
    /// A probe that the driver has under way.
    probing: bool,
    next_id: u64,
    /// What the page sent on each link, in order, by application id.
    pub(super) sent: BTreeMap<LinkId, Vec<u64>>,
    /// What came from the host on each link, in order.
    received: BTreeMap<LinkId, Vec<u64>>,
    pending: BTreeMap<Seq, u64>,
    /// Invokes that rejected because their link was lost.
    rejected: Vec<u64>,
    losses: Vec<LinkLost>,
}

impl Page {
    pub(super) fn new(limits: Limits, now: Millis) -> Self {
        Self {
            limits,
            link: PageLink::new(LinkId::from_bits(1), Epoch::from_bits(1), limits, now),
            probing: false,
            next_id: 0,
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            pending: BTreeMap::new(),
            rejected: Vec::new(),
            losses: Vec::new(),
        }
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn link_id(&self) -> LinkId {
        self.link.id()
    }

    pub(super) fn losses(&self) -> &[LinkLost] {
        &self.losses
    }

    fn push(&mut self, id: u64, item: Item) -> Option<Seq> {
        let seq = self.link.push(Items::one(item)).ok()?;
        self.sent.entry(self.link.id()).or_default().push(id);
        Some(seq)
    }

    pub(super) fn send(&mut self) {
        let id = self.id();
        self.push(id, Item::Send(id));
    }

    pub(super) fn invoke(&mut self) {
        let id = self.id();
        if let Some(seq) = self.push(id, Item::Invoke(id)) {
            self.pending.insert(seq, id);
        }
    }

    pub(super) fn sync_request(&mut self, now: Millis) -> Option<SyncBody> {
        self.renew(now);
        self.link.check_nesting().ok()?;
        let id = self.id();
        let seq = self.link.push_sync(Items::one(Item::Sync(id)));
        self.sent.entry(self.link.id()).or_default().push(id);
        self.link.sync_begin(seq).ok()?;
        let (ack, got) = self.link.sync_header();
        let (ack, got) = (ack, got.to_vec());
        let batches = self
            .link
            .backlog(seq)
            .map(|flight| (flight.first, flight.batch.payload.clone()))
            .collect();
        let fresh = self.link.is_fresh();
        Some(SyncBody {
            link: self.link.id(),
            epoch: self.link.epoch(),
            ack,
            got,
            seq,
            fresh,
            batches,
        })
    }

    pub(super) fn sync_state(&mut self, got: &[Seq], answer: &Answer) -> Result<(), Violation> {
        if let Answer::Pending(state) | Answer::Done { state, .. } = answer {
            self.link
                .handle_sync(state.ack, state.admitted, got, Millis(0))
                .map_err(|error| Violation(error.to_string()))?;
        }
        Ok(())
    }

    pub(super) fn sync_answer(
        &mut self,
        request: &SyncBody,
        answer: &Answer,
        now: Millis,
    ) -> Result<(), Violation> {
        match answer {
            Answer::Done { state: State { ack, admitted }, id } => {
                let last = self.sent.get(&self.link.id()).and_then(|sent| sent.last().copied());
                if last != Some(*id) {
                    return Err(Violation(format!("sendSync of {last:?} was answered as {id}")));
                }
                self.link
                    .handle_sync(*ack, *admitted, &request.got, now)
                    .map_err(|error| Violation(error.to_string()))?;
                self.link.sync_end(request.seq);
            }
            Answer::Pending(_) => {
                return Err(Violation("a sendSync was never answered".to_owned()));
            }
            Answer::Lost(why) => {
                self.link.sync_end(request.seq);
                self.link.handle_lost(*why);
            }
        }
        Ok(())
    }

    pub(super) fn receive(&mut self, frame: Down, now: Millis) -> Result<(), Violation> {
        let outcome = match frame {
            Down::Welcome { ack, admitted } => self.link.handle_welcome(ack, admitted, now),
            Down::Ack(ack) => self.link.handle_ack(ack, now),
            Down::Lost(why) => {
                self.link.handle_lost(why);
                Ok(())
            }
            Down::Data { first, ack, items } => {
                let count = items.0.len() as u32;
                match self.link.handle_data(first, count, items.0.len() * 10, ack, now) {
                    Ok(Admit::Take { skip }) => {
                        for item in &items.0[skip as usize..] {
                            self.take(*item)?;
                        }
                        self.link.consumed(count - skip, now);
                        Ok(())
                    }
                    Ok(Admit::Duplicate) => Ok(()),
                    Err(error) => Err(error),
                }
            }
        };
        outcome.map_err(|error| Violation(format!("the host misbehaved: {error}")))
    }

    fn take(&mut self, item: Item) -> Result<(), Violation> {
        match item {
            Item::Send(id) => self.received.entry(self.link.id()).or_default().push(id),
            Item::Reply(seq, id) => {
                let asked = self.pending.remove(&seq);
                if asked != Some(id) {
                    return Err(Violation(format!("invoke {asked:?} got the answer of {id}")));
                }
            }
            Item::Invoke(_) | Item::Sync(_) => {
                return Err(Violation("the host called the page".to_owned()));
            }
        }
        Ok(())
    }

    pub(super) fn closed(&mut self, now: Millis) {
        self.link.handle_closed(now, 0);
    }

    pub(super) fn timeout(&self) -> Option<Millis> {
        self.link.poll_timeout()
    }

    pub(super) fn tick(&mut self, now: Millis) {
        self.link.handle_timeout(now, 0);
        if std::mem::take(&mut self.probing) {
            self.link.handle_alive(true, now, 0);
        }
    }

    pub(super) fn pump(&mut self, wire: &mut Wire, now: Millis) {
        self.renew(now);
        while let Some(want) = self.link.poll_want() {
            match want {
                Want::Connect => {
                    wire.open();
                    self.link.handle_open(now);
                }
                Want::Probe => self.probing = true,
                Want::Close(_) => wire.close(),
            }
        }
        while let Some(transmit) = self.link.poll_transmit(now) {
            let frame = match transmit {
                PageTransmit::Hello { attempt, ack, admitted, fresh } => {
                    let (link, epoch) = (self.link.id(), self.link.epoch());
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
        if std::mem::take(&mut self.probing) {
            self.link.handle_alive(true, now, 0);
        }
    }

    /// A link that is over makes room for a new one, with the epoch of the host that is there now.
    fn renew(&mut self, now: Millis) {
        while let Some(event) = self.link.poll_event() {
            if let PageEvent::Lost { why, .. } = event {
                self.losses.push(why);
                self.rejected.extend(std::mem::take(&mut self.pending).into_values());
                let bits = self.link.id().bits() + 1;
                self.link = PageLink::new(
                    LinkId::from_bits(bits),
                    Host::current_epoch(&self.losses),
                    self.limits,
                    now,
                );
                return;
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.link.queued_bytes() == 0 && self.link.is_open()
    }

    pub(super) fn received(&self, link: LinkId) -> &[u64] {
        self.received.get(&link).map_or(&[], Vec::as_slice)
    }

    pub(super) fn check_against(&self, host: &Host) -> Result<(), Violation> {
        for (link, received) in &self.received {
            if !host.sent(*link).starts_with(received) {
                return Err(Violation(format!(
                    "the page got {received:?} of {:?}",
                    host.sent(*link)
                )));
            }
        }
        Ok(())
    }
}
