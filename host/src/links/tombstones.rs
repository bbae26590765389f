//! Links that have ended, so that a late request can't bring one back to life.

use std::collections::{HashSet, VecDeque};

use exciton_protocol::LinkId;

/// A bounded memory: the oldest is forgotten first.
#[derive(Default)]
pub(super) struct Tombstones {
    set: HashSet<LinkId>,
    order: VecDeque<LinkId>,
}

impl Tombstones {
    pub(super) fn add(&mut self, link: LinkId, limit: usize) {
        if self.set.insert(link) {
            self.order.push_back(link);
        }
        while self.order.len() > limit {
            if let Some(oldest) = self.order.pop_front() {
                self.set.remove(&oldest);
            }
        }
    }

    pub(super) fn contains(&self, link: LinkId) -> bool {
        self.set.contains(&link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_past_the_limit() {
        let mut ended = Tombstones::default();
        for bits in 0..4 {
            ended.add(LinkId::from_bits(bits), 3);
        }
        let known: Vec<bool> = (0..4).map(|bits| ended.contains(LinkId::from_bits(bits))).collect();
        assert_eq!(known, [false, true, true, true]);
    }
}
