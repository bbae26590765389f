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
    /// What the host wants of the page itself, by name. Host to page; no listener of the page's sees it.
    Order(Call),
    /// What the page tells the host itself, by name. Page to host; no listener of the application's sees it.
    Report(Call),
}

/// A channel and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The channel: Electron's event name.
    pub channel: Box<str>,
    /// The arguments, not yet parsed.
    pub args: Args,
    /// What goes with them.
    pub extra: Extra,
}

/// What goes with a call beside its arguments. Most calls have nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extra {
    /// The frame of the page that it is from, or for; 0 is the main frame. The page numbers its frames.
    pub frame: u32,
    /// The message ports that are handed over, by the ids that they have on this link from now on.
    pub ports: Vec<u64>,
}

impl Call {
    /// A call of the main frame that hands nothing over.
    pub fn new(channel: impl Into<Box<str>>, args: Args) -> Self {
        Self { channel: channel.into(), args, extra: Extra::default() }
    }
}

impl Extra {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.frame == 0 && self.ports.is_empty()
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        if self.frame != 0 {
            out.push_str("\"frame\":");
            write_number(self.frame.into(), out);
        }
        if !self.ports.is_empty() {
            out.push_str(if self.frame == 0 { "\"ports\":" } else { ",\"ports\":" });
            write_list(self.ports.iter().copied(), out);
        }
        out.push('}');
    }
}

impl Packet {
    /// Appends the packet's JSON to `out`; the caller sends [`Self::blobs`] along.
    pub fn write(&self, out: &mut String) {
        out.push_str("[\"");
        out.push_str(self.kind());
        out.push_str("\",");
        let value = match self {
            Self::Reply(seq, value) | Self::Fail(seq, value) => {
                write_number(*seq, out);
                &value.text
            }
            Self::Send(call)
            | Self::Invoke(call)
            | Self::Sync(call)
            | Self::Order(call)
            | Self::Report(call) => {
                write_string(&call.channel, out);
                &call.args.text
            }
        };
        out.push(',');
        // Whoever encoded the value made text of it.
        out.push_str(std::str::from_utf8(value).unwrap_or("null"));
        let (blobs, extra) = (self.blobs(), self.extra().filter(|extra| !extra.is_empty()));
        if !blobs.is_empty() || extra.is_some() {
            out.push(',');
            write_list(blobs.iter().map(|blob| blob.len() as u64), out);
        }
        if let Some(extra) = extra {
            out.push(',');
            extra.write(out);
        }
        out.push(']');
    }

    /// The word that begins it on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Invoke(_) => "invoke",
            Self::Sync(_) => "sync",
            Self::Reply(..) => "reply",
            Self::Fail(..) => "fail",
            Self::Order(_) => "order",
            Self::Report(_) => "report",
        }
    }

    fn extra(&self) -> Option<&Extra> {
        match self {
            Self::Send(call)
            | Self::Invoke(call)
            | Self::Sync(call)
            | Self::Order(call)
            | Self::Report(call) => Some(&call.extra),
            Self::Reply(..) | Self::Fail(..) => None,
        }
    }

    /// The attachments, in order.
    pub fn blobs(&self) -> &[Bytes] {
        match self {
            Self::Send(call)
            | Self::Invoke(call)
            | Self::Sync(call)
            | Self::Order(call)
            | Self::Report(call) => &call.args.blobs,
            Self::Reply(_, value) | Self::Fail(_, value) => &value.blobs,
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
    Call(&'static str, std::borrow::Cow<'a, str>, &'a RawValue, Vec<u32>, Extra),
    Answer(&'static str, Seq, &'a RawValue, Vec<u32>),
}

impl RawPacket<'_> {
    /// Takes the packet out of its frame: the texts are slices of `json`, the attachments are cut off `run`.
    pub(crate) fn own(self, json: &Bytes, run: &mut Bytes) -> Result<Packet, FrameError> {
        let text = |raw: &RawValue| json.slice_ref(raw.get().as_bytes());
        Ok(match self {
            Self::Call(kind, channel, args, lengths, extra) => {
                let args = Args { text: text(args), blobs: envelope::cut(run, &lengths)? };
                let call = Call { channel: channel.into(), args, extra };
                match kind {
                    "send" => Packet::Send(call),
                    "invoke" => Packet::Invoke(call),
                    "sync" => Packet::Sync(call),
                    "order" => Packet::Order(call),
                    _ => Packet::Report(call),
                }
            }
            Self::Answer(kind, seq, value, lengths) => {
                let value = Encoded { text: text(value), blobs: envelope::cut(run, &lengths)? };
                if kind == "reply" { Packet::Reply(seq, value) } else { Packet::Fail(seq, value) }
            }
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
            "order" => Self::call(&mut seq, "order")?,
            "report" => Self::call(&mut seq, "report")?,
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
        let lengths = lengths(seq)?;
        let extra = seq.next_element()?.unwrap_or_default();
        Ok(RawPacket::Call(kind, channel.0, args, lengths, extra))
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

fn write_list(numbers: impl Iterator<Item = u64>, out: &mut String) {
    out.push('[');
    for (index, number) in numbers.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_number(number, out);
    }
    out.push(']');
}
