//! What the page's outbox holds: handles of what JavaScript gave, never copies.

use exciton_protocol::Merge;
use js_sys::{JsString, Uint8Array};

use super::envelope::Run;
use crate::web;

/// Packets, or a piece of one, on their way to the host.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Whole packets.
    Packets(Packets),
    /// A piece of a packet that is too big to travel whole.
    Part {
        /// Bytes of the packet's envelope: views, not copies.
        piece: Run,
        /// No more pieces follow.
        last: bool,
    },
}

/// Whole packets as JavaScript writes them.
#[derive(Clone, Debug)]
pub struct Packets {
    /// Their JSON, joined by commas.
    pub text: JsString,
    /// All their attachments, in order.
    pub blobs: Vec<Uint8Array>,
}

impl Merge for Payload {
    fn merge(&mut self, other: Self) -> Result<(), Self> {
        match (self, other) {
            (Self::Packets(mine), Self::Packets(more)) => {
                mine.text = web::join(&mine.text, &",".into(), &more.text);
                mine.blobs.extend(more.blobs);
                Ok(())
            }
            (_, other) => Err(other),
        }
    }
}
