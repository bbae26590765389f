//! Names of things on the wire: links, epochs, tabs, and the clock's unit.
//!
//! An id is a secret of its page: `Debug` shows its first digits only, so that a log never holds a whole one.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// The number of a packet in one direction of a link, counted from 0.
pub type Seq = u64;

/// The name of one link: 128 random bits, made when a document loads and kept in its memory only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(u128);

/// The name of one life of a host process: 64 random bits. Another epoch means that the host restarted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

/// The name of one tab, which outlives the documents that are loaded in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TabId(u128);

/// A text that is not the fixed number of lowercase hexadecimal digits that an id has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of {expected} lowercase hexadecimal digits was expected")]
pub struct BadId {
    /// Digits that the id has.
    pub expected: usize,
}

macro_rules! id {
    ($name:ident, $int:ty, $digits:literal) => {
        impl $name {
            /// The id that these random bits name.
            pub const fn from_bits(bits: $int) -> Self {
                Self(bits)
            }

            /// The bits behind the id.
            pub const fn bits(self) -> $int {
                self.0
            }

            /// Reads the wire's form: lowercase hexadecimal digits, all of them.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let bad = BadId { expected: $digits };
                let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                if text.len() != $digits || !text.bytes().all(digit) {
                    return Err(bad);
                }
                <$int>::from_str_radix(text, 16).map(Self).map_err(|_| bad)
            }

            /// Appends the wire's form: without the machinery of formatting, which takes longer than all else of a short message.
            pub(crate) fn write(self, out: &mut String) {
                out.extend((0..$digits).rev().map(|place: u32| {
                    let digit = (self.0 >> (place * 4)) as u8 & 0xf;
                    char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
                }));
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:0width$x}", self.0, width = $digits)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:04x}…)", stringify!($name), self.0 >> (<$int>::BITS - 16))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = String::with_capacity($digits);
                self.write(&mut text);
                serializer.serialize_str(&text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

id!(LinkId, u128, 32);
id!(Epoch, u64, 16);
id!(TabId, u128, 32);

/// A moment on the caller's own clock, in milliseconds from any fixed start. The crate never reads a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment `span` milliseconds later.
    pub const fn plus(self, span: u64) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// Milliseconds from `earlier` to this moment; 0 if it isn't earlier.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_round_trips_through_its_digits() {
        let id = LinkId::from_bits(0x00ff_0123);
        assert_eq!(LinkId::parse(&id.to_string()).unwrap(), id);
        assert_eq!(Epoch::from_bits(1).to_string(), "0000000000000001");
    }

    #[test]
    fn a_text_of_another_length_or_case_is_no_id() {
        for text in [
            "",
            "1",
            "000000000000000G",
            "000000000000000A",
            "+000000000000001",
            "00000000000000001",
        ] {
            assert_eq!(Epoch::parse(text), Err(BadId { expected: 16 }), "{text}");
        }
    }

    #[test]
    fn json_has_the_digits_that_are_shown() {
        for bits in [0, 7, 0x0123_4567_89ab_cdef, u64::MAX] {
            let id = Epoch::from_bits(bits);
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        }
        let id = LinkId::from_bits(u128::MAX - 0xf0);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    #[test]
    fn debug_never_shows_a_whole_id() {
        assert_eq!(format!("{:?}", Epoch::from_bits(0x1234_5678_9abc_def0)), "Epoch(1234…)");
    }
}
