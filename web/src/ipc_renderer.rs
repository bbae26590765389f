//! Electron's `ipcRenderer`, typed with serde.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use exciton_protocol::{Args, Call, LinkLost, Packet};
use js_sys::Object;
use serde::de::DeserializeOwned;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::clone;
use crate::driver::{StartError, lost_reason};
use crate::emitter::{Emitter, ListenerId};
use crate::error::IpcError;
use crate::invocation::{Invocation, Slot, read};
use crate::link::{self, Link};
use crate::listener::{Callback, Flow, Heard, ListenerOutput, erase};
use crate::send_args::SendArgs;
use crate::web;

thread_local! {
    /// The document's one.
    static IPC_RENDERER: IpcRenderer = IpcRenderer::new();
}

/// The page's [`ipcRenderer`](https://www.electronjs.org/docs/latest/api/ipc-renderer). The first call begins the page's
/// link, or attaches to the one that a script has begun; messages that came before are held until the task that makes
/// the first call has ended. In an iframe it shares the link of the nearest page around it whose link a script has begun, as a
/// frame of that page; below a page that has a Rust face alone it begins a link, and so a WebContents, of its own.
pub fn ipc_renderer() -> IpcRenderer {
    IPC_RENDERER.with(Clone::clone)
}

/// Sends messages to the main process and listens to its own. A clone is another handle to the same.
///
/// ```no_run
/// use exciton_web::{IpcError, IpcRendererEvent, ipc_renderer};
///
/// # async fn main_() -> Result<(), IpcError> {
/// let ipc_renderer = ipc_renderer();
/// let pong: String = ipc_renderer.send_sync("synchronous-message", ("sync ping",))?;
/// ipc_renderer.on("asynchronous-reply", |_event, text: String| web_sys_log(&text));
/// ipc_renderer.send("asynchronous-message", ("async ping",))?;
/// let sum = ipc_renderer.invoke::<i64>("add", (1, 2)).await?;
/// # let _ = (pong, sum);
/// # Ok(())
/// # }
/// # fn web_sys_log(_: &str) {}
/// ```
#[derive(Clone)]
pub struct IpcRenderer {
    inner: Rc<Inner>,
}

struct Inner {
    link: Result<Link, StartError>,
    emitter: Emitter,
    /// Another face has begun to listen, so no more messages are taken in a row.
    stopped: Cell<bool>,
    losses: RefCell<Vec<LossListener>>,
}

type LossListener = Rc<dyn Fn(LinkLoss)>;

/// A link that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkLoss {
    /// The reason.
    pub why: LinkLost,
    /// Messages that had left the page and were not acknowledged: they may or may not have arrived.
    pub unknown: u64,
    /// Messages that had not left the page, and don't any more.
    pub unsent: u64,
}

/// What a listener is called with beside the arguments.
#[derive(Clone, Debug)]
pub struct IpcRendererEvent {
    sender: IpcRenderer,
}

impl IpcRendererEvent {
    /// The page's `ipcRenderer`, as in Electron.
    pub fn sender(&self) -> &IpcRenderer {
        &self.sender
    }
}

impl IpcRenderer {
    fn new() -> Self {
        let inner = Inner {
            link: link::of_document(),
            emitter: Emitter::new(),
            stopped: Cell::new(false),
            losses: RefCell::default(),
        };
        let renderer = Self { inner: Rc::new(inner) };
        if let Ok(link) = &renderer.inner.link {
            link.attach(&renderer.face());
        }
        renderer
    }

    /// Calls `listener` for each message of the main process on `channel`.
    pub fn on<F, A, M>(&self, channel: &str, listener: F) -> ListenerId
    where
        F: Callback<A>,
        F::Output: ListenerOutput<M>,
    {
        self.inner.emitter.add(channel, false, erase(listener))
    }

    /// Like [`on`](Self::on), for the next message only. The listener is removed before it is called.
    pub fn once<F, A, M>(&self, channel: &str, listener: F) -> ListenerId
    where
        F: Callback<A>,
        F::Output: ListenerOutput<M>,
    {
        self.inner.emitter.add(channel, true, erase(listener))
    }

    /// Removes a listener. False if `channel` has none of that id (any more).
    pub fn off(&self, channel: &str, id: ListenerId) -> bool {
        self.inner.emitter.remove(channel, id)
    }

