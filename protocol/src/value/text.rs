//! Text as JavaScript has it: UTF-16, lone surrogates allowed.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A JavaScript string. Nearly all are ordinary text and are kept as such; a string with lone surrogates, which
/// no Rust `String` can hold, keeps them.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Repr);

#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Utf8(String),
    /// Invariant: there is a lone surrogate in it, so that each text has one representation.
    Utf16(Box<[u16]>),
}

impl Text {
    /// The text, unless it has lone surrogates.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Utf8(text) => Some(text),
            Repr::Utf16(_) => None,
        }
    }

    /// The text with U+FFFD in place of each lone surrogate.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Utf8(text) => Cow::Borrowed(text),
            Repr::Utf16(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The text as a `String`.
    ///
    /// # Errors
    /// Gives the text back if it has lone surrogates.
    pub fn into_string(self) -> Result<String, Text> {
        match self.0 {
            Repr::Utf8(text) => Ok(text),
            Repr::Utf16(_) => Err(self),
        }
    }

    /// Text from UTF-16 code units, any of them.
    pub fn from_utf16(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => Text(Repr::Utf8(text)),
            Err(_) => Text(Repr::Utf16(units.into())),
        }
    }

    /// The bytes that it takes here.
    pub(super) fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Utf8(text) => text.len(),
            Repr::Utf16(units) => 2 * units.len(),
        }
    }

    /// The UTF-16 code units, as JavaScript counts and indexes them.
    pub fn to_utf16(&self) -> Vec<u16> {
        match &self.0 {
            Repr::Utf8(text) => text.encode_utf16().collect(),
            Repr::Utf16(units) => units.to_vec(),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Text(Repr::Utf8(String::new()))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(Repr::Utf8(text.into()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(Repr::Utf8(text))
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

impl Hash for Text {
    /// As `str` hashes, so that an object can be asked by `&str`.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Utf8(text) => text.as_str().hash(state),
            Repr::Utf16(units) => units.hash(state),
        }
    }
}

impl indexmap::Equivalent<Text> for str {
    fn equivalent(&self, key: &Text) -> bool {
        key.as_str() == Some(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Utf8(text) => fmt::Debug::fmt(text, f),
            Repr::Utf16(units) => {
                f.write_str("\"")?;
                for unit in char::decode_utf16(units.iter().copied()) {
                    match unit {
                        Ok(char) => write!(f, "{}", char.escape_debug())?,
                        Err(lone) => write!(f, "\\u{{{:x}}}", lone.unpaired_surrogate())?,
                    }
                }
                f.write_str("\"")
            }
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_kept() {
        let units = [0x61, 0xd800, 0x62];
        let text = Text::from_utf16(&units);
        assert_eq!(text.as_str(), None);
        assert_eq!(text.to_utf16(), units);
        assert_eq!(text.to_string_lossy(), "a\u{fffd}b");
        assert_eq!(format!("{text:?}"), r#""a\u{d800}b""#);
    }

    #[test]
    fn pairs_are_ordinary_text() {
        assert_eq!(Text::from_utf16(&[0xd83d, 0xde00]), Text::from("😀"));
    }
}
