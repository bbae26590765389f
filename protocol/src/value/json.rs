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
//!
//! The key of a tag is written `"$"`, unescaped, so that a reader can tell by a search that a text has no tags.
//! A tag has the members shown and no others. Lone surrogates are written `\udXXX`. Depth is counted in values: a
//! tag adds none of its own.

mod read;
mod write;

pub use read::read_value;
pub use write::write_value;
pub(super) use write::{ESCAPED, Writer};
