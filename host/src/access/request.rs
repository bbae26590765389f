//! A call of a page as the application is asked about it, and what it says.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::browser_window::BrowserWindow;
use crate::event::Sender;
use crate::web_contents::WebContents;
use crate::web_frame_main::WebFrameMain;

/// By which of its methods a page called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CallKind {
    /// `ipcRenderer.send`, or a `postMessage` without ports: the wire doesn't tell them apart.
    Send,
    /// `ipcRenderer.sendSync`.
    SendSync,
    /// `ipcRenderer.invoke`.
    Invoke,
    /// `ipcRenderer.postMessage` that hands ports over.
    PostMessage,
}

impl CallKind {
    /// The method's name in JavaScript.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::SendSync => "sendSync",
            Self::Invoke => "invoke",
            Self::PostMessage => "postMessage",
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call that a page wants to make: what [`App::authorize`](crate::App::authorize) is asked about. Its arguments are not
/// there, because they were not read yet.
pub struct AccessRequest {
    pub(super) from: Sender,
    pub(super) origin: Arc<str>,
    pub(super) channel: Box<str>,
    pub(super) kind: CallKind,
    pub(super) size: usize,
    pub(super) ports: usize,
}

impl AccessRequest {
    /// The page that calls.
    pub fn web_contents(&self) -> WebContents {
        WebContents::new(self.from.outlet().renderer().clone())
    }

    /// The window that it is in; `None` for a page that is in none, such as a second tab or a colleague's.
    pub fn window(&self) -> Option<BrowserWindow> {
        let renderer = self.from.outlet().renderer();
        renderer.app.window_of(&self.web_contents())
    }

    /// The frame that calls, see [`IpcMainEvent::sender_frame`](crate::IpcMainEvent::sender_frame).
    pub fn frame(&self) -> Option<WebFrameMain> {
        self.from.document().cloned().map(WebFrameMain::pinned)
    }

    /// The origin of the page and of all its frames that can call, such as `http://127.0.0.1:8080`: the browser's word, not
    /// the page's.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The channel.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The method.
    pub fn kind(&self) -> CallKind {
        self.kind
    }

    /// Bytes of the arguments as they came, attachments included.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many ports it hands over.
    pub fn ports(&self) -> usize {
        self.ports
    }
}

impl fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRequest")
            .field("kind", &self.kind)
            .field("channel", &self.channel)
            .field("origin", &self.origin)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// A call is not to be made. The page's `invoke` rejects and its `sendSync` throws, with the code `FORBIDDEN`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub(super) reason: Option<Box<str>>,
}

impl Refused {
    /// Without a word of the reason.
    pub const fn new() -> Self {
        Self { reason: None }
    }

    /// The page is told why.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into().into_boxed_str()) }
    }
}

/// What [`App::authorize`](crate::App::authorize) comes to: `true` or `Ok(())` lets the call be made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say whether a call may be made",
    note = "a future of `bool` or of `Result<(), Refused>` does"
)]
pub trait Verdict: Send + 'static {
    /// The same in one form.
    fn into_result(self) -> Result<(), Refused>;
}

impl Verdict for bool {
    fn into_result(self) -> Result<(), Refused> {
        if self { Ok(()) } else { Err(Refused::new()) }
    }
}

impl Verdict for Result<(), Refused> {
    fn into_result(self) -> Result<(), Refused> {
        self
    }
}
