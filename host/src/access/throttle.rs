//! A line in the log now and then, however often there is something to say.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Clock;

/// Lets one line through in a while, and counts those that it doesn't.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    clock: Clock,
    /// When the next may go, in the clock's milliseconds.
    next: AtomicU64,
    unsaid: AtomicU64,
}

impl Throttle {
    /// How many there were since the last line, this one not counted; `None` if it is too early for another.
    pub(crate) fn admit(&self) -> Option<u64> {
        self.admit_at(self.clock.now().0)
    }

    fn admit_at(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let mine = now >= next
            && self
                .next
                .compare_exchange(next, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            return Some(self.unsaid.swap(0, Ordering::Relaxed));
        }
        self.unsaid.fetch_add(1, Ordering::Relaxed);
        None
    }
}

/// Milliseconds between two lines.
const PAUSE: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_says_how_many_there_were_in_between() {
        let throttle = Throttle::default();
        assert_eq!(throttle.admit_at(5), Some(0));
        assert_eq!((throttle.admit_at(5), throttle.admit_at(1_004)), (None, None));
        assert_eq!(throttle.admit_at(1_005), Some(2));
        assert_eq!(throttle.admit_at(3_000), Some(0));
    }
}
