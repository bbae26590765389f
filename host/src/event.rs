//! What a listener or handler is called with, and what stands behind it: the page that waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use exciton_protocol::{Call, Encoded, Seq};
use serde::Serialize;

use crate::error::{ErrorInfo, ReturnValueError, SendError};
use crate::handler::Outcome;
use crate::renderer::Renderer;
use crate::send_args::SendArgs;
use crate::web_contents::WebContents;

/// What a running call needs of the document behind it. No method blocks or calls user code.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// The tab that the document is in.
    fn renderer(&self) -> &Arc<Renderer>;
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
    outlet: Arc<dyn Outlet>,
    waiting: Option<Arc<Waiting>>,
}

impl IpcMainEvent {
    /// The event of a `send`.
    pub(crate) fn new(outlet: Arc<dyn Outlet>) -> Self {
        Self { outlet, waiting: None }
    }

    /// The event of a `sendSync`.
    pub(crate) fn sync(outlet: Arc<dyn Outlet>, seq: Seq, channel: &str) -> Self {
        let waiting = Waiting {
            outlet: outlet.clone(),
            seq,
            channel: channel.into(),
            decided: AtomicBool::new(false),
        };
        Self { outlet, waiting: Some(Arc::new(waiting)) }
    }

    /// The page that sent the message.
    pub fn sender(&self) -> WebContents {
        WebContents::new(self.outlet.renderer().clone())
    }

    /// Sends a message to the page that sent this one: short for `event.sender().send(channel, args)`.
    ///
    /// # Errors
    /// As [`WebContents::send`].
    pub fn reply(&self, channel: &str, args: impl SendArgs) -> Result<(), SendError> {
        self.outlet.renderer().send(Call::new(channel, args.into_args()?))
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
            .field("sender", &self.outlet.renderer().id)
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
    outlet: Arc<dyn Outlet>,
}

impl IpcMainInvokeEvent {
    pub(crate) fn new(outlet: Arc<dyn Outlet>) -> Self {
        Self { outlet }
    }

    /// The page that invoked.
    pub fn sender(&self) -> WebContents {
        WebContents::new(self.outlet.renderer().clone())
    }
}

impl fmt::Debug for IpcMainInvokeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpcMainInvokeEvent")
            .field("sender", &self.outlet.renderer().id)
            .finish_non_exhaustive()
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
