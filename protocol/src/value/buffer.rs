//! Types of their own for what serde's model lacks: binary without a copy per byte, and dates.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::foreign::Hint;
use super::{Value, handover};

/// Binary: an `ArrayBuffer` at the page's end. Reads from an ArrayBuffer, a typed array or a DataView, and is then
/// a window on what came in: no byte is copied.
///
/// `Vec<u8>` would work too, but serde takes and gives that one number at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Buffer(pub Bytes);

impl Deref for Buffer {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl From<Bytes> for Buffer {
    fn from(bytes: Bytes) -> Self {
        Buffer(bytes)
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Buffer(bytes.into())
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        Buffer(Bytes::copy_from_slice(bytes))
    }
}

impl From<Buffer> for Bytes {
    fn from(buffer: Buffer) -> Self {
        buffer.0
    }
}

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handover::serialize(&Value::ArrayBuffer(self.0.clone()), serializer)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = handover::deserialize(deserializer, Hint::Bytes)?;
        match value.as_bytes() {
            Some(bytes) => Ok(Buffer(bytes)),
            // Formats without bytes write them as numbers.
            None => numbers(&value)
                .map(|bytes| Buffer(bytes.into()))
                .ok_or_else(|| mismatch(&value, "an ArrayBuffer, a typed array or a DataView")),
        }
    }
}

fn numbers(value: &Value) -> Option<Vec<u8>> {
    let byte =
        |value: &Value| value.as_f64().filter(|n| f64::from(*n as u8) == *n).map(|n| n as u8);
    value.as_array()?.iter().map(byte).collect()
}

/// A JavaScript `Date`: milliseconds since 1970 in UTC, `NaN` if invalid. Also reads from a plain number.
///
/// As `new Date(ms)` does, the wire drops fractions, and makes times beyond 8.64e15 invalid.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Date(pub f64);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handover::serialize(&Value::Date(self.0), serializer)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match handover::deserialize(deserializer, Hint::Number)? {
            Value::Date(ms) | Value::Number(ms) => Ok(Date(ms)),
            other => Err(mismatch(&other, "a Date")),
        }
    }
}

fn mismatch<E: de::Error>(found: &Value, expected: &str) -> E {
    struct Words<'a>(&'a str);
    impl de::Expected for Words<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    E::invalid_type(de::Unexpected::Other(&found.describe()), &Words(expected))
}
