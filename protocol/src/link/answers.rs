//! The answers of synchronous requests, kept per seq until the page has them.

use std::collections::{BTreeMap, BTreeSet};

use super::page::TooNested;
use crate::ids::Seq;

/// Answers by the seq of their packet. Several are open when a page calls `sendSync` within `sendSync`, and any number
/// when it gave up on calls that the host could not be asked.
#[derive(Debug)]
pub(super) struct Answers<A> {
    open: BTreeMap<Seq, Option<A>>,
    /// Packets that have not come, on whose answers the page has given up.
    unwanted: BTreeSet<Seq>,
    /// Answers that are kept though the page hasn't confirmed them.
    kept: usize,
    /// Calls without an answer.
    limit: u32,
}

impl<A> Answers<A> {
    /// `nested` is how many a page can be waiting for, `limit` how many of its calls may be unanswered.
    pub(super) fn new(nested: u32, limit: u32) -> Self {
        let kept = 2 * nested as usize;
        Self { open: BTreeMap::new(), unwanted: BTreeSet::new(), kept, limit }
    }

    /// # Errors
    /// [`TooNested`] if as many as the limit allows wait for their answer already.
    pub(super) fn begin(&mut self, seq: Seq) -> Result<(), TooNested> {
        let unwanted = self.unwanted.remove(&seq);
        self.unwanted = self.unwanted.split_off(&seq);
        if unwanted {
            return Ok(());
        }
        let settled: Vec<Seq> =
            self.open.iter().filter(|(_, answer)| answer.is_some()).map(|(seq, _)| *seq).collect();
        if self.open.len() - settled.len() >= self.limit as usize {
            return Err(TooNested { limit: self.limit });
        }
        // Answers that the page didn't confirm, because it gave up on them or left: the oldest go first.
        for seq in &settled[..settled.len().saturating_sub(self.kept)] {
            self.open.remove(seq);
        }
        self.open.insert(seq, None);
        Ok(())
    }

    pub(super) fn settle(&mut self, seq: Seq, answer: A) -> bool {
        match self.open.get_mut(&seq) {
            Some(slot @ None) => {
                *slot = Some(answer);
                true
            }
            Some(Some(_)) | None => false,
        }
    }

    pub(super) fn get(&self, seq: Seq) -> Option<Option<&A>> {
        self.open.get(&seq).map(Option::as_ref)
    }

    /// The page has the answer, or has given up on it; packets from `admitted` on have not come.
    pub(super) fn forget(&mut self, seq: Seq, admitted: Seq) {
        self.open.remove(&seq);
        if seq >= admitted && self.unwanted.len() < self.limit as usize {
            self.unwanted.insert(seq);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stays_until_the_page_has_it() {
        let mut answers = Answers::new(2, 9);
        answers.begin(3).unwrap();
        assert_eq!(answers.get(3), Some(None));
        assert!(answers.settle(3, "pong"));
        assert!(!answers.settle(3, "again"));
        assert_eq!(answers.get(3), Some(Some(&"pong")));
        answers.forget(3, 4);
        assert_eq!(answers.get(3), None);
    }

    #[test]
    fn calls_without_an_answer_are_kept_apart_up_to_the_limit() {
        let mut answers = Answers::new(1, 2);
        answers.begin(1).unwrap();
        answers.begin(2).unwrap();
        assert_eq!(answers.begin(3), Err(TooNested { limit: 2 }));
        answers.settle(2, "inner");
        answers.begin(3).unwrap();
        assert_eq!(answers.get(1), Some(None));
    }

    #[test]
    fn what_the_page_gave_up_before_it_came_is_not_waited_for() {
        let mut answers = Answers::new(1, 2);
        answers.forget(5, 0);
        answers.forget(6, 0);
        for seq in 5..9 {
            answers.begin(seq).unwrap();
        }
        assert!(!answers.settle(5, "nobody asks"));
        assert!(answers.settle(7, "the page asks"));
    }

    #[test]
    fn answers_that_nobody_confirms_are_bounded() {
        let mut answers = Answers::new(2, 9);
        for seq in 0..50 {
            answers.begin(seq).unwrap();
            answers.settle(seq, seq);
        }
        assert!(answers.open.len() <= 5, "{}", answers.open.len());
        assert_eq!(answers.get(49), Some(Some(&49)));
    }
}
