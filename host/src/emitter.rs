//! The table of listeners and handlers behind `ipc_main`, by channel.
//!
//! Invariant: no lock is held while user code runs, and dropping a closure is user code too: what a method takes out of
//! the table is dropped after the lock. A dispatch works on a snapshot of the listeners, so that they may add and remove
//! while they run.

mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::table::{Ahead, Table};
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
    listeners: Table<Listeners>,
    handlers: Table<Handler>,
    next: AtomicU64,
}

/// The listeners of one channel in the order of their registration. A clone stays as it is when the table changes. The first
/// one, mostly the only one, needs no list.
#[derive(Clone)]
pub(crate) struct Listeners {
    first: Listener,
    /// Those behind it, at least one. Copied only if a dispatch still reads the old ones.
    more: Option<Arc<Vec<Listener>>>,
}

/// What the table had for a call that is to be made soon.
pub(crate) struct Found(What);

enum What {
    Listeners(Ahead<Listeners>),
    Handler(Ahead<Handler>),
}

/// One registered listener.
#[derive(Clone)]
pub(crate) struct Listener {
    id: ListenerId,
    once: bool,
    pub call: Arc<DynListener>,
}

impl Listeners {
    pub fn iter(&self) -> impl Iterator<Item = &Listener> {
        std::iter::once(&self.first).chain(self.more())
    }

    fn more(&self) -> &[Listener] {
        self.more.as_deref().map_or(&[], Vec::as_slice)
    }

    fn len(&self) -> usize {
        1 + self.more().len()
    }
}

/// One registered handler.
#[derive(Clone)]
pub(crate) struct Handler {
    once: bool,
    pub call: Arc<DynHandler>,
}

impl Emitter {
    /// Adds a listener after those that are there.
    pub fn add(&self, channel: &str, once: bool, call: Arc<DynListener>) -> ListenerId {
        let id = ListenerId(self.next.fetch_add(1, Ordering::Relaxed));
        let listener = Listener { id, once, call };
        let mut table = self.listeners.change();
        match table.get_mut(channel) {
            Some(list) => Arc::make_mut(list.more.get_or_insert_default()).push(listener),
            None => table.insert(channel, Listeners { first: listener, more: None }),
        }
        id
    }

    /// Takes a listener away. False if it isn't there (any more).
    pub fn remove(&self, channel: &str, id: ListenerId) -> bool {
        let mut table = self.listeners.change();
        let Some(list) = table.get_mut(channel) else { return false };
        let Some(index) = list.iter().position(|listener| listener.id == id) else { return false };
        let (mut removed, mut emptied) = (None, None);
        match &mut list.more {
            None => emptied = table.remove(channel),
            Some(more) => {
                let rest = Arc::make_mut(more);
                // The one behind a first one that goes takes its place.
                let mut taken = rest.remove(index.saturating_sub(1));
                if index == 0 {
                    std::mem::swap(&mut list.first, &mut taken);
                }
                if rest.is_empty() {
                    list.more = None;
                }
                removed = Some(taken);
            }
        }
        drop(table);
        drop((removed, emptied));
        true
    }

    /// Takes all listeners away, of one channel or of all.
    pub fn remove_all(&self, channel: Option<&str>) {
        let mut table = self.listeners.change();
        let removed = match channel {
            Some(channel) => (table.remove(channel), None),
            None => (None, Some(table.take())),
        };
        drop(table);
        drop(removed);
    }

    /// The listeners of a channel as they are now. They may have been looked for ahead.
    pub fn snapshot(&self, channel: &str, found: Option<Found>) -> Option<Listeners> {
        match found {
            Some(Found(What::Listeners(ahead))) => self.listeners.get_ahead(channel, ahead),
            _ => self.listeners.get(channel),
        }
    }

    /// Looks for what calls will need that are to be made soon, each with whether it wants the handler: in their order.
    pub fn ahead(&self, calls: &[(bool, &str)]) -> impl Iterator<Item = Found> + use<> {
        let of = |wanted| {
            calls.iter().filter(move |(handler, _)| *handler == wanted).map(|(_, channel)| *channel)
        };
        // The count of a closure is where the closure is.
        let listeners = self.listeners.ahead(of(false), |list| Arc::strong_count(&list.first.call));
        let handlers = self.handlers.ahead(of(true), |handler| Arc::strong_count(&handler.call));
        let kinds: Vec<bool> = calls.iter().map(|(handler, _)| *handler).collect();
        let (mut listeners, mut handlers) = (listeners.into_iter(), handlers.into_iter());
        kinds.into_iter().filter_map(move |handler| {
            Some(Found(match handler {
                true => What::Handler(handlers.next()?),
                false => What::Listeners(listeners.next()?),
            }))
        })
    }

    /// Takes everything away.
    pub fn clear(&self) {
        self.remove_all(None);
        let removed = self.handlers.change().take();
        drop(removed);
    }

    /// How many listeners and handlers there are.
    pub fn len(&self) -> usize {
        let listeners: usize = self.listeners.read().values().map(|list| list.len()).sum();
        listeners + self.handlers.read().len()
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
        let mut table = self.handlers.change();
        if table.get(channel).is_some() {
            drop(table);
            return Err(HandleError::AlreadyRegistered { channel: channel.into() });
        }
        table.insert(channel, Handler { once, call });
        Ok(())
    }

    /// Takes the channel's handler away, if it has one.
    pub fn remove_handler(&self, channel: &str) {
        let removed = self.handlers.change().remove(channel);
        drop(removed);
    }

    /// The handler to call now, which may have been looked for ahead. One of `handle_once` is taken out of the table first.
    pub fn handler(&self, channel: &str, found: Option<Found>) -> Option<Handler> {
        let mut handler = match found {
            Some(Found(What::Handler(ahead))) => self.handlers.get_ahead(channel, ahead),
            _ => self.handlers.get(channel),
        }?;
        while handler.once {
            let mut table = self.handlers.change();
            // Who has found it at the same time has taken it, or another one has its place.
            if table.get(channel).is_some_and(|current| Arc::ptr_eq(&current.call, &handler.call)) {
                let taken = table.remove(channel);
                drop(table);
                return taken;
            }
            drop(table);
            handler = self.handlers.get(channel)?;
        }
        Some(handler)
    }
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
        assert_eq!(emitter.snapshot("x", None).unwrap().len(), 1);
        assert!(emitter.remove("x", second));
        assert!(emitter.listeners.is_empty());
    }

    #[test]
    fn the_others_keep_their_order_whichever_goes() {
        for gone in 0..3 {
            let emitter = Emitter::default();
            let mut ids: Vec<_> = (0..3).map(|_| emitter.add("x", false, listener())).collect();
            let before = emitter.snapshot("x", None).unwrap();
            assert!(emitter.remove("x", ids.remove(gone)));
            let left: Vec<_> =
                emitter.snapshot("x", None).unwrap().iter().map(|listener| listener.id).collect();
            assert_eq!((left, before.len()), (ids, 3));
        }
    }

    #[test]
    fn a_once_listener_goes_to_one_of_many_dispatches() {
        let emitter = Emitter::default();
        emitter.add("x", true, listener());
        emitter.set_handler("x", true, handler()).unwrap();
        let barrier = Barrier::new(8);
        let taken: Vec<(bool, bool)> = std::thread::scope(|scope| {
            let race = || {
                let snapshot = emitter.snapshot("x", None).unwrap();
                barrier.wait();
                (emitter.admit("x", &snapshot.first), emitter.handler("x", None).is_some())
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
        drop(emitter.handler("x", None));
        assert_eq!(emitter.snapshot("dropped", None).unwrap().len(), 5);
    }
}
