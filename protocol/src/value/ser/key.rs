//! Keys of maps, which become text.

use serde::Serialize;
use serde::ser;

use crate::value::json::Writer;
use crate::value::{EncodeError, handover};

/// Writes a map's key as text, as serde_json does.
pub(super) struct Key<'a>(pub &'a mut Writer);

impl Key<'_> {
    fn quoted(self, text: impl std::fmt::Display) -> Result<(), EncodeError> {
        self.0.raw(&format!("\"{text}\""));
        Ok(())
    }
}

macro_rules! quoted {
    ($($method:ident: $type:ty),+ $(,)?) => {$(
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.quoted(value)
        }
    )+};
}

fn no_key<T>(found: &'static str) -> Result<T, EncodeError> {
    Err(EncodeError::Key { found })
}

impl ser::Serializer for Key<'_> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = ser::Impossible<(), EncodeError>;
    type SerializeTuple = ser::Impossible<(), EncodeError>;
    type SerializeTupleStruct = ser::Impossible<(), EncodeError>;
    type SerializeTupleVariant = ser::Impossible<(), EncodeError>;
    type SerializeMap = ser::Impossible<(), EncodeError>;
    type SerializeStruct = ser::Impossible<(), EncodeError>;
    type SerializeStructVariant = ser::Impossible<(), EncodeError>;

    quoted! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.0.json(&value)
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.0.json(value)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.0.json(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        if name != handover::TOKEN {
            return value.serialize(self);
        }
        let start = self.0.text().len();
        handover::write(self.0, value)?;
        if self.0.text()[start..].starts_with(b"\"") {
            Ok(())
        } else {
            no_key("a value that is no text")
        }
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), EncodeError> {
        no_key("binary")
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        no_key("null")
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        no_key("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        no_key("null")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        no_key("an object")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        no_key("an array")
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EncodeError> {
        no_key("an array")
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        no_key("an array")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        no_key("an object")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        no_key("an object")
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, EncodeError> {
        no_key("an object")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        no_key("an object")
    }
}
