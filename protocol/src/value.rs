//! Values as the structured clone algorithm knows them, and their way over the wire.
//!
//! A [`Value`] is what a page's `structuredClone` would make of an object of the language itself, identity included.
//! [`json`] reads and writes it; [`Serializer`] writes any serde type straight to the wire; [`Args`] and [`Encoded`]
//! carry the result and read it back into serde types.
//!
//! Invariant: no walk over a value recurses. Dropping, cloning, comparing, reading and writing work with a stack on
//! the heap, so that no depth of nesting, of a peer's or of a user's making, ends the process.
//!
//! What is met more than once is [`Shared`]; everything else is a tree, so that the common case pays nothing for cycles.
//!
//! Source: WHATWG HTML, §2.7 "Safe passing of structured data".

mod args;
mod array;
mod bounds;
mod buffer;
mod convert;
mod de;
mod debug;
mod empty;
mod equal;
mod error;
mod exotic;
mod foreign;
mod handover;
mod json;
mod keyed;
mod lazy;
mod object;
mod scan;
mod ser;
mod shared;
mod sparse;
mod survey;
mod text;
mod view;
mod walk;

use bytes::Bytes;
use num_bigint::BigInt;

pub use args::{ArgError, ArgReader, Args, Encoded};
pub use array::Array;
pub use buffer::{Buffer, Date};
pub use convert::{from_value, to_value};
pub use error::{DecodeError, EncodeError, Mismatch};
pub use exotic::{Boxed, Cause, ErrorKind, ErrorValue, RegExp};
pub use json::{read_value, write_value};
pub use keyed::{Map, Set};
pub use object::Object;
pub(crate) use scan::letters;
pub use ser::Serializer;
pub use shared::{Graph, GraphNode, NotShareable, Shared, SharedRef};
pub use sparse::Sparse;
pub use text::Text;
pub use view::{BadView, View, ViewKind};

/// One value of the structured clone model.
///
/// Equality is JavaScript's `Object.is`, all the way down: `NaN` equals itself, `0` and `-0` differ, and so does the
/// order of an object's keys. Binary is compared by content. Which objects are shared counts; see [`Shared`].
///
/// With serde a `Value` can stand wherever a typed field can, with full fidelity through [`Serializer`] and the
/// readers of [`Args`] and [`Encoded`]. In other formats it becomes what that format has that comes nearest.
#[derive(Default)]
#[non_exhaustive]
pub enum Value {
    /// `undefined`.
    #[default]
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A double: every JavaScript number, `NaN`, the infinities and `-0` included.
    Number(f64),
    /// An integer of any size. Up to [`Value::BIGINT_DIGITS`] decimal digits travel.
    BigInt(BigInt),
    /// Text, lone surrogates included.
    String(Text),
    /// Milliseconds since 1970 in UTC; `NaN` is an invalid date. On the wire it becomes what `new Date(ms)` makes of
    /// it: a whole number of at most 8.64e15 either way, or invalid.
    Date(f64),
    /// An `ArrayBuffer`. Values that share one allocation ([`Bytes`] clones) are one buffer at the other end.
    ArrayBuffer(Bytes),
    /// A typed array or a DataView on an `ArrayBuffer`.
    View(View),
    /// A dense array.
    Array(Array),
    /// A plain object.
    Object(Object),
    /// An array with holes, or with named properties.
    Sparse(Sparse),
    /// A `Map`.
    Map(Map),
    /// A `Set`.
    Set(Set),
    /// A regular expression.
    RegExp(RegExp),
    /// An error.
    Error(ErrorValue),
    /// A primitive in an object.
    Boxed(Boxed),
    /// An object that is met more than once, here or in a cycle. [`Shared::get`] gives it.
    Shared(Shared),
}

impl Value {
    /// Nesting that readers and writers accept unless told otherwise: `[]` has depth 1, `[[]]` has 2.
    pub const DEPTH: u32 = 1_000;

    /// Nesting that serde types other than `Value` read. serde recurses: at twice this depth an unoptimized build
    /// would overflow the stack of a thread of 2 MiB, or of a page's wasm.
    pub const TYPED_DEPTH: u32 = 250;

    /// Bytes that serde types other than `Value` get in copies of what is shared, each time that it is met, and in holes
    /// of arrays. A text of a thousand bytes could ask for more than any machine has.
    pub const TYPED_COPIES: usize = 64 << 20;

    /// Decimal digits of the largest BigInt that travels. Turning digits into a number takes time that grows with
    /// their square, so a peer must not choose how many there are.
    pub const BIGINT_DIGITS: usize = 16_384;

    /// The greatest integer up to which doubles hold each one: 2^53 - 1, JavaScript's `Number.MAX_SAFE_INTEGER`.
    pub const SAFE_INTEGER: u64 = (1 << 53) - 1;

