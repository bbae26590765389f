//! The moment as an application's links know it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use exciton_protocol::Millis;

/// Counts from its beginning. A test may move it forward.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Milliseconds that nobody has waited for.
    skipped: AtomicU64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now(), skipped: AtomicU64::new(0) }
    }
}

impl Clock {
    pub(crate) fn now(&self) -> Millis {
        self.at(Instant::now())
    }

    /// A moment that the system's clock was asked for before.
    pub(crate) fn at(&self, moment: Instant) -> Millis {
        let skipped = self.skipped.load(Ordering::Relaxed);
        // The first moment is not 0.
        let elapsed = whole(moment.saturating_duration_since(self.start));
        Millis(elapsed.saturating_add(skipped).saturating_add(1))
    }

    /// The moment for a timer of the runtime, which knows nothing of what was skipped since.
    pub(crate) fn instant(&self, at: Millis) -> tokio::time::Instant {
        tokio::time::Instant::now() + Duration::from_millis(at.since(self.now()))
    }

    pub(crate) fn skip(&self, time: Duration) {
        self.skipped.fetch_add(whole(time), Ordering::Relaxed);
    }
}

/// An application doesn't run for 500 million years.
fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_past_and_never_comes_back() {
        let clock = Clock::default();
        let before = clock.now();
        clock.skip(Duration::from_secs(300));
        let after = clock.now();
        assert!(after >= before.plus(300_000));
        assert!(clock.instant(before) <= tokio::time::Instant::now());
        assert!(clock.now() >= after);
    }
}
