//! Links that have ended, so that a late request can't bring one back to life.

use std::collections::{HashMap, VecDeque};

use exciton_protocol::{LinkId, LinkLost};

/// A bounded memory: the oldest is forgotten first.
#[derive(Default)]
pub(super) struct Tombstones {
    ended: HashMap<LinkId, LinkLost>,
    order: VecDeque<LinkId>,
}

impl Tombstones {
    pub(super) fn add(&mut self, link: LinkId, why: LinkLost, limit: usize) {
        if self.ended.insert(link, why).is_none() {
            self.order.push_back(link);
        }
        while self.order.len() > limit {
            if let Some(oldest) = self.order.pop_front() {
                self.ended.remove(&oldest);
            }
        }
    }

    /// Why the link has ended.
    pub(super) fn get(&self, link: LinkId) -> Option<LinkLost> {
        self.ended.get(&link).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_past_the_limit() {
        let mut ended = Tombstones::default();
        for bits in 0..4 {
            ended.add(LinkId::from_bits(bits), LinkLost::Closed, 3);
        }
        let known = (0..4).map(|bits| ended.get(LinkId::from_bits(bits)));
        let closed = Some(LinkLost::Closed);
        assert_eq!(known.collect::<Vec<_>>(), [None, closed, closed, closed]);
    }
}
