//! Decoders: any bytes are read or refused, and what was read is written and read again as the same.

use bytes::Bytes;
use exciton_protocol::{
    DecodeError, Frame, Limits, Message, Packet, SyncAnswer, SyncRequest, read_value, write_value,
};

/// The first byte says what kind of message the rest is.
fn message(data: &[u8]) -> Option<(u8, Message)> {
    let (kind, rest) = data.split_first()?;
    let bytes = Bytes::copy_from_slice(rest);
    Some((*kind, if kind & 1 == 0 { Message::Text(bytes) } else { Message::Binary(bytes) }))
}

/// A message of the socket.
pub(crate) fn frame(data: &[u8]) {
    let Some((_, message)) = message(data) else { return };
    let within = Frame::decode_within(&message, &Limits::default());
    let Ok(frame) = Frame::decode(&message) else {
        assert!(within.is_err(), "{within:?}");
        return;
    };
    if let Frame::Data { packets, .. } = &frame {
        packets.iter().for_each(measured);
    }
    let written = frame.control().unwrap_or_else(|error| panic!("{frame:?}: {error}"));
    assert_eq!(Frame::decode(&written), Ok(frame));
}

/// Arguments that keep to the limits are never too deep for who reads them.
fn measured(packet: &Packet) {
    let (Packet::Send(call) | Packet::Invoke(call) | Packet::Sync(call)) = packet else { return };
    let mut limits = Limits::default();
    limits.depth = 3;
    if call.args.within(&limits).is_ok() {
        let read = call.args.reader_with_depth(3).map(|mut reader| reader.rest().err());
        let deep =
            matches!(&read, Ok(Some(error)) if matches!(error.source, DecodeError::Depth { .. }));
        assert!(!deep, "{read:?}");
    }
}

/// A packet that came in parts.
pub(crate) fn packet(data: &[u8]) {
    let Ok(packet) = Packet::from_parts(Bytes::copy_from_slice(data)) else { return };
    assert_eq!(Packet::from_parts(packet.to_parts().into()), Ok(packet));
}

/// The bodies of a synchronous request and of its answers.
pub(crate) fn sync(data: &[u8]) {
    let Some((kind, message)) = message(data) else { return };
    let status = match kind >> 1 & 3 {
        0 => {
            let Ok(request) = SyncRequest::decode(&message) else { return };
            let written = request.encode().unwrap_or_else(|error| panic!("{request:?}: {error}"));
            return assert_eq!(SyncRequest::decode(&written), Ok(request));
        }
        1 => 200,
        2 => 202,
        _ => 410,
    };
    let Ok(answer) = SyncAnswer::decode(status, &message) else { return };
    let written = answer.encode().unwrap_or_else(|error| panic!("{answer:?}: {error}"));
    assert_eq!(SyncAnswer::decode(status, &written), Ok(answer));
}

/// A value. The first byte says how many blobs there are and how long each is.
pub(crate) fn value(data: &[u8]) {
    let Some((head, text)) = data.split_first() else { return };
    let blob = Bytes::from(vec![0x5a; 4 * usize::from(head >> 2 & 7)]);
    let blobs: Vec<Bytes> = (0..head & 3).map(|_| blob.clone()).collect();
    let Ok(value) = read_value(text, &blobs, DEPTH) else { return };
    let written = write_value(&value, DEPTH).unwrap_or_else(|error| panic!("{value:?}: {error}"));
    let again = read_value(&written.text, &written.blobs, DEPTH)
        .unwrap_or_else(|error| panic!("{written:?}: {error}"));
    assert_eq!(write_value(&again, DEPTH).ok(), Some(written));
}

/// Of `Limits`.
const DEPTH: u32 = 1_000;
