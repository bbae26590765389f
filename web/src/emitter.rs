//! The table of listeners by channel.
//!
//! Invariant: no borrow is held while user code runs, and dropping a closure is user code too. A dispatch works on a
//! snapshot of the listeners, so that they may add and remove while they run.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::Set;
use wasm_bindgen::JsValue;

use crate::listener::DynListener;
use crate::web;

/// Names one registration of a listener, for `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(u64);

/// The table.
pub(crate) struct Emitter {
    listeners: RefCell<HashMap<Box<str>, Snapshot>>,
    next: Cell<u64>,
    /// The channels that have a listener, for the link: it asks for each message, and a call into wasm costs more.
    channels: Set,
}

type Snapshot = Rc<Vec<Listener>>;

/// One registered listener.
#[derive(Clone)]
pub(crate) struct Listener {
    id: ListenerId,
    once: bool,
    pub(crate) call: Rc<DynListener>,
}

impl Emitter {
    pub(crate) fn new() -> Self {
        let channels = Set::new(&JsValue::UNDEFINED);
        Self { listeners: RefCell::default(), next: Cell::new(0), channels }
    }

    /// A function of JavaScript's that says whether a channel has a listener.
    pub(crate) fn hears(&self) -> JsValue {
        let has = web::get(&self.channels, "has");
        // A function has it in every browser.
        web::call(&has, "bind", &[&self.channels]).unwrap_or(JsValue::UNDEFINED)
    }

    /// Adds a listener after those that are there.
    pub(crate) fn add(&self, channel: &str, once: bool, call: Rc<DynListener>) -> ListenerId {
        let id = ListenerId(self.next.replace(self.next.get() + 1));
        let listener = Listener { id, once, call };
        let mut table = self.listeners.borrow_mut();
        match table.get_mut(channel) {
            Some(list) => Rc::make_mut(list).push(listener),
            None => {
                table.insert(channel.into(), Rc::new(vec![listener]));
                self.channels.add(&channel.into());
            }
        }
        id
    }

    /// Takes a listener away. False if it isn't there (any more).
    pub(crate) fn remove(&self, channel: &str, id: ListenerId) -> bool {
        let mut table = self.listeners.borrow_mut();
        let Some(list) = table.get_mut(channel) else { return false };
        let Some(index) = list.iter().position(|listener| listener.id == id) else { return false };
        let removed = Rc::make_mut(list).remove(index);
        let emptied = if list.is_empty() { table.remove(channel) } else { None };
        if emptied.is_some() {
            self.channels.delete(&channel.into());
        }
        drop(table);
        drop((removed, emptied));
        true
    }

    /// Takes all listeners away, of one channel or of all.
    pub(crate) fn remove_all(&self, channel: Option<&str>) {
        let mut table = self.listeners.borrow_mut();
        let removed: Vec<_> = match channel {
            Some(channel) => {
                self.channels.delete(&channel.into());
                table.remove(channel).into_iter().collect()
            }
            None => {
                self.channels.clear();
                table.drain().map(|(_, list)| list).collect()
            }
        };
        drop(table);
        drop(removed);
    }

    /// Listeners of a channel.
    pub(crate) fn count(&self, channel: &str) -> usize {
        self.listeners.borrow().get(channel).map_or(0, |list| list.len())
    }

    /// The listeners to call for a message now. A one-time listener is taken away when its turn comes.
    pub(crate) fn snapshot(&self, channel: &str) -> Option<Snapshot> {
        self.listeners.borrow().get(channel).cloned()
    }

    /// Whether the listener is to be called: always, but for a one-time listener that has been called within another.
    pub(crate) fn begin(&self, channel: &str, listener: &Listener) -> bool {
        !listener.once || self.remove(channel, listener.id)
    }
}
