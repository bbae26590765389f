//! What a link carries: packets that share a message, or a part of a big one.

use std::collections::VecDeque;

use bytes::Bytes;
use exciton_protocol::{
    Batch, Limits, Merge, Message, Packet, Packets, Seq, TooLarge, part_length, part_message,
};

/// The payload of one batch.
#[derive(Debug)]
pub(crate) enum Cargo {
    Packets(Packets),
    /// A piece of a packet's envelope, in the buffers that it lies in.
    Part {
        last: bool,
        piece: Vec<Bytes>,
    },
}

impl Merge for Cargo {
    fn merge(&mut self, other: Self) -> Result<(), Self> {
        match (self, other) {
            (Self::Packets(packets), Self::Packets(other)) => {
                packets.join(other);
                Ok(())
            }
            (_, other) => Err(other),
        }
    }
}

impl Cargo {
    /// Takes one more packet of at most so many bytes, and says how many it has; or none, and then it has not taken it.
    pub(crate) fn take(&mut self, packet: &Packet, most: usize) -> Option<usize> {
        match self {
            Self::Packets(packets) => packets.append_within(packet, most),
            Self::Part { .. } => None,
        }
    }

    /// The batches in which a packet travels: one, or its parts.
    pub(crate) fn load(packet: &Packet, limits: &Limits) -> Result<Vec<Batch<Self>>, TooLarge> {
        let mut packets = Packets::default();
        packets.append(packet);
        let size = packets.size();
        let limit = limits.packet_bytes as usize;
        if size > limit {
            return Err(TooLarge { size, limit });
        }
        let attached = !packets.blobs.is_empty();
        let most = if attached { limits.part_bytes } else { limits.whole_bytes };
        if size <= most as usize {
            return Ok(vec![Batch { count: 1, size, payload: Self::Packets(packets) }]);
        }
        let mut rest = packets.envelope();
        let mut parts = Vec::new();
        // A packet is bounded by the limits, far below 4 GiB.
        let mut left = rest.iter().map(Bytes::len).sum::<usize>() as u32;
        while !rest.is_empty() {
            let length = part_length(left, limits.part_bytes);
            left = left.saturating_sub(length);
            let piece = cut(&mut rest, length as usize);
            let (size, last) = (piece.iter().map(Bytes::len).sum(), rest.is_empty());
            parts.push(Batch { count: 1, size, payload: Self::Part { last, piece } });
        }
        Ok(parts)
    }

    /// The message of the socket.
    pub(crate) fn message(&self, first: Seq, ack: Seq) -> Message {
        match self {
            Self::Packets(packets) => packets.message(first, ack),
            Self::Part { last, piece } => part_message(first, ack, *last, piece),
        }
    }
}

/// Cuts as many bytes off the front as there may be, without a copy.
fn cut(rest: &mut VecDeque<Bytes>, most: usize) -> Vec<Bytes> {
    let mut room = most.max(1);
    let mut piece = Vec::new();
    while let Some(first) = rest.front_mut().filter(|_| room > 0) {
        let taken = first.split_to(first.len().min(room));
        room -= taken.len();
        if first.is_empty() {
            rest.pop_front();
        }
        piece.push(taken);
    }
    piece
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use exciton_protocol::{Args, Call};

    use super::*;

    fn packet(size: usize) -> Packet {
        let text = format!("[\"{}\"]", "x".repeat(size));
        Packet::Send(Call::new("c", Args::new(text, vec![])))
    }

    #[test]
    fn a_big_packet_travels_in_parts_that_make_it_again() {
        let limits = Limits::default();
        let batches = Cargo::load(&packet(3 << 20), &limits).unwrap();
        let mut bytes = Vec::new();
        for (index, batch) in batches.iter().enumerate() {
            let Cargo::Part { last, piece } = &batch.payload else {
                panic!("a packet travels whole")
            };
            assert_eq!(*last, index + 1 == batches.len());
            assert_eq!(batch.size, piece.concat().len());
            assert!(batch.size <= (limits.part_bytes + limits.part_bytes / 8) as usize);
            bytes.extend_from_slice(&piece.concat());
        }
        assert_eq!(Packet::from_parts(bytes.into()).unwrap(), packet(3 << 20));
    }

    #[test]
    fn a_packet_at_the_limit_is_taken_and_one_past_it_is_refused() {
        let mut limits = Limits::default();
        let size = Cargo::load(&packet(100), &limits).unwrap()[0].size;
        limits.packet_bytes = size as u32;
        assert!(Cargo::load(&packet(100), &limits).is_ok());
        assert_eq!(
            Cargo::load(&packet(101), &limits).unwrap_err(),
            TooLarge { size: size + 1, limit: size }
        );
    }
}
