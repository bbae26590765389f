//! `Debug` for values: JavaScript's look, cut off at a depth that no stack minds.

use std::fmt;

use super::{Array, Object, Value};

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Level(self, 0).fmt(f)
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        array(self, 1, f)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        object(self, 1, f)
    }
}

struct Level<'a>(&'a Value, u32);

impl fmt::Debug for Level<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Level(value, depth) = *self;
        match value {
            Value::Array(_) | Value::Object(_) if depth >= SHOWN_LEVELS => f.write_str("…"),
            Value::Array(items) => array(items, depth + 1, f),
            Value::Object(entries) => object(entries, depth + 1, f),
            Value::Undefined => f.write_str("undefined"),
            Value::Null => f.write_str("null"),
            Value::Bool(value) => value.fmt(f),
            Value::Number(number) => write!(f, "{number}"),
            Value::BigInt(number) => write!(f, "{number}n"),
            Value::String(text) => text.fmt(f),
            Value::Date(ms) => write!(f, "Date({ms})"),
            Value::ArrayBuffer(bytes) => write!(f, "ArrayBuffer({})", bytes.len()),
            Value::View(view) => view.fmt(f),
        }
    }
}

fn array(items: &Array, depth: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_list().entries(items.iter().map(|value| Level(value, depth))).finish()
}

fn object(entries: &Object, depth: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_map().entries(entries.iter().map(|(key, value)| (key, Level(value, depth)))).finish()
}

const SHOWN_LEVELS: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_like_javascript() {
        let value = Value::from([
            Value::from(1.0),
            Value::from(-0.0),
            Value::BigInt(7.into()),
            Value::from(Object::from_iter([("k", Value::Undefined)])),
        ]);
        assert_eq!(format!("{value:?}"), r#"[1, -0, 7n, {"k": undefined}]"#);
    }
}
