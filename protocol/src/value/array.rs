//! Dense arrays.

use std::mem;
use std::ops::{Deref, DerefMut};

use super::Value;
use super::lazy::{Content, Lazy};

/// A dense array: a `Vec<Value>` that may be nested to any depth and is still safe to drop and to clone.
#[derive(Default)]
pub struct Array(pub(super) Lazy<Vec<Value>>);

impl Array {
    /// The values as a `Vec`.
    pub fn into_vec(mut self) -> Vec<Value> {
        mem::take(&mut *self.0)
    }
}

impl Content for Vec<Value> {
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_vec()),
            _ => None,
        }
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
        Array(values.into())
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        Array(values.into_iter().collect::<Vec<_>>().into())
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