    /// Text, unless the value is something else or the text has lone surrogates.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => text.as_str(),
            _ => None,
        }
    }

    /// The number, if it is one (a BigInt is none).
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The set, if it is one.
    pub fn as_set(&self) -> Option<&Set> {
        match self {
            Value::Set(set) => Some(set),
            _ => None,
        }
    }

    /// The reference, if it is one: no other `as_` method sees what it refers to.
    pub fn as_shared(&self) -> Option<&Shared> {
        match self {
            Value::Shared(shared) => Some(shared),
            _ => None,
        }
    }

    /// The bytes of an ArrayBuffer, or those that a view shows. Nothing is copied.
    pub fn as_bytes(&self) -> Option<Bytes> {
        match self {
            Value::ArrayBuffer(bytes) => Some(bytes.clone()),
            Value::View(view) => Some(view.bytes()),
            _ => None,
        }
    }

    /// What the value is, in words for an error message.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::Undefined => "undefined".into(),
            Value::Null => "null".into(),
            Value::Bool(value) => format!("the boolean {value}"),
            Value::Number(number) => format!("the number {number}"),
            Value::BigInt(_) => "a BigInt".into(),
            Value::String(text) => format!("the string {}", error::quote(&text.to_string_lossy())),
            Value::Date(_) => "a Date".into(),
            Value::ArrayBuffer(_) => "an ArrayBuffer".into(),
            Value::View(view) => format!("a {}", view.kind().name()),
            Value::Array(_) => "an array".into(),
            Value::Object(_) => "an object".into(),
            Value::Sparse(_) => "an array".into(),
            Value::Map(_) => "a Map".into(),
            Value::Set(_) => "a Set".into(),
            Value::RegExp(_) => "a RegExp".into(),
            Value::Error(error) => format!("the error {}", error::quote(&error.summary())),
            Value::Boxed(boxed) => {
                format!("{} in an object", boxed.clone().into_value().describe())
            }
            // It is never a reference itself.
            Value::Shared(shared) => shared.get().describe(),
        }
    }
}

macro_rules! from {
    ($($source:ty => |$name:ident| $value:expr),+ $(,)?) => {$(
        impl From<$source> for Value {
            fn from($name: $source) -> Self {
                $value
            }
        }
    )+};
}

from! {
    bool => |value| Value::Bool(value),
    f64 => |value| Value::Number(value),
    f32 => |value| Value::Number(f64::from(value)),
    i32 => |value| Value::Number(f64::from(value)),
    u32 => |value| Value::Number(f64::from(value)),
    i64 => |value| integer(value.into()),
    u64 => |value| integer(value.into()),
    BigInt => |value| Value::BigInt(value),
    &str => |value| Value::String(value.into()),
    String => |value| Value::String(value.into()),
    Text => |value| Value::String(value),
    Bytes => |value| Value::ArrayBuffer(value),
    Buffer => |value| Value::ArrayBuffer(value.0),
    Date => |value| Value::Date(value.0),
    View => |value| Value::View(value),
    Array => |value| Value::Array(value),
    Vec<Value> => |value| Value::Array(value.into()),
    Object => |value| Value::Object(value),
    Sparse => |value| Value::Sparse(value),
    Map => |value| Value::Map(value),
    Set => |value| Value::Set(value),
    RegExp => |value| Value::RegExp(value),
    ErrorValue => |value| Value::Error(value),
    Boxed => |value| Value::Boxed(value),
    Shared => |value| Value::Shared(value),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    /// `None` is `null`, as with serde.
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<const N: usize> From<[Value; N]> for Value {
    fn from(values: [Value; N]) -> Self {
        Value::Array(Vec::from(values).into())
    }
}

/// A number where doubles hold the integer, else a BigInt: no integer is rounded.
pub(crate) fn integer(value: i128) -> Value {
    if value.unsigned_abs() <= u128::from(Value::SAFE_INTEGER) {
        Value::Number(value as f64)
    } else {
        Value::BigInt(value.into())
    }
}

/// What `new Date(ms)` keeps of a time: whole milliseconds within 8.64e15 of 1970, or `NaN`.
///
/// Source: ECMA-262, TimeClip.
pub(crate) fn time_clip(ms: f64) -> f64 {
    if ms.abs() <= 8.64e15 { ms.trunc() + 0.0 } else { f64::NAN }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn integers_become_bigints_where_doubles_would_round() {
        assert_eq!(Value::from(9_007_199_254_740_991_u64), Value::Number(9_007_199_254_740_991.0));
        assert_eq!(
            Value::from(9_007_199_254_740_992_u64),
            Value::BigInt(9_007_199_254_740_992_u64.into())
        );
        assert_eq!(Value::from(i64::MIN), Value::BigInt(i64::MIN.into()));
    }

    #[test]
    fn times_are_clipped_as_javascript_clips_them() {
        assert_eq!(time_clip(1.9), 1.0);
        assert_eq!(time_clip(-1.9), -1.0);
        assert!(time_clip(-0.4).is_sign_positive());
        assert_eq!(time_clip(8.64e15), 8.64e15);
        assert!(time_clip(8.64e15 + 2.0).is_nan());
        assert!(time_clip(f64::INFINITY).is_nan());
    }

    /// Deep enough to overflow any stack if a walk recursed.
    fn deep() -> Value {
        let mut value = Value::Null;
        for level in 0..100_000 {
            value = match level % 6 {
                0 => Value::from(vec![value]),
                1 => Value::Object(Object::from_iter([("k", value)])),
                2 => Value::Map(Map::from_iter([(value, 1.0)])),
                3 => Value::Set(Set::from_iter([value])),
                4 => {
                    let mut sparse = Sparse::new(2);
                    sparse.insert("1", value);
                    sparse.into()
                }
                _ => ErrorValue { cause: Some(value.into()), ..ErrorValue::default() }.into(),
            };
        }
        value
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        let value = deep();
        let copy = value.clone();
        assert!(value == copy);
        assert!(format!("{value:?}").len() < 10_000);
        drop(value);
        drop(copy);
    }
}
