//! The bodies of the synchronous request: `PUT /_exciton/sync`.

use std::fmt;

use bytes::Bytes;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::bounds::Bounds;
use crate::decode::FrameError;
use crate::envelope::{self, Message};
use crate::error::LinkLost;
use crate::frame::{Frame, FrameSeed, RawFrame};
use crate::ids::{Epoch, LinkId, Seq, TabId};
use crate::limits::Limits;
use crate::packet::{quick, write_number};
use crate::tab::TabInfo;
use crate::value::Encoded;

/// A request's body, read by the host.
#[derive(Clone, Debug, PartialEq)]
pub struct SyncRequest {
    /// Everything but the packets.
    pub head: SyncHead,
    /// The packets that the host doesn't have yet, the synchronous one last. Empty when the page goes on waiting.
    pub frames: Vec<Frame>,
}

/// What a request says beside its packets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncHead {
    /// The wire's version: 1.
    pub version: u32,
    /// The link.
    pub link: LinkId,
    /// The epoch that the page was served with.
    pub epoch: Epoch,
    /// The next packet that the page wants.
    pub ack: Seq,
    /// Answers that the page has received: the host may forget them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub got: Vec<Seq>,
    /// The packet whose answer is wanted; none in a `bye`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The page has had no answer yet: the link may begin.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
    /// The document is leaving.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bye: bool,
    /// What the page knows of its tab. A page that isn't fresh leaves it out.
    pub tab: TabInfo,
}

impl SyncRequest {
    /// Reads a request's body.
    pub fn decode(message: &Message) -> Result<Self, FrameError> {
        Self::decode_in(message, &Bounds::none())
    }

    /// The same for a body of another program, which may have anything in it; see [`Frame::decode_within`].
    pub fn decode_within(message: &Message, limits: &Limits) -> Result<Self, FrameError> {
        Self::decode_in(message, &Bounds::of(limits))
    }

    fn decode_in(message: &Message, bounds: &Bounds) -> Result<Self, FrameError> {
        if let Message::Text(json) = message
            && let Some((head, frame)) = quick::request(json, bounds)
        {
            return Ok(Self { head, frames: vec![frame] });
        }
        Self::decode_without_haste(message, bounds)
    }

    /// The reader that knows all there may be.
    pub(crate) fn decode_without_haste(
        message: &Message,
        bounds: &Bounds,
    ) -> Result<Self, FrameError> {
        // Not flattened: serde would make a copy of everything before it looks at it.
        #[derive(Deserialize)]
        struct Body<'a> {
            version: u32,
            link: LinkId,
            epoch: Epoch,
            ack: Seq,
            #[serde(default)]
            got: Vec<Seq>,
            #[serde(default)]
            seq: Option<Seq>,
            #[serde(default)]
            fresh: bool,
            #[serde(default)]
            bye: bool,
            #[serde(default)]
            tab: TabInfo,
            #[serde(default, borrow)]
            frames: Option<&'a RawValue>,
        }
        let (json, mut run) = message.split()?;
        bounds.hold_nesting(&json)?;
        // A part is no longer than the whole.
        if json.len() > bounds.head {
            bounds.read(&json, HeadSize(bounds.head))?;
        }
        // serde would take a list of the same, too.
        if json.trim_ascii_start().first() != Some(&b'{') {
            let what = "a request is an object".into();
            return Err(FrameError::Json { line: 1, column: 1, what });
        }
        let body: Body<'_> = serde_json::from_slice(&json).map_err(FrameError::json)?;
        let raw = match body.frames {
            Some(frames) => bounds.read(frames.get().as_bytes(), FramesSeed(bounds))?,
            None => Vec::new(),
        };
        let frames = raw
            .into_iter()
            .map(|frame| frame.own(&json, &mut run, bounds))
            .collect::<Result<_, _>>()?;
        if !run.is_empty() {
            return Err(FrameError::Attachments { named: 0, there: run.len() });
        }
        let Body { version, link, epoch, ack, got, seq, fresh, bye, tab, .. } = body;
        let head = SyncHead { version, link, epoch, ack, got, seq, fresh, bye, tab };
        Ok(Self { head, frames })
    }

    /// Writes a request's body, for pages that are native programs.
    pub fn encode(&self) -> Result<Message, serde_json::Error> {
        let mut json = serde_json::to_string(&self.head)?;
        json.pop();
        json.push_str(",\"frames\":[");
        let mut blobs = Vec::new();
        for (index, frame) in self.frames.iter().enumerate() {
            let (text, run) = frame.control()?.split().unwrap_or_default();
            if index > 0 {
                json.push(',');
            }
            json.push_str(&String::from_utf8_lossy(&text));
            if !run.is_empty() {
                blobs.push(run);
            }
        }
        json.push_str("]}");
        Ok(Message::join(&json, &blobs))
    }
}

/// Looks how large a body is beside its frames, before anything is made of it.
struct HeadSize(usize);

impl<'de> DeserializeSeed<'de> for HeadSize {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeadSize {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut size = 0;
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            size += key.get().len();
            size += if key.get() == "\"frames\"" { 0 } else { value.get().len() };
            if size > self.0 {
                return Err(de::Error::custom("a request whose head is too long"));
            }
        }
        Ok(())
    }
}

