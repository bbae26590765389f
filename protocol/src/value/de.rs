//! From values to any serde type.

mod containers;
mod key;
mod sharing;

use std::rc::Rc;

use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{Boxed, DecodeError, Object, Text, Value, View, foreign, handover};
use containers::{entries, pairs, sequence, variant};
use sharing::Sharing;
pub(super) use sharing::weight;

/// A value on its way into a serde type, and the levels around it.
///
/// serde recurses, in frames of up to 4 KB when not optimized, and each level of a serde type takes several. So a
/// limit of its own guards the stack. A [`Value`] in the type is given whole and counts as none.
pub(super) struct Node {
    value: Value,
    around: Around,
}

/// What is around a value.
#[derive(Clone)]
struct Around {
    depth: u32,
    sharing: Rc<Sharing>,
}

impl Node {
    pub fn top(value: Value) -> Self {
        Node { value, around: Around { depth: 0, sharing: Rc::default() } }
    }

    /// What is around the values in a container that stands here.
    fn inner(&self) -> Result<Around, DecodeError> {
        if self.around.depth >= Value::TYPED_DEPTH {
            return Err(DecodeError::TypedDepth { limit: Value::TYPED_DEPTH });
        }
        Ok(Around { depth: self.around.depth + 1, sharing: self.around.sharing.clone() })
    }

