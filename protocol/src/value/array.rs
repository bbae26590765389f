//! Dense arrays, and the walks that must not recurse: dropping and cloning.

use std::mem;
use std::ops::{Deref, DerefMut};

use super::{Object, Text, Value};

/// A dense array: a `Vec<Value>` that may be nested to any depth and is still safe to drop and to clone.
#[derive(Default)]
pub struct Array(pub(super) Vec<Value>);

impl Array {
    /// The values as a `Vec`.
    pub fn into_vec(mut self) -> Vec<Value> {
        mem::take(&mut self.0)
    }
}

impl Deref for Array {
    type Target = Vec<Value>;

    fn deref(&self) -> &Vec<Value> {
        &self.0
    }
}

impl DerefMut for Array {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        &mut self.0
    }
}

impl From<Vec<Value>> for Array {
    fn from(values: Vec<Value>) -> Self {
        Array(values)
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Array(values.into_iter().collect())
    }
}

impl IntoIterator for Array {
    type Item = Value;
    type IntoIter = std::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Clone for Array {
    fn clone(&self) -> Self {
        match copy(Half::Array(self.0.iter(), Vec::with_capacity(self.0.len()))) {
            Value::Array(array) => array,
            _ => Array::default(),
        }
    }
}

impl Clone for Object {
    fn clone(&self) -> Self {
        match copy(Half::Object(self.0.iter(), Object::with_capacity(self.len()), None)) {
            Value::Object(object) => object,
            _ => Object::default(),
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if self.0.iter().any(is_container) {
            dismantle(mem::take(&mut self.0));
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if self.0.values().any(is_container) {
            dismantle(self.0.drain(..).map(|(_, value)| value).collect());
        }
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// Drops values level by level: each container is emptied before it is dropped.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(mut array) => pending.append(&mut array.0),
            Value::Object(mut object) => {
                pending.extend(object.0.drain(..).map(|(_, value)| value));
            }
            _ => {}
        }
    }
}

/// A container half copied: what is left of the source, and the copy so far.
enum Half<'a> {
    Array(std::slice::Iter<'a, Value>, Vec<Value>),
    Object(indexmap::map::Iter<'a, Text, Value>, Object, Option<&'a Text>),
}

fn copy(root: Half<'_>) -> Value {
    let mut outer: Vec<Half<'_>> = Vec::new();
    let mut half = root;
    loop {
        let next = match &mut half {
            Half::Array(rest, _) => rest.next(),
            Half::Object(rest, _, pending) => rest.next().map(|(key, value)| {
                *pending = Some(key);
                value
            }),
        };
        let done = match next {
            Some(Value::Array(inner)) => {
                let inner = Half::Array(inner.0.iter(), Vec::with_capacity(inner.0.len()));
                outer.push(mem::replace(&mut half, inner));
                continue;
            }
            Some(Value::Object(inner)) => {
                let copy = Object::with_capacity(inner.len());
                outer.push(mem::replace(&mut half, Half::Object(inner.0.iter(), copy, None)));
                continue;
            }
            Some(leaf) => leaf.clone(),
            None => {
                let Some(parent) = outer.pop() else { return finish(half) };
                finish(mem::replace(&mut half, parent))
            }
        };
        match &mut half {
            Half::Array(_, copy) => copy.push(done),
            Half::Object(_, copy, key) => {
                if let Some(key) = key.take() {
                    copy.insert(key.clone(), done);
                }
            }
        }
    }
}

fn finish(half: Half<'_>) -> Value {
    match half {
        Half::Array(_, copy) => Value::Array(Array(copy)),
        Half::Object(_, copy, _) => Value::Object(copy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_the_order_of_keys_and_what_is_in_them() {
        let value = Value::Object(Object::from_iter([
            ("b", Value::from(vec![Value::Null, Value::from(vec![]), Value::from(1.5)])),
            ("a", Value::Object(Object::from_iter([("x", Value::from("y"))]))),
        ]));
        assert_eq!(value.clone(), value);
    }
}
