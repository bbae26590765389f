//! What can be wrong with values, on the way in and on the way out.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};
use serde::ser;

use super::{BadView, Value};

/// A value that couldn't be read. All but [`TypedDepth`](DecodeError::TypedDepth),
/// [`Cycle`](DecodeError::Cycle), [`TypedCopies`](DecodeError::TypedCopies), [`Mismatch`](DecodeError::Mismatch) and
/// [`Custom`](DecodeError::Custom) are the sender's fault: its text breaks the wire format or a bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The text is no JSON.
    #[error("bad JSON at byte {offset}: {what}")]
    Syntax {
        /// Where in the text, in bytes.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// The value is nested too deep.
    #[error("nested too deep at byte {offset}: level {depth}, and the limit is {limit}")]
    Depth {
        /// Where in the text, in bytes.
        offset: usize,
        /// The level that was reached.
        depth: u32,
        /// The levels that are allowed.
        limit: u32,
    },
    /// An object with the key `$` isn't one of the tags that the wire knows.
    #[error("bad tag {tag:?} at byte {offset}: {what}")]
    Tag {
        /// Where in the text, in bytes.
        offset: usize,
        /// Name of the tag, as far as it could be read.
        tag: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Binary is named that didn't come along.
    #[error("binary {index} is named, but {count} came along")]
    Blob {
        /// The index that is named.
        index: u64,
        /// How many there are.
        count: usize,
    },
    /// A view doesn't fit its buffer.
    #[error(transparent)]
    View(#[from] BadView),
    /// A BigInt has too many digits.
    #[error("a BigInt of {digits} digits, and the limit is {limit}")]
    BigInt {
        /// The digits that it has.
        digits: usize,
        /// The digits that are allowed.
        limit: usize,
    },
    /// The value is well formed, but nested too deep for any serde type but [`Value`].
    #[error("nested deeper than {limit} levels, which is too deep for a type: take a Value")]
    TypedDepth {
        /// The levels that are allowed.
        limit: u32,
    },
    /// The value is well formed, but an object in it contains itself, which no serde type but [`Value`] can hold.
    #[error("{}an object that contains itself, which no type can hold: take a Value", Prefix(path))]
    Cycle {
        /// Way from the value's top to where the object is met again, as JavaScript writes it: `.user.names[2]`.
        path: String,
    },
    /// The value is well formed, but its shared objects and holes are more than a type may be given copies of.
    #[error(
        "copies of shared objects come to more than {limit} bytes, which is too much for a type: take a Value"
    )]
    TypedCopies {
        /// The bytes that are allowed.
        limit: usize,
    },
    /// The value is well formed, but not what the Rust type wants.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// The Rust type refuses the value in its own words.
    #[error("{}{message}", Prefix(path))]
    Custom {
        /// Way from the value's top to the trouble, as JavaScript writes it: `.user.names[2]`.
        path: String,
        /// What the type says.
        message: String,
    },
}

