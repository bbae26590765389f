//! Map and Set, whose keys are values: primitives by what they are, objects by which they are.

use std::hash::{Hash, Hasher};
use std::mem;

use indexmap::{Equivalent, IndexMap};

use super::{Value, empty};

/// A JavaScript `Map`: any values with values, in the order in which their keys were first inserted.
///
/// Keys are the same as `Map` has it (SameValueZero): text and numbers by content, `NaN` equals itself, `-0` becomes
/// `0`. An array or any other object is a key of its own each time, unless both are the same
/// [`Shared`](super::Shared) one.
#[derive(Default)]
pub struct Map(pub(super) IndexMap<Key, Value>);

/// A JavaScript `Set`: different values, in the order in which they were first inserted. They are the same as
/// [`Map`]'s keys are.
#[derive(Default)]
pub struct Set(pub(super) IndexMap<Key, ()>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Map::default()
    }

    /// The value of a key.
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.0.get(&Probe(key))
    }

    /// Sets a key, and gives back its former value. A key that is there already keeps its place.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(Key::new(key.into(), self.0.len()), value.into())
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> {
        self.0.iter().map(|(key, value)| (key.value(), value))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all keys and values out, one after the other.
    pub(super) fn take(&mut self) -> Vec<Value> {
        self.0.drain(..).flat_map(|(key, value)| [key.into_value(), value]).collect()
    }
}

impl Set {
    /// An empty set.
    pub fn new() -> Self {
        Set::default()
    }

    /// Whether a value is in it.
    pub fn contains(&self, value: &Value) -> bool {
        self.0.contains_key(&Probe(value))
    }

    /// Adds a value. False if it is there already.
    pub fn insert(&mut self, value: impl Into<Value>) -> bool {
        self.0.insert(Key::new(value.into(), self.0.len()), ()).is_none()
    }

    /// The values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.keys().map(Key::value)
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<V: Into<Value>> FromIterator<V> for Set {
    fn from_iter<I: IntoIterator<Item = V>>(values: I) -> Self {
        let mut set = Set::new();
        for value in values {
            set.insert(value);
        }
        set
    }
}

impl IntoIterator for Map {
    type Item = (Value, Value);
    type IntoIter = std::vec::IntoIter<(Value, Value)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let entries = mem::take(&mut self.0).into_iter();
        entries.map(|(key, value)| (key.into_value(), value)).collect::<Vec<_>>().into_iter()
    }
}

impl IntoIterator for Set {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(mut self) -> Self::IntoIter {
        let keys = mem::take(&mut self.0).into_keys();
        keys.map(Key::into_value).collect::<Vec<_>>().into_iter()
    }
}

/// A key, and the place where it was inserted: what tells objects apart that are nowhere else.
#[derive(Clone)]
pub(super) struct Key {
    value: Value,
    place: usize,
}

impl Key {
    fn new(value: Value, place: usize) -> Self {
        let value = if value.as_f64() == Some(0.0) { Value::Number(0.0) } else { value };
        Key { value, place }
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    pub fn into_value(self) -> Value {
        self.value
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match Same::of(&self.value) {
            Some(same) => Same::of(&other.value) == Some(same),
            None => Same::of(&other.value).is_none() && self.place == other.place,
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let same = Same::of(&self.value);
        if same.is_none() {
            self.place.hash(state);
        }
        same.hash(state);
    }
}

/// What a key is compared with that is no key.
struct Probe<'a>(&'a Value);

impl Hash for Probe<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Same::of(self.0).hash(state);
    }
}

impl Equivalent<Key> for Probe<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        Same::of(self.0).is_some_and(|same| Same::of(&key.value) == Some(same))
    }
}

/// What makes two keys the same; an object that is nowhere else has none of it.
#[derive(PartialEq, Eq, Hash)]
enum Same<'a> {
    Undefined,
    Null,
    Bool(bool),
    Number(u64),
    BigInt(&'a num_bigint::BigInt),
    String(&'a super::Text),
    Buffer(usize, usize),
    Shared(usize, usize),
}

impl<'a> Same<'a> {
    fn of(value: &'a Value) -> Option<Same<'a>> {
        Some(match value {
            Value::Undefined => Same::Undefined,
            Value::Null => Same::Null,
            Value::Bool(value) => Same::Bool(*value),
            Value::Number(number) if number.is_nan() => Same::Number(f64::NAN.to_bits()),
            Value::Number(number) => Same::Number((number + 0.0).to_bits()),
            Value::BigInt(number) => Same::BigInt(number),
            Value::String(text) => Same::String(text),
            // All other empty buffers look the same in memory.
            Value::ArrayBuffer(bytes) if empty::has_place(bytes) => {
                Same::Buffer(bytes.as_ptr() as usize, bytes.len())
            }
            Value::Shared(shared) => {
                let (arena, index) = shared.id();
                Same::Shared(arena, index)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Graph;

    #[test]
    fn primitive_keys_are_the_same_by_content_and_objects_never() {
        let mut map = Map::from_iter([(Value::from(f64::NAN), 1.0), (Value::from(-0.0), 2.0)]);
        assert_eq!(map.insert(f64::NAN, 3.0), Some(Value::from(1.0)));
        assert_eq!(map.insert(0.0, 4.0), Some(Value::from(2.0)));
        assert_eq!(map.insert(vec![], 5.0), None);
        assert_eq!(map.insert(vec![], 6.0), None);
        assert_eq!(map.len(), 4);
        assert_eq!(map.get(&Value::from(vec![])), None);
        assert_eq!(map.get(&Value::from(-0.0)), Some(&Value::from(4.0)));
        assert!(map.iter().nth(1).is_some_and(|(key, _)| *key == Value::from(0.0)));
    }

    #[test]
    fn a_shared_object_is_one_key() {
        let mut graph = Graph::new();
        let node = graph.node();
        let shared = graph.finish(node);
        let mut set = Set::new();
        assert!(set.insert(shared.clone()));
        assert!(!set.insert(shared.clone()));
        assert!(set.contains(&shared));
    }
}
