//! What can happen to a page, and what listeners are told of it.

use serde::Deserialize;

/// Something that happened to a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Happening {
    /// A document has come, or is shown again, at this URL.
    DidNavigate(String),
    /// The document has another URL now, without having been loaded.
    DidNavigateInPage(String),
    /// The document is parsed.
    DomReady,
    /// The document and all it needs are there.
    DidFinishLoad,
    /// The document has this title.
    PageTitleUpdated(String),
    /// The page wrote to its console.
    ConsoleMessage(ConsoleMessage),
    /// The preload script of this name failed with this error.
    PreloadError(String, String),
    /// The page ended without a goodbye.
    RenderProcessGone(RenderProcessGoneDetails),
    /// The page is gone for good.
    Destroyed,
}

impl Happening {
    /// Electron's name of the event.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::DidNavigate(_) => "did-navigate",
            Self::DidNavigateInPage(_) => "did-navigate-in-page",
            Self::DomReady => "dom-ready",
            Self::DidFinishLoad => "did-finish-load",
            Self::PageTitleUpdated(_) => "page-title-updated",
            Self::ConsoleMessage(_) => CONSOLE_MESSAGE,
            Self::PreloadError(..) => "preload-error",
            Self::RenderProcessGone(_) => "render-process-gone",
            Self::Destroyed => "destroyed",
        }
    }
}

/// The one event that costs a page something, so that it is told when somebody listens.
pub(crate) const CONSOLE_MESSAGE: &str = "console-message";

/// A line of a page's console: Electron's
/// [`console-message`](https://www.electronjs.org/docs/latest/api/web-contents#event-console-message).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleMessage {
    /// How serious it is.
    pub level: ConsoleLevel,
    /// The text: what was logged, with blanks between; or an error that nobody caught.
    pub message: String,
    /// The line of the source, from 1; 0 if the browser doesn't say.
    pub line_number: u32,
    /// The URL of the script; empty if the browser doesn't say.
    pub source_id: String,
}

/// How serious a line of the console is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ConsoleLevel {
    /// `console.debug`.
    Debug,
    /// `console.log` and `console.info`.
    Info,
    /// `console.warn`.
    Warning,
    /// `console.error`, and what nobody caught.
    Error,
}

impl ConsoleLevel {
    /// Electron's word: `debug`, `info`, `warning` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for ConsoleLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a page ended that said no goodbye: Electron's
/// [`render-process-gone`](https://www.electronjs.org/docs/latest/api/web-contents#event-render-process-gone).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderProcessGoneDetails {
    /// What became of it, as far as a host can tell from outside the browser.
    pub reason: RenderProcessGoneReason,
}

/// What became of a page that said no goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderProcessGoneReason {
    /// The browser closed the page's connection, or loaded the tab anew, and the page had not left: its process ended.
    Crashed,
    /// The connection just ended and didn't come back: the browser was killed, the machine sleeps, the network is gone.
    AbnormalExit,
}

impl RenderProcessGoneReason {
    /// Electron's word: `crashed` or `abnormal-exit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::AbnormalExit => "abnormal-exit",
        }
    }
}

impl std::fmt::Display for RenderProcessGoneReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
