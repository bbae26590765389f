//! What a [`Value`] is made of: the types of the structured clone algorithm, as Rust has them.
//!
//! What a page sends is a tree unless an object in it is met more than once: then [`Shared`] stands for it in each place.
//! [`Graph`] makes such values.

pub use exciton_protocol::{
    Array, BadView, Boxed, Cause, DecodeError, EncodeError, ErrorKind, ErrorValue, Graph,
    GraphNode, Map, NotShareable, Object, RegExp, Set, Shared, SharedRef, Sparse, Text, Value,
    View, ViewKind, from_value, to_value,
};
