//! What both ends of an Exciton conversation agree on: values, packets, and the resumable link.
//!
//! The crate does no I/O, reads no clock and makes no random numbers: times and ids are arguments, so the same
//! machines run in the browser, in the host, in tests with virtual time, and under a fuzzer.
//!
//! From the bottom up: [`Limits`] and ids; values and arguments; frames and packets; the [`PageLink`] and the
//! [`HostLink`]; and, with the feature `sim`, two of those with a faulty wire between them.

#![forbid(unsafe_code)]

mod bounds;
mod decode;
mod envelope;
mod error;
mod excess;
mod frame;
mod ids;
mod limits;
mod link;
mod packet;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
mod sync;
mod tab;
mod value;

pub use decode::FrameError;
pub use envelope::Message;
pub use error::{CloseReason, Full, LinkLost, PeerMisbehaved, TooLarge, close_code};
pub use excess::{Bound, Excess};
pub use frame::{
    DATA_TAIL, Frame, Hello, Packets, VERSION, Welcome, data_head, part_message, part_text,
};
pub use ids::{BadId, Epoch, LinkId, Millis, Seq, TabId};
pub use limits::Limits;
pub use link::{
    Admission, Admit, Attached, Batch, ConnId, Contact, Gone, HostLink, HostTransmit, InFlight,
    Merge, Outbox, PageEvent, PageLink, PageTransmit, Refused, TooNested, Want,
};
pub use packet::{Call, Calls, Extra, Packet, part_length};
pub use sync::{SyncAnswer, SyncHead, SyncRequest, SyncState};
pub use tab::TabInfo;
pub use value::{
    ArgError, ArgReader, Args, Array, BadView, Boxed, Buffer, Cause, Date, DecodeError,
    EncodeError, Encoded, ErrorKind, ErrorValue, Graph, GraphNode, Map, Mismatch, NotShareable,
    Object, RegExp, Serializer, Set, Shared, SharedRef, Sparse, Text, Value, View, ViewKind,
    from_value, read_value, to_value, write_value,
};
