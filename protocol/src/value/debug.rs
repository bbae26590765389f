//! `Debug` for values: JavaScript's look, cut off at a depth that no stack minds. A shared object is shown where it is
//! met first.

use std::cell::RefCell;
use std::fmt;

use super::{Array, ErrorValue, Map, Object, Set, Shared, Sparse, Value};

macro_rules! debug {
    ($($type:ident: |$this:ident, $level:ident, $f:ident| $shown:expr;)+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, $f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let ($this, $level) = (self, Level { depth: 0, met: &RefCell::default() });
                $shown
            }
        }
    )+};
}

debug! {
    Value: |value, level, f| level.value(value, f);
    Array: |items, level, f| level.list(items.iter(), f);
    Object: |object, level, f| level.object(object.iter(), f);
    Sparse: |array, level, f| level.sparse(array, f);
    Map: |map, level, f| level.map(map, f);
    Set: |set, level, f| level.set(set, f);
    ErrorValue: |error, level, f| level.error(error, f);
    Shared: |shared, level, f| level.shared(shared, f);
}

#[derive(Clone, Copy)]
struct Level<'a> {
    depth: u32,
    /// The shared objects shown so far.
    met: &'a RefCell<Vec<(usize, usize)>>,
}

/// A value within another.
struct Inner<'a>(&'a Value, Level<'a>);

impl fmt::Debug for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner(value, Level { depth, met }) = *self;
        if depth >= SHOWN_LEVELS && value.children().next().is_some() {
            return f.write_str("…");
        }
        Level { depth: depth + 1, met }.value(value, f)
    }
}

impl<'a> Level<'a> {
    fn value(self, value: &'a Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match value {
            Value::Undefined => f.write_str("undefined"),
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::BigInt(number) => write!(f, "{number}n"),
            Value::String(text) => fmt::Debug::fmt(text, f),
            Value::Date(ms) => write!(f, "Date({ms})"),
            Value::ArrayBuffer(bytes) => write!(f, "ArrayBuffer({})", bytes.len()),
            Value::View(view) => fmt::Debug::fmt(view, f),
            Value::RegExp(regexp) => write!(f, "/{}/{}", regexp.source(), regexp.flags()),
            Value::Boxed(boxed) => fmt::Debug::fmt(boxed, f),
            Value::Array(items) => self.list(items.iter(), f),
            Value::Object(object) => self.object(object.iter(), f),
            Value::Sparse(array) => self.sparse(array, f),
            Value::Map(map) => self.map(map, f),
            Value::Set(set) => self.set(set, f),
            Value::Error(error) => self.error(error, f),
            Value::Shared(shared) => self.shared(shared, f),
        }
    }

    fn list<'v: 'a>(
        self,
        items: impl Iterator<Item = &'v Value>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        f.debug_list().entries(items.map(|value| Inner(value, self))).finish()
    }

    fn object<'v: 'a>(
        self,
        entries: impl Iterator<Item = (&'v super::Text, &'v Value)>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        f.debug_map().entries(entries.map(|(key, value)| (key, Inner(value, self)))).finish()
    }

    fn sparse(self, array: &'a Sparse, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({}) ", array.length)?;
        self.object(array.iter(), f)
    }

    fn map(self, map: &'a Map, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map ")?;
        let entries = map.iter().map(|(key, value)| (Inner(key, self), Inner(value, self)));
        f.debug_map().entries(entries).finish()
    }

    fn set(self, set: &'a Set, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Set ")?;
        f.debug_set().entries(set.iter().map(|value| Inner(value, self))).finish()
    }

    fn error(self, error: &'a ErrorValue, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", error.summary())?;
        match &error.cause {
            Some(cause) => write!(f, " caused by {:?}", Inner(cause, self)),
            None => Ok(()),
        }
    }

    fn shared(self, shared: &Shared, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.met.borrow().iter().position(|id| *id == shared.id());
        if let Some(number) = known {
            return write!(f, "*{number}");
        }
        self.met.borrow_mut().push(shared.id());
        write!(f, "&{} ", self.met.borrow().len() - 1)?;
        let object = shared.get();
        fmt::Debug::fmt(&Inner(&object, Level { depth: self.depth, met: self.met }), f)
    }
}

const SHOWN_LEVELS: u32 = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::{ErrorKind, Graph, RegExp};

    #[test]
    fn values_look_like_javascript() {
        let mut sparse = Sparse::new(3);
        sparse.insert("1", true);
        let mut error = ErrorValue::new(ErrorKind::Type, "bad");
        error.cause = Some(Value::Null.into());
        let value = Value::from([
            Value::from(1.0),
            Value::from(-0.0),
            Value::BigInt(7.into()),
            Value::from(Object::from_iter([("k", Value::Undefined)])),
            sparse.into(),
            Map::from_iter([(1.0, "one")]).into(),
            Set::from_iter(["a"]).into(),
            RegExp::new("a+", "g").unwrap().into(),
            error.into(),
        ]);
        assert_eq!(
            format!("{value:?}"),
            r#"[1, -0, 7n, {"k": undefined}, Array(3) {"1": true}, Map {1: "one"}, Set {"a"}, /a+/g, [TypeError: bad] caused by null]"#
        );
    }

    #[test]
    fn a_cycle_is_shown_once() {
        let mut graph = Graph::new();
        let node = graph.node();
        let links: Vec<Value> = (0..3).map(|_| graph.link(node)).collect();
        graph.set(node, links).unwrap();
        assert_eq!(format!("{:?}", graph.finish(node)), "&0 [*0, *0, *0]");
    }
}
