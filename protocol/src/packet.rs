//! The packets of the wire: what a numbered unit says.
//!
//! A packet is a JSON array: its kind, what it is about, its value, and, if the value has attachments, their lengths.
//! `["send","channel",[1,2]]`, `["reply",7,{"$":"arraybuffer","blob":0},[16]]`.

mod calls;
mod parts;
pub(crate) mod quick;
mod read;

use bytes::Bytes;

pub use self::calls::Calls;
pub use self::parts::part_length;
pub(crate) use self::read::{PacketSeed, RawPacket};
use crate::excess::Excess;
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// The frame of the page that it is from, or for; 0 is the main frame. The page numbers its frames.
    pub frame: u32,
    /// The message ports that are handed over, by the ids that they have on this link from now on.
    pub ports: Vec<u64>,
    /// What the call has too much of, found where it was read. Then its attachments are not there, and perhaps not all of
    /// its channel: it is to be refused.
    pub excess: Option<Box<Excess>>,
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

    /// Bytes that it has at least.
    pub(crate) fn least_size(&self) -> usize {
        let text = match self {
            Self::Reply(_, value) | Self::Fail(_, value) => value.text.len(),
            Self::Send(call)
            | Self::Invoke(call)
            | Self::Sync(call)
            | Self::Order(call)
            | Self::Report(call) => call.channel.len() + call.args.text.len(),
        };
        text + self.blobs().iter().map(Bytes::len).sum::<usize>()
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
