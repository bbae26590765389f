//! From any serde type straight to the wire.

mod key;

use bytes::Bytes;
use serde::Serialize;
use serde::ser;

use super::json::{ESCAPED, Writer, escape};
use super::sparse::KeyOrder;
use super::{EncodeError, Encoded, handover};
use key::Key;

/// Writes one value of any serde type as wire text and binary.
///
/// As serde_json does, with these differences: integers beyond 2^53 - 1 become BigInts, `NaN`, the infinities and
/// `-0` stay what they are, bytes become an ArrayBuffer (copied once; [`Buffer`](super::Buffer) isn't copied at all),
/// an `f32` is written as the double that it equals, and a key `$` is escaped. `None` and `()` are `null`.
pub struct Serializer {
    writer: Writer,
}

impl Serializer {
    /// A serializer that refuses to nest deeper than `depth`.
    pub fn new(depth: u32) -> Self {
        Serializer { writer: Writer::new(depth) }
    }

    /// What was written.
    pub fn finish(self) -> Encoded {
        self.writer.finish()
    }

    fn integer(&mut self, number: impl Into<i128>) -> Result<(), EncodeError> {
        self.writer.integer(number.into())
    }

    fn sequence(&mut self) -> Result<Sequence<'_>, EncodeError> {
        self.writer.enter("[")?;
        Ok(Sequence { serializer: self, first: true, end: "]", levels: 1 })
    }

    fn entries(&mut self) -> Result<Entries<'_>, EncodeError> {
        let start = self.writer.text().len();
        self.writer.enter("{")?;
        let shares = self.writer.shares();
        Ok(Entries {
            serializer: self,
            start,
            first: true,
            escaped: false,
            order: KeyOrder::default(),
            shares,
            end: "",
            levels: 1,
        })
    }

    /// Opens the object whose only key is an enum's variant, and gives back what closes it.
    fn variant(&mut self, name: &'static str) -> Result<&'static str, EncodeError> {
        if name == "$" {
            self.writer.enter(ESCAPED)?;
            self.writer.raw(r#"["$","#);
            return Ok("]]}");
        }
        self.writer.enter("{")?;
        self.writer.json(name)?;
        self.writer.raw(":");
        Ok("}")
    }
}

impl<'a> ser::Serializer for &'a mut Serializer {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Sequence<'a>;
    type SerializeTupleStruct = Sequence<'a>;
    type SerializeTupleVariant = Sequence<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.writer.raw(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.integer(value)
    }

    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        match i128::try_from(value) {
            Ok(value) => self.integer(value),
            Err(_) => self.writer.digits(&value.to_string()),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        self.writer.number(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        self.writer.number(value)
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.writer.json(&value)
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.writer.json(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.writer.array_buffer(Bytes::copy_from_slice(value))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.writer.raw("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        if name == handover::TOKEN {
            return handover::write(&mut self.writer, value);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let end = self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.writer.raw(end);
        self.writer.leave();
        Ok(())
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Sequence<'a>, EncodeError> {
        self.sequence()
    }

    fn serialize_tuple(self, _len: usize) -> Result<Sequence<'a>, EncodeError> {
        self.sequence()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Sequence<'a>, EncodeError> {
        self.sequence()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Sequence<'a>, EncodeError> {
        let end = if self.variant(variant)? == "}" { "]}" } else { "]]]}" };
        Ok(Sequence { end, levels: 2, ..self.sequence()? })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Entries<'a>, EncodeError> {
        self.entries()
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Entries<'a>, EncodeError> {
        self.entries()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Entries<'a>, EncodeError> {
        let end = self.variant(variant)?;
        Ok(Entries { end, levels: 2, ..self.entries()? })
    }
}

/// An array that isn't written to its end.
pub struct Sequence<'a> {
    serializer: &'a mut Serializer,
    first: bool,
    end: &'static str,
    levels: u32,
}

impl Sequence<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        if !self.first {
            self.serializer.writer.raw(",");
        }
        self.first = false;
        value.serialize(&mut *self.serializer)
    }

    fn close(self) -> Result<(), EncodeError> {
        self.serializer.writer.raw(self.end);
        (0..self.levels).for_each(|_| self.serializer.writer.leave());
        Ok(())
    }
}

macro_rules! sequence {
    ($($trait:ident $method:ident),+ $(,)?) => {$(
        impl ser::$trait for Sequence<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )+};
}

sequence! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// An object that isn't written to its end.
pub struct Entries<'a> {
    serializer: &'a mut Serializer,
    /// Where its text starts, to write it anew when a key `$` turns up.
    start: usize,
    first: bool,
    /// Whether it is written as a list of entries.
    escaped: bool,
    order: KeyOrder,
    /// How many shared objects were met before it.
    shares: usize,
    end: &'static str,
    levels: u32,
}

impl Entries<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        let before = self.serializer.writer.text().len();
        self.separate();
        let start = self.serializer.writer.text().len();
        key.serialize(Key(&mut self.serializer.writer))?;
        let text = self.serializer.writer.text();
        if let [b'"', key @ .., b'"'] = &text[start..] {
            self.order.see(std::str::from_utf8(key).unwrap_or_default());
        }
        if !self.escaped && &text[start..] == br#""$""# {
            text.truncate(before);
            let entries = escape(&text[self.start..])?;
            text.truncate(self.start);
            text.extend(entries);
            self.escaped = true;
            self.separate();
            self.serializer.writer.raw(r#""$""#);
        }
        self.first = false;
        self.serializer.writer.raw(if self.escaped { "," } else { ":" });
        Ok(())
    }

    fn separate(&mut self) {
        self.serializer.writer.raw(match (self.escaped, self.first) {
            (false, true) => "",
            (false, false) => ",",
            (true, true) => "[",
            (true, false) => ",[",
        });
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self.serializer)?;
        if self.escaped {
            self.serializer.writer.raw("]");
        }
        Ok(())
    }

    fn close(mut self) -> Result<(), EncodeError> {
        if !self.escaped && self.order.disordered && self.serializer.writer.has_shared(self.shares)
        {
            let text = self.serializer.writer.text();
            let mut entries = escape(&text[self.start..])?;
            entries.push(b']');
            text.truncate(self.start);
            text.extend(entries);
            self.escaped = true;
        }
        self.serializer.writer.raw(if self.escaped { "]}" } else { "}" });
        self.serializer.writer.raw(self.end);
        (0..self.levels).for_each(|_| self.serializer.writer.leave());
        Ok(())
    }
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.value(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

macro_rules! entries {
    ($($trait:ident),+) => {$(
        impl ser::$trait for Entries<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.key(key)?;
                self.value(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )+};
}

entries! { SerializeStruct, SerializeStructVariant }

#[cfg(test)]
mod tests;
