//! A page without a browser, to test listeners and handlers.
//!
//! ```
//! use exciton::{IpcMain, IpcMainEvent, Value, testing::TestPage};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ipc_main = IpcMain::new();
//! ipc_main.handle("add", |_event, a: i64, b: i64| async move { a + b })?;
//! ipc_main.on("ping", |event: IpcMainEvent| event.reply("pong", (1, "two")));
//!
//! let page = TestPage::new(&ipc_main);
//! assert_eq!(page.invoke("add", (2, 3)).await?, Value::from(5));
//! page.send("ping", ()).await?;
//! assert_eq!(page.take_received(), [("pong".to_owned(), vec![Value::from(1), Value::from("two")])]);
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use exciton_protocol::{Args, Extra, Limits, Packet, Seq, TabId, Value};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::application::Nobody;
use crate::dispatch::{Incoming, Request, dispatch};
use crate::error::{ErrorInfo, SendError};
use crate::event::Outlet;
use crate::handler::Outcome;
use crate::ipc_main::IpcMain;
use crate::renderer::Renderer;
use crate::send_args::SendArgs;
use crate::web_contents::WebContents;

/// A page that calls an [`IpcMain`] directly. Its values take the same way over the wire's text as a browser's.
pub struct TestPage {
    ipc_main: IpcMain,
    outlet: Arc<TestOutlet>,
}

/// The error that a page would be given.
#[derive(Clone, Debug, PartialEq)]
pub struct PageError {
    /// JavaScript's name of the error.
    pub name: String,
    /// The message, without Electron's `Error invoking remote method 'x': ` before it.
    pub message: String,
    /// The code, if the handler gave one.
    pub code: Option<String>,
    /// The data, if the handler gave some.
    pub data: Option<Box<Value>>,
}

/// A message that the page was sent: its channel and its arguments.
pub type Received = (String, Vec<Value>);

impl TestPage {
    /// A page whose messages go to `ipc_main`.
    pub fn new(ipc_main: &IpcMain) -> Self {
        static IDS: AtomicU32 = AtomicU32::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        let kept = Limits::default().outbox_bytes as usize;
        let renderer = Renderer::new(id, TabId::from_bits(id.into()), kept, Arc::new(Nobody));
        let outlet = TestOutlet { renderer, seq: AtomicU64::new(0), waiting: Mutex::default() };
        Self { ipc_main: ipc_main.clone(), outlet: Arc::new(outlet) }
    }

    /// The main process' handle to the page.
    pub fn web_contents(&self) -> WebContents {
        WebContents::new(self.outlet.renderer.clone())
    }

    /// As the page's `ipcRenderer.send`. Ready when the listeners are through, their futures included.
    ///
    /// # Errors
    /// An argument can't be cloned.
    pub async fn send(&self, channel: &str, args: impl SendArgs) -> Result<(), SendError> {
        self.call(Incoming::Send, self.outlet.next_seq(), channel, args.into_args()?).await;
        Ok(())
    }

    /// As the page's `ipcRenderer.sendSync`. Ready when the value is set and the listeners are through.
    ///
    /// # Errors
    /// What the page's call would throw.
    pub async fn send_sync(&self, channel: &str, args: impl SendArgs) -> Result<Value, PageError> {
        self.ask(Incoming::Sync, channel, args).await
    }

    /// As the page's `ipcRenderer.invoke`. Ready when the handler is through.
    ///
    /// # Errors
    /// What the page's promise would be rejected with.
    pub async fn invoke(&self, channel: &str, args: impl SendArgs) -> Result<Value, PageError> {
        self.ask(Incoming::Invoke, channel, args).await
    }

    /// What the page was sent since the last call.
    pub fn take_received(&self) -> Vec<Received> {
        let packets = self.outlet.renderer.take_early().into_iter();
        packets.filter_map(received).collect()
    }

    /// Ends the page: what it is sent from now on is refused.
    pub fn destroy(&self) {
        self.outlet.renderer.destroy();
    }

    async fn ask(
        &self,
        kind: Incoming,
        channel: &str,
        args: impl SendArgs,
    ) -> Result<Value, PageError> {
        let args = args.into_args().map_err(|error| ErrorInfo::not_cloneable(&error))?;
        let (seq, answer) = self.expect_answer();
        self.call(kind, seq, channel, args).await;
        let outcome = answer.await.unwrap_or_else(|_| Err(ErrorInfo::never_sent()));
        let value = outcome?.to_value().map_err(|error| ErrorInfo::plain(error.to_string()))?;
        Ok(value)
    }

    /// A new call's number, and its answer to come.
    pub(crate) fn expect_answer(&self) -> (Seq, oneshot::Receiver<Outcome>) {
        let seq = self.outlet.next_seq();
        let (sender, answer) = oneshot::channel();
        lock(&self.outlet.waiting).insert(seq, sender);
        (seq, answer)
    }

    pub(crate) fn outlet(&self) -> Arc<dyn Outlet> {
        self.outlet.clone()
    }

    async fn call(&self, kind: Incoming, seq: Seq, channel: &str, args: Args) {
        let outlet = self.outlet();
        let mut request = Some(Request { kind, seq, channel, args, extra: Extra::default() });
        let pending = std::future::poll_fn(|cx| {
            let started =
                request.take().map(|request| dispatch(&self.ipc_main, &outlet, request, cx));
            Poll::Ready(started.unwrap_or_default())
        });
        join_all(pending.await).await;
    }
}

impl fmt::Debug for TestPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPage").field("id", &self.outlet.renderer.id).finish_non_exhaustive()
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for PageError {}

impl From<ErrorInfo> for PageError {
    fn from(info: ErrorInfo) -> Self {
        let ErrorInfo { name, message, code, data } = info;
        Self { name: name.into_owned(), message, code, data }
    }
}

/// A message as a page gets it.
fn received(packet: Packet) -> Option<Received> {
    let Packet::Send(call) = packet else { return None };
    // A page that can't read its message says why, and so does this one.
    let values = call.args.values().unwrap_or_else(|error| vec![Value::from(error.to_string())]);
    Some((call.channel.into(), values))
}

/// The main process' side of a test page: what it sends is kept, what it answers is handed over.
struct TestOutlet {
    renderer: Arc<Renderer>,
    seq: AtomicU64,
    waiting: Mutex<HashMap<Seq, oneshot::Sender<Outcome>>>,
}

impl TestOutlet {
    fn next_seq(&self) -> Seq {
        self.seq.fetch_add(1, Ordering::Relaxed)
    }

    fn hand_over(&self, seq: Seq, outcome: Outcome) {
        if let Some(waiting) = lock(&self.waiting).remove(&seq) {
            // A caller that went away needs no answer.
            let _ = waiting.send(outcome);
        }
    }
}

impl Outlet for TestOutlet {
    fn renderer(&self) -> &Arc<Renderer> {
        &self.renderer
    }

    fn settle(&self, seq: Seq, outcome: Outcome) {
        self.hand_over(seq, outcome);
    }

    fn answer(&self, seq: Seq, outcome: Outcome) {
        self.hand_over(seq, outcome);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
