//! Frames as they are written: packets that share one, and a part's.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::envelope::Message;
use crate::ids::Seq;
use crate::packet::{Packet, write_number};

/// Packets on their way out: their texts joined by commas, and their attachments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    /// The packets' JSON, joined by commas.
    pub text: String,
    /// All their attachments, in order.
    pub blobs: Vec<Bytes>,
}

impl Packets {
    /// Adds a packet.
    pub fn append(&mut self, packet: &Packet) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        packet.write(&mut self.text);
        self.blobs.extend_from_slice(packet.blobs());
    }

    /// Adds a packet of at most so many bytes, and says how many it has; a larger one is not added.
    pub fn append_within(&mut self, packet: &Packet, most: usize) -> Option<usize> {
        // Of its text without what only escapes and numbers add.
        if packet.least_size() > most {
            return None;
        }
        let (text, blobs) = (self.text.len(), self.blobs.len());
        self.append(packet);
        let size = self.text.len() - text
            + self.blobs.get(blobs..).unwrap_or_default().iter().map(Bytes::len).sum::<usize>();
        if size > most {
            self.text.truncate(text);
            self.blobs.truncate(blobs);
            return None;
        }
        Some(size)
    }

    /// Adds the packets of another message behind these.
    pub fn join(&mut self, mut other: Self) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(&other.text);
        self.blobs.append(&mut other.blobs);
    }

    /// The envelope of a packet that is alone and too big to travel whole, in the buffers that it lies in: its parts are
    /// slices of them.
    pub fn envelope(self) -> VecDeque<Bytes> {
        // A packet is bounded by the limits, far below 4 GiB.
        let length = (self.text.len() as u32).to_le_bytes();
        let head = [Bytes::copy_from_slice(&length), self.text.into()];
        head.into_iter().chain(self.blobs.into_iter().filter(|blob| !blob.is_empty())).collect()
    }

    /// Bytes, for the bounds.
    pub fn size(&self) -> usize {
        self.text.len() + self.blobs.iter().map(Bytes::len).sum::<usize>()
    }

    /// The data frame that carries them.
    pub fn message(&self, first: Seq, ack: Seq) -> Message {
        let mut json = data_head(first, ack);
        json.reserve(self.text.len() + DATA_TAIL.len());
        json.push_str(&self.text);
        json.push_str(DATA_TAIL);
        if self.blobs.is_empty() {
            Message::Text(json.into())
        } else {
            Message::join(&json, &self.blobs)
        }
    }
}

/// What stands before the packets in a data frame; after them comes [`DATA_TAIL`].
pub fn data_head(first: Seq, ack: Seq) -> String {
    let mut head = String::with_capacity(40);
    head.push_str("[\"data\",");
    write_number(first, &mut head);
    head.push(',');
    write_number(ack, &mut head);
    head.push_str(",[");
    head
}

/// What stands behind the packets in a data frame.
pub const DATA_TAIL: &str = "]]";

/// The JSON of a part's frame.
pub fn part_text(seq: Seq, ack: Seq, last: bool, length: usize) -> String {
    let mut text = String::with_capacity(48);
    text.push_str("[\"part\",");
    write_number(seq, &mut text);
    text.push(',');
    write_number(ack, &mut text);
    text.push_str(if last { ",true," } else { ",false," });
    write_number(length as u64, &mut text);
    text.push(']');
    text
}

/// The message of a part, whose bytes are in several buffers.
pub fn part_message(seq: Seq, ack: Seq, last: bool, piece: &[Bytes]) -> Message {
    let length = piece.iter().map(Bytes::len).sum();
    Message::join(&part_text(seq, ack, last, length), piece)
}
