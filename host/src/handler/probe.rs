//! Tells a `Result` from any other value by what it says of itself to serde.
//!
//! serde writes a `Result` as a newtype variant of an enum `Result` and `()` as a unit. The probe listens for these two
//! and refuses everything else at its first word, before any of it is written; then the value is written as it is.

use std::fmt;

use exciton_protocol::Encoded;
use serde::ser::{self, Impossible, Serialize, Serializer};

use super::Outcome;
use crate::error::ErrorInfo;

/// The wire's form of what a handler returned, or of the error in its error place.
pub(super) fn outcome<T: Serialize + ?Sized>(value: &T) -> Outcome {
    match value.serialize(Probe) {
        Ok(outcome) => outcome,
        Err(Plain) => {
            Encoded::from_serialize(value).map_err(|error| ErrorInfo::not_cloneable(&error))
        }
    }
}

struct Probe;

/// The value is neither a `Result` nor `()`.
#[derive(Debug)]
struct Plain;

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value")
    }
}

impl std::error::Error for Plain {}

impl ser::Error for Plain {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Probed<T = Outcome> = Result<T, Plain>;

macro_rules! plain {
    ($($method:ident($($ty:ty),*) -> $out:ty;)*) => {
        $(fn $method(self $(, _: $ty)*) -> Probed<$out> {
            Err(Plain)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Outcome;
    type Error = Plain;
    type SerializeSeq = Impossible<Outcome, Plain>;
    type SerializeTuple = Impossible<Outcome, Plain>;
    type SerializeTupleStruct = Impossible<Outcome, Plain>;
    type SerializeTupleVariant = Impossible<Outcome, Plain>;
    type SerializeMap = Impossible<Outcome, Plain>;
    type SerializeStruct = Impossible<Outcome, Plain>;
    type SerializeStructVariant = Impossible<Outcome, Plain>;

    fn serialize_unit(self) -> Probed {
        Ok(Ok(Encoded::undefined()))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Probed {
        match (name, variant) {
            ("Result", "Ok") => Ok(outcome(value)),
            ("Result", "Err") => Ok(Err(ErrorInfo::from_serialize(value))),
            _ => Err(Plain),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Probed {
        Err(Plain)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Probed {
        Err(Plain)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Probed {
        Err(Plain)
    }

    fn collect_seq<I>(self, _: I) -> Probed
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        Err(Plain)
    }

    fn collect_map<K, V, I>(self, _: I) -> Probed
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        Err(Plain)
    }

    plain! {
        serialize_bool(bool) -> Outcome;
        serialize_i8(i8) -> Outcome;
        serialize_i16(i16) -> Outcome;
        serialize_i32(i32) -> Outcome;
        serialize_i64(i64) -> Outcome;
        serialize_i128(i128) -> Outcome;
        serialize_u8(u8) -> Outcome;
        serialize_u16(u16) -> Outcome;
        serialize_u32(u32) -> Outcome;
        serialize_u64(u64) -> Outcome;
        serialize_u128(u128) -> Outcome;
        serialize_f32(f32) -> Outcome;
        serialize_f64(f64) -> Outcome;
        serialize_char(char) -> Outcome;
        serialize_str(&str) -> Outcome;
        serialize_bytes(&[u8]) -> Outcome;
        serialize_none() -> Outcome;
        serialize_unit_struct(&'static str) -> Outcome;
        serialize_unit_variant(&'static str, u32, &'static str) -> Outcome;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