    /// Goes on with a copy of the shared object that a reference stands for.
    fn resolved<T>(
        self,
        go_on: impl FnOnce(Node) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let Value::Shared(shared) = &self.value else { return go_on(self) };
        let sharing = self.around.sharing.clone();
        let value = sharing.enter(shared)?;
        let result = go_on(Node { value, around: self.around });
        sharing.leave();
        result
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let inner = self.inner();
        match self.value {
            Value::Undefined => {
                visitor.visit_unit().map_err(|error: DecodeError| error.found("undefined"))
            }
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match foreign::whole(number) {
                Some(number) => match u64::try_from(number) {
                    Ok(number) => visitor.visit_u64(number),
                    Err(_) => visitor.visit_i64(number),
                },
                None => visitor.visit_f64(number),
            },
            Value::BigInt(_) => self.integer(visitor),
            Value::String(text) => match text.into_string() {
                Ok(text) => visitor.visit_string(text),
                Err(_) => Err(DecodeError::invalid_type(Unexpected::Other(LONE), &visitor)),
            },
            Value::Date(ms) => {
                visitor.visit_f64(ms).map_err(|error: DecodeError| error.found("a Date"))
            }
            Value::ArrayBuffer(bytes) => visitor
                .visit_byte_buf(bytes.into())
                .map_err(|error: DecodeError| error.found("an ArrayBuffer")),
            Value::View(view) => visitor
                .visit_byte_buf(view.bytes().into())
                .map_err(|error: DecodeError| error.found(&format!("a {}", view.kind().name()))),
            Value::Array(items) => sequence(items.into_iter(), inner?, visitor),
            Value::Object(object) => entries(object, inner?, visitor),
            Value::Sparse(array) => {
                let inner = inner?;
                inner
                    .sharing
                    .spend((array.length() as usize).saturating_mul(size_of::<Value>()))?;
                sequence(array.into_items(), inner, visitor)
            }
            Value::Map(map) => {
                pairs(map, inner?, visitor).map_err(|error: DecodeError| error.found("a Map"))
            }
            Value::Set(set) => sequence(set.into_iter(), inner?, visitor)
                .map_err(|error: DecodeError| error.found("a Set")),
            Value::RegExp(regexp) => {
                let flags = Text::from(regexp.flags());
                let object =
                    Object::from_iter([("source", regexp.source().clone()), ("flags", flags)]);
                entries(object, inner?, visitor)
                    .map_err(|error: DecodeError| error.found("a RegExp"))
            }
            Value::Error(error) => {
                let word = Value::Error(error.clone()).describe();
                entries(error.into_object(), inner?, visitor)
                    .map_err(|error: DecodeError| error.found(&word))
            }
            Value::Boxed(boxed) => {
                Node { value: boxed.into_value(), around: self.around }.deserialize_any(visitor)
            }
            Value::Shared(_) => self.resolved(|node| node.deserialize_any(visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Undefined | Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let inner = self.inner();
        match self.value {
            // Its named properties have no place in a sequence.
            Value::Sparse(array) => entries(Object(array.into_entries().into()), inner?, visitor),
            Value::Shared(_) => self.resolved(|node| node.deserialize_map(visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == handover::TOKEN {
            return handover::give(self.value, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let inner = self.inner();
        match self.value {
            Value::String(unit) | Value::Boxed(Boxed::String(unit)) => variant(unit, None, visitor),
            Value::Object(object) if object.len() == 1 => {
                let (key, value) = object.into_iter().next().unwrap_or_default();
                variant(key, Some(Node { value, around: inner? }), visitor)
            }
            Value::Shared(_) => {
                self.resolved(|node| node.deserialize_enum(name, variants, visitor))
            }
            other => {
                let found = other.describe();
                Err(DecodeError::mismatch("a string or an object with one key", found))
            }
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::Number(number) | Value::Date(number) => visitor.visit_f64(number),
            // serde would make a double of it, and round.
            Value::BigInt(_) => {
                Err(DecodeError::invalid_type(Unexpected::Other("a BigInt"), &visitor))
            }
            Value::Boxed(boxed) => Node::top(boxed.into_value()).deserialize_f64(visitor),
            Value::Shared(_) => self.resolved(|node| node.deserialize_f64(visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::ArrayBuffer(bytes) => {
                sequence(View::uint8(bytes).elements(), self.around, visitor)
            }
            Value::View(view) => sequence(view.elements(), self.around, visitor),
            Value::Shared(_) => self.resolved(|node| node.deserialize_seq(visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.integer(visitor)
    }

    forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct identifier
    }
}

impl Node {
    /// Shows the visitor an integer: of a BigInt, or of a number or date that is whole.
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.value {
            Value::BigInt(number) => {
                let too_big = || {
                    DecodeError::invalid_value(Unexpected::Other("a BigInt out of range"), &visitor)
                };
                if let Ok(number) = u64::try_from(&number) {
                    visitor.visit_u64(number)
                } else if let Ok(number) = i64::try_from(&number) {
                    visitor.visit_i64(number)
                } else if let Ok(number) = i128::try_from(&number) {
                    visitor
                        .visit_i128(number)
                        .map_err(|error: DecodeError| error.found("a BigInt out of range"))
                } else if let Ok(number) = u128::try_from(&number) {
                    visitor
                        .visit_u128(number)
                        .map_err(|error: DecodeError| error.found("a BigInt out of range"))
                } else {
                    Err(too_big())
                }
            }
            Value::Date(ms) => Node::top(Value::Number(ms)).integer(visitor),
            Value::Boxed(boxed) => Node::top(boxed.into_value()).integer(visitor),
            Value::Shared(_) => self.resolved(|node| node.integer(visitor)),
            // Whole, and no double told it apart from -0 before.
            Value::Number(0.0) => visitor.visit_u64(0),
            // Of several integers that round to this double, no one knows which was meant.
            Value::Number(number) if number.abs() > Value::SAFE_INTEGER as f64 => {
                let found = format!("the number {number}, which may be rounded (send a BigInt)");
                Err(DecodeError::invalid_value(Unexpected::Other(&found), &visitor))
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

macro_rules! delegate {
    ($($method:ident($($name:ident: $type:ty),*))+) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, DecodeError> {
            Node::top(self).$method($($name,)* visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = DecodeError;

    delegate! {
        deserialize_any() deserialize_option() deserialize_bool() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_unit() deserialize_seq()
        deserialize_map() deserialize_identifier() deserialize_ignored_any() deserialize_i8() deserialize_i16()
        deserialize_i32() deserialize_i64() deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32()
        deserialize_u64() deserialize_u128() deserialize_f32() deserialize_f64()
        deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

impl IntoDeserializer<'_, DecodeError> for Value {
    type Deserializer = Value;

    fn into_deserializer(self) -> Value {
        self
    }
}

impl View {
    /// The elements as numbers or BigInts; the bytes of a DataView.
    fn elements(self) -> impl ExactSizeIterator<Item = Value> {
        (0..self.length()).map(move |index| self.element(index).unwrap_or_default())
    }
}

/// An argument that isn't there.
pub(super) struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::invalid_type(Unexpected::Other("no argument"), &visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == handover::TOKEN {
            return handover::give(Value::Undefined, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

const LONE: &str = "a string with a lone surrogate";
