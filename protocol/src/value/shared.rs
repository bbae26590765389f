//! Objects that are met more than once: in several places of a value, or within themselves.
//!
//! They live together in an arena that never changes. What refers to one of them from outside keeps the arena; what does
//! so from inside doesn't, or a cycle would keep itself for ever. A clone taken out of the arena does.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, OnceLock, Weak};

use super::Value;

/// An object that is met more than once: two that are equal in JavaScript's sense of `===` are the same here.
///
/// A value that came from a page has these only where the page's objects were shared or in a cycle; [`Graph`] makes
/// them. Read into a serde type, each place gets a copy.
#[derive(Clone)]
pub struct Shared {
    arena: Handle,
    index: usize,
}

enum Handle {
    Strong(Arc<Arena>),
    /// Of what is in the arena itself.
    Weak(Weak<Arena>),
}

/// The shared objects of one value. Set once, when all are there. None is a [`Value::Shared`] or a primitive.
#[derive(Default)]
pub(super) struct Arena(OnceLock<Vec<Value>>);

impl Shared {
    /// The object. It may refer to itself, directly or by way of others.
    pub fn get(&self) -> SharedRef {
        SharedRef { arena: self.arena.strong(), index: self.index }
    }

    /// Whether both are the same object, not only equal ones.
    pub fn same(&self, other: &Shared) -> bool {
        self.id() == other.id()
    }

    /// Which object it is, as long as its arena lives.
    pub(super) fn id(&self) -> (usize, usize) {
        let arena = match &self.arena {
            Handle::Strong(arena) => Arc::as_ptr(arena),
            Handle::Weak(arena) => arena.as_ptr(),
        };
        (arena as usize, self.index)
    }

    /// Within an arena in the making.
    pub(super) fn inside(arena: &Arc<Arena>, index: usize) -> Self {
        Shared { arena: Handle::Weak(Arc::downgrade(arena)), index }
    }

    /// From outside of a finished arena.
    pub(super) fn outside(arena: Arc<Arena>, index: usize) -> Self {
        Shared { arena: Handle::Strong(arena), index }
    }
}

impl Handle {
    fn strong(&self) -> Option<Arc<Arena>> {
        match self {
            Handle::Strong(arena) => Some(arena.clone()),
            Handle::Weak(arena) => arena.upgrade().filter(|arena| arena.0.get().is_some()),
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        match (self.strong(), self) {
            (Some(arena), _) => Handle::Strong(arena),
            (None, Handle::Weak(arena)) => Handle::Weak(arena.clone()),
            (None, Handle::Strong(arena)) => Handle::Strong(arena.clone()),
        }
    }
}

impl Arena {
    pub fn finish(&self, nodes: Vec<Value>) {
        // Whoever makes an arena finishes it once.
        let _ = self.0.set(nodes);
    }

    fn node(&self, index: usize) -> &Value {
        self.0.get().and_then(|nodes| nodes.get(index)).unwrap_or(&UNDEFINED)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Some(nodes) = self.0.take() {
            let_go(nodes);
        }
    }
}

/// Drops what may hold other arenas, whose drops come here again: one after the other, not one within the other.
fn let_go(nodes: Vec<Value>) {
    thread_local! {
        static WAITING: RefCell<Option<Vec<Vec<Value>>>> = const { RefCell::new(None) };
    }
    let outermost = WAITING.try_with(|waiting| match &mut *waiting.borrow_mut() {
        Some(waiting) => {
            waiting.push(nodes);
            None
        }
        none => {
            *none = Some(Vec::new());
            Some(nodes)
        }
    });
    let mut next = outermost.unwrap_or_default();
    while let Some(nodes) = next {
        drop(nodes);
        next = WAITING.with(|waiting| {
            let mut waiting = waiting.borrow_mut();
            let nodes = waiting.as_mut().and_then(Vec::pop);
            if nodes.is_none() {
                *waiting = None;
            }
            nodes
        });
    }
}

static UNDEFINED: Value = Value::Undefined;

/// A shared object, kept while it is looked at.
pub struct SharedRef {
    arena: Option<Arc<Arena>>,
    index: usize,
}

impl Deref for SharedRef {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.arena.as_ref().map_or(&UNDEFINED, |arena| arena.node(self.index))
    }
}

impl fmt::Debug for SharedRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// A value on a walk, and the arena that it is in: what its weak references are for.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub value: &'a Value,
    home: Option<&'a Arena>,
}

/// A walk that began within an arena, and so knows nobody who keeps it. It must begin anew with a clone.
#[derive(Debug)]
pub(super) struct Stray;

impl<'a> At<'a> {
    pub fn outside(value: &'a Value) -> Self {
        At { value, home: None }
    }

    /// Another value of the same object.
    pub fn beside(self, value: &'a Value) -> Self {
        At { value, home: self.home }
    }

    /// The object itself where a reference is. It is never another reference.
    pub fn resolved(self) -> Result<At<'a>, Stray> {
        let Value::Shared(Shared { arena, index }) = self.value else { return Ok(self) };
        let arena: &'a Arena = match (arena, self.home) {
            (Handle::Strong(arena), _) => arena,
            (Handle::Weak(weak), Some(home)) if ptr::eq(weak.as_ptr(), home) => home,
            (weak, _) if weak.strong().is_some() => return Err(Stray),
            // What was kept of a graph longer than the graph itself.
            _ => return Ok(At { value: &UNDEFINED, home: None }),
        };
        Ok(At { value: arena.node(*index), home: Some(arena) })
    }
}

