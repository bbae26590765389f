//! The walks that must not recurse: what is in a value, dropping it, and copying it.

use std::mem;

use indexmap::IndexMap;

use super::keyed::Key;
use super::{Array, Cause, ErrorValue, Map, Object, Set, Sparse, Text, Value};

/// What is in a value, in the order of the wire.
pub(super) enum Children<'a> {
    None,
    Array(std::slice::Iter<'a, Value>),
    Object(indexmap::map::Values<'a, Text, Value>),
    /// The rest of the entries, and the value of the one whose key was just given.
    Map(indexmap::map::Iter<'a, Key, Value>, Option<&'a Value>),
    Set(indexmap::map::Keys<'a, Key, ()>),
    One(Option<&'a Value>),
}

impl Value {
    pub(super) fn children(&self) -> Children<'_> {
        match self {
            Value::Array(items) => Children::Array(items.0.iter()),
            Value::Object(object) => Children::Object(object.0.values()),
            Value::Sparse(array) => Children::Object(array.entries.values()),
            Value::Map(map) => Children::Map(map.0.iter(), None),
            Value::Set(set) => Children::Set(set.0.keys()),
            Value::Error(error) => Children::One(error.cause.as_deref()),
            _ => Children::None,
        }
    }

    fn is_container(&self) -> bool {
        match self {
            Value::Array(_)
            | Value::Object(_)
            | Value::Sparse(_)
            | Value::Map(_)
            | Value::Set(_) => true,
            Value::Error(error) => error.cause.is_some(),
            _ => false,
        }
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = &'a Value;

    fn next(&mut self) -> Option<&'a Value> {
        match self {
            Children::None => None,
            Children::Array(rest) => rest.next(),
            Children::Object(rest) => rest.next(),
            Children::Map(rest, pending) => pending.take().or_else(|| {
                let (key, value) = rest.next()?;
                *pending = Some(value);
                Some(key.value())
            }),
            Children::Set(rest) => rest.next().map(Key::value),
            Children::One(value) => value.take(),
        }
    }
}

macro_rules! drop_without_recursion {
    ($($type:ident: |$this:ident| $children:expr, $take:expr;)+) => {$(
        impl Drop for $type {
            fn drop(&mut self) {
                let $this = self;
                if $children.any(Value::is_container) {
                    dismantle($take);
                }
            }
        }
    )+};
}

drop_without_recursion! {
    Array: |this| this.0.made().into_iter().flatten(), this.0.take_made();
    Object: |this| this.0.made().into_iter().flat_map(IndexMap::values), this.0.take_made().into_values().collect();
    Sparse: |this| this.entries.values(), this.entries.drain(..).map(|(_, value)| value).collect();
    Map: |this| Children::Map(this.0.iter(), None), this.take();
    Set: |this| this.0.keys().map(Key::value), this.0.drain(..).map(|(key, ())| key.into_value()).collect();
    Cause: |this| std::iter::once(&*this.0), vec![mem::take(&mut *this.0)];
}

/// Drops values level by level: each container is emptied before it is dropped.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(mut array) => pending.append(&mut array.0.take_made()),
            Value::Object(mut object) => {
                pending.extend(object.0.take_made().into_values());
            }
            Value::Sparse(mut array) => {
                pending.extend(array.entries.drain(..).map(|(_, value)| value));
            }
            Value::Map(mut map) => pending.append(&mut map.take()),
            Value::Set(mut set) => {
                pending.extend(set.0.drain(..).map(|(key, ())| key.into_value()));
            }
            Value::Error(mut error) => pending.extend(error.cause.take().map(Cause::into_value)),
            _ => {}
        }
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        /// A container half copied: its copies so far are those from `start` on.
        struct Half<'a> {
            source: &'a Value,
            rest: Children<'a>,
            start: usize,
        }
        let mut done: Vec<Value> = Vec::new();
        let mut open: Vec<Half<'_>> = Vec::new();
        let mut next = self;
        loop {
            match leaf(next) {
                Some(copy) if open.is_empty() => return copy,
                Some(copy) => done.push(copy),
                None => {
                    open.push(Half { source: next, rest: next.children(), start: done.len() });
                }
            }
            next = loop {
                let Some(top) = open.last_mut() else { return done.pop().unwrap_or_default() };
                if let Some(child) = top.rest.next() {
                    break child;
                }
                let copy = rebuild(top.source, done.drain(top.start..));
                open.pop();
                done.push(copy);
            };
        }
    }
}

