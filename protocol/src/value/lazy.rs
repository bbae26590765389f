//! A big list or object of plain JSON is the text that it came in until somebody looks into it. What is passed on unread
//! is never made, nor written again.

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use bytes::Bytes;
use serde::Deserializer;
use serde::de::Visitor;
use serde_json::value::RawValue;

use super::scan::Scan;
use super::{Array, DecodeError, Object, Value, handover, read_value};

/// What is in a container.
pub(super) enum Lazy<T> {
    Made(T),
    Unread(Box<Unread<T>>),
}

/// The text, and what was made of it. Whoever changes that has it instead.
pub(super) struct Unread<T> {
    source: Source,
    made: OnceLock<T>,
}

/// Good JSON without tags, nested so deep. Nothing can go wrong when it is read.
#[derive(Clone)]
pub(super) struct Source {
    pub text: Bytes,
    pub depth: u32,
}

/// What can be in a [`Lazy`].
pub(super) trait Content: Default {
    fn of(value: Value) -> Option<Self>;
}

impl<T: Content> Lazy<T> {
    fn unread(source: Source) -> Self {
        Self::Unread(Box::new(Unread { source, made: OnceLock::new() }))
    }

    /// The text, as long as it says what is in the container.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Made(_) => None,
            Self::Unread(unread) => Some(&unread.source),
        }
    }

    /// What was made, without making it.
    pub fn made(&self) -> Option<&T> {
        match self {
            Self::Made(made) => Some(made),
            Self::Unread(unread) => unread.made.get(),
        }
    }

    /// The same, taken out.
    pub fn take_made(&mut self) -> T {
        match std::mem::take(self) {
            Self::Made(made) => made,
            Self::Unread(unread) => unread.made.into_inner().unwrap_or_default(),
        }
    }
}

impl<T> Unread<T> {
    fn read(&self) -> &T
    where
        T: Content,
    {
        self.made.get_or_init(|| {
            let value = read_value(&self.source.text, &[], Value::DEPTH).ok();
            value.and_then(T::of).unwrap_or_default()
        })
    }
}

impl<T: Content> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Made(made) => made,
            Self::Unread(unread) => unread.read(),
        }
    }
}

impl<T: Content> DerefMut for Lazy<T> {
    fn deref_mut(&mut self) -> &mut T {
        if let Self::Unread(unread) = self {
            unread.read();
            *self = Self::Made(self.take_made());
        }
        match self {
            Self::Made(made) => made,
            Self::Unread(_) => unreachable!("it was made just now"),
        }
    }
}

impl<T: Content> Default for Lazy<T> {
    fn default() -> Self {
        Self::Made(T::default())
    }
}

impl<T> From<T> for Lazy<T> {
    fn from(made: T) -> Self {
        Self::Made(made)
    }
}

/// A copy of what is unread is unread.
impl<T: Content + Clone> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Made(made) => Self::Made(made.clone()),
            Self::Unread(unread) => Self::unread(unread.source.clone()),
        }
    }
}

impl Value {
    /// The text of a container that nobody has changed since it came.
    pub(super) fn source(&self) -> Option<&Source> {
        match self {
            Value::Array(items) => items.0.source(),
            Value::Object(object) => object.0.source(),
            _ => None,
        }
    }

    /// A container of this text, if nothing can go wrong when it is read later.
    fn unread(whole: Whole<'_>) -> Option<Value> {
        let Whole { text, found, is_good } = whole;
        let is_sure = found.is_plain() && !found.exponent;
        if !is_sure || !(is_good || serde_json::from_slice::<&RawValue>(text).is_ok()) {
            return None;
        }
        let source = Source { text: text.clone(), depth: found.depth };
        match text.trim_ascii_start().first() {
            Some(b'[') => Some(Value::Array(Array(Lazy::unread(source)))),
            Some(b'{') => Some(Value::Object(Object(Lazy::unread(source)))),
            _ => None,
        }
    }
}

/// Gives a big text to whoever asks for a [`Value`] and for nothing else.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub text: &'a Bytes,
    pub found: Scan,
    /// It is known to be good JSON.
    pub is_good: bool,
}

impl<'de> Deserializer<'de> for Whole<'_> {
    type Error = DecodeError;

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let value = (name == handover::TOKEN).then(|| Value::unread(self)).flatten();
        value.map_or(Err(REFUSED), |value| handover::give(value, visitor))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, DecodeError> {
        Err(REFUSED)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<T> Lazy<T> {
    /// A shorter text is read at once: it would keep the whole message in memory.
    pub const LEAST: usize = 64 * 1_024;
}

/// Nobody sees it: the text is read in the ordinary way then.
const REFUSED: DecodeError = DecodeError::Syntax { offset: 0, what: "not to be read later" };

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::{Args, Encoded};

    /// Arguments with one that is big enough to stay unread.
    fn args(item: &str) -> Args {
        let items = vec![item; Lazy::<()>::LEAST / item.len()].join(",");
        Args::new(format!("[[{items}],{{\"list\":[{items}],\"list\":7 }}]"), vec![])
    }

    fn read(args: &Args) -> [Value; 2] {
        let mut reader = args.reader().unwrap();
        [reader.read().unwrap(), reader.read().unwrap()]
    }

    #[test]
    fn what_nobody_looks_into_goes_on_as_it_came() {
        let args = args(r#"{"b" : 1.50,"a":["x"]}"#);
        let [list, object] = read(&args);
        let again = Args::from_serialize(&(&list, Value::from(vec![object.clone()]))).unwrap();
        let text = String::from_utf8(args.text.to_vec()).unwrap();
        assert!(again.text == text.replace("],{\"list", "],[{\"list").replace("7 }]", "7 }]]"));
        assert!(list.source().is_some() && object.source().is_some());
        let Value::Array(items) = &list else { panic!() };
        assert!(items.0.made().is_none());
    }

    #[test]
    fn what_is_looked_into_is_what_it_says() {
        let args = args("[null,0.25]");
        let [mut list, object] = read(&args);
        let [eager, last] = <[Value; 2]>::try_from(args.values().unwrap()).unwrap();
        assert_eq!((&list, &object), (&eager, &last));
        assert_eq!(list.clone(), eager);
        let Value::Array(items) = &mut list else { panic!() };
        items.truncate(1);
        assert_eq!(Encoded::from_value(&list).unwrap().text, "[[null,0.25]]");
        let Value::Object(mut object) = object else { panic!() };
        object.insert("list", true);
        assert_eq!(Encoded::from_value(&object.into()).unwrap().text, r#"{"list":true}"#);
    }

    #[test]
    fn what_might_go_wrong_is_read_at_once() {
        for item in [r#"{"$":"undefined"}"#, "1e3", "9007199254740993", r#""\ud800""#] {
            assert!(read(&args(item)).iter().all(|value| value.source().is_none()), "{item}");
        }
        for item in ["01", "[1 2]", "nul"] {
            let args = args(item);
            assert!(args.reader().unwrap().read::<Value>().is_err(), "{item}");
        }
    }

    #[test]
    fn a_text_is_no_way_around_the_limit_of_depth() {
        let [mut value, _] = read(&args("[[[1]]]"));
        for _ in 4..Value::DEPTH {
            value = Value::from(vec![value]);
        }
        assert!(Encoded::from_value(&value).is_ok());
        assert!(Encoded::from_value(&Value::from(vec![value])).is_err());
    }
}
