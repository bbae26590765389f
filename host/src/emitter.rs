//! The table of listeners and handlers behind `ipc_main`, by channel.
//!
//! Invariant: no lock is held while user code runs, and dropping a closure is user code too: what a method takes out of
//! the table is dropped after the lock. A dispatch works on a snapshot of the listeners, so that they may add and remove
//! while they run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::error::HandleError;
use crate::handler::{DynHandler, DynListener};

/// Names one registration of a listener, for `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(u64);

impl ListenerId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// The table.
#[derive(Default)]
pub(crate) struct Emitter {
    listeners: RwLock<HashMap<Box<str>, Snapshot>>,
    handlers: RwLock<HashMap<Box<str>, Arc<Handler>>>,
    next: AtomicU64,
}

/// The listeners of one channel in the order of their registration. Copied only if a dispatch still reads the old one.
pub(crate) type Snapshot = Arc<Vec<Arc<Listener>>>;

/// One registered listener.
pub(crate) struct Listener {
    id: ListenerId,
    once: bool,
    pub call: Arc<DynListener>,
}

/// One registered handler.
pub(crate) struct Handler {
    once: bool,
    taken: AtomicBool,
    pub call: Arc<DynHandler>,
}

impl Emitter {
    /// Adds a listener after those that are there.
    pub fn add(&self, channel: &str, once: bool, call: Arc<DynListener>) -> ListenerId {
        let id = ListenerId(self.next.fetch_add(1, Ordering::Relaxed));
        let listener = Arc::new(Listener { id, once, call });
        let mut table = write(&self.listeners);
        match table.get_mut(channel) {
            Some(list) => Arc::make_mut(list).push(listener),
            None => {
                table.insert(channel.into(), Arc::new(vec![listener]));
            }
        }
        id
    }

    /// Takes a listener away. False if it isn't there (any more).
    pub fn remove(&self, channel: &str, id: ListenerId) -> bool {
        let mut table = write(&self.listeners);
        let Some(list) = table.get_mut(channel) else { return false };
        let Some(index) = list.iter().position(|listener| listener.id == id) else { return false };
        let removed = Arc::make_mut(list).remove(index);
        let emptied = if list.is_empty() { table.remove(channel) } else { None };
        drop(table);
        drop((removed, emptied));
        true
    }

    /// Takes all listeners away, of one channel or of all.
    pub fn remove_all(&self, channel: Option<&str>) {
        let mut table = write(&self.listeners);
        let removed = match channel {
            Some(channel) => table.remove_entry(channel).into_iter().collect(),
            None => std::mem::take(&mut *table),
        };
        drop(table);
        drop(removed);
    }

    /// The listeners of a channel as they are now.
    pub fn snapshot(&self, channel: &str) -> Option<Snapshot> {
        read(&self.listeners).get(channel).cloned()
    }

    /// Takes everything away.
    pub fn clear(&self) {
        self.remove_all(None);
        let removed = std::mem::take(&mut *write(&self.handlers));
        drop(removed);
    }

    /// How many listeners and handlers there are.
    pub fn len(&self) -> usize {
        let listeners: usize = read(&self.listeners).values().map(|list| list.len()).sum();
        listeners + read(&self.handlers).len()
    }

    /// Whether the listener may be called now. A `once` listener is taken out of the table first, and goes to one of two
    /// dispatches that run at the same time.
    pub fn admit(&self, channel: &str, listener: &Listener) -> bool {
        !listener.once || self.remove(channel, listener.id)
    }

    /// Registers the channel's handler.
    pub fn set_handler(
        &self,
        channel: &str,
        once: bool,
        call: Arc<DynHandler>,
    ) -> Result<(), HandleError> {
        let mut table = write(&self.handlers);
        if table.contains_key(channel) {
            drop(table);
            return Err(HandleError::AlreadyRegistered { channel: channel.into() });
        }
        table.insert(
            channel.into(),
            Arc::new(Handler { once, taken: AtomicBool::new(false), call }),
        );
        Ok(())
    }

    /// Takes the channel's handler away, if it has one.
    pub fn remove_handler(&self, channel: &str) {
        let removed = write(&self.handlers).remove(channel);
        drop(removed);
    }

