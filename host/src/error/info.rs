//! What of an error travels to the page.

use std::any::Any;
use std::borrow::Cow;

use exciton_protocol::{ArgError, EncodeError, Encoded, Object, Value};
use serde::Serialize;

/// The error of a call as the page is told it: the fields of the wire's `fail` packet.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorInfo {
    /// JavaScript's name of the error, the word before the colon.
    pub name: Cow<'static, str>,
    /// The message, without the sentence that the page puts before it.
    pub message: String,
    /// A code for programs.
    pub code: Option<String>,
    /// Further data, already in the wire's form.
    pub data: Option<Encoded>,
}

impl ErrorInfo {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into(), code: None, data: None }
    }

    /// A plain `Error`.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::new("Error", message)
    }

    /// Electron's sentence for an `invoke` that nobody handles.
    pub(crate) fn no_handler(channel: &str) -> Self {
        Self::plain(format!("No handler registered for '{channel}'"))
    }

    /// Electron's sentence for an `invoke` whose handler went away without an answer.
    pub(crate) fn never_sent() -> Self {
        Self::plain("reply was never sent")
    }

    /// A listener or handler that panicked, with the panic's own message.
    pub(crate) fn panicked(role: &str, channel: &str, payload: &(dyn Any + Send)) -> Self {
        Self::plain(format!("the {role} of '{channel}' panicked: {}", panic_message(payload)))
    }

    /// What a handler returned in the error place.
    ///
    /// A text is the message. An object with a text as its `message` is taken as an error object, with its `name`,
    /// `code` and `data`; if it has further fields, the whole object is the data. Anything else becomes the data, and
    /// its JSON the message.
    pub(crate) fn from_serialize<E: Serialize + ?Sized>(error: &E) -> Self {
        match Value::from_serialize(error) {
            Ok(value) => Self::from_value(value),
            Err(error) => Self::not_cloneable(&error),
        }
    }

    /// A call whose arguments don't fit the listener's or handler's parameters.
    pub(crate) fn wrong_argument(channel: &str, wrong: &ArgError) -> Self {
        Self::new("TypeError", format!("'{channel}' {wrong}"))
    }

    /// A result that can't travel, with the words that a browser has for it.
    pub(crate) fn not_cloneable(error: &EncodeError) -> Self {
        Self::new("DataCloneError", format!("An object could not be cloned: {error}"))
    }

    fn from_value(mut value: Value) -> Self {
        if let Value::String(text) = &value {
            return Self::plain(text.to_string_lossy());
        }
        match &mut value {
            Value::Object(object) if object.get("message").is_some_and(|it| it.as_str().is_some()) => {
                Self::from_error_object(object)
            }
            _ => {
                let message = serde_json::to_string(&value).unwrap_or_else(|error| error.to_string());
                Self::plain(message).with_data(&value)
            }
        }
    }

    /// Of an object that has a text as its `message`.
    fn from_error_object(object: &mut Object) -> Self {
        let text = |key| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut info = Self::plain(text("message").unwrap_or_default());
        info.code = text("code");
        if let Some(name) = text("name") {
            info.name = name.into();
        }
        let known = ["name", "message", "code", "data"];
        let strange = object.iter().any(|(key, _)| !known.iter().any(|known| key == known));
        match object.remove("data") {
            _ if strange => info.with_data(&*object),
            Some(data) => info.with_data(&data),
            None => info,
        }
    }

    fn with_data(mut self, data: &impl Serialize) -> Self {
        match Encoded::from_serialize(data) {
            Ok(data) => self.data = Some(data),
            Err(error) => tracing::warn!(%error, "the data of an error can't be cloned"),
        }
        self
    }
}

/// The text that `panic!` was given.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}
