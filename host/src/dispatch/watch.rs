//! How long calls take.

use std::time::{Duration, Instant};

/// Warns about a call that kept the page's runner for longer than [`SLOW`]. The end of one call is the beginning of the next:
/// to ask for the time takes as long as much else of a call.
pub(crate) struct Watch {
    since: Instant,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now() }
    }

    /// When the last call was through.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// What took time since then was no call.
    pub(crate) fn restart(&mut self) {
        self.since = Instant::now();
    }

    pub(super) fn lap(&mut self, role: &'static str, channel: &str) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.since);
        self.since = now;
        if took > SLOW {
            tracing::warn!(
                channel,
                millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "a {role} kept its page waiting; blocking work goes into `handle_blocking`"
            );
        }
    }
}

/// How long a listener or handler may keep its page's further messages waiting before it is warned about.
const SLOW: Duration = Duration::from_millis(100);