/// Makes values whose objects are shared, or contain themselves.
///
/// ```
/// # use exciton_protocol::{Graph, Object, Value};
/// let mut graph = Graph::new();
/// let person = graph.node();
/// let me = graph.link(person);
/// graph.set(person, Object::from_iter([("name", Value::from("Ada")), ("self", me)]))?;
/// let value = graph.finish(person);
/// # assert_eq!(value, value.clone());
/// # Ok::<(), exciton_protocol::NotShareable>(())
/// ```
#[derive(Default)]
pub struct Graph {
    arena: Arc<Arena>,
    nodes: Vec<Value>,
}

/// One object of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GraphNode(usize);

/// Only objects can be shared, and only by the graph that they are nodes of. A primitive or another shared object can't
/// be a node; an `ArrayBuffer` is shared by cloning its `Bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only an object of its own can be a node of a graph")]
pub struct NotShareable;

impl Graph {
    /// A graph without nodes.
    pub fn new() -> Self {
        Graph::default()
    }

    /// A new node: an empty object until it is set.
    pub fn node(&mut self) -> GraphNode {
        self.nodes.push(Value::Object(super::Object::new()));
        GraphNode(self.nodes.len() - 1)
    }

    /// What refers to a node, to be put into others or itself. Outlives the graph only in there: it is `undefined` after
    /// the last value of the graph is gone.
    pub fn link(&self, node: GraphNode) -> Value {
        Value::Shared(Shared::inside(&self.arena, node.0))
    }

    /// Sets what a node is.
    ///
    /// # Errors
    /// [`NotShareable`] unless the value is an object.
    pub fn set(&mut self, node: GraphNode, value: impl Into<Value>) -> Result<(), NotShareable> {
        let value = value.into();
        let place = self.nodes.get_mut(node.0).filter(|_| value.is_shareable());
        *place.ok_or(NotShareable)? = value;
        Ok(())
    }

    /// The value that begins at a node. Other nodes are there as far as it refers to them.
    pub fn finish(self, root: GraphNode) -> Value {
        let Graph { arena, nodes } = self;
        arena.finish(nodes);
        Value::Shared(Shared::outside(arena, root.0))
    }
}

impl Value {
    /// Whether JavaScript tells two of it apart by which they are, and the wire can say so.
    pub(super) fn is_shareable(&self) -> bool {
        match self {
            Value::Undefined
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::BigInt(_)
            | Value::String(_)
            | Value::ArrayBuffer(_)
            | Value::Shared(_) => false,
            Value::Date(_)
            | Value::View(_)
            | Value::RegExp(_)
            | Value::Boxed(_)
            | Value::Array(_)
            | Value::Object(_)
            | Value::Sparse(_)
            | Value::Map(_)
            | Value::Set(_)
            | Value::Error(_) => true,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::Object;

    /// An object that refers to itself, and the arena's own count of who keeps it.
    fn cycle() -> (Value, Weak<Arena>) {
        let mut graph = Graph::new();
        let node = graph.node();
        let link = graph.link(node);
        graph.set(node, vec![link.clone(), link]).unwrap();
        let arena = Arc::downgrade(&graph.arena);
        (graph.finish(node), arena)
    }

    fn shared(value: &Value) -> &Shared {
        match value {
            Value::Shared(shared) => shared,
            other => panic!("{other:?} is not shared"),
        }
    }

    #[test]
    fn a_cycle_is_freed_with_the_last_that_refers_to_it_from_outside() {
        let (value, arena) = cycle();
        let inner = shared(&value).get().as_array().unwrap()[0].clone();
        assert!(shared(&inner).same(shared(&value)));
        drop(value);
        assert_eq!(arena.strong_count(), 1);
        assert_eq!(shared(&inner).get().as_array().unwrap().len(), 2);
        drop(inner);
        assert_eq!(arena.strong_count(), 0);
    }

    #[test]
    fn a_link_that_outlives_its_graph_is_undefined() {
        let mut graph = Graph::new();
        let node = graph.node();
        let link = graph.link(node);
        assert_eq!(link, Value::Undefined);
        drop(graph.finish(node));
        assert_eq!(link, Value::Undefined);
        assert_eq!(*shared(&link.clone()).get(), Value::Undefined);
    }

    #[test]
    fn only_objects_are_nodes() {
        let mut graph = Graph::new();
        let node = graph.node();
        let link = graph.link(node);
        assert_eq!(graph.set(node, link), Err(NotShareable));
        assert_eq!(graph.set(node, 1.0), Err(NotShareable));
        assert_eq!(graph.set(GraphNode(7), Object::new()), Err(NotShareable));
        assert_eq!(graph.set(node, super::super::Date(1.0)), Ok(()));
    }

    #[test]
    fn a_long_chain_of_graphs_is_dropped_without_recursion() {
        let mut value = Value::Null;
        for _ in 0..100_000 {
            let mut graph = Graph::new();
            let node = graph.node();
            graph.set(node, vec![value]).unwrap();
            value = graph.finish(node);
        }
        let copy = value.clone();
        assert!(value == copy);
        assert!(format!("{value:?}").len() < 10_000);
        drop(value);
        drop(copy);
    }
}
