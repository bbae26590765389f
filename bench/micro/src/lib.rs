//! Pieces of a message's way, each as one function from what it is given to what it makes. `benches/time.rs` measures how
//! long they take, `benches/instructions.rs` counts the instructions; both say it for one [`BATCH`] of messages.

#![forbid(unsafe_code)]

mod codec;
mod dispatch;
mod link;

pub use codec::{
    Row, argument, decode, encode, frame, many_rows, packets, read_row, read_values, replies, row,
    within, write_row,
};
pub use dispatch::Page;
pub use link::Ends;

/// Messages in a batch, as a page sends them that says much at once.
pub const BATCH: u64 = 256;
