//! How a [`Value`] passes through serde's data model whole: undefined, BigInts, lone surrogates and, without a copy,
//! binary.
//!
//! serde's model has no place for these, and its generic methods let neither side see the other's type. So both
//! announce themselves by the name of a newtype ([`TOKEN`]), and what can't be said in the model is laid into a slot
//! of this thread, to be picked up by the very next call:
//!
//! - Reading: our deserializer lays the value down and calls `visit_unit`; our visitor picks it up there.
//! - Writing: our serializer lays its [`Writer`] down and serializes the newtype's content; our [`Payload`] picks it
//!   up, writes the value without recursion, and lays it back.
//!
//! Invariant: each slot is empty except between those two adjacent calls, between which no user code runs. So a
//! foreign serializer never finds a writer, and a foreign deserializer's `visit_unit` is a plain `null`.

use std::cell::Cell;

use serde::ser::{Error as _, Serialize, Serializer};
use serde::{Deserializer, de};

use super::foreign::{Around, Foreign, ForeignVisitor, Hint};
use super::json::Writer;
use super::{DecodeError, EncodeError, Text, Value};

/// Name of the newtype by which both sides know each other.
pub(super) const TOKEN: &str = "$exciton::Value";

thread_local! {
    static WRITER: Cell<Option<Writer>> = const { Cell::new(None) };
    static VALUE: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Serializes a value with any serializer: whole with ours, with others as well as they can.
pub(super) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(TOKEN, &Payload(value))
}

struct Payload<'a>(&'a Value);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(mut writer) = WRITER.take() else {
            return Foreign::new(self.0, &Around::default()).serialize(serializer);
        };
        let written = writer.value(self.0);
        WRITER.set(Some(writer));
        written.map_err(S::Error::custom)?;
        serializer.serialize_unit()
    }
}

/// Our serializer's half: has the content of a [`TOKEN`] newtype written to `writer`.
pub(super) fn write<T: Serialize + ?Sized>(
    writer: &mut Writer,
    content: &T,
) -> Result<(), EncodeError> {
    WRITER.set(Some(std::mem::take(writer)));
    let written = content.serialize(Signal);
    match WRITER.take() {
        Some(back) => *writer = back,
        None => return Err(EncodeError::custom("the serializer was taken away")),
    }
    // The writer keeps its error as a type; through serde only its text could come.
    match writer.failed.take() {
        Some(error) => Err(error),
        None => written,
    }
}

/// Deserializes a value from any deserializer: whole from ours, from others by what they call it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
    hint: Hint,
) -> Result<Value, D::Error> {
    deserializer.deserialize_newtype_struct(TOKEN, ForeignVisitor(hint))
}

/// Our deserializer's half: gives the value to the visitor of a [`TOKEN`] newtype.
pub(super) fn give<'de, V: de::Visitor<'de>>(
    value: Value,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    VALUE.set(Some(value));
    let result = visitor.visit_unit();
    VALUE.set(None);
    result
}

/// Our visitor's half: the value that was just laid down, if the deserializer is ours.
pub(super) fn picked_up() -> Option<Value> {
    VALUE.take()
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, serializer)
    }
}

impl<'de> de::Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer, Hint::Any)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_str() {
            Some(text) => serializer.serialize_str(text),
            None => serialize(&Value::String(self.clone()), serializer),
        }
    }
}

impl<'de> de::Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserialize(deserializer, Hint::Text)? {
            Value::String(text) => Ok(text),
            other => {
                Err(de::Error::invalid_type(de::Unexpected::Other(&other.describe()), &"a string"))
            }
        }
    }
}

/// A serializer that takes nothing but the word that the handover is done.
struct Signal;

macro_rules! refuse {
    ($($method:ident: $type:ty),+ $(,)?) => {$(
        fn $method(self, _: $type) -> Result<(), EncodeError> {
            Err(misused())
        }
    )+};
}

fn misused() -> EncodeError {
    EncodeError::custom("the newtype name $exciton::Value is Exciton's own")
}

impl Serializer for Signal {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = serde::ser::Impossible<(), EncodeError>;
    type SerializeTuple = serde::ser::Impossible<(), EncodeError>;
    type SerializeTupleStruct = serde::ser::Impossible<(), EncodeError>;
    type SerializeTupleVariant = serde::ser::Impossible<(), EncodeError>;
    type SerializeMap = serde::ser::Impossible<(), EncodeError>;
    type SerializeStruct = serde::ser::Impossible<(), EncodeError>;
    type SerializeStructVariant = serde::ser::Impossible<(), EncodeError>;

    refuse! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        Err(misused())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), EncodeError> {
        Err(misused())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), EncodeError> {
        Err(misused())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Err(misused())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Err(misused())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        Err(misused())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EncodeError> {
        Err(misused())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        Err(misused())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(misused())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        Err(misused())
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, EncodeError> {
        Err(misused())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(misused())
    }
}