    /// Removes all listeners of a channel, or of all channels with `None`.
    pub fn remove_all_listeners<'a>(&self, channel: impl Into<Option<&'a str>>) {
        self.inner.emitter.remove_all(channel.into());
    }

    /// Listeners of a channel.
    pub fn listener_count(&self, channel: &str) -> usize {
        self.inner.emitter.count(channel)
    }

    /// Sends a message to the main process. It leaves when the task ends, in the order of the calls.
    ///
    /// # Errors
    /// The arguments can't be written, or a limit is reached. Nothing was sent then.
    pub fn send(&self, channel: &str, args: impl SendArgs) -> Result<(), IpcError> {
        let packet = Packet::Send(Call::new(channel, args.into_args()?));
        self.post(&packet, &JsValue::NULL)
    }

    /// Calls the main process's handler of `channel`; await what is returned for its answer. The call leaves when the
    /// task ends, in the order of the calls, whether or not anything is awaited.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), the handler's own, or that there is no answer.
    pub fn invoke<T: DeserializeOwned>(&self, channel: &str, args: impl SendArgs) -> Invocation<T> {
        let slot = Rc::<Slot>::default();
        if let Err(error) = self.call(channel, args, slot.clone()) {
            slot.settle(Err(error));
        }
        Invocation::new(slot)
    }

    fn call(&self, channel: &str, args: impl SendArgs, slot: Rc<Slot>) -> Result<(), IpcError> {
        let packet = Packet::Invoke(Call::new(channel, args.into_args()?));
        let name = channel.to_owned();
        let settle = move |ok: bool, value: JsValue, blobs: JsValue| {
            slot.settle(match ok {
                true => clone::value(&value, &blobs),
                false => Err(clone::failure(Some(&name), &value, &blobs)),
            });
        };
        self.post(&packet, &Closure::once_into_js(settle))
    }

    /// Sends a message and blocks the page until a listener of the main process has set the return value.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), the listener's own, or that there is no answer.
    pub fn send_sync<T: DeserializeOwned>(
        &self,
        channel: &str,
        args: impl SendArgs,
    ) -> Result<T, IpcError> {
        let packet = Packet::Sync(Call::new(channel, args.into_args()?));
        let (text, blobs) = clone::packet(&packet);
        let result = self.link()?.sync(&text, &blobs)?;
        let blobs = web::get(&result, "blobs");
        if web::has(&result, "error") {
            return Err(clone::failure(None, &web::get(&result, "error"), &blobs));
        }
        read(&clone::value(&web::get(&result, "answer"), &blobs)?)
    }

    /// Calls `listener` with each lost link: the host was restarted, or had given the page up. Invokes without an answer
    /// have failed then, and another link has begun.
    pub fn on_link_lost(&self, listener: impl Fn(LinkLoss) + 'static) {
        self.inner.losses.borrow_mut().push(Rc::new(listener));
    }

    /// What the link calls.
    fn face(&self) -> Object {
        let face = web::object(&[]);
        let this = self.clone();
        let message = move |channel: JsValue, args: JsValue, blobs: JsValue| {
            this.message(&channel.as_string().unwrap_or_default(), &args, &blobs);
        };
        let message: Closure<dyn Fn(JsValue, JsValue, JsValue)> = Closure::new(message);
        web::set(&face, "message", &message.into_js_value());
        let this = self.clone();
        let messages: Closure<dyn Fn(String) -> Option<u32>> =
            Closure::new(move |list: String| this.messages(&list));
        web::set(&face, "messages", &messages.into_js_value());
        let this = self.clone();
        let stop: Closure<dyn Fn()> = Closure::new(move || this.inner.stopped.set(true));
        web::set(&face, "stop", &stop.into_js_value());
        web::set(&face, "hears", &self.inner.emitter.hears());
        let this = self.clone();
        let lost: Closure<dyn Fn(JsValue)> = Closure::new(move |detail| this.lost(&detail));
        web::set(&face, "lost", &lost.into_js_value());
        face.unchecked_into()
    }

    fn message(&self, channel: &str, args: &JsValue, blobs: &JsValue) {
        if self.inner.emitter.count(channel) == 0 {
            return;
        }
        match clone::args(args, blobs) {
            Ok(args) => self.emit(channel, &args),
            Err(error) => complain(channel, &error.to_string()),
        }
    }

    /// Messages in a row; returns how many were taken, `None` for all. Their text is read here, because calls between JavaScript and wasm cost
    /// more than it does.
    fn messages(&self, list: &str) -> Option<u32> {
        let calls = match clone::messages(list) {
            Ok(calls) => calls,
            Err(error) => {
                web::complain(&format!("exciton: the host's messages: {error}"));
                return None;
            }
        };
        self.inner.stopped.set(false);
        let mut taken = 0;
        for call in &calls {
            if self.inner.stopped.get() {
                break;
            }
            self.emit(&call.channel, &call.args);
            taken += 1;
        }
        Some(taken)
    }

    fn emit(&self, channel: &str, args: &Args) {
        let Some(listeners) = self.inner.emitter.snapshot(channel) else { return };
        for listener in listeners.iter() {
            if !self.inner.emitter.begin(channel, listener) {
                continue;
            }
            match (listener.call)(IpcRendererEvent { sender: self.clone() }, args) {
                Ok(Flow::Now(heard)) => note(channel, heard),
                Ok(Flow::Later(future)) => {
                    let channel = channel.to_owned();
                    wasm_bindgen_futures::spawn_local(async move { note(&channel, future.await) });
                }
                Err(wrong) => complain(channel, &wrong.to_string()),
            }
        }
    }

    fn lost(&self, detail: &JsValue) {
        let loss = LinkLoss {
            why: lost_reason(&web::get(detail, "why")).unwrap_or(LinkLost::Expired),
            unknown: web::whole(&web::get(detail, "unknown")).unwrap_or_default(),
            unsent: web::whole(&web::get(detail, "unsent")).unwrap_or_default(),
        };
        let listeners = self.inner.losses.borrow().clone();
        for listener in listeners {
            listener(loss);
        }
    }

    fn link(&self) -> Result<&Link, IpcError> {
        self.inner.link.as_ref().map_err(|error| IpcError::from(*error))
    }

    fn post(&self, packet: &Packet, settle: &JsValue) -> Result<(), IpcError> {
        let (text, blobs) = clone::packet(packet);
        Ok(self.link()?.post(&text, &blobs, settle)?)
    }
}

impl fmt::Debug for IpcRenderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcRenderer").finish_non_exhaustive()
    }
}

fn note(channel: &str, heard: Heard) {
    if let Err(error) = heard {
        complain(channel, &error);
    }
}

fn complain(channel: &str, error: &str) {
    web::complain(&format!("exciton: a listener of '{channel}': {error}"));
}
