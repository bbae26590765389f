//! What of an error travels to the page.

use std::any::Any;
use std::borrow::Cow;

use exciton_protocol::{EncodeError, Encoded, Excess, Object, Value, to_value};
use serde::Serialize;

use crate::access::CallKind;
use crate::handler::BadArguments;

/// The error of a call as the page is told it: the fields of the wire's `fail` packet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorInfo {
    /// JavaScript's name of the error, the word before the colon.
    pub name: Cow<'static, str>,
    /// The message, without the sentence that the page puts before it.
    pub message: String,
    /// A code for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Further data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<Value>>,
    /// Whether a listener may have been called. `None` where one was, or the error itself says that none was.
    #[serde(rename = "mayHaveRun", skip_serializing_if = "Option::is_none")]
    pub may_have_run: Option<bool>,
}

impl ErrorInfo {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            message: message.into(),
            code: None,
            data: None,
            may_have_run: None,
        }
    }

    /// A plain `Error`.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::new("Error", message)
    }

    /// Electron's sentence for an `invoke` that nobody handles.
    pub(crate) fn no_handler(channel: &str) -> Self {
        Self::plain(format!("No handler registered for '{channel}'"))
    }

    /// A call that the application doesn't let the page make.
    pub(crate) fn forbidden(kind: CallKind, channel: &str, reason: Option<&str>) -> Self {
        let mut message = format!("This page may not call {kind} on '{channel}'");
        if let Some(reason) = reason {
            message.push_str(": ");
            message.push_str(reason);
        }
        let data = Object::from_iter([("channel", channel), ("kind", kind.name())]);
        Self {
            code: Some("FORBIDDEN".to_owned()),
            data: Some(Box::new(data.into())),
            may_have_run: Some(false),
            ..Self::plain(message)
        }
    }

    /// A call that has too much of something.
    pub(crate) fn excess(kind: CallKind, channel: &str, excess: Excess) -> Self {
        let number = |number: u64| Value::Number(number as f64);
        let data = Object::from_iter([
            ("channel", Value::from(channel)),
            ("kind", kind.name().into()),
            ("bound", excess.bound.name().into()),
            ("found", number(excess.found)),
            ("limit", number(excess.limit)),
        ]);
        Self {
            code: Some("LIMIT".to_owned()),
            data: Some(Box::new(data.into())),
            may_have_run: Some(false),
            ..Self::new("RangeError", excess.to_string())
        }
    }

    /// An `invoke` of a page that has too many open.
    pub(crate) fn busy(open: u32, limit: u32) -> Self {
        let message =
            format!("the page waits for {open} invokes with this, and {limit} may be open");
        Self { code: Some("BUSY".to_owned()), ..Self::new("RangeError", message) }
    }

    /// The answer to an `invoke` of a page that doesn't take its answers.
    pub(crate) fn no_room(queued: usize, cap: usize) -> Self {
        let message = format!(
            "too much waits for the page: {queued} bytes with this answer, the limit is {cap}; the call has run"
        );
        Self { code: Some("FULL".to_owned()), ..Self::new("RangeError", message) }
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
    /// A text is the message, and a JavaScript error keeps its name and message. An object with a text as its `message` is taken as an error object, with its `name`,
    /// `code` and `data`; if it has further fields, the whole object is the data. Anything else becomes the data, and
    /// its JSON the message.
    pub(crate) fn from_serialize<E: Serialize + ?Sized>(error: &E) -> Self {
        match to_value(error) {
            Ok(value) => Self::from_value(value),
            Err(error) => Self::not_cloneable(&error),
        }
    }

    /// A call whose arguments don't fit the listener's or handler's parameters.
    pub(crate) fn wrong_argument(channel: &str, wrong: &BadArguments) -> Self {
        Self::new("TypeError", format!("'{channel}' was called with a wrong argument: {wrong}"))
    }

    /// A result that can't travel, with the words that a browser has for it.
    pub(crate) fn not_cloneable(error: &EncodeError) -> Self {
        Self::new("DataCloneError", format!("An object could not be cloned: {error}"))
    }

    fn from_value(value: Value) -> Self {
        match value {
            Value::String(text) => Self::plain(text.to_string_lossy()),
            Value::Object(object) if text(&object, "message").is_some() => {
                Self::from_error_object(object)
            }
            Value::Error(error) => {
                let message = error.message.as_ref().map(|text| text.to_string_lossy().into());
                Self::new(error.kind.name(), message.unwrap_or_else(String::new))
            }
            other => {
                let message =
                    serde_json::to_string(&other).unwrap_or_else(|error| error.to_string());
                Self { data: Some(Box::new(other)), ..Self::plain(message) }
            }
        }
    }

    fn from_error_object(mut object: Object) -> Self {
        let message = text(&object, "message").unwrap_or_default();
        let name = text(&object, "name").map_or(Cow::Borrowed("Error"), Cow::Owned);
        let code = text(&object, "code");
        let known = ["name", "message", "code", "data"];
        let strange = object.iter().any(|(key, _)| !known.iter().any(|known| key == *known));
        let data = if strange { Some(Value::Object(object)) } else { object.remove("data") };
        Self { name, message, code, data: data.map(Box::new), may_have_run: None }
    }

    /// The object of the wire's `fail` packet.
    pub(crate) fn encode(&self) -> Encoded {
        Encoded::from_serialize(self).unwrap_or_else(|error| {
            tracing::warn!(%error, "the data of an error can't be cloned");
            Encoded::from_serialize(&Self { data: None, ..self.clone() })
                .unwrap_or_else(|_| Encoded::undefined())
        })
    }
}

fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use exciton_protocol::{ErrorKind, ErrorValue};
    use serde_json::json;

    use super::*;
    use crate::error::Error;

    /// The wire's object for what stood in a handler's error place.
    fn wire(error: impl Serialize) -> serde_json::Value {
        serde_json::from_slice(&ErrorInfo::from_serialize(&error).encode().text).unwrap()
    }

    #[test]
    fn a_text_is_the_message() {
        assert_eq!(wire("bad"), json!({"name": "Error", "message": "bad"}));
    }

    #[test]
    fn our_own_error_keeps_all_it_has() {
        let error = Error::new("bad").with_name("RangeError").with_code("E_BAD").with_data([1, 2]);
        assert_eq!(
            wire(error),
            json!({"name": "RangeError", "message": "bad", "code": "E_BAD", "data": [1, 2]})
        );
    }

    #[test]
    fn an_object_with_a_message_is_an_error_and_further_fields_are_data() {
        assert_eq!(
            wire(json!({"message": "bad", "code": "E"})),
            json!({"name": "Error", "message": "bad", "code": "E"})
        );
        assert_eq!(
            wire(json!({"message": "bad", "path": "x"})),
            json!({"name": "Error", "message": "bad", "data": {"message": "bad", "path": "x"}})
        );
    }

    #[test]
    fn an_error_of_javascript_keeps_its_name_and_message() {
        let error = ErrorValue::new(ErrorKind::Range, "far");
        assert_eq!(wire(Value::from(error)), json!({"name": "RangeError", "message": "far"}));
    }

    #[test]
    fn anything_else_is_data_and_its_json_the_message() {
        assert_eq!(
            wire(json!({"kind": 7})),
            json!({"name": "Error", "message": "{\"kind\":7}", "data": {"kind": 7}})
        );
        assert_eq!(wire(7), json!({"name": "Error", "message": "7", "data": 7}));
    }
}
