//! The frames of the socket: batches of packets, parts of big ones, and control.
//!
//! A frame is a JSON array that begins with its kind: `["data",17,3,[packet,…]]`, `["part",18,3,true,1048576]`,
//! `["hello",{…}]`, `["ack",4]`.

mod outgoing;

use std::fmt;

use bytes::Bytes;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

pub use self::outgoing::{DATA_TAIL, Packets, data_head, part_message, part_text};
use crate::bounds::Bounds;
use crate::decode::FrameError;
use crate::envelope::{self, Message};
use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Seq};
use crate::limits::Limits;
use crate::packet::{Calls, Packet, PacketSeed, RawPacket, quick};
use crate::tab::TabInfo;

/// One message of the socket.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Frame {
    /// Page to host, first of a connection.
    Hello(Box<Hello>),
    /// Host to page, the answer to it.
    Welcome(Box<Welcome>),
    /// Host to page: the link is over.
    Lost(LinkLost),
    /// The next packet that the sender wants; all before are consumed.
    Ack(Seq),
    /// Page to host: a sign of life is wanted.
    Ping,
    /// Numbered packets.
    Data {
        /// Seq of the first.
        first: Seq,
        /// As in `Ack`.
        ack: Seq,
        /// The packets.
        packets: Vec<Packet>,
    },
    /// The same, not yet taken out of the text. None is read so but by [`Frame::decode_lazily`].
    Calls {
        /// Seq of the first.
        first: Seq,
        /// As in `Ack`.
        ack: Seq,
        /// The packets.
        calls: Calls,
    },
    /// A piece of a packet that is too big to travel whole. It has a seq of its own; the last one's is the packet's.
    Part {
        /// Its seq.
        seq: Seq,
        /// As in `Ack`.
        ack: Seq,
        /// No more pieces follow.
        last: bool,
        /// The piece of the packet's envelope.
        piece: Bytes,
    },
}

/// The first message of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The wire's version: 1.
    pub version: u32,
    /// The link that the connection belongs to.
    pub link: LinkId,
    /// The epoch that the page was served with.
    pub epoch: Epoch,
    /// Grows with each connection of the link, from 1.
    pub attempt: u64,
    /// The next packet that the page wants.
    pub ack: Seq,
    /// The next packet that the page has not got.
    pub admitted: Seq,
    /// The page has had no answer yet: the link may begin.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
    /// What the page knows of its tab.
    #[serde(default)]
    pub tab: TabInfo,
}

/// The answer to a hello.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The host's epoch.
    pub epoch: Epoch,
    /// The next packet that the host wants.
    pub ack: Seq,
    /// The next packet that the host has not got.
    pub admitted: Seq,
    /// The bounds that hold.
    pub limits: Limits,
    /// The tab that the page is in: to be stored.
    pub tab: crate::ids::TabId,
}

/// The version of the wire that this crate speaks.
pub const VERSION: u32 = 1;

impl Frame {
    /// Reads a message of the socket.
    pub fn decode(message: &Message) -> Result<Self, FrameError> {
        Self::decode_in(message, &Bounds::none())
    }

    /// The same for a message of another program, which may have anything in it: what a call has too much of is in
    /// [`Extra::excess`](crate::Extra::excess), and nothing is kept of it.
    pub fn decode_within(message: &Message, limits: &Limits) -> Result<Self, FrameError> {
        Ok(match Self::decode_lazily(message, limits)? {
            Self::Calls { first, ack, calls } => {
                Self::Data { first, ack, packets: calls.collect() }
            }
            other => other,
        })
    }

    /// The same, but calls without attachments stay in the text: see [`Calls`].
    pub fn decode_lazily(message: &Message, limits: &Limits) -> Result<Self, FrameError> {
        let bounds = Bounds::of(limits);
        let (json, run) = message.split()?;
        if run.is_empty()
            && let Some((first, ack, calls)) = quick::data(&json, &bounds)
        {
            return Ok(Self::Calls { first, ack, calls });
        }
        Self::read(&json, run, &bounds)
    }

    fn decode_in(message: &Message, bounds: &Bounds) -> Result<Self, FrameError> {
        let (json, run) = message.split()?;
        Self::read(&json, run, bounds)
    }

    fn read(json: &Bytes, mut run: Bytes, bounds: &Bounds) -> Result<Self, FrameError> {
        let frame = bounds.read(json, FrameSeed(bounds))?.own(json, &mut run, bounds)?;
        if run.is_empty() {
            Ok(frame)
        } else {
            Err(FrameError::Attachments { named: 0, there: run.len() })
        }
    }

