//! What a listener or handler is called with, and what stands behind it: the page that waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use exciton_protocol::{Call, Encoded, Packet, Seq};
use serde::Serialize;

use crate::error::{ErrorInfo, ReturnValueError, SendError};
use crate::handler::Outcome;
use crate::message_port::{LinkPorts, MessagePortMain};
use crate::renderer::Renderer;
use crate::send_args::SendArgs;
use crate::web_contents::WebContents;
use crate::web_frame_main::{Frame, Frames, WebFrameMain};

/// What a running call needs of the document behind it. No method blocks or calls user code.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// The tab that the document is in.
    fn renderer(&self) -> &Arc<Renderer>;
    /// The document and the frames inside it.
    fn frames(&self) -> &Frames;
    /// The ports of the document's link.
    fn ports(&self) -> &Arc<LinkPorts>;
    /// Sends to exactly this document, whether or not its tab still shows it.
    fn post(&self, packet: &Packet) -> Result<(), SendError>;
    /// Answers an `invoke`. Without effect if the page has gone.
    fn settle(&self, seq: Seq, outcome: Outcome);
    /// Answers a `sendSync`. Without effect if the page has gone.
    fn answer(&self, seq: Seq, outcome: Outcome);
}

/// The event of a message: Electron's [`IpcMainEvent`](https://www.electronjs.org/docs/latest/api/structures/ipc-main-event).
///
/// A page that sent it by `sendSync` waits until one of the listeners has called
/// [`set_return_value`](Self::set_return_value), or until the last clone of the event is dropped; then its call returns
/// `undefined`. So an answer may come later, from a task or a thread that holds a clone.
#[derive(Clone)]
pub struct IpcMainEvent {
    from: Sender,
    /// Most messages bring none, and pay for none.
    ports: Option<Arc<[MessagePortMain]>>,
    waiting: Option<Arc<Waiting>>,
}

impl IpcMainEvent {
    /// The event of a `send`.
    pub(crate) fn new(from: Sender, ports: Vec<MessagePortMain>) -> Self {
        let ports = (!ports.is_empty()).then(|| ports.into());
        Self { from, ports, waiting: None }
    }

    /// The event of a `sendSync`.
    pub(crate) fn sync(from: Sender, seq: Seq, channel: &str) -> Self {
        let waiting = Waiting {
            outlet: from.outlet().clone(),
            seq,
            channel: channel.into(),
            decided: AtomicBool::new(false),
        };
        Self { from, ports: None, waiting: Some(Arc::new(waiting)) }
    }

    /// The page that sent the message.
    pub fn sender(&self) -> WebContents {
        self.from.web_contents()
    }

    /// The frame that sent the message, with the document that sent it: [`detached`](WebFrameMain::is_detached) if that
    /// unloads, or has gone since. `None` if the page has not said that it has this frame, or no more.
    pub fn sender_frame(&self) -> Option<WebFrameMain> {
        self.from.frame()
    }

    /// The number of the sender's process, see [`WebFrameMain::process_id`].
    pub fn process_id(&self) -> u32 {
        self.from.process_id()
    }

    /// The [`routing_id`](WebFrameMain::routing_id) of the document that sent the message; 0 if it is not known.
    pub fn frame_id(&self) -> u32 {
        self.from.frame_id()
    }

    /// The ports that the page handed over with `postMessage`. One that nobody keeps is closed with the event.
    pub fn ports(&self) -> &[MessagePortMain] {
        self.ports.as_deref().unwrap_or_default()
    }

    /// Sends a message to exactly the document that sent this one.
    ///
    /// # Errors
    /// As [`WebContents::send`], and [`SendError::FrameGone`] if that document unloads or is no more.
    pub fn reply(&self, channel: &str, args: impl SendArgs) -> Result<(), SendError> {
        let call = Call::new(channel, args.into_args()?);
        self.from.document().ok_or(SendError::FrameGone)?.send(call)
    }

    /// Whether the page sent it by `sendSync` and so waits for a return value.
    pub fn is_sync(&self) -> bool {
        self.waiting.is_some()
    }

    /// Sets what the page's `sendSync` returns, Electron's `event.returnValue`. The first value counts. If the message came
    /// by `send`, nobody waits and the value is dropped, as in Electron.
    ///
    /// # Errors
    /// A value was set before, or this one can't be cloned; in the latter case the page still waits.
    pub fn set_return_value(&self, value: impl Serialize) -> Result<(), ReturnValueError> {
        let Some(waiting) = &self.waiting else { return Ok(()) };
        if waiting.decided.load(Ordering::Acquire) {
            return Err(ReturnValueError::AlreadySet);
        }
        let value = Encoded::from_serialize(&value)?;
        if waiting.decide(Ok(value)) { Ok(()) } else { Err(ReturnValueError::AlreadySet) }
    }

