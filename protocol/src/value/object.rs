//! Plain objects: keys in order.

use std::mem;

use indexmap::IndexMap;

use super::lazy::{Content, Lazy};
use super::{Text, Value};

/// A plain object: text keys with values, in the order in which they were first inserted.
///
/// JavaScript itself moves keys that look like array indexes (`"0"`, `"17"`) to the front of an object, in ascending
/// order; all others keep their place there too.
#[derive(Default)]
pub struct Object(pub(super) Lazy<IndexMap<Text, Value>>);

impl Object {
    /// An empty object.
    pub fn new() -> Self {
        Object::default()
    }

    /// An empty object with room for so many keys.
    pub fn with_capacity(capacity: usize) -> Self {
        Object(IndexMap::with_capacity(capacity).into())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The value of a key that may hold lone surrogates.
    pub fn get_text(&self, key: &Text) -> Option<&Value> {
        self.0.get(key)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// Sets a key, and gives back its former value. A key that is there already keeps its place.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(key.into(), value.into())
    }

    /// Takes a key out; those after it move up.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> {
        self.0.iter()
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Content for IndexMap<Text, Value> {
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(mut object) => Some(mem::take(&mut *object.0)),
            _ => None,
        }
    }
}

impl<K: Into<Text>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut object = Object::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            object.insert(key, value);
        }
        object
    }
}

impl IntoIterator for Object {
    type Item = (Text, Value);
    type IntoIter = indexmap::map::IntoIter<Text, Value>;

    fn into_iter(mut self) -> Self::IntoIter {
        mem::take(&mut *self.0).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_twice_keeps_its_place_and_takes_the_last_value() {
        let object = Object::from_iter([("a", 1.0), ("b", 2.0), ("a", 3.0)]);
        let entries: Vec<_> = object.iter().map(|(k, v)| (k.to_string(), v.as_f64())).collect();
        assert_eq!(entries, [("a".to_string(), Some(3.0)), ("b".to_string(), Some(2.0))]);
    }

    #[test]
    fn keys_with_lone_surrogates_are_found() {
        let key = Text::from_utf16(&[0xdc00]);
        let object = Object::from_iter([(key.clone(), true)]);
        assert_eq!(object.get_text(&key).and_then(Value::as_bool), Some(true));
        assert_eq!(object.get("\u{fffd}").and_then(Value::as_bool), None);
    }
}
