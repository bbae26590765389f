//! The host's registry and runner, as simple as they can be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Violation;
use super::page::Page;
use super::wire::{Down, Item, Items, SyncBody, Up, Wire};
use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;
use crate::link::{Admission, Admit, ConnId, Contact, Gone, HostLink, HostTransmit};

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
    Lost(LinkLost),
}

#[derive(Debug)]
struct Live {
    link: HostLink<Items, u64>,
    /// Admitted, and not yet run.
    queue: VecDeque<(Seq, Item)>,
}

#[derive(Debug)]
pub(super) struct Host {
    limits: Limits,
    epoch: Epoch,
    links: BTreeMap<LinkId, Live>,
    conns: BTreeMap<ConnId, LinkId>,
    ended: BTreeSet<LinkId>,
    next_id: u64,
    /// What was run of each link, in order, across restarts.
    ran: BTreeMap<LinkId, Vec<u64>>,
    /// Everything that was ever run, by any life of the host.
    executed: BTreeSet<u64>,
    twice: Option<u64>,
    sent: BTreeMap<LinkId, Vec<u64>>,
}

impl Host {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            epoch: Epoch::from_bits(1),
            links: BTreeMap::new(),
            conns: BTreeMap::new(),
            ended: BTreeSet::new(),
            next_id: 1_000_000,
            ran: BTreeMap::new(),
            executed: BTreeSet::new(),
            twice: None,
            sent: BTreeMap::new(),
        }
    }

    /// The epoch that a page is served with after it lost these links.
    pub(super) fn current_epoch(losses: &[LinkLost]) -> Epoch {
        let restarts = losses.iter().filter(|why| **why == LinkLost::HostRestarted).count();
        Epoch::from_bits(1 + restarts as u64)
    }

    pub(super) fn restart(&mut self) {
        self.epoch = Epoch::from_bits(self.epoch.bits() + 1);
        self.links.clear();
        self.conns.clear();
        self.ended.clear();
    }

    pub(super) fn expire(&mut self) {
        self.ended.extend(self.links.keys());
        self.links.clear();
        self.conns.clear();
    }

    /// Sends to the newest link: the page of today.
    pub(super) fn send(&mut self) {
        self.next_id += 1;
        let id = self.next_id;
        if let Some((link, live)) = self
            .links
            .last_key_value()
            .map(|(link, _)| *link)
            .and_then(|link| self.links.get_mut(&link).map(|live| (link, live)))
            && live.link.push(Items::one(Item::Send(id))).is_ok()
        {
            self.sent.entry(link).or_default().push(id);
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
            epoch,
            host_epoch: self.epoch,
            known: self.links.contains_key(&link),
            ended: self.ended.contains(&link),
            fresh,
            first,
        };
        match contact.admission() {
            Admission::Existing => Ok(()),
            Admission::Lost(why) => Err(why),
            Admission::Create => {
                let live =
                    Live { link: HostLink::new(link, self.limits, now), queue: VecDeque::new() };
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
        now: Millis,
    ) -> Result<(), Violation> {
        if let Up::Hello { link, epoch, attempt, ack, admitted, fresh } = frame {
            if let Err(why) = self.admit(link, epoch, fresh, None, now) {
                wire.send_down(conn, Down::Lost(why));
                return Ok(());
            }
            if let Some(live) = self.links.get_mut(&link)
                && live.link.handle_hello(conn, attempt, ack, admitted, now).is_ok()
            {
                self.conns.insert(conn, link);
            }
            return Ok(());
        }
        let Some(live) = self.conns.get(&conn).and_then(|link| self.links.get_mut(link)) else {
            return Ok(());
        };
        let outcome = match frame {
            Up::Data { first, ack, items } => {
                let count = items.0.len() as u32;
                match live.link.handle_data(conn, first, count, items.0.len() * 10, ack, now) {
                    Ok(Some(Admit::Take { skip })) => {
                        take(live, first, skip, &items);
                        Ok(())
                    }
                    Ok(_) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            Up::Ack(ack) => live.link.handle_ack(conn, ack, now).map(|_| ()),
            Up::Ping => {
                live.link.handle_ping(conn, now);
                Ok(())
            }
            Up::Hello { .. } => Ok(()),
        };
        outcome.map_err(|error| Violation(format!("the page misbehaved: {error}")))
    }

    /// Answers a synchronous request. `patient` waits for the listeners; otherwise they take too long.
    pub(super) fn sync(
        &mut self,
        body: &SyncBody,
        patient: bool,
        now: Millis,
    ) -> Result<Answer, Violation> {
        let first = body.batches.first().map(|(first, _)| *first);
        // A request that only waits brings no packet, and so begins no link.
        let fresh = body.fresh && first.is_some();
        if let Err(why) = self.admit(body.link, body.epoch, fresh, first, now) {
            return Ok(Answer::Lost(why));
        }
        let Some(live) = self.links.get_mut(&body.link) else {
            return Ok(Answer::Lost(LinkLost::Expired));
        };
        // A copy that comes late acknowledges less, and that is no fault.
        live.link
            .handle_sync(body.ack, &body.got, now)
            .map_err(|error| Violation(error.to_string()))?;
        for (first, items) in &body.batches {
            let count = items.0.len() as u32;
            let admit = live.link.handle_sync_data(*first, count, items.0.len() * 10);
            if let Admit::Take { skip } = admit.map_err(|error| Violation(error.to_string()))? {
                take(live, *first, skip, items);
            }
        }
        if patient {
            self.run_link(body.link, usize::MAX, now);
        }
        let Some(live) = self.links.get(&body.link) else {
            return Ok(Answer::Lost(LinkLost::Expired));
        };
        let state = State { ack: live.link.consumed_seq(), admitted: live.link.admitted() };
        Ok(match live.link.answer_of(body.seq) {
            Some(Some(id)) => Answer::Done { state, id: *id },
            Some(None) | None => Answer::Pending(state),
        })
    }

    pub(super) fn run(&mut self, count: usize, now: Millis) {
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for link in links {
            self.run_link(link, count, now);
        }
    }

    fn run_link(&mut self, link: LinkId, count: usize, now: Millis) {
        let Some(live) = self.links.get_mut(&link) else { return };
        for _ in 0..count {
            let Some((seq, item)) = live.queue.pop_front() else { break };
            let id = match item {
                Item::Send(id) | Item::Invoke(id) | Item::Sync(id) | Item::Reply(_, id) => id,
            };
            if !self.executed.insert(id) {
                self.twice = Some(id);
            }
            self.ran.entry(link).or_default().push(id);
            match item {
                Item::Invoke(id) => {
                    live.link.push_unbounded(Items::one(Item::Reply(seq, id)));
                }
                Item::Sync(id) => {
                    live.link.answer(seq, id);
                }
                Item::Send(_) | Item::Reply(..) => {}
            }
            live.link.consumed(1, now);
        }
    }

    pub(super) fn closed(&mut self, conn: ConnId, now: Millis) {
        if let Some(live) = self.conns.remove(&conn).and_then(|link| self.links.get_mut(&link)) {
            live.link.handle_closed(conn, Gone::Vanished, now);
        }
    }

    pub(super) fn timeout(&self) -> Option<Millis> {
        self.links.values().filter_map(|live| live.link.poll_timeout()).min()
    }

    pub(super) fn tick(&mut self, now: Millis) {
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
        let silent: Vec<ConnId> = self
            .links
            .values()
            .filter(|live| live.link.is_silent(now))
            .filter_map(|live| live.link.conn())
            .collect();
        for conn in silent {
            self.closed(conn, now);
        }
    }

    pub(super) fn pump(&mut self, wire: &mut Wire, now: Millis) {
        for live in self.links.values_mut() {
            let Some(conn) = live.link.conn() else { continue };
            while let Some(transmit) = live.link.poll_transmit(now) {
                let frame = match transmit {
                    HostTransmit::Welcome { ack, admitted } => Down::Welcome { ack, admitted },
                    HostTransmit::Data { flight, ack } => {
                        Down::Data { first: flight.first, ack, items: flight.batch.payload.clone() }
                    }
                    HostTransmit::Ack(ack) => Down::Ack(ack),
                };
                wire.send_down(conn, frame);
            }
        }
    }

    pub(super) fn sent(&self, link: LinkId) -> &[u64] {
        self.sent.get(&link).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_idle_for(&self, page: &Page) -> bool {
        let live = self.links.get(&page.link_id());
        live.is_some_and(|live| live.queue.is_empty() && live.link.is_idle())
    }

    pub(super) fn check_against(&self, page: &Page) -> Result<(), Violation> {
        if let Some(id) = self.twice {
            return Err(Violation(format!("{id} ran twice")));
        }
        for (link, ran) in &self.ran {
            let sent = page.sent.get(link).map_or(&[][..], Vec::as_slice);
            if !sent.starts_with(ran) {
                return Err(Violation(format!("the host ran {ran:?} of {sent:?}")));
            }
        }
        Ok(())
    }

    /// Of the page's current link everything ran, and everything that was sent to it has come.
    pub(super) fn check_complete(&self, page: &Page) -> Result<(), Violation> {
        let link = page.link_id();
        let ran = self.ran.get(&link).map_or(&[][..], Vec::as_slice);
        let sent = page.sent.get(&link).map_or(&[][..], Vec::as_slice);
        if ran != sent {
            return Err(Violation(format!("the host ran {ran:?}, the page sent {sent:?}")));
        }
        if page.received(link) != self.sent(link) {
            return Err(Violation(format!(
                "the page got {:?} of {:?}",
                page.received(link),
                self.sent(link)
            )));
        }
        Ok(())
    }
}

fn take(live: &mut Live, first: Seq, skip: u32, items: &Items) {
    for (index, item) in items.0.iter().enumerate().skip(skip as usize) {
        let seq = first + index as Seq;
        if let Item::Sync(_) = item {
            // The page holds to the nesting limit; one too many stays unanswered and shows as a violation.
            let _ = live.link.sync_began(seq);
        }
        live.queue.push_back((seq, *item));
    }
}
