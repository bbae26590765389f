//! Puts a packet together that comes in parts: each part is copied once, to its place, as soon as it is there.

use bytes::{Bytes, BytesMut};
use exciton_protocol::{Bound, Excess, Limits, Packet};

/// What has come of a packet in parts.
#[derive(Default)]
pub(super) struct Assembly {
    parts: usize,
    bytes: BytesMut,
}

impl Assembly {
    /// Whether one more part of so many bytes keeps to the limits.
    pub(super) fn admits(&self, piece: usize, limits: &Limits) -> Result<(), Excess> {
        Bound::Bytes.hold(self.bytes.len() + piece, most(limits))?;
        Bound::Parts.hold(self.parts + 1, limits.parts() as usize)
    }

    /// Takes a part that was admitted.
    pub(super) fn take(&mut self, piece: &[u8], limits: &Limits) {
        if self.parts == 0 {
            // The first says how many bytes there are in all. A liar gets no more than a small multiple of what it sent.
            let whole = Packet::bytes_in_parts(piece, limits).min(most(limits));
            self.bytes.reserve(whole.min(piece.len() * TRUSTED));
        }
        self.parts += 1;
        self.bytes.extend_from_slice(piece);
    }

    /// All bytes: the last part has come.
    pub(super) fn finish(&mut self) -> Bytes {
        std::mem::take(self).bytes.freeze()
    }
}

/// Bytes of the envelope of the largest packet.
fn most(limits: &Limits) -> usize {
    limits.packet_bytes as usize + HEAD_SLACK
}

/// What an envelope has beside its packet: the length of its text, the channel, what goes with it.
const HEAD_SLACK: usize = 1_024;
/// For each byte of the first part, as many are reserved at the most.
const TRUSTED: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use exciton_protocol::{Args, Call};

    use super::*;

    fn envelope(attachment: usize) -> Vec<u8> {
        let args = Args::new("[]", vec![vec![7; attachment].into()]);
        Packet::Send(Call::new("c", args)).to_parts()
    }

    #[test]
    fn room_for_all_is_there_from_the_first_part_on() {
        let limits = Limits::default();
        let whole = envelope(3 << 20);
        let mut assembly = Assembly::default();
        let mut places = Vec::new();
        for piece in whole.chunks(1 << 19) {
            assembly.admits(piece.len(), &limits).unwrap();
            assembly.take(piece, &limits);
            places.push(assembly.bytes.as_ptr());
        }
        assert!(places.windows(2).all(|two| two[0] == two[1]), "it has moved");
        assert_eq!(assembly.finish(), whole);
        assert_eq!((assembly.parts, assembly.bytes.capacity()), (0, 0));
    }

    #[test]
    fn who_claims_much_and_sends_little_gets_little() {
        let limits = Limits::default();
        let mut assembly = Assembly::default();
        let first = &envelope(60 << 20)[..100];
        assembly.take(first, &limits);
        assert!((100..=64 * 100).contains(&assembly.bytes.capacity()));
    }
}