    /// Packets that the frame numbers.
    pub fn count(&self) -> u32 {
        match self {
            // A frame is bounded in bytes, and so in packets.
            Self::Data { packets, .. } => packets.len() as u32,
            Self::Calls { calls, .. } => calls.len() as u32,
            Self::Part { .. } => 1,
            _ => 0,
        }
    }

    /// The message of a frame without packets.
    pub fn control(&self) -> Result<Message, serde_json::Error> {
        let text = match self {
            Self::Hello(hello) => serde_json::to_string(&("hello", hello))?,
            Self::Welcome(welcome) => serde_json::to_string(&("welcome", welcome))?,
            Self::Lost(why) => serde_json::to_string(&("lost", serde_json::json!({ "why": why })))?,
            Self::Ack(seq) => serde_json::to_string(&("ack", seq))?,
            Self::Ping => "[\"ping\"]".to_owned(),
            Self::Data { first, ack, packets } => {
                return Ok(batch(packets).message(*first, *ack));
            }
            Self::Calls { first, ack, calls } => {
                let packets: Vec<Packet> = calls.clone().collect();
                return Ok(batch(&packets).message(*first, *ack));
            }
            Self::Part { seq, ack, last, piece } => {
                return Ok(part_message(*seq, *ack, *last, std::slice::from_ref(piece)));
            }
        };
        Ok(Message::Text(text.into()))
    }
}

fn batch(packets: &[Packet]) -> Packets {
    let mut batch = Packets::default();
    for packet in packets {
        batch.append(packet);
    }
    batch
}

/// A frame that borrows from its text.
pub(crate) enum RawFrame<'a> {
    Control(Frame),
    Data(Seq, Seq, Vec<RawPacket<'a>>),
    Part(Seq, Seq, bool, u32),
}

impl RawFrame<'_> {
    /// Takes the frame out of its message: texts are slices of `json`, attachments are cut off `run`.
    pub(crate) fn own(
        self,
        json: &Bytes,
        run: &mut Bytes,
        bounds: &Bounds,
    ) -> Result<Frame, FrameError> {
        Ok(match self {
            Self::Control(frame) => frame,
            Self::Data(first, ack, packets) => {
                let packets = packets
                    .into_iter()
                    .map(|raw| raw.own(json, run, bounds))
                    .collect::<Result<_, _>>()?;
                Frame::Data { first, ack, packets }
            }
            Self::Part(seq, ack, last, length) => {
                let piece = envelope::cut(run, &[length])?.pop().unwrap_or_default();
                Frame::Part { seq, ack, last, piece }
            }
        })
    }
}

/// Reads a frame.
pub(crate) struct FrameSeed<'b>(pub(crate) &'b Bounds);

impl<'de> DeserializeSeed<'de> for FrameSeed<'_> {
    type Value = RawFrame<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FrameSeed<'_> {
    type Value = RawFrame<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let kind: std::borrow::Cow<'de, str> = next(&mut seq)?;
        let frame = match &*kind {
            "data" => {
                let (first, ack) = (next(&mut seq)?, next(&mut seq)?);
                let packets = seq.next_element_seed(BatchSeed(self.0))?.ok_or_else(ends_early)?;
                RawFrame::Data(first, ack, packets)
            }
            "part" => {
                RawFrame::Part(next(&mut seq)?, next(&mut seq)?, next(&mut seq)?, next(&mut seq)?)
            }
            "ack" => RawFrame::Control(Frame::Ack(next(&mut seq)?)),
            "ping" => RawFrame::Control(Frame::Ping),
            "hello" => RawFrame::Control(Frame::Hello(next(&mut seq)?)),
            "welcome" => RawFrame::Control(Frame::Welcome(next(&mut seq)?)),
            "lost" => RawFrame::Control(Frame::Lost(next::<_, Lost>(&mut seq)?.why)),
            _ => return Err(de::Error::custom("a frame of unknown kind")),
        };
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(frame),
            Some(_) => Err(de::Error::custom("a frame with too many elements")),
        }
    }
}

/// Reads the packets of a frame.
struct BatchSeed<'b>(&'b Bounds);

