//! How the page is connected to its main process: what Electron, whose pages can't lose theirs, has no name for.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::closure::Closure;

use crate::driver::{ConnectionState, StartError};
use crate::error::IpcError;
use crate::link::{self, Link};
use crate::web;

/// The page's connection, as its JavaScript has it beside `ipcRenderer`. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Connection {
    inner: Rc<Inner>,
}

struct Inner {
    link: Result<Link, StartError>,
    listeners: RefCell<Vec<Listener>>,
    droppings: RefCell<Vec<DropListener>>,
    waiting: RefCell<Vec<Waker>>,
    told: RefCell<(ConnectionState, Option<String>)>,
}

type DropListener = Rc<dyn Fn(&str, u64)>;
type Listener = Rc<dyn Fn(ConnectionState, Option<&str>)>;

/// The document's connection.
pub fn connection() -> Connection {
    thread_local! {
        static CONNECTION: Connection = Connection::new();
    }
    CONNECTION.with(Clone::clone)
}

impl Connection {
    fn new() -> Self {
        let inner = Rc::new(Inner {
            link: link::of_document(),
            listeners: RefCell::default(),
            droppings: RefCell::default(),
            waiting: RefCell::default(),
            told: RefCell::new((ConnectionState::Connecting, None)),
        });
        if let Ok(link) = &inner.link {
            *inner.told.borrow_mut() = inner.state();
            let weak = Rc::downgrade(&inner);
            let changed: Closure<dyn Fn()> = Closure::new(move || {
                if let Some(inner) = weak.upgrade() {
                    inner.changed();
                }
            });
            link.watch(&changed.into_js_value());
            let weak = Rc::downgrade(&inner);
            let dropped: Closure<dyn Fn(Array)> = Closure::new(move |args: Array| {
                if let Some(inner) = weak.upgrade() {
                    inner.dropped(&args);
                }
            });
            link.order("dropped", &dropped.into_js_value());
        }
        Self { inner }
    }

    /// How the page is connected. A page that is none of a host's stays `Connecting`.
    pub fn state(&self) -> ConnectionState {
        self.inner.state().0
    }

    /// Why it isn't open: `network`, `unauthorized`, or why the last link was lost: `host-restarted`, `expired`,
    /// `replaced`, `quit`. `None` if it is open, or has not been yet.
    pub fn reason(&self) -> Option<String> {
        self.inner.state().1
    }

    /// Bytes that the host has not acknowledged, about: what waits, and what is on its way.
    pub fn queued_bytes(&self) -> usize {
        self.inner.field(3).and_then(|bytes| web::whole(&bytes)).unwrap_or_default() as usize
    }

    /// How long until the host is asked for again; `None` while it is being asked, or there is no need to.
    pub fn next_retry(&self) -> Option<Duration> {
        let at = self.inner.field(2)?.as_f64()?;
        Some(Duration::from_millis((at - web::performance_now()).max(0.0) as u64))
    }

    /// Calls `listener` with the state and the reason when one of them has changed.
    pub fn on_change(&self, listener: impl Fn(ConnectionState, Option<&str>) + 'static) {
        self.inner.listeners.borrow_mut().push(Rc::new(listener));
    }

    /// Calls `listener` with a channel and how many of its messages this page was too slow for: those that the
    /// application lets drop (`SlowConsumer` of the main process).
    pub fn on_dropped(&self, listener: impl Fn(&str, u64) + 'static) {
        self.inner.droppings.borrow_mut().push(Rc::new(listener));
    }

    /// Ready when half of what may wait for the host is free: what to await before the next of many messages.
    ///
    /// # Errors
    /// The page is none of a host's.
    pub async fn ready(&self) -> Result<(), IpcError> {
        std::future::poll_fn(|cx| {
            let link = match &self.inner.link {
                Ok(link) => link,
                Err(error) => return Poll::Ready(Err(IpcError::from(*error))),
            };
            match link.want_room() {
                Ok(true) => Poll::Ready(Ok(())),
                Ok(false) => {
                    self.inner.waiting.borrow_mut().push(cx.waker().clone());
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error.into())),
            }
        })
        .await
    }
}

impl Inner {
    fn status(&self) -> Option<Array> {
        self.link.as_ref().ok().map(Link::status)
    }

    fn field(&self, at: u32) -> Option<wasm_bindgen::JsValue> {
        self.status().map(|status| status.get(at))
    }

    fn state(&self) -> (ConnectionState, Option<String>) {
        let Some(status) = self.status() else { return (ConnectionState::Connecting, None) };
        let state = ConnectionState::from_name(&status.get(0).as_string().unwrap_or_default());
        (state, status.get(1).as_string())
    }

    fn dropped(&self, args: &Array) {
        let channel = args.get(0).as_string().unwrap_or_default();
        let count = web::whole(&args.get(1)).unwrap_or_default();
        let listeners = self.droppings.borrow().clone();
        for listener in listeners {
            listener(&channel, count);
        }
    }

    fn changed(&self) {
        for waker in self.waiting.take() {
            waker.wake();
        }
        let now = self.state();
        if self.told.replace(now.clone()) == now {
            return;
        }
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener(now.0, now.1.as_deref());
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &self.state()).finish_non_exhaustive()
    }
}
