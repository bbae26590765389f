//! Reading a packet. What it has too much of is counted and not kept.

use std::borrow::Cow;
use std::fmt;

use bytes::{Buf, Bytes};
use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::{Call, Extra, Packet};
use crate::bounds::Bounds;
use crate::decode::FrameError;
use crate::envelope;
use crate::excess::{Bound, Excess};
use crate::ids::Seq;
use crate::value::{Args, Encoded};

/// A packet that borrows from the frame that it came in.
pub(crate) enum RawPacket<'a> {
    Call(&'static str, Cow<'a, str>, &'a RawValue, List<u32>, RawExtra),
    Answer(&'static str, Seq, &'a RawValue, List<u32>),
}

/// Numbers, as many as are kept of them.
#[derive(Debug)]
pub(crate) struct List<T> {
    kept: Vec<T>,
    count: usize,
    sum: u64,
}

#[derive(Default)]
pub(crate) struct RawExtra {
    frame: u32,
    ports: List<u64>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), count: 0, sum: 0 }
    }
}

impl RawPacket<'_> {
    /// Bytes of its attachments, as it says.
    pub(super) fn attached(&self) -> usize {
        let (Self::Call(_, _, _, lengths, _) | Self::Answer(_, _, _, lengths)) = self;
        usize::try_from(lengths.sum).unwrap_or(usize::MAX)
    }

    /// Takes the packet out of its frame: the texts are slices of `json`, the attachments are cut off `run`.
    pub(crate) fn own(
        self,
        json: &Bytes,
        run: &mut Bytes,
        bounds: &Bounds,
    ) -> Result<Packet, FrameError> {
        let text = |raw: &RawValue| json.slice_ref(raw.get().as_bytes());
        Ok(match self {
            Self::Call(kind, channel, args, lengths, RawExtra { frame, ports }) => {
                let excess = excess(&channel, args, &lengths, &ports, bounds).err();
                let (channel, args) = if excess.is_some() {
                    skip(run, lengths.sum)?;
                    (cut(&channel, bounds.channel_bytes), Args::read(text(args), Vec::new()))
                } else {
                    let blobs = envelope::cut(run, &lengths.kept)?;
                    (channel, Args::read(text(args), blobs))
                };
                let extra = Extra { frame, ports: ports.kept, excess: excess.map(Box::new) };
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
                if lengths.count > lengths.kept.len() {
                    return Err(FrameError::json(Error::custom(
                        "an answer with too many attachments",
                    )));
                }
                let blobs = envelope::cut(run, &lengths.kept)?;
                let value = Encoded { text: text(value), blobs };
                if kind == "reply" { Packet::Reply(seq, value) } else { Packet::Fail(seq, value) }
            }
        })
    }
}

fn excess(
    channel: &str,
    args: &RawValue,
    lengths: &List<u32>,
    ports: &List<u64>,
    bounds: &Bounds,
) -> Result<(), Excess> {
    let bytes = usize::try_from(lengths.sum).unwrap_or(usize::MAX);
    Bound::ChannelBytes.hold(channel.len(), bounds.channel_bytes)?;
    Bound::Bytes.hold(args.get().len().saturating_add(bytes), bounds.packet_bytes)?;
    Bound::Attachments.hold(lengths.count, bounds.attachments)?;
    Bound::Ports.hold(ports.count, bounds.ports)
}

/// Leaves attachments out that nobody wants.
fn skip(run: &mut Bytes, named: u64) -> Result<(), FrameError> {
    match usize::try_from(named) {
        Ok(length) if length <= run.len() => {
            run.advance(length);
            Ok(())
        }
        named => {
            let named = named.unwrap_or(usize::MAX);
            Err(FrameError::Attachments { named, there: run.len() })
        }
    }
}

fn cut<'a>(channel: &'a str, most: usize) -> Cow<'a, str> {
    channel[..channel.floor_char_boundary(most)].into()
}

