//! Values in serde formats other than ours: each becomes what comes nearest there, and is read back as what the
//! format calls it.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::de::weight;
use super::{ErrorValue, Object, Shared, Text, Value, handover, integer};

/// A value as a foreign format sees it, and what is around it.
///
/// This one walk recurses, because serde does. It ends with an error where the wire would.
pub(super) struct Foreign<'a> {
    value: &'a Value,
    depth: u32,
    around: &'a Around,
}

/// The shared objects that are being written, and the bytes that copies of them may still have.
pub(super) struct Around {
    open: RefCell<Vec<Shared>>,
    left: Cell<usize>,
}

impl Default for Around {
    fn default() -> Self {
        Around { open: RefCell::default(), left: Cell::new(Value::TYPED_COPIES) }
    }
}

impl<'a> Foreign<'a> {
    pub fn new(value: &'a Value, around: &'a Around) -> Self {
        Foreign { value, depth: 0, around }
    }

    fn inner(&self, value: &'a Value) -> Foreign<'a> {
        Foreign { value, depth: self.depth + 1, around: self.around }
    }

    fn spend<E: ser::Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.around.left.get().checked_sub(bytes);
        let too_much = || E::custom("copies of shared objects are too many");
        self.around.left.set(left.ok_or_else(too_much)?);
        Ok(())
    }

    fn shared<S: Serializer>(&self, shared: &Shared, serializer: S) -> Result<S::Ok, S::Error> {
        if self.around.open.borrow().iter().any(|outer| outer.same(shared)) {
            return Err(S::Error::custom("an object that contains itself"));
        }
        let object = shared.get();
        self.spend(weight(&object))?;
        self.around.open.borrow_mut().push(shared.clone());
        let inner = Foreign { value: &object, depth: self.depth, around: self.around };
        let result = inner.serialize(serializer);
        self.around.open.borrow_mut().pop();
        result
    }

    /// What isn't JSON. Not in the walk itself, where it would make each level's frame larger.
    fn exotic<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::RegExp(regexp) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("source", &*regexp.source().to_string_lossy())?;
                map.serialize_entry("flags", regexp.flags())?;
                map.end()
            }
            Value::Boxed(boxed) => self.inner(&boxed.clone().into_value()).serialize(serializer),
            Value::Sparse(array) => {
                self.spend((array.length() as usize).saturating_mul(size_of::<Value>()))?;
                let mut seq = serializer.serialize_seq(Some(array.length() as usize))?;
                for index in 0..array.length() {
                    let item = array.get(index).unwrap_or(&Value::Undefined);
                    seq.serialize_element(&self.inner(item))?;
                }
                seq.end()
            }
            Value::Set(set) => {
                let mut seq = serializer.serialize_seq(Some(set.len()))?;
                for item in set.iter() {
                    seq.serialize_element(&self.inner(item))?;
                }
                seq.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries.iter() {
                    map.serialize_entry(&self.inner(key), &self.inner(value))?;
                }
                map.end()
            }
            Value::Error(error) => self.error(error, serializer),
            Value::Shared(shared) => self.shared(shared, serializer),
            _ => serializer.serialize_unit(),
        }
    }

    fn error<S: Serializer>(&self, error: &ErrorValue, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", error.kind.name())?;
        for (key, text) in [("message", &error.message), ("stack", &error.stack)] {
            if let Some(text) = text {
                map.serialize_entry(key, &*text.to_string_lossy())?;
            }
        }
        if let Some(cause) = &error.cause {
            let inner = Foreign { value: cause, depth: self.depth + 1, around: self.around };
            map.serialize_entry("cause", &inner)?;
        }
        map.end()
    }
}

