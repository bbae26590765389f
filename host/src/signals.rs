//! Listeners for what happens to a page, a window or the application.
//!
//! Invariant: no lock is held while a listener runs or is dropped; both are user code. A panic is logged, and the next
//! listener is called all the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::emitter::ListenerId;
use crate::error::panic_message;

/// The listeners of one object, each for one event by its Electron name, called with an `A`.
pub(crate) struct Signals<A> {
    table: Mutex<Table<A>>,
    next: AtomicU64,
}

type Table<A> = Vec<(ListenerId, &'static str, Arc<dyn Fn(&A) + Send + Sync>)>;

impl<A> Default for Signals<A> {
    fn default() -> Self {
        Self { table: Mutex::new(Vec::new()), next: AtomicU64::new(0) }
    }
}

impl<A> Signals<A> {
    /// Adds a listener behind those that are there.
    pub(crate) fn on(
        &self,
        event: &'static str,
        listener: impl Fn(&A) + Send + Sync + 'static,
    ) -> ListenerId {
        let id = ListenerId::new(self.next.fetch_add(1, Ordering::Relaxed));
        self.lock().push((id, event, Arc::new(listener)));
        id
    }

    /// Takes a listener away. Returns its event; `None` if it isn't there (any more).
    pub(crate) fn off(&self, id: ListenerId) -> Option<&'static str> {
        let mut table = self.lock();
        let index = table.iter().position(|(other, ..)| *other == id)?;
        let removed = table.remove(index);
        drop(table);
        Some(removed.1)
    }

    /// Calls the event's listeners, those that are there now, in the order of their registration.
    pub(crate) fn emit(&self, event: &str, argument: &A) {
        let listeners: Vec<_> = self
            .lock()
            .iter()
            .filter(|(_, name, _)| *name == event)
            .map(|(.., listener)| listener.clone())
            .collect();
        for listener in listeners {
            guarded(event, || listener(argument));
        }
    }

    /// Whether anybody listens to the event.
    pub(crate) fn has(&self, event: &str) -> bool {
        self.lock().iter().any(|(_, name, _)| *name == event)
    }

    /// How many listeners there are, for all events.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes all listeners away: nothing happens any more.
    pub(crate) fn clear(&self) {
        let removed = std::mem::take(&mut *self.lock());
        drop(removed);
    }

    fn lock(&self) -> MutexGuard<'_, Table<A>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A panic of a listener is logged, and the application goes on.
pub(crate) fn guarded(event: &str, call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        tracing::error!(event, panic = panic_message(&*payload), "a listener panicked");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    type Log = Arc<Mutex<Vec<String>>>;

    fn writer(log: &Log, name: &'static str) -> impl Fn(&u32) + Send + Sync + 'static {
        let log = log.clone();
        move |number| log.lock().unwrap().push(format!("{name} {number}"))
    }

    #[test]
    fn listeners_hear_their_own_event_in_order_until_they_are_taken_away() {
        let (signals, log) = (Signals::default(), Log::default());
        let first = signals.on("ready", writer(&log, "first"));
        signals.on("gone", writer(&log, "other"));
        signals.on("ready", writer(&log, "second"));
        signals.emit("ready", &1);
        assert_eq!(signals.off(first), Some("ready"));
        assert_eq!(signals.off(first), None);
        signals.emit("ready", &2);
        assert_eq!(*log.lock().unwrap(), ["first 1", "second 1", "second 2"]);
        assert!(signals.has("gone") && !signals.has("quit"));
        signals.clear();
        assert_eq!(signals.len(), 0);
    }

    #[test]
    fn a_panic_ends_neither_the_next_listener_nor_the_caller() {
        let (signals, log) = (Signals::default(), Log::default());
        signals.on("ready", |_: &u32| panic!("mine"));
        signals.on("ready", writer(&log, "next"));
        signals.emit("ready", &1);
        assert_eq!(*log.lock().unwrap(), ["next 1"]);
    }

    #[test]
    fn a_listener_may_take_itself_away_and_add_another() {
        let (signals, log) = (Arc::new(Signals::default()), Log::default());
        let id = Arc::new(Mutex::new(None));
        let (own, table, write) = (id.clone(), signals.clone(), log.clone());
        *id.lock().unwrap() = Some(signals.on("ready", move |_: &u32| {
            table.off(own.lock().unwrap().take().unwrap());
            table.on("ready", writer(&write, "added"));
        }));
        signals.emit("ready", &1);
        signals.emit("ready", &2);
        assert_eq!(*log.lock().unwrap(), ["added 2"]);
    }
}