/// A value of another type than the Rust type wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}, found {found}", Prefix(path))]
pub struct Mismatch {
    /// Way from the value's top to the trouble, as JavaScript writes it: `.user.names[2]`.
    pub path: String,
    /// What the type wants.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl DecodeError {
    /// A short name of the kind of trouble, as the golden vectors use it.
    pub fn kind(&self) -> &'static str {
        match self {
            DecodeError::Syntax { .. } => "syntax",
            DecodeError::Depth { .. } => "depth",
            DecodeError::Tag { .. } => "tag",
            DecodeError::Blob { .. } => "blob",
            DecodeError::View(_) => "view",
            DecodeError::BigInt { .. } => "bigint",
            DecodeError::TypedDepth { .. } => "typed-depth",
            DecodeError::Cycle { .. } => "cycle",
            DecodeError::TypedCopies { .. } => "typed-copies",
            DecodeError::Mismatch(_) => "mismatch",
            DecodeError::Custom { .. } => "custom",
        }
    }

    pub(crate) fn mismatch(expected: impl Into<String>, found: impl Into<String>) -> Self {
        DecodeError::Mismatch(Box::new(Mismatch {
            path: String::new(),
            expected: expected.into(),
            found: found.into(),
        }))
    }

    /// The same trouble, seen from one level further out.
    pub(crate) fn within(mut self, step: impl Display) -> Self {
        match &mut self {
            DecodeError::Mismatch(mismatch) => mismatch.path.insert_str(0, &step.to_string()),
            DecodeError::Custom { path, .. } | DecodeError::Cycle { path } => {
                path.insert_str(0, &step.to_string());
            }
            _ => {}
        }
        self
    }

    /// The same mismatch, with a better word for what is there. serde's model has none for most JavaScript types.
    pub(crate) fn found(mut self, word: &str) -> Self {
        if let DecodeError::Mismatch(mismatch) = &mut self
            && mismatch.path.is_empty()
        {
            mismatch.found = word.into();
        }
        self
    }

    /// The same trouble in a longer text, of which what was read starts at `start`.
    pub(crate) fn after(mut self, start: usize) -> Self {
        if let DecodeError::Syntax { offset, .. }
        | DecodeError::Depth { offset, .. }
        | DecodeError::Tag { offset, .. } = &mut self
        {
            *offset += start;
        }
        self
    }
}

impl de::Error for DecodeError {
    fn custom<T: Display>(message: T) -> Self {
        DecodeError::Custom { path: String::new(), message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::mismatch(expected.to_string(), words(found))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::mismatch(expected.to_string(), words(found))
    }
}

/// What serde came upon, in JavaScript's words.
fn words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Unit | Unexpected::Option => "null".into(),
        Unexpected::Bool(value) => format!("the boolean {value}"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the string {}", quote(text)),
        Unexpected::Bytes(_) => "binary".into(),
        Unexpected::Seq => "an array".into(),
        Unexpected::Map => "an object".into(),
        other => other.to_string(),
    }
}

/// Text in quotes, cut to what a message can bear.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// A value that can't be sent. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value is nested too deep.
    #[error("nested too deep: level {depth}, and the limit is {limit}")]
    Depth {
        /// The level that was reached.
        depth: u32,
        /// The levels that are allowed.
        limit: u32,
    },
    /// A BigInt has too many digits.
    #[error("a BigInt of more digits than the limit, {limit}")]
    BigInt {
        /// The digits that are allowed.
        limit: usize,
    },
    /// A map's key is none that an object can have.
    #[error("an object's keys are text, and this key is {found}")]
    Key {
        /// What the key is instead.
        found: &'static str,
    },
    /// Arguments must be a tuple, an array, or `()` for none.
    #[error("arguments must be a tuple: write (value,) to send one value")]
    NotArguments,
    /// The Rust type refuses to be serialized, in its own words.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        EncodeError::Custom(message.to_string())
    }
}

impl EncodeError {
    pub(crate) fn bigint() -> Self {
        EncodeError::BigInt { limit: Value::BIGINT_DIGITS }
    }
}

/// A path before a message, or nothing.
struct Prefix<'a>(&'a str);

impl Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}

const QUOTED_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_way_to_the_trouble_and_both_sides() {
        let error = DecodeError::mismatch("u8", "null").within("[2]").within(".names");
        assert_eq!(error.to_string(), ".names[2]: expected u8, found null");
    }

    #[test]
    fn long_text_is_cut_in_messages() {
        let words = words(Unexpected::Str(&"é".repeat(1_000)));
        assert!(words.chars().count() < 100);
        assert!(words.ends_with('…'));
    }

    #[test]
    fn errors_are_small_enough_to_return() {
        assert!(size_of::<DecodeError>() <= 64);
        assert!(size_of::<EncodeError>() <= 32);
    }
}
