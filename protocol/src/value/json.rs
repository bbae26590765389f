//! Values on the wire: JSON text, and beside it the binary that the text names by index.
//!
//! Plain JSON data is plain JSON. An object whose first key is `$` is a tag:
//!
//! | Value | Tag |
//! |---|---|
//! | `undefined` | `{"$":"undefined"}` |
//! | `NaN`, `Infinity`, `-Infinity`, `-0` | `{"$":"number","v":"NaN"}` |
//! | BigInt | `{"$":"bigint","v":"-123"}` |
//! | Date | `{"$":"date","v":0}`, milliseconds; `null` if invalid |
//! | ArrayBuffer | `{"$":"arraybuffer","blob":0}` |
//! | typed arrays, DataView | `{"$":"view","type":"Uint16Array","blob":0,"offset":2,"length":3}`, offset in bytes, length in elements |
//! | an object with a key `$` of its own | `{"$":"object","entries":[["$",1],["other",2]]}` |
//! | an array with holes or names | `{"$":"array","length":3,"entries":[["1",true],["name",2]]}` |
//! | Map | `{"$":"map","entries":[["key","value"]]}` |
//! | Set | `{"$":"set","values":[1,2]}` |
//! | RegExp | `{"$":"regexp","source":"a+","flags":"gi"}` |
//! | Error | `{"$":"error","name":"TypeError","message":"…","stack":"…","cause":1}`, the last three if it has them |
//! | a primitive in an object | `{"$":"boxed","v":1}` |
//! | an object that is met again | `{"$":"def","v":[]}`, and each further time `{"$":"ref","v":0}` |
//!
//! What is in a `def` is any of the objects above but an ArrayBuffer, which is known by its blob. A `ref` names it by its
//! number: how many `def`s began before it in the text. It may stand within its own `def`. So that a page meets all of
//! them in the order of the text, an object whose keys JavaScript would move (`"1"` after `"a"`) is written as `object`,
//! too, if there is any of them in it.
//!
//! The key of a tag is written `"$"`, unescaped, so that a reader can tell by a search that a text has no tags.
//! A tag has the members shown and no others; those that hold other values have them in the order shown. Lone surrogates are written `\udXXX`. Depth is counted in values: a
//! tag adds none of its own.

mod container;
mod escape;
mod read;
mod write;

pub(super) use escape::{ESCAPED, escape};
pub use read::read_value;
pub(super) use write::Writer;
pub use write::write_value;
