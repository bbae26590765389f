//! What the page's link carries: packets that share a message, or a part of a big one.

use axum::body::Bytes;
use exciton_protocol::{Batch, Frame, Limits, Merge, Packet, Packets, Seq};

#[derive(Clone, Debug)]
pub(super) enum Cargo {
    Packets(Vec<Packet>),
    Part { last: bool, piece: Bytes },
}

impl Merge for Cargo {
    fn merge(&mut self, other: Self) -> Result<(), Self> {
        match (self, other) {
            (Self::Packets(packets), Self::Packets(mut other)) => {
                packets.append(&mut other);
                Ok(())
            }
            (_, other) => Err(other),
        }
    }
}

impl Cargo {
    /// The batches in which a packet travels: one, or its parts.
    pub(super) fn load(packet: &Packet, limits: &Limits) -> Vec<Batch<Self>> {
        let mut text = Packets::default();
        text.append(packet);
        let size = text.size();
        if size <= limits.whole_bytes as usize {
            let payload = Self::Packets(vec![packet.clone()]);
            return vec![Batch { count: 1, size, payload }];
        }
        let mut rest = Bytes::from(packet.to_parts());
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(limits.part_bytes as usize));
            let last = rest.is_empty();
            parts.push(Batch { count: 1, size: piece.len(), payload: Self::Part { last, piece } });
        }
        parts
    }

    pub(super) fn frame(&self, first: Seq, ack: Seq) -> Frame {
        match self {
            Self::Packets(packets) => Frame::Data { first, ack, packets: packets.clone() },
            Self::Part { last, piece } => {
                Frame::Part { seq: first, ack, last: *last, piece: piece.clone() }
            }
        }
    }
}
