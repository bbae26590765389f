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

mod time;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;

use exciton_protocol::{Args, Call, Extra, Limits, Packet, Seq, TabId, Value};
use futures_util::future::join_all;
use tokio::sync::oneshot;

use crate::access::{CallKind, Gate, Refused};
use crate::app::App;
use crate::application::Nobody;
use crate::dispatch::{Incoming, Request, Watch, dispatch};
use crate::error::{ErrorInfo, SendError};
use crate::event::{Outlet, Sender};
use crate::handler::Outcome;
use crate::ipc_main::IpcMain;
use crate::message_port::{LinkPorts, Wire};
use crate::renderer::Renderer;
use crate::send_args::SendArgs;
use crate::web_contents::WebContents;
use crate::web_frame_main::{Facts, Frame, Frames, WebFrameMain};

pub use self::time::pass_time;

/// A page that calls an [`IpcMain`] directly. Its values take the same way over the wire's text as a browser's.
pub struct TestPage {
    ipc_main: IpcMain,
    outlet: Arc<TestOutlet>,
    gate: Arc<Gate>,
    /// Of the frame; 0 is the page's own.
    number: u32,
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
        let outlet = Arc::new_cyclic(|weak: &Weak<TestOutlet>| TestOutlet {
            frames: Frames::new(&renderer, weak.clone()),
            ports: LinkPorts::new(weak.clone(), &Limits::default()),
            renderer,
            seq: AtomicU64::new(0),
            waiting: Mutex::default(),
        });
        outlet.renderer.main().show(outlet.frames.main());
        Self { ipc_main: ipc_main.clone(), outlet, gate: Arc::default(), number: 0 }
    }

    /// A page of the application, in no window: it may call what [`App::allow`] and [`App::authorize`] let it. From now on
    /// those settings are fixed.
    pub fn in_app(app: &App) -> Self {
        Self { gate: app.gate().clone(), ..Self::new(&app.ipc_main()) }
    }

    /// A frame inside this one: what it sends and invokes comes from there. The first call of a name adds it, further ones
    /// give the same frame; another name is another frame.
    #[must_use]
    pub fn frame(&self, name: &str) -> Self {
        let inside = self.document().children();
        let there = inside.iter().find(|frame| frame.facts().name == name);
        let number =
            there.map_or_else(|| self.load(name, self.outlet.new_number()), |frame| frame.number());
        let (ipc_main, outlet) = (self.ipc_main.clone(), self.outlet.clone());
        Self { ipc_main, outlet, gate: self.gate.clone(), number }
    }

    /// The main process' handle to the frame, which leads to whatever it shows.
    pub fn web_frame_main(&self) -> WebFrameMain {
        WebFrameMain::of(self.document().node().clone())
    }

    /// Another document takes this frame's place, as by a reload. Of a main frame there is none: another page is another
    /// `TestPage`.
    pub fn reload_frame(&self) {
        if self.number > 0 {
            self.unload();
            let name = self.document().facts().name;
            self.load(&name, self.number);
        }
    }

    /// The document begins to unload: what it sends from now on comes from a detached frame.
    pub fn unload(&self) {
        self.outlet.frames.left(self.number);
    }

    fn document(&self) -> Arc<Frame> {
        self.outlet.frames.get(self.number).unwrap_or_else(|| self.outlet.frames.main().clone())
    }

    fn load(&self, name: &str, number: u32) -> u32 {
        let document = self.document();
        let parent =
            document.parent().filter(|_| number == self.number).unwrap_or(&document).number();
        let facts = Facts { name: name.to_owned(), ..Facts::default() };
        self.outlet.frames.came(number, parent, facts, u32::MAX);
        number
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

    /// What the frame was sent since the last call.
    pub fn take_received(&self) -> Vec<Received> {
        let (own, others): (Vec<_>, Vec<_>) = self
            .outlet
            .renderer
            .take_early()
            .into_iter()
            .partition(|packet| is_for(packet, self.number));
        for packet in others {
            // It was there before, so there is room for it.
            let _ = self.outlet.renderer.push(packet);
        }
        own.into_iter().filter_map(received).collect()
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
        let extra = Extra { frame: self.number, ..Extra::default() };
        let call = Call { channel: channel.into(), args, extra };
        if let Err(refused) = self.may(kind, &outlet, &call).await {
            return refused.settle(&*outlet, kind, seq, &call);
        }
        let Call { args, extra, .. } = call;
        let mut request = Some(Request { kind, seq, channel, args, extra, found: None });
        let pending = std::future::poll_fn(|cx| {
            let Some(request) = request.take() else { return Poll::Ready(Vec::new()) };
            let from = Sender::new(outlet.clone(), self.number);
            let called = dispatch(&self.ipc_main, from, request, &mut Watch::new(), cx);
            if let Some(outcome) = called.answer {
                outlet.settle(seq, outcome);
            }
            Poll::Ready(called.pending)
        });
        join_all(pending.await).await;
    }

    async fn may(
        &self,
        kind: Incoming,
        outlet: &Arc<dyn Outlet>,
        call: &Call,
    ) -> Result<(), Refused> {
        let kind = CallKind::of(kind, call);
        self.gate.check(outlet.renderer(), kind, &call.channel)?;
        let from = || Sender::new(outlet.clone(), self.number);
        match self.gate.ask(from, &Arc::default(), kind, call) {
            Some(decision) => decision.await,
            None => Ok(()),
        }
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
        let ErrorInfo { name, message, code, data, .. } = info;
        Self { name: name.into_owned(), message, code, data }
    }
}

/// Whether a message is for the frame of that number.
fn is_for(packet: &Packet, number: u32) -> bool {
    matches!(packet, Packet::Send(call) if call.extra.frame == number)
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
    frames: Frames,
    ports: Arc<LinkPorts>,
    seq: AtomicU64,
    waiting: Mutex<HashMap<Seq, oneshot::Sender<Outcome>>>,
}

impl TestOutlet {
    fn next_seq(&self) -> Seq {
        self.seq.fetch_add(1, Ordering::Relaxed)
    }

    /// A number for a new frame.
    fn new_number(&self) -> u32 {
        let last = self.frames.all().iter().map(|frame| frame.number()).max();
        last.map_or(1, |last| last + 1)
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

    fn frames(&self) -> &Frames {
        &self.frames
    }

    fn ports(&self) -> &Arc<LinkPorts> {
        &self.ports
    }

    fn post(&self, packet: &Packet) -> Result<(), SendError> {
        self.renderer.push(packet.clone())
    }

    fn settle(&self, seq: Seq, outcome: Outcome) {
        self.hand_over(seq, outcome);
    }

    fn answer(&self, seq: Seq, outcome: Outcome) {
        self.hand_over(seq, outcome);
    }
}

impl Wire for TestOutlet {
    fn post(&self, packet: &Packet) -> Result<(), SendError> {
        self.renderer.push(packet.clone())
    }

    fn must_post(&self, packet: &Packet) {
        // A page that is gone needs to hear nothing.
        let _ = self.renderer.push(packet.clone());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
