//! Reads the golden vectors of frames. Native tests and tests in browsers share it.

use bytes::Bytes;
use exciton_protocol::{Frame, Message, Packet};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    frames: Vec<Row>,
    refusals: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    text: String,
    #[serde(default)]
    blob: String,
    #[serde(default)]
    count: u32,
    #[serde(default)]
    kinds: Vec<String>,
}

/// How many rows there are, and what is wrong with those that fail.
pub fn failures(vectors: &str) -> (usize, Vec<String>) {
    let vectors: Vectors = serde_json::from_str(vectors).expect("the vectors are JSON");
    let mut failures = Vec::new();
    for row in &vectors.frames {
        if let Err(why) = check(row) {
            failures.push(format!("{}: {why}", row.name));
        }
    }
    for row in &vectors.refusals {
        if let Ok(frame) = Frame::decode(&message(row)) {
            failures.push(format!("{}: was taken as {frame:?}", row.name));
        }
    }
    (vectors.frames.len() + vectors.refusals.len(), failures)
}

fn check(row: &Row) -> Result<(), String> {
    let message = message(row);
    let frame = Frame::decode(&message).map_err(|error| error.to_string())?;
    if frame.count() != row.count {
        return Err(format!("numbers {} packets", frame.count()));
    }
    let kinds: Vec<&str> = match &frame {
        Frame::Data { packets, .. } => packets.iter().map(Packet::kind).collect(),
        _ => Vec::new(),
    };
    if kinds != row.kinds {
        return Err(format!("has packets {kinds:?}"));
    }
    let again = frame.control().map_err(|error| error.to_string())?;
    if again == message { Ok(()) } else { Err(format!("is written as {again:?}")) }
}

fn message(row: &Row) -> Message {
    let digits: Vec<u32> =
        row.blob.chars().map(|digit| digit.to_digit(16).expect("a digit")).collect();
    let blob: Vec<u8> = digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    if blob.is_empty() {
        return Message::Text(Bytes::copy_from_slice(row.text.as_bytes()));
    }
    Message::join(&row.text, [&Bytes::from(blob)])
}
