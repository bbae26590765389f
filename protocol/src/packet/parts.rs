//! A packet that is too big to travel whole: the envelope that is cut into parts, and what it makes again.

use bytes::Bytes;

use super::{Packet, PacketSeed};
use crate::bounds::Bounds;
use crate::decode::FrameError;
use crate::envelope;
use crate::limits::Limits;

/// Bytes of the next part of an envelope of which `rest` are left: `most`, or all if they are an eighth more at the most. A
/// message costs more than its last bytes, and what is cut is mostly a little longer than a round number.
pub fn part_length(rest: u32, most: u32) -> u32 {
    let most = most.max(1);
    if rest <= most.saturating_add(most / 8) { rest } else { most }
}

impl Packet {
    /// Reads a packet that travelled in parts: the envelope that they made together.
    pub fn from_parts(bytes: Bytes) -> Result<Self, FrameError> {
        Self::from_parts_in(bytes, &Bounds::none())
    }

    /// The same for a packet of another program, which may have anything in it: what is past the limits is in
    /// [`Extra::excess`](crate::Extra::excess), and nothing is kept of it.
    pub fn from_parts_within(bytes: Bytes, limits: &Limits) -> Result<Self, FrameError> {
        Self::from_parts_in(bytes, &Bounds::of(limits))
    }

    fn from_parts_in(bytes: Bytes, bounds: &Bounds) -> Result<Self, FrameError> {
        let (json, mut run) = envelope::Message::Binary(bytes).split()?;
        bounds.hold_nesting(&json)?;
        let raw = bounds.read(&json, PacketSeed(bounds))?;
        let packet = raw.own(&json, &mut run, bounds)?;
        if run.is_empty() {
            Ok(packet)
        } else {
            Err(FrameError::Attachments { named: 0, there: run.len() })
        }
    }

    /// Bytes of the text of a packet that travels in parts, as the beginning of its envelope says.
    pub fn text_in_parts(first: &[u8]) -> usize {
        first.first_chunk().map_or(0, |head| u32::from_le_bytes(*head) as usize)
    }

    /// Bytes of the whole envelope of which `first` is the beginning: with the attachments, where the text that names them
    /// is there and not long. It is what the sender says, and may be wrong.
    pub fn bytes_in_parts(first: &[u8], limits: &Limits) -> usize {
        let length = Self::text_in_parts(first);
        let end = length.saturating_add(4);
        let json = first.get(4..end).filter(|json| json.len() <= SHORT);
        let bounds = Bounds::of(limits);
        let raw = json.and_then(|json| bounds.read(json, PacketSeed(&bounds)).ok());
        end.saturating_add(raw.map_or(0, |raw| raw.attached()))
    }

    /// The envelope of a packet that is too big to travel whole: its parts are slices of it.
    pub fn to_parts(&self) -> Vec<u8> {
        let mut json = String::new();
        self.write(&mut json);
        let size = self.blobs().iter().map(Bytes::len).sum::<usize>();
        let mut out = Vec::with_capacity(4 + json.len() + size);
        // A packet is bounded by the limits, far below 4 GiB.
        out.extend_from_slice(&(json.len() as u32).to_le_bytes());
        out.extend_from_slice(json.as_bytes());
        for blob in self.blobs() {
            out.extend_from_slice(blob);
        }
        out
    }
}

/// Bytes of a text that is read before all parts are there.
const SHORT: usize = 64 * 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::packet::Call;
    use crate::value::Args;

    #[test]
    fn the_beginning_says_how_long_the_whole_is() {
        let args = Args::new("[1]", vec![vec![7; 300].into(), vec![].into()]);
        let whole = Packet::Invoke(Call::new("c", args)).to_parts();
        let text = Packet::text_in_parts(&whole);
        let bytes = |end| Packet::bytes_in_parts(&whole[..end], &Limits::default());
        assert_eq!(text, whole.len() - 304);
        assert_eq!(bytes(text + 4), whole.len());
        // Before its text is there, nobody knows of attachments.
        assert_eq!(bytes(text + 3), text + 4);
        assert_eq!((Packet::text_in_parts(b"123"), bytes(3)), (0, 4));
    }

    #[test]
    fn the_last_part_takes_along_what_is_little() {
        let rows = [(0, 0), (80, 80), (90, 90), (91, 80), (170, 80), (u32::MAX, 80)];
        for (rest, length) in rows {
            assert_eq!(part_length(rest, 80), length, "{rest}");
        }
        assert_eq!((part_length(5, 0), part_length(u32::MAX, u32::MAX)), (1, u32::MAX));
    }
}