    /// Nobody listens, and whoever said so has been heard: the page's `sendSync` returns `undefined`.
    pub(crate) fn nobody_listens(&self) {
        if let Some(waiting) = &self.waiting {
            waiting.decide(Ok(Encoded::undefined()));
        }
    }

    /// Lets the page's `sendSync` throw, if it still waits.
    pub(crate) fn fail(&self, error: ErrorInfo) {
        if let Some(waiting) = &self.waiting {
            waiting.decide(Err(error));
        }
    }
}

impl fmt::Debug for IpcMainEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcMainEvent")
            .field("sender", &self.from.process_id())
            .finish_non_exhaustive()
    }
}

/// A page that waits for the answer to its `sendSync`. Dropped undecided, it answers `undefined`.
struct Waiting {
    outlet: Arc<dyn Outlet>,
    seq: Seq,
    channel: Box<str>,
    decided: AtomicBool,
}

impl Waiting {
    /// False if there is an answer already.
    fn decide(&self, outcome: Outcome) -> bool {
        let first = !self.decided.swap(true, Ordering::AcqRel);
        if first {
            self.outlet.answer(self.seq, outcome);
        }
        first
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.decide(Ok(Encoded::undefined())) {
            tracing::warn!(
                channel = &*self.channel,
                web_contents = self.outlet.renderer().id,
                "sendSync returns undefined: no listener set a return value"
            );
        }
    }
}

/// The event of an `invoke`: Electron's
/// [`IpcMainInvokeEvent`](https://www.electronjs.org/docs/latest/api/structures/ipc-main-invoke-event).
#[derive(Clone)]
pub struct IpcMainInvokeEvent {
    from: Sender,
}

impl IpcMainInvokeEvent {
    pub(crate) fn new(from: Sender) -> Self {
        Self { from }
    }

    /// The page that invoked.
    pub fn sender(&self) -> WebContents {
        self.from.web_contents()
    }

    /// The frame that invoked, see [`IpcMainEvent::sender_frame`].
    pub fn sender_frame(&self) -> Option<WebFrameMain> {
        self.from.frame()
    }

    /// The number of the sender's process, see [`WebFrameMain::process_id`].
    pub fn process_id(&self) -> u32 {
        self.from.process_id()
    }

    /// The [`routing_id`](WebFrameMain::routing_id) of the document that invoked; 0 if it is not known.
    pub fn frame_id(&self) -> u32 {
        self.from.frame_id()
    }
}

impl fmt::Debug for IpcMainInvokeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcMainInvokeEvent")
            .field("sender", &self.from.process_id())
            .finish_non_exhaustive()
    }
}

/// Who sent a call. One count of references, because each event has a clone.
#[derive(Clone)]
pub(crate) struct Sender(Arc<Origin>);

struct Origin {
    outlet: Arc<dyn Outlet>,
    frame: Option<Arc<Frame>>,
}

impl Sender {
    /// The frame that has this number in the page.
    pub(crate) fn new(outlet: Arc<dyn Outlet>, number: u32) -> Self {
        let frame = outlet.frames().get(number);
        Self(Arc::new(Origin { outlet, frame }))
    }

    pub(crate) fn outlet(&self) -> &Arc<dyn Outlet> {
        &self.0.outlet
    }

    /// The document, if it is known.
    pub(crate) fn document(&self) -> Option<&Arc<Frame>> {
        self.0.frame.as_ref()
    }

    fn web_contents(&self) -> WebContents {
        WebContents::new(self.0.outlet.renderer().clone())
    }

    fn frame(&self) -> Option<WebFrameMain> {
        self.0.frame.clone().map(WebFrameMain::pinned)
    }

    fn process_id(&self) -> u32 {
        self.0.outlet.renderer().id
    }

    fn frame_id(&self) -> u32 {
        self.0.frame.as_ref().map_or(0, |frame| frame.routing_id())
    }
}

/// An `invoke` without its answer. Dropped unsettled, it rejects with Electron's `reply was never sent`.
pub(crate) struct PendingReply {
    outlet: Arc<dyn Outlet>,
    seq: Seq,
    settled: bool,
}

impl PendingReply {
    pub fn new(outlet: Arc<dyn Outlet>, seq: Seq) -> Self {
        Self { outlet, seq, settled: false }
    }

    pub fn settle(mut self, outcome: Outcome) {
        self.settled = true;
        self.outlet.settle(self.seq, outcome);
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        if !self.settled {
            self.outlet.settle(self.seq, Err(ErrorInfo::never_sent()));
        }
    }
}
