//! What can go wrong at the page's end.
//!
//! The texts are put together by hand: Rust's formatting machinery would be a good part of the bundle.

use std::fmt;

use exciton_protocol::{Full, LinkLost, TooLarge, TooNested};
use js_sys::Error;
use wasm_bindgen::JsValue;

use super::frame_text::number;
use super::lost::{lost_code, lost_text};
use crate::web;

/// The page's link could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// There is no window with a document, as in a worker.
    NoDocument,
    /// The host was built with another version.
    Version,
    /// The document has a link.
    Begun,
    /// The document has none.
    NotBegun,
    /// Something else on the page has made the link, in another version.
    OtherLink,
}

/// Packets were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// Too much waits for the host already.
    Full(Full),
    /// The packet is larger than any may be.
    TooLarge(TooLarge),
    /// Too many invokes wait for their answer.
    Busy {
        /// How many there would be.
        open: usize,
        /// The limit.
        limit: usize,
    },
}

/// A synchronous call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncError {
    /// The packet is larger than any may be; it was not sent.
    TooLarge(TooLarge),
    /// Too much waits for the host already; it was not sent.
    Full(Full),
    /// Too many synchronous calls within each other; it was not sent.
    TooNested(TooNested),
    /// The host can't be reached, or the browser forbids synchronous requests here (while a page unloads).
    Unreachable {
        /// How often the request was made.
        tries: u32,
        /// At least one of them may have arrived.
        may_have_run: bool,
    },
    /// No answer came in time. The call may still run.
    TimedOut {
        /// The overall limit of a synchronous call, in milliseconds.
        limit: u64,
    },
    /// The link is over.
    Lost {
        /// The reason.
        why: LinkLost,
        /// An earlier try may have arrived before the link's end.
        may_have_run: bool,
    },
    /// The host refused the request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: Box<str>,
    },
    /// The answer could not be read.
    Garbled,
}

impl StartError {
    fn text(&self) -> &'static str {
        match self {
            Self::NoDocument => "this is no page: there is no document",
            Self::Version => {
                "the main process speaks another version of the wire than this page: reload it"
            }
            Self::Begun => "the page's link has begun already",
            Self::NotBegun => "the page's link has not begun",
            Self::OtherLink => {
                "another build of Exciton has begun this page's link: use one version on a page"
            }
        }
    }
}

impl PushError {
    /// The code, the name of the first number, the number, and the limit.
    fn parts(&self) -> (&'static str, &'static str, usize, usize) {
        match *self {
            Self::Full(Full { queued, cap }) => ("FULL", "queued", queued, cap),
            Self::TooLarge(TooLarge { size, limit }) => ("TOO_LARGE", "bytes", size, limit),
            Self::Busy { open, limit } => ("BUSY", "queued", open, limit),
        }
    }

    fn text(&self) -> String {
        let (code, _, size, limit) = self.parts();
        let what = match code {
            "FULL" => WAITING,
            "BUSY" => " invokes would wait for an answer",
            _ => BYTES,
        };
        limited(size as u64, what, limit as u64)
    }
}

impl SyncError {
    /// Whether the listener may have been called all the same, or may still be.
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::TooLarge(_) | Self::Full(_) | Self::TooNested(_) => false,
            Self::Unreachable { may_have_run, .. } | Self::Lost { may_have_run, .. } => {
                *may_have_run
            }
            Self::TimedOut { .. } | Self::Refused { .. } | Self::Garbled => true,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "TOO_LARGE",
            Self::Full(_) => "FULL",
            Self::TooNested(_) => "TOO_NESTED",
            Self::Unreachable { .. } => "UNREACHABLE",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Lost { why, .. } => lost_code(*why),
            Self::Refused { .. } => "REFUSED",
            Self::Garbled => "GARBLED",
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        match self {
            Self::TooLarge(TooLarge { size, limit }) => {
                return limited(*size as u64, BYTES, *limit as u64);
            }
            Self::Full(Full { queued, cap }) => {
                return limited(*queued as u64, WAITING, *cap as u64);
            }
            Self::TooNested(TooNested { limit }) => {
                number((*limit).into(), &mut text);
                text.push_str(" synchronous calls are under way within each other already");
            }
            Self::Unreachable { tries, .. } => {
                text.push_str("the main process could not be reached in ");
                number((*tries).into(), &mut text);
                text.push_str(" tries");
            }
            Self::TimedOut { limit } => {
                text.push_str("no answer came within ");
                number(*limit, &mut text);
                text.push_str(" ms");
            }
            Self::Lost { why, .. } => text.push_str(lost_text(*why)),
            Self::Refused { status, message } => {
                text.push_str("the main process refused the call with status ");
                number((*status).into(), &mut text);
                text.push_str(": ");
                text.push_str(message);
            }
            Self::Garbled => text.push_str("the main process sent an unreadable answer"),
        }
        text
    }
}

fn limited(size: u64, what: &str, limit: u64) -> String {
    let mut text = String::new();
    number(size, &mut text);
    text.push_str(what);
    text.push_str(", the limit is ");
    number(limit, &mut text);
    text
}

const BYTES: &str = " bytes are in this message";
const WAITING: &str = " bytes would wait for the main process";

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::error::Error for StartError {}
impl std::error::Error for PushError {}
impl std::error::Error for SyncError {}

impl From<SyncError> for JsValue {
    fn from(error: SyncError) -> Self {
        let thrown = to_js(&error.text(), error.code());
        web::set(&thrown, "mayHaveRun", &error.may_have_run().into());
        thrown
    }
}

impl From<PushError> for JsValue {
    fn from(error: PushError) -> Self {
        let (code, unit, size, limit) = error.parts();
        let thrown = to_js(&error.text(), code);
        web::set(&thrown, unit, &(size as f64).into());
        web::set(&thrown, "limit", &(limit as f64).into());
        thrown
    }
}

impl From<StartError> for JsValue {
    fn from(error: StartError) -> Self {
        to_js(error.text(), "START")
    }
}

/// A JavaScript `Error` with a `code`.
fn to_js(message: &str, code: &str) -> JsValue {
    let error = Error::new(message).into();
    web::set(&error, "code", &code.into());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_with_both_numbers() {
        let full = PushError::Full(Full { queued: 12, cap: 10 });
        assert_eq!(full.to_string(), "12 bytes would wait for the main process, the limit is 10");
        let large = SyncError::TooLarge(TooLarge { size: 3, limit: 2 });
        assert_eq!(large.to_string(), "3 bytes are in this message, the limit is 2");
    }

    #[test]
    fn what_was_never_sent_has_not_run() {
        assert!(!SyncError::TooNested(TooNested { limit: 16 }).may_have_run());
        assert!(SyncError::TimedOut { limit: 1 }.may_have_run());
    }
}
