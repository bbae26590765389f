//! What both ends of an Exciton conversation agree on: values, packets, and the resumable link.
//!
//! The crate does no I/O, reads no clock and makes no random numbers: times and ids are arguments, so the same
//! machines run in the browser, in the host, in tests with virtual time, and under a fuzzer.
//!
//! From the bottom up: [`Limits`] and ids; values and arguments; frames and packets; the [`PageLink`] and the
//! [`HostLink`]; and, with the feature `sim`, two of those with a faulty wire between them.

#![forbid(unsafe_code)]

mod error;
mod ids;
mod limits;
mod link;
#[cfg(any(test, feature = "sim"))]
pub mod sim;

pub use error::{CloseReason, Full, LinkLost, PeerMisbehaved, TooLarge, close_code};
pub use ids::{BadId, Epoch, LinkId, Millis, Seq, TabId};
pub use limits::Limits;
pub use link::{
    Admission, Admit, Attached, Batch, ConnId, Contact, Gone, HostLink, HostTransmit, InFlight,
    Merge, Outbox, PageEvent, PageLink, PageTransmit, Refused, TooNested, Want,
};
