//! What can go wrong with a call from this page.

use exciton_protocol::{EncodeError, Value};
use wasm_bindgen::JsValue;

use crate::driver::StartError;
use crate::web;

/// Why a `send`, `invoke` or `send_sync` did not do what it says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IpcError {
    /// The page has no link. Nothing was sent.
    #[error(transparent)]
    Start(#[from] StartError),
    /// An argument can't be written. Nothing was sent.
    #[error("An object could not be cloned: {0}")]
    NotCloneable(Box<EncodeError>),
    /// A limit of one message or of the page: the message has too much of something, or too much waits already. Nothing was
    /// run.
    #[error("{}", .0.message)]
    Limit(Box<LimitReached>),
    /// The main process answered with an error.
    #[error("{0}")]
    Remote(Box<RemoteError>),
    /// The application doesn't let this page make the call. Nothing was run.
    #[error("{0}")]
    Forbidden(Box<Forbidden>),
    /// No answer came: the main process could not be reached, or was restarted, or took too long.
    #[error("{}", .0.message)]
    NoAnswer(Box<NoAnswer>),
    /// The answer is not of the type that was asked for.
    #[error("{0}")]
    WrongType(Box<str>),
    /// Anything else that JavaScript threw.
    #[error("{0}")]
    Thrown(Box<str>),
}

/// A limit was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitReached {
    /// What it is about, with both numbers.
    pub message: Box<str>,
    /// What there would have been.
    pub size: u64,
    /// The limit, in the same unit: bytes, open invokes, or what the message says.
    pub limit: u64,
}

/// An error of the main process: a handler's, or that there is none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RemoteError {
    /// The channel of the `invoke`; none for a `send_sync`.
    pub channel: Option<Box<str>>,
    /// The error's name, such as `Error`.
    pub name: Box<str>,
    /// The error's message.
    pub message: Box<str>,
    /// A code for programs, if the handler gave one.
    pub code: Option<Box<str>>,
    /// Further data, if the handler gave some.
    pub data: Option<Value>,
}

/// A call that the application doesn't let this page make.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forbidden {
    /// The channel.
    pub channel: Box<str>,
    /// JavaScript's name of the method: `send`, `sendSync`, `invoke` or `postMessage`.
    pub kind: Box<str>,
    /// The main process' words.
    pub message: Box<str>,
}

/// A call without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoAnswer {
    /// What happened.
    pub message: Box<str>,
    /// A code for programs, such as `HOST_RESTARTED`, `EXPIRED`, `TIMED_OUT`, `UNREACHABLE`.
    pub code: Box<str>,
    /// Whether a listener may have been called all the same, or may still be.
    pub may_have_run: bool,
}

impl std::fmt::Display for RemoteError {
    /// For an `invoke` Electron's sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(channel) = &self.channel {
            write!(f, "Error invoking remote method '{channel}': ")?;
        }
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl std::error::Error for RemoteError {}

impl std::fmt::Display for Forbidden {
    /// For an `invoke` Electron's sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { channel, kind, message } = self;
        if &**kind == "invoke" {
            write!(f, "Error invoking remote method '{channel}': Error: ")?;
        }
        f.write_str(message)
    }
}

impl std::error::Error for Forbidden {}

impl From<EncodeError> for IpcError {
    fn from(error: EncodeError) -> Self {
        Self::NotCloneable(Box::new(error))
    }
}

/// Whatever JavaScript throws: the link's own errors by their fields, anything else by its text.
impl From<JsValue> for IpcError {
    fn from(thrown: JsValue) -> Self {
        let text = |name| web::get(&thrown, name).as_string();
        let number = |name| web::whole(&web::get(&thrown, name));
        let message = text("message").or_else(|| thrown.as_string());
        let message = message.unwrap_or_else(|| format!("{thrown:?}")).into_boxed_str();
        if let Some(may_have_run) = web::get(&thrown, "mayHaveRun").as_bool() {
            let code = text("code").unwrap_or_default().into();
            return Self::NoAnswer(Box::new(NoAnswer { message, code, may_have_run }));
        }
        if let Some(limit) = number("limit") {
            let size = number("queued").or_else(|| number("bytes")).unwrap_or_default();
            return Self::Limit(Box::new(LimitReached { message, size, limit }));
        }
        Self::Thrown(message)
    }
}