impl Serialize for Foreign<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.depth >= Value::DEPTH && self.value.children().next().is_some() {
            return Err(too_deep());
        }
        match self.value {
            Value::Undefined | Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => match whole(*number) {
                Some(number) => serializer.serialize_i64(number),
                None => serializer.serialize_f64(*number),
            },
            Value::BigInt(number) => match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => serializer.serialize_i64(number),
                (_, Ok(number)) => serializer.serialize_u64(number),
                _ => serializer.collect_str(number),
            },
            Value::String(text) => serializer.serialize_str(&text.to_string_lossy()),
            Value::Date(ms) => serializer.serialize_f64(*ms),
            Value::ArrayBuffer(bytes) => serializer.serialize_bytes(bytes),
            Value::View(view) => serializer.serialize_bytes(&view.bytes()),
            Value::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(&self.inner(item))?;
                }
                seq.end()
            }
            Value::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, value) in object.iter() {
                    map.serialize_entry(&*key.to_string_lossy(), &self.inner(value))?;
                }
                map.end()
            }
            _ => self.exotic(serializer),
        }
    }
}

fn too_deep<E: ser::Error>() -> E {
    E::custom(format_args!("nested deeper than {} levels", Value::DEPTH))
}

/// The integer that a number is, unless that would lose something: fractions, the sign of `-0`, size.
pub(super) fn whole(number: f64) -> Option<i64> {
    let integer = number as i64;
    let exact = integer.unsigned_abs() <= Value::SAFE_INTEGER
        && (integer as f64).to_bits() == number.to_bits();
    exact.then_some(integer)
}

/// What a format that doesn't describe itself must be asked for.
#[derive(Clone, Copy)]
pub(super) enum Hint {
    Any,
    Bytes,
    Number,
    Text,
}

/// Takes a value from our own deserializer whole, and from any other by what it calls it.
pub(super) struct ForeignVisitor(pub Hint);

impl<'de> Visitor<'de> for ForeignVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Hint::Any => "a value",
            Hint::Bytes => "binary",
            Hint::Number => "a Date",
            Hint::Text => "a string",
        })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        match self.0 {
            // Formats for humans describe themselves, and some of them give text where bytes are asked for.
            _ if inner.is_human_readable() => inner.deserialize_any(self),
            Hint::Any => inner.deserialize_any(self),
            Hint::Bytes => inner.deserialize_byte_buf(self),
            Hint::Number => inner.deserialize_f64(self),
            Hint::Text => inner.deserialize_string(self),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(handover::picked_up().unwrap_or(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(integer(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(integer(value.into()))
    }

    fn visit_i128<E: de::Error>(self, value: i128) -> Result<Value, E> {
        Ok(integer(value))
    }

    fn visit_u128<E: de::Error>(self, value: u128) -> Result<Value, E> {
        Ok(i128::try_from(value).map_or_else(|_| Value::BigInt(value.into()), integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::ArrayBuffer(value.to_vec().into()))
    }

    fn visit_byte_buf<E: de::Error>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::ArrayBuffer(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Value>()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(key) = map.next_key::<Value>()? {
            let key = match key {
                Value::String(text) => text,
                Value::Number(number) => Text::from(number.to_string()),
                Value::Bool(value) => Text::from(value.to_string()),
                Value::BigInt(number) => Text::from(number.to_string()),
                other => {
                    let found = other.describe();
                    return Err(de::Error::invalid_type(
                        de::Unexpected::Other(&found),
                        &"a key that is text",
                    ));
                }
            };
            object.insert(key, map.next_value::<Value>()?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_get_what_comes_nearest() {
        let value = Value::from([
            Value::Undefined,
            Value::from(5.0),
            Value::from(0.5),
            Value::BigInt(7.into()),
            Value::Date(12.0),
            Value::from(Object::from_iter([("$", "tag")])),
        ]);
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"[null,5,0.5,7,12.0,{"$":"tag"}]"#);
        let back: Value =
            serde_json::from_str(r#"[null,5,{"b":18446744073709551615,"a":[]}]"#).unwrap();
        assert_eq!(
            back,
            Value::from([
                Value::Null,
                Value::from(5.0),
                Value::from(Object::from_iter([
                    ("b", Value::BigInt(u64::MAX.into())),
                    ("a", Value::from(vec![]))
                ])),
            ])
        );
    }

    #[test]
    fn other_formats_refuse_what_is_too_deep() {
        let mut value = Value::Null;
        for _ in 0..100_000 {
            value = Value::from(vec![value]);
        }
        let error = serde_json::to_string(&value).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 1000 levels"), "{error}");
    }
}