/// A copy of what contains nothing.
fn leaf(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Undefined => Value::Undefined,
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(*value),
        Value::Number(number) => Value::Number(*number),
        Value::BigInt(number) => Value::BigInt(number.clone()),
        Value::String(text) => Value::String(text.clone()),
        Value::Date(ms) => Value::Date(*ms),
        Value::ArrayBuffer(bytes) => Value::ArrayBuffer(bytes.clone()),
        Value::View(view) => Value::View(view.clone()),
        Value::RegExp(regexp) => Value::RegExp(regexp.clone()),
        Value::Boxed(boxed) => Value::Boxed(boxed.clone()),
        Value::Shared(shared) => Value::Shared(shared.clone()),
        Value::Array(items) if items.0.source().is_some() => Value::Array(items.clone()),
        Value::Object(object) if object.0.source().is_some() => Value::Object(object.clone()),
        _ => return None,
    })
}

/// A container like the source with the given values in it.
fn rebuild(source: &Value, mut parts: std::vec::Drain<'_, Value>) -> Value {
    match source {
        Value::Object(object) => {
            let entries: IndexMap<_, _> = object.0.keys().cloned().zip(parts).collect();
            Value::Object(Object(entries.into()))
        }
        Value::Sparse(array) => Value::Sparse(Sparse {
            length: array.length,
            entries: array.entries.keys().cloned().zip(parts).collect(),
        }),
        Value::Map(map) => {
            let mut copy = Map::default();
            for _ in 0..map.len() {
                let key = parts.next().unwrap_or_default();
                copy.insert(key, parts.next().unwrap_or_default());
            }
            Value::Map(copy)
        }
        Value::Set(_) => Value::Set(parts.collect()),
        Value::Error(error) => Value::Error(ErrorValue {
            kind: error.kind,
            message: error.message.clone(),
            stack: error.stack.clone(),
            cause: parts.next().map(Cause::from),
        }),
        _ => Value::Array(parts.collect()),
    }
}

macro_rules! clone_by_value {
    ($($type:ident |$this:ident| $copy:expr;)+) => {$(
        impl Clone for $type {
            fn clone(&self) -> Self {
                let $this = self;
                $copy
            }
        }
    )+};
}

// Each value in them is copied by the walk above.
clone_by_value! {
    Array |this| Array(this.0.clone());
    Object |this| Object(this.0.clone());
    Sparse |this| Sparse { length: this.length, entries: this.entries.clone() };
    Map |this| Map(this.0.clone());
    Set |this| Set(this.0.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ErrorKind;

    #[test]
    fn a_clone_keeps_the_order_of_keys_and_what_is_in_them() {
        let mut sparse = Sparse::new(5);
        sparse.insert("3", vec![Value::Null]);
        sparse.insert("name", 1.0);
        let mut error = ErrorValue::new(ErrorKind::Range, "deep");
        error.cause = Some(ErrorValue::new(ErrorKind::Error, "deeper").into());
        let value = Value::Object(Object::from_iter([
            ("b", Value::from(vec![Value::Null, Value::from(vec![]), Value::from(1.5)])),
            ("a", Value::Object(Object::from_iter([("x", Value::from("y"))]))),
            ("s", sparse.into()),
            ("e", error.into()),
            ("m", Map::from_iter([(Value::from(vec![]), Value::from(2.0))]).into()),
            ("t", Set::from_iter([Value::from("t"), Value::from(vec![])]).into()),
        ]));
        assert_eq!(value.clone(), value);
    }
}
