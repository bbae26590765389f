//! What bounds the copies that a type gets of shared objects: a small text could name many large ones, within each other.

use std::cell::{Cell, RefCell};

use crate::value::{DecodeError, Shared, Value};

/// The shared objects that are being read, and what may still be copied.
pub(super) struct Sharing {
    /// From outside to inside.
    open: RefCell<Vec<Shared>>,
    left: Cell<usize>,
}

impl Default for Sharing {
    fn default() -> Self {
        Sharing { open: RefCell::default(), left: Cell::new(Value::TYPED_COPIES) }
    }
}

impl Sharing {
    /// A copy of the object, within which [`Sharing::leave`] wasn't called yet.
    pub fn enter(&self, shared: &Shared) -> Result<Value, DecodeError> {
        let mut open = self.open.borrow_mut();
        if open.iter().any(|outer| outer.same(shared)) {
            return Err(DecodeError::Cycle { path: String::new() });
        }
        let object = shared.get();
        self.spend(weight(&object))?;
        open.push(shared.clone());
        Ok(object.clone())
    }

    pub fn leave(&self) {
        self.open.borrow_mut().pop();
    }

    /// Allows so many bytes more, if they are left.
    pub fn spend(&self, bytes: usize) -> Result<(), DecodeError> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or(DecodeError::TypedCopies { limit: Value::TYPED_COPIES })?);
        Ok(())
    }
}

/// About the bytes of a copy that shares nothing. What is shared in it is counted on its own.
pub(in crate::value) fn weight(value: &Value) -> usize {
    let mut bytes: usize = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let more = match value {
            Value::String(text) => text.bytes(),
            Value::ArrayBuffer(buffer) => buffer.len(),
            // As a sequence, each element becomes a value.
            Value::View(view) => view.length().saturating_mul(size_of::<Value>()),
            Value::Object(object) => object.iter().map(|(key, _)| key.bytes()).sum(),
            Value::Error(error) => {
                [&error.message, &error.stack].into_iter().flatten().map(|text| text.bytes()).sum()
            }
            Value::RegExp(regexp) => regexp.source().bytes(),
            _ => 0,
        };
        bytes = bytes.saturating_add(more).saturating_add(size_of::<Value>());
        open.extend(value.children());
    }
    bytes
}