    /// The handler to call now. One of `handle_once` is taken out of the table first.
    pub fn handler(&self, channel: &str) -> Option<Arc<Handler>> {
        let handler = read(&self.handlers).get(channel).cloned()?;
        if !handler.once {
            return Some(handler);
        }
        if handler.taken.swap(true, Ordering::Relaxed) {
            return None;
        }
        let mut table = write(&self.handlers);
        // Another one may have been registered in its place since it was found.
        if table.get(channel).is_some_and(|current| Arc::ptr_eq(current, &handler)) {
            table.remove(channel);
        }
        drop(table);
        Some(handler)
    }
}

/// A table is whole after any panic: nothing of a user's runs under its lock.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Barrier;

    use super::*;
    use crate::handler::Flow;

    fn listener() -> Arc<DynListener> {
        Arc::new(|_event, _args| Ok(Flow::Now(Ok(()))))
    }

    fn handler() -> Arc<DynHandler> {
        Arc::new(|_event, _args| Flow::Now(Ok(exciton_protocol::Encoded::undefined())))
    }

    #[test]
    fn refuses_a_second_handler_in_electrons_words() {
        let emitter = Emitter::default();
        emitter.set_handler("x", false, handler()).unwrap();
        let error = emitter.set_handler("x", false, handler()).unwrap_err();
        assert_eq!(error.to_string(), "Attempted to register a second handler for 'x'");
        emitter.remove_handler("x");
        emitter.set_handler("x", false, handler()).unwrap();
    }

    #[test]
    fn removes_a_listener_once_and_leaves_no_trace_of_its_channel() {
        let emitter = Emitter::default();
        let first = emitter.add("x", false, listener());
        let second = emitter.add("x", false, listener());
        assert!(!emitter.remove("y", first));
        assert!(emitter.remove("x", first));
        assert!(!emitter.remove("x", first));
        assert_eq!(emitter.snapshot("x").unwrap().len(), 1);
        assert!(emitter.remove("x", second));
        assert!(read(&emitter.listeners).is_empty());
    }

    #[test]
    fn a_once_listener_goes_to_one_of_many_dispatches() {
        let emitter = Emitter::default();
        emitter.add("x", true, listener());
        emitter.set_handler("x", true, handler()).unwrap();
        let barrier = Barrier::new(8);
        let taken: Vec<(bool, bool)> = std::thread::scope(|scope| {
            let race = || {
                let snapshot = emitter.snapshot("x").unwrap();
                barrier.wait();
                (emitter.admit("x", &snapshot[0]), emitter.handler("x").is_some())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().filter(|(listener, _)| *listener).count(), 1);
        assert_eq!(taken.iter().filter(|(_, handler)| *handler).count(), 1);
    }

    /// Uses the table while it is dropped.
    struct Last(Arc<Emitter>);

    impl Drop for Last {
        fn drop(&mut self) {
            self.0.add("dropped", false, listener());
        }
    }

    #[test]
    fn a_closure_that_is_dropped_may_use_the_table() {
        let emitter = Arc::new(Emitter::default());
        let listener_with = || -> Arc<DynListener> {
            let last = Last(emitter.clone());
            Arc::new(move |_event, _args| {
                let _ = &last;
                Ok(Flow::Now(Ok(())))
            })
        };
        let handler_with = || -> Arc<DynHandler> {
            let last = Last(emitter.clone());
            Arc::new(move |_event, _args| {
                let _ = &last;
                Flow::Now(Ok(exciton_protocol::Encoded::undefined()))
            })
        };
        let id = emitter.add("x", false, listener_with());
        assert!(emitter.remove("x", id));
        emitter.add("x", false, listener_with());
        emitter.remove_all(Some("x"));
        emitter.set_handler("x", false, handler_with()).unwrap();
        assert!(emitter.set_handler("x", false, handler_with()).is_err());
        emitter.remove_handler("x");
        emitter.set_handler("x", true, handler_with()).unwrap();
        drop(emitter.handler("x"));
        assert_eq!(emitter.snapshot("dropped").unwrap().len(), 5);
    }
}
