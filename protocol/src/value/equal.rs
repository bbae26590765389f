//! Equality in the sense of JavaScript's `Object.is`, without recursion.
//!
//! Two values with shared objects are equal if each such object of one stands where one and the same object of the other
//! does. A shared object that is met once only is equal to one that isn't shared.

use std::collections::HashMap;

use super::shared::{At, Stray};
use super::{Array, Boxed, Map, Object, Set, Shared, Sparse, Value};

fn equal<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)> + Clone) -> bool {
    let outside = pairs.clone().map(|(one, two)| (At::outside(one), At::outside(two)));
    walk(outside.collect()).unwrap_or_else(|Stray| {
        let kept: Vec<_> = pairs.map(|(one, two)| (one.clone(), two.clone())).collect();
        let outside = kept.iter().map(|(one, two)| (At::outside(one), At::outside(two)));
        // A clone strays no more.
        walk(outside.collect()).unwrap_or(false)
    })
}

/// Whether each pair is equal.
fn walk<'a>(mut pairs: Vec<(At<'a>, At<'a>)>) -> Result<bool, Stray> {
    // Which object stands for which, both ways, by their places in memory.
    let mut there: HashMap<*const Value, *const Value> = HashMap::new();
    let mut back: HashMap<*const Value, *const Value> = HashMap::new();
    while let Some((one, two)) = pairs.pop() {
        let shared =
            matches!((one.value, two.value), (Value::Shared(_), _) | (_, Value::Shared(_)));
        let (one, two) = (one.resolved()?, two.resolved()?);
        if shared {
            let (left, right): (*const Value, *const Value) = (one.value, two.value);
            match (there.get(&left), back.get(&right)) {
                (None, None) => {
                    there.insert(left, right);
                    back.insert(right, left);
                }
                (Some(partner), Some(other)) if *partner == right && *other == left => continue,
                _ => return Ok(false),
            }
        }
        if !same_shell(one.value, two.value) {
            return Ok(false);
        }
        let children = one.value.children().zip(two.value.children());
        pairs.extend(children.map(|(first, second)| (one.beside(first), two.beside(second))));
    }
    Ok(true)
}

/// Whether two values are of one kind and equal in all but the values in them, of which there are as many.
fn same_shell(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Number(one), Value::Number(two)) => same_number(*one, *two),
        (Value::BigInt(one), Value::BigInt(two)) => one == two,
        (Value::String(one), Value::String(two)) => one == two,
        (Value::Date(one), Value::Date(two)) => same_number(*one, *two),
        (Value::ArrayBuffer(one), Value::ArrayBuffer(two)) => one == two,
        (Value::View(one), Value::View(two)) => one == two,
        (Value::RegExp(one), Value::RegExp(two)) => one == two,
        (Value::Boxed(one), Value::Boxed(two)) => one == two,
        (Value::Array(one), Value::Array(two)) => one.len() == two.len(),
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len() && one.0.keys().eq(two.0.keys())
        }
        (Value::Sparse(one), Value::Sparse(two)) => {
            one.length == two.length
                && one.entries.len() == two.entries.len()
                && one.entries.keys().eq(two.entries.keys())
        }
        (Value::Map(one), Value::Map(two)) => one.len() == two.len(),
        (Value::Set(one), Value::Set(two)) => one.len() == two.len(),
        (Value::Error(one), Value::Error(two)) => {
            (one.kind, &one.message, &one.stack, one.cause.is_some())
                == (two.kind, &two.message, &two.stack, two.cause.is_some())
        }
        _ => false,
    }
}

fn same_number(one: f64, two: f64) -> bool {
    one.to_bits() == two.to_bits() || one.is_nan() && two.is_nan()
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        equal(std::iter::once((self, other)))
    }
}

macro_rules! equal_by_walk {
    ($($type:ident |$one:ident, $two:ident| $shell:expr, $pairs:expr;)+) => {$(
        impl PartialEq for $type {
            fn eq(&self, other: &$type) -> bool {
                let ($one, $two) = (self, other);
                $shell && equal($pairs)
            }
        }

        impl Eq for $type {}
    )+};
}

