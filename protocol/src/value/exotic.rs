//! Objects of JavaScript that hold one thing: regular expressions, errors, and primitives in objects.

use std::mem;
use std::ops::Deref;

use num_bigint::BigInt;

use super::{Object, Text, Value};

/// A regular expression. It isn't run here: the two ends have different engines for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegExp {
    source: Text,
    flags: Box<str>,
}

impl RegExp {
    /// A regular expression as JavaScript's `new RegExp(source, flags)` takes it. Whether a page's engine can read the
    /// source turns out there. `None` for flags that no engine knows, or that exclude each other.
    pub fn new(source: impl Into<Text>, flags: &str) -> Option<Self> {
        Some(RegExp { source: source.into(), flags: canonical(flags)? })
    }

    /// The pattern, escaped as between two slashes.
    pub fn source(&self) -> &Text {
        &self.source
    }

    /// The flags, in JavaScript's order.
    pub fn flags(&self) -> &str {
        &self.flags
    }
}

const FLAGS: &str = "dgimsuvy";

/// The flags in JavaScript's order.
fn canonical(flags: &str) -> Option<Box<str>> {
    let mut sorted: Vec<char> = flags.chars().collect();
    sorted.sort_unstable();
    let known = sorted.iter().all(|flag| FLAGS.contains(*flag));
    let twice = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    let both = flags.contains('u') && flags.contains('v');
    (known && !twice && !both).then(|| sorted.into_iter().collect::<String>().into())
}

/// A JavaScript error: what structured clone keeps of one.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ErrorValue {
    /// Which of the built-in classes it is of. Any other becomes `Error`.
    pub kind: ErrorKind,
    /// `None` for an error without a message of its own.
    pub message: Option<Text>,
    /// The engine's own text of where it was made.
    pub stack: Option<Text>,
    /// What `new Error(message, { cause })` was given; `None` if nothing, which isn't the same as `undefined`.
    pub cause: Option<Cause>,
}

/// What an error was caused by: any value, often another error, and so on to any depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause(pub(super) Box<Value>);

impl Cause {
    /// The value.
    pub fn into_value(mut self) -> Value {
        mem::take(&mut *self.0)
    }
}

impl<T: Into<Value>> From<T> for Cause {
    fn from(value: T) -> Self {
        Cause(Box::new(value.into()))
    }
}

impl Deref for Cause {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl ErrorValue {
    /// An error with a message, without stack and cause.
    pub fn new(kind: ErrorKind, message: impl Into<Text>) -> Self {
        ErrorValue { kind, message: Some(message.into()), ..ErrorValue::default() }
    }

    /// Name and message, as JavaScript's `toString` gives them.
    pub fn summary(&self) -> String {
        let message = self.message.as_ref().map(Text::to_string_lossy).unwrap_or_default();
        let name = self.kind.name();
        if message.is_empty() { name.into() } else { format!("{name}: {message}") }
    }

    /// What a type that knows no errors reads: `name`, and of `message`, `stack` and `cause` what is there.
    pub(super) fn into_object(self) -> Object {
        let mut object = Object::from_iter([("name", self.kind.name())]);
        for (key, text) in [("message", self.message), ("stack", self.stack)] {
            text.map(|text| object.insert(key, text));
        }
        self.cause.map(|cause| object.insert("cause", cause.into_value()));
        object
    }
}

/// The classes of error that structured clone knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ErrorKind {
    #[default]
    Error,
    Eval,
    Range,
    Reference,
    Syntax,
    Type,
    Uri,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [ErrorKind; 7] = [
        ErrorKind::Error,
        ErrorKind::Eval,
        ErrorKind::Range,
        ErrorKind::Reference,
        ErrorKind::Syntax,
        ErrorKind::Type,
        ErrorKind::Uri,
    ];

    /// JavaScript's name of the class.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Error => "Error",
            ErrorKind::Eval => "EvalError",
            ErrorKind::Range => "RangeError",
            ErrorKind::Reference => "ReferenceError",
            ErrorKind::Syntax => "SyntaxError",
            ErrorKind::Type => "TypeError",
            ErrorKind::Uri => "URIError",
        }
    }

    /// The class of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ErrorKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A primitive in an object: `new Number(1)`, `Object(1n)`.
#[derive(Clone, Debug)]
pub enum Boxed {
    /// `new Number(…)`.
    Number(f64),
    /// `new String(…)`.
    String(Text),
    /// `new Boolean(…)`.
    Bool(bool),
    /// `Object(1n)`.
    BigInt(BigInt),
}

impl Boxed {
    /// The primitive.
    pub fn into_value(self) -> Value {
        match self {
            Boxed::Number(number) => Value::Number(number),
            Boxed::String(text) => Value::String(text),
            Boxed::Bool(value) => Value::Bool(value),
            Boxed::BigInt(number) => Value::BigInt(number),
        }
    }

    /// An object around a primitive; `None` for what JavaScript has no such object for.
    pub fn new(value: Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(Boxed::Number(number)),
            Value::String(text) => Some(Boxed::String(text)),
            Value::Bool(value) => Some(Boxed::Bool(value)),
            Value::BigInt(number) => Some(Boxed::BigInt(number)),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_those_of_javascript_in_its_order() {
        assert_eq!(RegExp::new("a", "yig").unwrap().flags(), "giy");
        assert_eq!(RegExp::new("a", "").unwrap().flags(), "");
        for flags in ["x", "gg", "uv", "é"] {
            assert_eq!(RegExp::new("a", flags), None, "{flags}");
        }
    }
}