/// Reads the frames of a request.
struct FramesSeed<'b>(&'b Bounds);

impl<'de> DeserializeSeed<'de> for FramesSeed<'_> {
    type Value = Vec<RawFrame<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FramesSeed<'_> {
    type Value = Vec<RawFrame<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut frames = Vec::new();
        while let Some(frame) = seq.next_element_seed(FrameSeed(self.0))? {
            // A frame without packets takes room, too.
            self.0.take_packet().map_err(de::Error::custom)?;
            frames.push(frame);
        }
        Ok(frames)
    }
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SyncAnswer {
    /// 200: the packet was answered.
    Done {
        /// Where the link stands.
        state: SyncState,
        /// The packet.
        seq: Seq,
        /// The return value, or the error to throw: an object as in a `fail` packet.
        outcome: Result<Encoded, Encoded>,
    },
    /// 202: everything was admitted; the page asks again, without its packets.
    Pending(SyncState),
    /// 410: the link is over.
    Lost {
        /// The reason.
        why: LinkLost,
        /// The packets of this request were admitted before: they may have run.
        admitted: bool,
    },
}

/// Where the link stands after a request. Each answer has it, so that the next request can be short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    /// The host's epoch.
    pub epoch: Epoch,
    /// The next packet that the host wants.
    pub ack: Seq,
    /// The next packet that the host has not got.
    pub admitted: Seq,
    /// The tab that the page is in: to be stored.
    pub tab: TabId,
}

impl SyncAnswer {
    /// The HTTP status that goes with the answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Done { .. } => 200,
            Self::Pending(_) => 202,
            Self::Lost { .. } => 410,
        }
    }

    /// The body.
    pub fn encode(&self) -> Result<Message, serde_json::Error> {
        match self {
            Self::Lost { why, admitted } => {
                let body = serde_json::json!({ "lost": why, "admitted": admitted });
                Ok(Message::Text(serde_json::to_vec(&body)?.into()))
            }
            Self::Pending(state) => Ok(Message::Text(serde_json::to_vec(state)?.into())),
            Self::Done { state, seq, outcome } => {
                let (name, value) = match outcome {
                    Ok(value) => ("answer", value),
                    Err(error) => ("error", error),
                };
                let SyncState { epoch, ack, admitted, tab } = state;
                let mut json = String::with_capacity(SLACK + value.text.len());
                json.push_str("{\"epoch\":\"");
                epoch.write(&mut json);
                json.push_str("\",\"ack\":");
                write_number(*ack, &mut json);
                json.push_str(",\"admitted\":");
                write_number(*admitted, &mut json);
                json.push_str(",\"tab\":\"");
                tab.write(&mut json);
                json.push_str("\",\"seq\":");
                write_number(*seq, &mut json);
                json.push(',');
                if !value.blobs.is_empty() {
                    let lengths: Vec<usize> = value.blobs.iter().map(Bytes::len).collect();
                    json.push_str("\"blobs\":");
                    json.push_str(&serde_json::to_string(&lengths)?);
                    json.push(',');
                }
                json.push('"');
                json.push_str(name);
                json.push_str("\":");
                json.push_str(std::str::from_utf8(&value.text).unwrap_or("null"));
                json.push('}');
                if !value.blobs.is_empty() && is_byte_order_mark(json.len()) {
                    json.push(' ');
                }
                Ok(Message::join(&json, &value.blobs))
            }
        }
    }

    /// Reads an answer, for pages that are native programs.
    pub fn decode(status: u16, message: &Message) -> Result<Self, FrameError> {
        #[derive(Deserialize)]
        struct Lost {
            lost: LinkLost,
            admitted: bool,
        }
        #[derive(Deserialize)]
        struct Done<'a> {
            seq: Seq,
            #[serde(default)]
            blobs: Vec<u32>,
            #[serde(default, borrow)]
            error: Option<&'a RawValue>,
        }
        // A separate shape, because `null` is an answer and no missing one.
        #[derive(Deserialize)]
        struct Answered<'a> {
            #[serde(borrow)]
            answer: &'a RawValue,
        }
        let (json, mut run) = message.split()?;
        if status == 410 {
            let body: Lost = serde_json::from_slice(&json).map_err(FrameError::json)?;
            return Ok(Self::Lost { why: body.lost, admitted: body.admitted });
        }
        let state: SyncState = serde_json::from_slice(&json).map_err(FrameError::json)?;
        if status == 202 {
            return Ok(Self::Pending(state));
        }
        let done: Done<'_> = serde_json::from_slice(&json).map_err(FrameError::json)?;
        let blobs = envelope::cut(&mut run, &done.blobs)?;
        let own = |raw: &RawValue| Encoded { text: json.slice_ref(raw.get().as_bytes()), blobs };
        let outcome = match done.error {
            Some(error) => Err(own(error)),
            None => Ok(own(serde_json::from_slice::<Answered<'_>>(&json)
                .map_err(FrameError::json)?
                .answer)),
        };
        Ok(Self::Done { state, seq: done.seq, outcome })
    }
}

