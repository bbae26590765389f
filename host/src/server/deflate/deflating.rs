//! A message on its way out.

use flate2::{Compress, Compression, FlushCompress};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

/// The message as one compressed frame; as it is where that isn't smaller.
pub(in crate::server) async fn deflated(message: Message) -> Message {
    let (kind, bytes) = match &message {
        Message::Text(text) => (Data::Text, text.as_bytes()),
        Message::Binary(bytes) => (Data::Binary, bytes.as_ref()),
        _ => return message,
    };
    let Some(smaller) = smaller(bytes).await else { return message };
    let header = FrameHeader { rsv1: true, opcode: OpCode::Data(kind), ..FrameHeader::default() };
    Message::Frame(Frame::from_payload(header, smaller.into()))
}

/// The payload of RFC 7692 §7.2.1. What doesn't get smaller at its beginning is given up there.
async fn smaller(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < WORTHWHILE {
        return None;
    }
    // Raw deflate. Made anew: it would keep a quarter of a megabyte for each link.
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut out = Vec::with_capacity(bytes.len() / 4);
    let mut slices = bytes.chunks(SLICE).peekable();
    while let Some(slice) = slices.next() {
        let is_last = slices.peek().is_none();
        let is_first = deflate.total_in() == 0;
        // What is not flushed can't be judged by.
        let flush = if is_first || is_last { FlushCompress::Sync } else { FlushCompress::None };
        add(&mut deflate, slice, &mut out, flush)?;
        if !is_last {
            if is_first && deflate.total_out() > deflate.total_in() / 10 * 9 {
                return None;
            }
            // Others on this thread have their turn.
            tokio::task::yield_now().await;
        }
    }
    out.truncate(out.strip_suffix(&TAIL)?.len());
    (out.len() < bytes.len()).then_some(out)
}

/// `None` if the compressor fails, which it has no reason for.
fn add(
    deflate: &mut Compress,
    slice: &[u8],
    out: &mut Vec<u8>,
    flush: FlushCompress,
) -> Option<()> {
    let begin = deflate.total_in();
    loop {
        out.reserve(ROOM);
        let taken = usize::try_from(deflate.total_in() - begin).ok()?;
        deflate.compress_vec(slice.get(taken..)?, out, flush).ok()?;
        let is_taken = deflate.total_in() - begin == slice.len() as u64;
        // Room that is left says that nothing waits in the compressor for more.
        if is_taken && out.len() < out.capacity() {
            return Some(());
        }
    }
}

/// Below it a message goes in one packet of the network however long it is.
const WORTHWHILE: usize = 512;
/// How much is compressed without a pause.
const SLICE: usize = 64 * 1_024;
const ROOM: usize = 4 * 1_024;
/// Ends what was flushed, and is left out of a message.
pub(super) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use flate2::{Decompress, FlushDecompress};

    fn inflate(bytes: &[u8], size: usize) -> Vec<u8> {
        let whole = [bytes, &TAIL].concat();
        let mut back = Vec::with_capacity(size + 1);
        let mut inflate = Decompress::new(false);
        inflate.decompress_vec(&whole, &mut back, FlushDecompress::Sync).unwrap();
        assert_eq!(inflate.total_in(), whole.len() as u64);
        back
    }

    fn noise(size: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        };
        (0..size).map(next).collect()
    }

    #[tokio::test]
    async fn what_gets_smaller_comes_back_as_it_was() {
        for size in [512, 513, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE, 1 << 20] {
            let words = noise(size / 4 + 1);
            let text: Vec<u8> =
                words.iter().flat_map(|word| format!("{:04}", word % 32).into_bytes()).collect();
            let text = &text[..size];
            let small = smaller(text).await.unwrap();
            assert!(small.len() < size * 3 / 4, "{} of {size}", small.len());
            assert_eq!(inflate(&small, size), text, "{size}");
        }
    }

    #[tokio::test]
    async fn what_does_not_pay_stays_as_it_is() {
        // Tried at its beginning only.
        let late = [noise(SLICE), vec![b'a'; SLICE]].concat();
        let long = noise(5 * SLICE);
        for bytes in [vec![b'a'; WORTHWHILE - 1], noise(600), noise(SLICE), long, late] {
            assert!(smaller(&bytes).await.is_none(), "{}", bytes.len());
            let message = Message::Binary(bytes.into());
            assert_eq!(deflated(message.clone()).await, message);
        }
        let control = Message::Ping(vec![b'a'; 100].into());
        assert_eq!(deflated(control.clone()).await, control);
    }

    #[tokio::test]
    async fn a_compressed_frame_says_what_it_holds() {
        for (message, kind) in [
            (Message::text("a".repeat(WORTHWHILE)), Data::Text),
            (Message::binary(vec![b'a'; WORTHWHILE]), Data::Binary),
        ] {
            let Message::Frame(frame) = deflated(message).await else { panic!("not a frame") };
            let header = frame.header();
            assert!(header.is_final && header.rsv1 && header.mask.is_none());
            assert_eq!(header.opcode, OpCode::Data(kind));
            assert_eq!(inflate(frame.payload(), WORTHWHILE), vec![b'a'; WORTHWHILE]);
        }
    }
}
