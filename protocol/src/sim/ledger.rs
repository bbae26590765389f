//! What was sent, what became of it, and the first thing that should not have been.
//!
//! The ledger outlives pages, links and lives of the host: what ran once may never run again.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use super::wire::Items;
use crate::ids::{LinkId, Seq};

/// One direction of one link.
#[derive(Debug, Default)]
struct Log {
    /// The application's ids in the order of sending, each with the seq of its (last) packet.
    sent: Vec<(Seq, u64)>,
    /// How many of them have come, in that order.
    done: usize,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    last_id: u64,
    up: BTreeMap<LinkId, Log>,
    down: BTreeMap<LinkId, Log>,
    executed: BTreeSet<u64>,
    /// Calls of which a page was told that they have not run.
    denied: BTreeSet<u64>,
    /// Calls without an outcome.
    open: BTreeSet<u64>,
    fault: Option<Violation>,
}

impl Ledger {
    /// A new name for a message of either side.
    pub(super) fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Keeps the first thing that went wrong.
    pub(super) fn fault(&mut self, what: impl Into<String>) {
        self.fault.get_or_insert_with(|| Violation(what.into()));
    }

    pub(super) fn check(&self) -> Result<(), Violation> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// The page has sent a message.
    pub(super) fn sent_up(&mut self, link: LinkId, seq: Seq, id: u64) {
        self.up.entry(link).or_default().sent.push((seq, id));
    }

    /// The host has sent a message.
    pub(super) fn sent_down(&mut self, link: LinkId, seq: Seq, id: u64) {
        self.down.entry(link).or_default().sent.push((seq, id));
    }

    /// The host's listeners were called.
    pub(super) fn ran(&mut self, link: LinkId, id: u64) {
        if !self.executed.insert(id) {
            return self.fault(format!("{id} ran twice"));
        }
        if self.denied.contains(&id) {
            return self.fault(format!("{id} ran after its page was told that it had not"));
        }
        let log = self.up.entry(link).or_default();
        let expected = log.sent.get(log.done).map(|(_, id)| *id);
        log.done += 1;
        if expected != Some(id) {
            self.fault(format!("the host ran {id} where {expected:?} was next"));
        }
    }

    /// The page's listeners were called.
    pub(super) fn received(&mut self, link: LinkId, id: u64) {
        let log = self.down.entry(link).or_default();
        let expected = log.sent.get(log.done).map(|(_, id)| *id);
        log.done += 1;
        if expected != Some(id) {
            self.fault(format!("the page got {id} where {expected:?} was next"));
        }
    }

    /// A connection goes on where the one before ended: what the receiver had got when it began, and said so, isn't sent
    /// again. A batch stays whole, so its end counts; a part is a batch.
    pub(super) fn resumed(&mut self, to: &str, had: Seq, first: Seq, items: &Items) {
        let end = first + Seq::from(items.count());
        if end <= had {
            self.fault(format!("{items:?} went to the {to} again, which had all before {had}"));
        }
    }

    /// A call waits for its outcome.
    pub(super) fn opened(&mut self, id: u64) {
        self.open.insert(id);
    }

    /// It has one.
    pub(super) fn settled(&mut self, id: u64) {
        if !self.open.remove(&id) {
            self.fault(format!("{id} settled twice"));
        }
    }

    /// The page was told that a call has not run.
    pub(super) fn denied(&mut self, id: u64) {
        if self.executed.contains(&id) {
            self.fault(format!("{id} has run, and its page was told that it had not"));
        }
        self.denied.insert(id);
    }

    /// The link is over; its page was told that everything before `unacked` has run.
    pub(super) fn lost(&mut self, link: LinkId, unacked: Seq) {
        let Some(log) = self.up.get(&link) else { return };
        let missing =
            log.sent.iter().find(|(seq, id)| *seq < unacked && !self.executed.contains(id));
        if let Some((_, id)) = missing.copied() {
            self.fault(format!("{id} was acknowledged and has not run"));
        }
    }

    /// After healing: of this link everything has come, in both directions, and no call is open.
    pub(super) fn check_complete(&self, link: LinkId) -> Result<(), Violation> {
        for (way, logs) in [("host", &self.up), ("page", &self.down)] {
            if let Some(log) = logs.get(&link).filter(|log| log.done != log.sent.len()) {
                let missing = &log.sent[log.done.min(log.sent.len())..];
                return Err(Violation(format!("never came to the {way}: {missing:?}")));
            }
        }
        match self.open.first() {
            None => Ok(()),
            Some(id) => Err(Violation(format!("call {id} never settled"))),
        }
    }
}
