//! Equality in the sense of JavaScript's `Object.is`, without recursion.

use super::{Array, Object, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        let mut pairs = vec![(self, other)];
        while let Some((one, two)) = pairs.pop() {
            let equal = match (one, two) {
                (Value::Array(one), Value::Array(two)) => {
                    pairs.extend(one.iter().zip(two.iter()));
                    one.len() == two.len()
                }
                (Value::Object(one), Value::Object(two)) => {
                    pairs.extend(one.0.values().zip(two.0.values()));
                    one.len() == two.len() && one.0.keys().eq(two.0.keys())
                }
                _ => same_leaf(one, two),
            };
            if !equal {
                return false;
            }
        }
        true
    }
}

impl Eq for Value {}

impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        self.0 == other.0
    }
}

impl Eq for Array {}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.len() == other.len() && self.0.iter().zip(other.0.iter()).all(|(one, two)| one == two)
    }
}

impl Eq for Object {}

fn same_leaf(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Number(one), Value::Number(two)) => same_number(*one, *two),
        (Value::BigInt(one), Value::BigInt(two)) => one == two,
        (Value::String(one), Value::String(two)) => one == two,
        (Value::Date(one), Value::Date(two)) => same_number(*one, *two),
        (Value::ArrayBuffer(one), Value::ArrayBuffer(two)) => one == two,
        (Value::View(one), Value::View(two)) => one == two,
        _ => false,
    }
}

fn same_number(one: f64, two: f64) -> bool {
    one.to_bits() == two.to_bits() || one.is_nan() && two.is_nan()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_that_of_object_is() {
        assert_eq!(Value::from(f64::NAN), Value::from(-f64::NAN));
        assert_ne!(Value::from(0.0), Value::from(-0.0));
        assert_ne!(Value::Null, Value::Undefined);
        assert_ne!(Value::from(1.0), Value::BigInt(1.into()));
        assert_ne!(Value::from(vec![Value::Null]), Value::from(vec![]));
    }

    #[test]
    fn the_order_of_keys_counts() {
        let one = Object::from_iter([("a", 1.0), ("b", 2.0)]);
        let two = Object::from_iter([("b", 2.0), ("a", 1.0)]);
        assert_ne!(one, two);
        assert_ne!(Value::from(one), Value::from(two));
    }
}
