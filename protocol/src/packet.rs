//! The packets of the wire: what a numbered unit says.
//!
//! A packet is a JSON array: its kind, what it is about, its value, and, if the value has attachments, their lengths.
//! `["send","channel",[1,2]]`, `["reply",7,{"$":"arraybuffer","blob":0},[16]]`.

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::decode::FrameError;
use crate::envelope;
use crate::ids::Seq;
use crate::value::{Args, Encoded};

/// A numbered unit of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packet {
    /// A message to the listeners of a channel. Either direction.
    Send(Call),
    /// A call that is answered by `Reply` or `Fail`. Page to host.
    Invoke(Call),
    /// A call whose answer travels in its own request. Page to host.
    Sync(Call),
    /// The answer to the invoke with that seq.
    Reply(Seq, Encoded),
    /// The failure of the invoke with that seq. The value is an object: `name`, `message`, and, if the handler gave
    /// them, `code` and `data`.
    Fail(Seq, Encoded),
    /// The page is to load another URL. Host to page.
    Navigate(Encoded),
}

/// A channel and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The channel: Electron's event name.
    pub channel: Box<str>,
    /// The arguments, not yet parsed.
    pub args: Args,
}

impl Packet {
    /// Appends the packet's JSON to `out`; the caller sends [`Self::blobs`] along.
    pub fn write(&self, out: &mut String) {
        let (kind, value, blobs) = match self {
            Self::Send(call) => ("send", &call.args.text, &call.args.blobs),
            Self::Invoke(call) => ("invoke", &call.args.text, &call.args.blobs),
            Self::Sync(call) => ("sync", &call.args.text, &call.args.blobs),
            Self::Reply(_, value) => ("reply", &value.text, &value.blobs),
            Self::Fail(_, value) => ("fail", &value.text, &value.blobs),
            Self::Navigate(value) => ("navigate", &value.text, &value.blobs),
        };
        out.push_str("[\"");
        out.push_str(kind);
        out.push_str("\",");
        match self {
            Self::Send(call) | Self::Invoke(call) | Self::Sync(call) => {
                write_string(&call.channel, out);
                out.push(',');
            }
            Self::Reply(seq, _) | Self::Fail(seq, _) => {
                write_number(*seq, out);
                out.push(',');
            }
            Self::Navigate(_) => {}
        }
        // Whoever encoded the value made text of it.
        out.push_str(std::str::from_utf8(value).unwrap_or("null"));
        if !blobs.is_empty() {
            out.push(',');
            write_lengths(blobs, out);
        }
        out.push(']');
    }

    /// The attachments, in order.
    pub fn blobs(&self) -> &[Bytes] {
        match self {
            Self::Send(call) | Self::Invoke(call) | Self::Sync(call) => &call.args.blobs,
            Self::Reply(_, value) | Self::Fail(_, value) | Self::Navigate(value) => &value.blobs,
        }
    }

    /// Reads a packet that travelled in parts: the envelope that they made together.
    pub fn from_parts(bytes: Bytes) -> Result<Self, FrameError> {
        let (json, mut run) = envelope::Message::Binary(bytes).split()?;
        let raw: RawPacket<'_> = serde_json::from_slice(&json).map_err(FrameError::json)?;
        let packet = raw.own(&json, &mut run)?;
        if run.is_empty() {
            Ok(packet)
        } else {
            Err(FrameError::Attachments { named: 0, there: run.len() })
        }
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

/// A packet that borrows from the frame that it came in.
pub(crate) enum RawPacket<'a> {
    Call(&'static str, std::borrow::Cow<'a, str>, &'a RawValue, Vec<u32>),
    Answer(&'static str, Seq, &'a RawValue, Vec<u32>),
    Order(&'a RawValue, Vec<u32>),
}

impl RawPacket<'_> {
    /// Takes the packet out of its frame: the texts are slices of `json`, the attachments are cut off `run`.
    pub(crate) fn own(self, json: &Bytes, run: &mut Bytes) -> Result<Packet, FrameError> {
        let text = |raw: &RawValue| json.slice_ref(raw.get().as_bytes());
        Ok(match self {
            Self::Call(kind, channel, args, lengths) => {
                let args = Args { text: text(args), blobs: envelope::cut(run, &lengths)? };
                let call = Call { channel: channel.into(), args };
                match kind {
                    "send" => Packet::Send(call),
                    "invoke" => Packet::Invoke(call),
                    _ => Packet::Sync(call),
                }
            }
            Self::Answer(kind, seq, value, lengths) => {
                let value = Encoded { text: text(value), blobs: envelope::cut(run, &lengths)? };
                if kind == "reply" { Packet::Reply(seq, value) } else { Packet::Fail(seq, value) }
            }
            Self::Order(value, lengths) => Packet::Navigate(Encoded {
                text: text(value),
                blobs: envelope::cut(run, &lengths)?,
            }),
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawPacket<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PacketVisitor)
    }
}

struct PacketVisitor;

impl<'de> Visitor<'de> for PacketVisitor {
    type Value = RawPacket<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a packet")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let kind: Text<'de> = next(&mut seq, "kind")?;
        let packet = match &*kind.0 {
            "send" => Self::call(&mut seq, "send")?,
            "invoke" => Self::call(&mut seq, "invoke")?,
            "sync" => Self::call(&mut seq, "sync")?,
            "reply" => Self::answer(&mut seq, "reply")?,
            "fail" => Self::answer(&mut seq, "fail")?,
            "navigate" => RawPacket::Order(next(&mut seq, "value")?, lengths(&mut seq)?),
            _ => return Err(de::Error::custom("a packet of unknown kind")),
        };
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(packet),
            Some(_) => Err(de::Error::custom("a packet with too many elements")),
        }
    }
}

impl PacketVisitor {
    fn call<'de, A: SeqAccess<'de>>(
        seq: &mut A,
        kind: &'static str,
    ) -> Result<RawPacket<'de>, A::Error> {
        let channel: Text<'de> = next(seq, "channel")?;
        let args: &RawValue = next(seq, "arguments")?;
        if !args.get().starts_with('[') {
            return Err(de::Error::custom("arguments that are no array"));
        }
        Ok(RawPacket::Call(kind, channel.0, args, lengths(seq)?))
    }

    fn answer<'de, A: SeqAccess<'de>>(
        seq: &mut A,
        kind: &'static str,
    ) -> Result<RawPacket<'de>, A::Error> {
        Ok(RawPacket::Answer(kind, next(seq, "seq")?, next(seq, "value")?, lengths(seq)?))
    }
}

/// A string that borrows unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

fn next<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    seq: &mut A,
    what: &str,
) -> Result<T, A::Error> {
    seq.next_element()?
        .ok_or_else(|| de::Error::custom(format_args!("a packet without its {what}")))
}

fn lengths<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Vec<u32>, A::Error> {
    Ok(seq.next_element()?.unwrap_or_default())
}

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                out.push_str("\\u00");
                let digit = |nibble: u32| char::from_digit(nibble, 16).unwrap_or('0');
                out.push(digit(control as u32 >> 4));
                out.push(digit(control as u32 & 15));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Appends a decimal number.
pub(crate) fn write_number(mut number: u64, out: &mut String) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

fn write_lengths(blobs: &[Bytes], out: &mut String) {
    out.push('[');
    for (index, blob) in blobs.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_number(blob.len() as u64, out);
    }
    out.push(']');
}
