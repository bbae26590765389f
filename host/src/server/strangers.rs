//! Connections over which nobody has come in yet: whoever opens many keeps nobody else out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::lock;
use super::rates::Rates;

/// Those of one listener.
pub(crate) struct Strangers {
    rates: Arc<Rates>,
    waiting: Mutex<VecDeque<Arc<Notify>>>,
}

/// One such connection, until somebody comes in over it. A request extension, for the guard to say so.
#[derive(Clone)]
pub(crate) struct Stranger {
    strangers: Arc<Strangers>,
    /// Notified when it has to go.
    go: Arc<Notify>,
}

impl Strangers {
    pub(crate) fn new(rates: Arc<Rates>) -> Arc<Self> {
        Arc::new(Self { rates, waiting: Mutex::default() })
    }

    /// One more. The oldest goes for it, if there are too many.
    pub(crate) fn come(self: &Arc<Self>) -> Stranger {
        let go = Arc::new(Notify::new());
        let mut waiting = lock(&self.waiting);
        // One must have the time to come in.
        while waiting.len() >= self.rates.limits().strangers.max(1) as usize {
            if let Some(oldest) = waiting.pop_front() {
                oldest.notify_one();
                self.rates.too_much();
            }
        }
        waiting.push_back(go.clone());
        Stranger { strangers: self.clone(), go }
    }
}

impl Stranger {
    /// Somebody has come in over it, or it has ended.
    pub(crate) fn is_none(&self) {
        lock(&self.strangers.waiting).retain(|one| !Arc::ptr_eq(one, &self.go));
    }

    /// Waits until it has to go, for ever if it never has to.
    pub(crate) async fn must_go(&self) {
        self.go.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::door_limits::DoorLimits;

    fn gone(stranger: &Stranger) -> bool {
        stranger.must_go().now_or_never().is_some()
    }

    #[test]
    fn the_oldest_goes_and_never_one_that_is_none() {
        let limits = DoorLimits { strangers: 2, ..DoorLimits::default() };
        let strangers = Strangers::new(Rates::new(limits));
        let known = strangers.come();
        known.is_none();
        let (first, second) = (strangers.come(), strangers.come());
        assert!(![&known, &first, &second].into_iter().any(gone));
        let third = strangers.come();
        assert!(gone(&first) && ![&known, &second, &third].into_iter().any(gone));
        second.is_none();
        let fourth = strangers.come();
        assert!(![&known, &second, &third, &fourth].into_iter().any(gone));
        let _fifth = strangers.come();
        assert!(gone(&third) && !gone(&fourth));
        assert_eq!(strangers.rates.counts(), (0, 2));
    }
}