/// Reads a packet.
pub(crate) struct PacketSeed<'b>(pub(crate) &'b Bounds);

impl<'de> DeserializeSeed<'de> for PacketSeed<'_> {
    type Value = RawPacket<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for PacketSeed<'_> {
    type Value = RawPacket<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a packet")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let kind: Text<'de> = next(&mut seq, "kind")?;
        let packet = match &*kind.0 {
            "send" => self.call(&mut seq, "send")?,
            "invoke" => self.call(&mut seq, "invoke")?,
            "sync" => self.call(&mut seq, "sync")?,
            "reply" => self.answer(&mut seq, "reply")?,
            "fail" => self.answer(&mut seq, "fail")?,
            "order" => self.call(&mut seq, "order")?,
            "report" => self.call(&mut seq, "report")?,
            _ => return Err(de::Error::custom("a packet of unknown kind")),
        };
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(packet),
            Some(_) => Err(de::Error::custom("a packet with too many elements")),
        }
    }
}

impl PacketSeed<'_> {
    fn call<'de, A: SeqAccess<'de>>(
        &self,
        seq: &mut A,
        kind: &'static str,
    ) -> Result<RawPacket<'de>, A::Error> {
        let channel: Text<'de> = next(seq, "channel")?;
        let args: &RawValue = next(seq, "arguments")?;
        if !args.get().starts_with('[') {
            return Err(de::Error::custom("arguments that are no array"));
        }
        let lengths = self.lengths(seq)?;
        // So that all of a real page's can be closed that hands over too many.
        let ports = self.0.ports.saturating_mul(2);
        let extra = seq.next_element_seed(ExtraSeed { ports })?.unwrap_or_default();
        Ok(RawPacket::Call(kind, channel.0, args, lengths, extra))
    }

    fn answer<'de, A: SeqAccess<'de>>(
        &self,
        seq: &mut A,
        kind: &'static str,
    ) -> Result<RawPacket<'de>, A::Error> {
        Ok(RawPacket::Answer(kind, next(seq, "seq")?, next(seq, "value")?, self.lengths(seq)?))
    }

    fn lengths<'de, A: SeqAccess<'de>>(&self, seq: &mut A) -> Result<List<u32>, A::Error> {
        let list = ListSeed { most: self.0.attachments, list: List::default() };
        Ok(seq.next_element_seed(list)?.unwrap_or_default())
    }
}

/// A string that borrows unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn next<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    seq: &mut A,
    what: &str,
) -> Result<T, A::Error> {
    seq.next_element()?
        .ok_or_else(|| de::Error::custom(format_args!("a packet without its {what}")))
}

/// Reads numbers, and keeps the first of them.
struct ListSeed<T> {
    most: usize,
    list: List<T>,
}

impl<'de, T: Deserialize<'de> + Copy + Into<u64>> DeserializeSeed<'de> for ListSeed<T> {
    type Value = List<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<List<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Copy + Into<u64>> Visitor<'de> for ListSeed<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<List<T>, A::Error> {
        let list = &mut self.list;
        while let Some(number) = seq.next_element::<T>()? {
            list.count += 1;
            list.sum = list.sum.saturating_add(number.into());
            if list.count <= self.most {
                list.kept.push(number);
            }
        }
        Ok(self.list)
    }
}

/// Reads what goes with a call.
struct ExtraSeed {
    ports: usize,
}

impl<'de> DeserializeSeed<'de> for ExtraSeed {
    type Value = RawExtra;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawExtra, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ExtraSeed {
    type Value = RawExtra;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what goes with a call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawExtra, A::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Field {
            Frame,
            Ports,
        }
        let mut extra = RawExtra::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Frame => extra.frame = map.next_value()?,
                Field::Ports => {
                    let list = ListSeed { most: self.ports, list: List::default() };
                    extra.ports = map.next_value_seed(list)?;
                }
            }
        }
        Ok(extra)
    }
}