equal_by_walk! {
    Array |one, two| one.len() == two.len(), one.0.iter().zip(two.0.iter());
    Object |one, two| one.len() == two.len() && one.0.keys().eq(two.0.keys()), one.0.values().zip(two.0.values());
    Sparse |one, two| one.length == two.length && one.entries.keys().eq(two.entries.keys()),
        one.entries.values().zip(two.entries.values());
    Map |one, two| one.len() == two.len(),
        one.0.iter().zip(two.0.iter()).flat_map(|(one, two)| [(one.0.value(), two.0.value()), (one.1, two.1)]);
    Set |one, two| one.len() == two.len(), one.0.keys().map(|key| key.value()).zip(two.0.keys().map(|key| key.value()));
}

impl Eq for Value {}

impl PartialEq for Shared {
    fn eq(&self, other: &Shared) -> bool {
        Value::Shared(self.clone()) == Value::Shared(other.clone())
    }
}

impl Eq for Shared {}

impl PartialEq for Boxed {
    fn eq(&self, other: &Boxed) -> bool {
        match (self, other) {
            (Boxed::Number(one), Boxed::Number(two)) => same_number(*one, *two),
            (Boxed::String(one), Boxed::String(two)) => one == two,
            (Boxed::Bool(one), Boxed::Bool(two)) => one == two,
            (Boxed::BigInt(one), Boxed::BigInt(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Boxed {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::Graph;

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

    /// A list of so many places, each of which is the numbered object.
    fn places(objects: &[usize]) -> Value {
        let mut graph = Graph::new();
        let nodes: Vec<_> = (0..4).map(|_| graph.node()).collect();
        let list = graph.node();
        let links: Vec<Value> = objects.iter().map(|at| graph.link(nodes[*at])).collect();
        graph.set(list, links).unwrap();
        graph.finish(list)
    }

    #[test]
    fn what_is_shared_counts_and_what_merely_could_be_does_not() {
        assert_eq!(places(&[0, 1, 0]), places(&[2, 0, 2]));
        assert_ne!(places(&[0, 1, 0]), places(&[0, 1, 1]));
        assert_ne!(places(&[0, 0]), places(&[0, 1]));
        assert_ne!(places(&[0, 1]), places(&[0, 0]));
        let plain = Value::from(vec![Object::new().into(), Object::new().into()]);
        assert_eq!(places(&[0, 1]), plain);
        assert_eq!(plain, places(&[0, 1]));
        assert_ne!(places(&[0, 0]), plain);
        assert_ne!(plain, places(&[0, 0]));
    }

    /// A ring of so many lists, each with the next in it.
    fn ring(length: usize) -> Value {
        let mut graph = Graph::new();
        let nodes: Vec<_> = (0..length).map(|_| graph.node()).collect();
        for (at, node) in nodes.iter().enumerate() {
            let next = graph.link(nodes[(at + 1) % length]);
            graph.set(*node, vec![next]).unwrap();
        }
        graph.finish(nodes[0])
    }

    #[test]
    fn cycles_are_equal_if_they_are_as_long_though_no_walk_along_them_ends() {
        assert_eq!(ring(3), ring(3));
        assert_ne!(ring(2), ring(1));
        assert_ne!(ring(2), ring(3));
        assert_eq!(ring(100_000), ring(100_000));
    }

    #[test]
    fn what_is_within_a_shared_object_is_compared_as_well() {
        let (one, two) = (ring(2), ring(2));
        let (Value::Shared(one), Value::Shared(two)) = (&one, &two) else { panic!() };
        let (one, two) = (one.get(), two.get());
        assert_eq!(one.as_array(), two.as_array());
        assert_eq!(one.as_array().unwrap()[0], two.as_array().unwrap()[0]);
    }
}
