//! Arrays that are more than a list.

use std::mem;

use indexmap::IndexMap;

use super::{Text, Value};

/// An array with holes, or with named properties beside its items (`'abc'.match(/b/)` is one).
///
/// Entries are in the order of JavaScript: items by their index, then the named ones as they were made. One with neither
/// holes nor names is a dense [`Array`](super::Array) at a page.
#[derive(Default)]
pub struct Sparse {
    pub(super) length: u32,
    pub(super) entries: IndexMap<Text, Value>,
}

impl Sparse {
    /// An array of so many holes.
    pub fn new(length: u32) -> Self {
        Sparse { length, entries: IndexMap::new() }
    }

    /// JavaScript's `length`: holes count, names don't.
    pub fn length(&self) -> u32 {
        self.length
    }

    /// The item at an index, unless a hole is there.
    pub fn get(&self, index: u32) -> Option<&Value> {
        self.entries.get(index.to_string().as_str())
    }

    /// A named property.
    pub fn get_named(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// Sets an item (`"3"`) or a named property. False, and nothing is set, if the key is an index past the length, or
    /// `length` itself.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) -> bool {
        let key = key.into();
        let fits = match key.as_str() {
            Some("length") => false,
            Some(text) => index(text).is_none_or(|index| index < self.length),
            None => true,
        };
        if fits {
            self.entries.insert(key, value.into());
        }
        fits
    }

    /// What is there, in order: items by their index as text, and named properties.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Value)> {
        self.entries.iter()
    }

    /// What is there, by its key.
    pub(super) fn into_entries(mut self) -> IndexMap<Text, Value> {
        mem::take(&mut self.entries)
    }

    /// One value for each index, `undefined` for a hole.
    pub(super) fn into_items(mut self) -> impl ExactSizeIterator<Item = Value> {
        (0..self.length as usize).map(move |index| {
            self.entries.swap_remove(index.to_string().as_str()).unwrap_or_default()
        })
    }
}

/// The array index that a key is, as JavaScript writes it.
///
/// Source: ECMA-262, "array index".
pub(super) fn index(key: &str) -> Option<u32> {
    let canonical = key == "0" || key.starts_with(|first| matches!(first, '1'..='9'));
    if !canonical || !key.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|index| *index < u32::MAX)
}

/// Whether the keys seen so far are in the order in which JavaScript keeps them: indexes ascending, then the others.
#[derive(Clone, Copy, Default)]
pub(super) struct KeyOrder {
    next_index: u64,
    named: bool,
    /// Whether JavaScript will move a key.
    pub disordered: bool,
}

impl KeyOrder {
    pub fn see(&mut self, key: &str) {
        match index(key) {
            Some(index) => {
                self.disordered |= self.named || u64::from(index) < self.next_index;
                self.next_index = u64::from(index) + 1;
            }
            None => self.named = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outside_of_the_array_are_refused() {
        let mut array = Sparse::new(2);
        assert!(array.insert("1", 1.0));
        assert!(array.insert("02", 2.0));
        assert!(array.insert("4294967295", 3.0));
        for key in ["2", "length", "4294967294"] {
            assert!(!array.insert(key, 4.0), "{key}");
        }
        assert_eq!(array.get(0), None);
        assert_eq!(array.get(1), Some(&Value::from(1.0)));
        assert_eq!(array.get_named("02"), Some(&Value::from(2.0)));
        let items: Vec<Value> = array.into_items().collect();
        assert_eq!(items, [Value::Undefined, Value::from(1.0)]);
    }

    #[test]
    fn the_order_of_javascript_is_known() {
        let disordered = |keys: &[&str]| {
            let mut order = KeyOrder::default();
            keys.iter().for_each(|key| order.see(key));
            order.disordered
        };
        assert!(!disordered(&["0", "7", "b", "a", "01", "-1", "4294967295"]));
        assert!(disordered(&["a", "0"]));
        assert!(disordered(&["1", "0"]));
    }
}
