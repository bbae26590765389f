//! A bug on purpose, as deep as a real one: a fuzzer that finds it in a minute is one that works.

use exciton_protocol::{Frame, Packet};

use crate::wire::message;

/// Panics at one kind of frame in a million.
pub(crate) fn planted(data: &[u8]) {
    let Some((_, message)) = message(data) else { return };
    if let Ok(Frame::Data { first: 77, packets, .. }) = Frame::decode(&message)
        && let [Packet::Invoke(call)] = &packets[..]
    {
        assert!(call.extra.frame != 3, "the planted bug");
    }
}