/// Bytes of an answer beside its value, if it has few attachments.
const SLACK: usize = 192;

/// Whether an envelope that begins with this length begins with a byte order mark. Browsers look for one whatever charset a
/// synchronous answer names (https://encoding.spec.whatwg.org/#decode), and read its bytes by another one then.
const fn is_byte_order_mark(length: usize) -> bool {
    matches!(length & 0xffff, 0xfeff | 0xfffe) || length & 0xff_ffff == 0xbf_bbef
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::packet::{Call, Packet};
    use crate::value::Args;

    fn head() -> SyncHead {
        SyncHead {
            version: 1,
            link: LinkId::from_bits(7),
            epoch: Epoch::from_bits(9),
            ack: 3,
            got: vec![1, 2],
            seq: Some(5),
            fresh: true,
            bye: false,
            tab: TabInfo { url: "http://127.0.0.1/".into(), ..TabInfo::default() },
        }
    }

    fn call(channel: &str, text: &'static str, blobs: Vec<Bytes>) -> Call {
        Call::new(channel, Args::new(Bytes::from_static(text.as_bytes()), blobs))
    }

    #[test]
    fn a_request_round_trips_with_packets_parts_and_attachments() {
        let blob = vec![Bytes::from_static(b"abc")];
        let packets = vec![
            Packet::Send(call("a", "[1]", vec![])),
            Packet::Sync(call("b", "[{\"$\":\"arraybuffer\",\"blob\":0}]", blob)),
        ];
        let frames = vec![
            Frame::Part { seq: 3, ack: 3, last: true, piece: Bytes::from_static(b"\x01\x02") },
            Frame::Data { first: 4, ack: 3, packets },
        ];
        let request = SyncRequest { head: head(), frames };
        assert_eq!(SyncRequest::decode(&request.encode().unwrap()).unwrap(), request);
    }

    #[test]
    fn no_answer_with_attachments_begins_with_a_byte_order_mark() {
        let state =
            SyncState { epoch: Epoch::from_bits(9), ack: 1, admitted: 1, tab: TabId::from_bits(1) };
        let encode = |length: usize| {
            let text = format!("[\"{}\",{{\"$\":\"arraybuffer\",\"blob\":0}}]", "x".repeat(length));
            let value = Encoded { text: text.into(), blobs: vec![Bytes::from_static(b"abc")] };
            SyncAnswer::Done { state, seq: 1, outcome: Ok(value) }.encode().unwrap()
        };
        let beside = encode(0).split().unwrap().0.len();
        for mark in [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"] {
            let length = mark.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            for length in [length - 1, length, length + 1] {
                let message = encode(length - beside);
                let (json, run) = message.split().unwrap();
                let Message::Binary(bytes) = &message else {
                    panic!("{length} has no attachments")
                };
                assert!(!bytes.starts_with(mark), "{length}");
                assert_eq!(run, Bytes::from_static(b"abc"));
                assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok(), "{length}");
            }
        }
    }

    #[test]
    fn a_request_that_only_waits_has_no_frames() {
        let text = r#"{"version":1,"link":"00000000000000000000000000000007","epoch":"0000000000000009","ack":0,"seq":5}"#;
        let request =
            SyncRequest::decode(&Message::Text(Bytes::from_static(text.as_bytes()))).unwrap();
        assert_eq!(
            (request.head.seq, request.head.fresh, request.frames),
            (Some(5), false, vec![])
        );
    }

    #[test]
    fn every_answer_round_trips() {
        let state =
            SyncState { epoch: Epoch::from_bits(1), ack: 2, admitted: 3, tab: TabId::from_bits(4) };
        let value = |text: &'static str, blobs| Encoded {
            text: Bytes::from_static(text.as_bytes()),
            blobs,
        };
        let done = |outcome| SyncAnswer::Done { state, seq: 2, outcome };
        for answer in [
            done(Ok(value("null", vec![]))),
            done(Ok(value("{\"$\":\"arraybuffer\",\"blob\":0}", vec![Bytes::from_static(b"x")]))),
            done(Err(value("{\"name\":\"Error\",\"message\":\"no\"}", vec![]))),
            SyncAnswer::Pending(state),
            SyncAnswer::Lost { why: LinkLost::Expired, admitted: false },
            SyncAnswer::Lost { why: LinkLost::Quit, admitted: true },
        ] {
            let message = answer.encode().unwrap();
            assert_eq!(SyncAnswer::decode(answer.status(), &message).unwrap(), answer);
        }
    }

    #[test]
    fn a_body_that_is_no_request_is_refused() {
        const LIST: &str = r#" [1,"00000000000000000000000000000007","0000000000000009",0,[],5,false,false,{},null]"#;
        const SHORT_ID: &str = r#"{"version":1,"link":"7","epoch":"0000000000000009","ack":0}"#;
        for text in ["", "[]", "{}", SHORT_ID, LIST] {
            let message = Message::Text(Bytes::copy_from_slice(text.as_bytes()));
            assert!(
                matches!(SyncRequest::decode(&message), Err(FrameError::Json { .. })),
                "{text}"
            );
        }
    }
}
