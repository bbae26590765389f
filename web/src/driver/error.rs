//! What can go wrong at the page's end.

use exciton_protocol::{Full, LinkLost, TooLarge, TooNested};
use js_sys::{Error, JsString, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::web;

/// The page's link could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no window with a document, as in a worker.
    #[error("this is no page: there is no document")]
    NoDocument,
    /// The host was built with another version.
    #[error("the main process speaks another version of the wire than this page: reload it")]
    Version,
    /// The document has a link.
    #[error("the page's link has begun already")]
    Begun,
    /// The document has none.
    #[error("the page's link has not begun")]
    NotBegun,
}

/// Packets were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// Too much waits for the host already.
    #[error(transparent)]
    Full(#[from] Full),
    /// The packet is larger than any may be.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// A synchronous call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The packet is larger than any may be; it was not sent.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Too many synchronous calls within each other; it was not sent.
    #[error(transparent)]
    TooNested(#[from] TooNested),
    /// The host can't be reached, or the browser forbids synchronous requests here (while a page unloads).
    #[error("the main process could not be reached in {tries} tries")]
    Unreachable {
        /// How often the request was made.
        tries: u32,
        /// At least one of them may have arrived.
        may_have_run: bool,
    },
    /// No answer came in time. The call may still run.
    #[error("no answer came within {limit} ms")]
    TimedOut {
        /// The overall limit of a synchronous call.
        limit: u64,
    },
    /// The link is over.
    #[error("{why}")]
    Lost {
        /// The reason.
        why: LinkLost,
        /// An earlier try may have arrived before the link's end.
        may_have_run: bool,
    },
    /// The host refused the request.
    #[error("the main process refused the request with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: Box<str>,
    },
    /// The answer could not be read.
    #[error("the main process sent an unreadable answer")]
    Garbled,
}

impl SyncError {
    /// Whether the listener may have been called all the same, or may still be.
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::TooLarge(_) | Self::TooNested(_) => false,
            Self::Unreachable { may_have_run, .. } | Self::Lost { may_have_run, .. } => {
                *may_have_run
            }
            Self::TimedOut { .. } | Self::Refused { .. } | Self::Garbled => true,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "TOO_LARGE",
            Self::TooNested(_) => "TOO_NESTED",
            Self::Unreachable { .. } => "UNREACHABLE",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Lost { why: LinkLost::HostRestarted, .. } => "HOST_RESTARTED",
            Self::Lost { .. } => "EXPIRED",
            Self::Refused { .. } => "REFUSED",
            Self::Garbled => "GARBLED",
        }
    }
}

impl From<SyncError> for JsValue {
    fn from(error: SyncError) -> Self {
        to_js(&error.to_string(), error.code(), Some(error.may_have_run()))
    }
}

impl From<PushError> for JsValue {
    fn from(error: PushError) -> Self {
        let code = match error {
            PushError::Full(_) => "FULL",
            PushError::TooLarge(_) => "TOO_LARGE",
        };
        to_js(&error.to_string(), code, None)
    }
}

impl From<StartError> for JsValue {
    fn from(error: StartError) -> Self {
        to_js(&error.to_string(), "START", None)
    }
}

/// A JavaScript `Error` with a `code`, and for calls whether they `mayHaveRun`.
fn to_js(message: &str, code: &str, may_have_run: Option<bool>) -> JsValue {
    let error = Error::new(message);
    let object: &Object = error.unchecked_ref();
    web::set(object, "code", &JsString::from(code));
    if let Some(may_have_run) = may_have_run {
        web::set(object, "mayHaveRun", &JsValue::from_bool(may_have_run));
    }
    error.into()
}
