//! Frames and values, to their text and back.

use exciton_protocol::{Args, Call, Encoded, Frame, Limits, Message, Packet, Packets};
use serde::{Deserialize, Serialize};

use crate::BATCH;

/// An ordinary object.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    id: u64,
    name: String,
    tags: Vec<String>,
    ratio: f64,
    done: bool,
}

/// The one of that number.
pub fn row(id: u64) -> Row {
    let name = format!("row \"{id}\" of many");
    let tags = vec!["red".to_owned(), "größer".to_owned()];
    Row { id, name, tags, ratio: id as f64 / 3.0, done: id.is_multiple_of(2) }
}

/// Calls with one small argument, as many as in a batch.
pub fn packets() -> Vec<Packet> {
    (0..BATCH).map(|number| Packet::Invoke(Call::new("settings:get", argument(number)))).collect()
}

/// The answers to them.
pub fn replies() -> Vec<Packet> {
    let text = |number: u64| number.to_string().into();
    let value = |number| Encoded { text: text(number), blobs: Vec::new() };
    (0..BATCH).map(|number| Packet::Reply(number, value(number))).collect()
}

/// One small argument.
pub fn argument(number: u64) -> Args {
    Args::new(format!("[{number}]"), Vec::new())
}

/// The message of the socket with a batch of calls.
pub fn frame() -> Message {
    encode(&packets())
}

/// Reads a message as the host does.
pub fn decode(message: &Message) -> Option<Frame> {
    Frame::decode_within(message, &Limits::default()).ok()
}

/// Writes a message of packets.
pub fn encode(packets: &[Packet]) -> Message {
    let mut batch = Packets::default();
    packets.iter().for_each(|packet| batch.append(packet));
    batch.message(7, 3)
}

/// Writes an object as the answer of a handler.
pub fn write_row(row: &Row) -> Option<Encoded> {
    Encoded::from_serialize(row).ok()
}

/// Reads the only argument as a handler's type.
pub fn read_row(args: &Args) -> Option<Row> {
    args.reader().ok()?.read().ok()
}

/// Reads all arguments with full fidelity, and says how many they are.
pub fn read_values(args: &Args) -> usize {
    args.values().map_or(0, |values| values.len())
}

/// Arguments with so many objects in an array.
pub fn many_rows(rows: u64) -> Option<Args> {
    Args::from_serialize(&((0..rows).map(row).collect::<Vec<_>>(),)).ok()
}

/// Counts what is in arguments, before anything is made of them.
pub fn within(args: &Args) -> bool {
    args.within(&Limits::default()).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_does_what_it_says() {
        let Some(Frame::Data { first: 7, ack: 3, packets: read }) = decode(&frame()) else {
            panic!("no batch")
        };
        assert_eq!(read, packets());
        let args = Args::from_serialize(&(row(5),)).unwrap();
        assert_eq!(read_row(&args), Some(row(5)));
        assert_eq!(write_row(&row(5)).unwrap().deserialize::<Row>().unwrap(), row(5));
        let many = many_rows(100).unwrap();
        assert!(within(&many) && read_values(&many) == 1);
    }
}