impl<'de> DeserializeSeed<'de> for BatchSeed<'_> {
    type Value = Vec<RawPacket<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for BatchSeed<'_> {
    type Value = Vec<RawPacket<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packets")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut packets = Vec::new();
        while let Some(packet) = seq.next_element_seed(PacketSeed(self.0))? {
            self.0.take_packet().map_err(de::Error::custom)?;
            if packets.len() >= self.0.batch {
                return Err(de::Error::custom("more packets than one frame may have"));
            }
            packets.push(packet);
        }
        Ok(packets)
    }
}

#[derive(Deserialize)]
struct Lost {
    why: LinkLost,
}

fn next<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(seq: &mut A) -> Result<T, A::Error> {
    seq.next_element()?.ok_or_else(ends_early)
}

fn ends_early<E: de::Error>() -> E {
    E::custom("a frame that ends early")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::packet::Call;
    use crate::value::Args;

    fn call(channel: &str, text: &'static str, blobs: Vec<Bytes>) -> Call {
        Call::new(channel, Args::new(Bytes::from_static(text.as_bytes()), blobs))
    }

    #[test]
    fn a_batch_round_trips_with_its_attachments() {
        let packets = vec![
            Packet::Send(call("a \"quoted\"\n channel", "[1,{\"x\":[]}]", vec![])),
            Packet::Invoke(call(
                "b",
                "[{\"$\":\"arraybuffer\",\"blob\":0}]",
                vec![Bytes::from_static(b"12")],
            )),
            Packet::Sync(call("", "[]", vec![])),
        ];
        let frame = Frame::Data { first: 7, ack: 3, packets };
        let message = frame.control().unwrap();
        assert!(matches!(message, Message::Binary(_)));
        assert_eq!(Frame::decode(&message).unwrap(), frame);
    }

    #[test]
    fn a_batch_without_attachments_may_come_as_bytes() {
        let packets = vec![Packet::Send(call("a", "[\"ä\"]", vec![]))];
        let frame = Frame::Data { first: 7, ack: 3, packets };
        let Message::Text(text) = frame.control().unwrap() else { panic!("no text") };
        let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(&text);
        assert_eq!(Frame::decode(&Message::Binary(bytes.clone().into())).unwrap(), frame);
        bytes.push(b' ');
        assert!(Frame::decode(&Message::Binary(bytes.into())).is_err());
    }

    #[test]
    fn a_packet_that_is_too_large_leaves_no_trace() {
        let packet = Packet::Send(call("a\n", "[{}]", vec![Bytes::from_static(b"12345")]));
        let mut alone = Packets::default();
        alone.append(&packet);
        let mut packets = alone.clone();
        // With its comma.
        let size = alone.size() + 1;
        for most in [0, 5, size - 1] {
            assert_eq!(packets.append_within(&packet, most), None, "{most}");
            assert_eq!(packets, alone);
        }
        assert_eq!(packets.append_within(&packet, size), Some(size));
        assert_eq!(packets.size(), alone.size() + size);
    }

    #[test]
    fn a_part_round_trips() {
        let frame =
            Frame::Part { seq: 1, ack: 0, last: true, piece: Bytes::from_static(b"\0\xff") };
        assert_eq!(Frame::decode(&frame.control().unwrap()).unwrap(), frame);
    }

    #[test]
    fn a_packet_is_the_same_after_travelling_in_parts() {
        let packet = Packet::Send(call(
            "c",
            "[{\"$\":\"arraybuffer\",\"blob\":0}]",
            vec![Bytes::from_static(b"xyz")],
        ));
        assert_eq!(Packet::from_parts(packet.to_parts().into()).unwrap(), packet);
    }

    #[test]
    fn garbage_is_refused_with_its_place() {
        for text in [
            "",
            "{}",
            "[]",
            "[1]",
            "[\"data\"]",
            "[\"data\",0,0,[[\"send\",\"a\",{}]]]",
            "[\"nope\"]",
            "[\"ack\",-1]",
            "[\"ack\",1,2]",
            "[\"data\",0,0,[[\"send\",\"a\"]]]",
            "[\"data\",0,0,[[\"send\",\"\\ud800\",[]]]]",
        ] {
            let message = Message::Text(Bytes::copy_from_slice(text.as_bytes()));
            assert!(matches!(Frame::decode(&message), Err(FrameError::Json { .. })), "{text}");
        }
    }

    #[test]
    fn attachments_left_over_are_refused() {
        let message = Message::join("[\"ack\",1]", [&Bytes::from_static(b"x")]);
        assert_eq!(Frame::decode(&message), Err(FrameError::Attachments { named: 0, there: 1 }));
    }
}
