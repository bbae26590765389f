//! The answers of synchronous requests, kept per seq until the page has them.

use std::collections::BTreeMap;

use super::page::TooNested;
use crate::ids::Seq;

/// Answers by the seq of their packet. Several are open when a page calls `sendSync` within `sendSync`.
#[derive(Debug)]
pub(super) struct Answers<A> {
    open: BTreeMap<Seq, Option<A>>,
    limit: u32,
}

impl<A> Answers<A> {
    pub(super) fn new(limit: u32) -> Self {
        Self { open: BTreeMap::new(), limit }
    }

    /// # Errors
    /// [`TooNested`] if as many as the limit allows wait for their answer already.
    pub(super) fn begin(&mut self, seq: Seq) -> Result<(), TooNested> {
        if self.open.values().filter(|answer| answer.is_none()).count() >= self.limit as usize {
            return Err(TooNested { limit: self.limit });
        }
        // Answers that the page didn't confirm, because it gave up on them or left: the oldest go first.
        while self.open.len() > 2 * self.limit as usize {
            let Some(settled) =
                self.open.iter().find(|(_, answer)| answer.is_some()).map(|(seq, _)| *seq)
            else {
                break;
            };
            self.open.remove(&settled);
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

    pub(super) fn forget(&mut self, seq: Seq) {
        self.open.remove(&seq);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stays_until_the_page_has_it() {
        let mut answers = Answers::new(2);
        answers.begin(3).unwrap();
        assert_eq!(answers.get(3), Some(None));
        assert!(answers.settle(3, "pong"));
        assert!(!answers.settle(3, "again"));
        assert_eq!(answers.get(3), Some(Some(&"pong")));
        answers.forget(3);
        assert_eq!(answers.get(3), None);
    }

    #[test]
    fn nested_answers_are_kept_apart_up_to_the_limit() {
        let mut answers = Answers::new(2);
        answers.begin(1).unwrap();
        answers.begin(2).unwrap();
        assert_eq!(answers.begin(3), Err(TooNested { limit: 2 }));
        answers.settle(2, "inner");
        answers.begin(3).unwrap();
        assert_eq!(answers.get(1), Some(None));
    }
}
