//! Reading what most messages are: calls of a main frame in a batch, or one in a synchronous request, without attachments, as
//! our own pages write them.
//!
//! Whatever else there may be is left to the reader that knows all of it (`read.rs`), and so is every error: this one takes
//! nothing that the other doesn't, and makes the same of it.

use std::ops::Range;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::Packet;
use super::calls::{Calls, Place};
use crate::bounds::Bounds;
use crate::frame::Frame;
use crate::ids::{Epoch, LinkId, Seq};
use crate::sync::SyncHead;
use crate::tab::TabInfo;

/// A data frame: the seq of its first packet, its acknowledgement, its packets.
pub(crate) fn data(json: &Bytes, bounds: &Bounds) -> Option<(Seq, Seq, Calls)> {
    // In a longer one the arguments are what takes time.
    if json.len() > MOST {
        return None;
    }
    let mut reader = Reader { text: std::str::from_utf8(json).ok()?, at: 0 };
    let (first, ack) = reader.frame_head()?;
    let mut places = Vec::with_capacity((json.len() / USUAL).min(bounds.batch));
    loop {
        if places.len() == bounds.batch {
            return None;
        }
        places.push(reader.call(bounds, &KINDS)?);
        if reader.eat(",").is_none() {
            break;
        }
    }
    reader.eat("]]")?;
    if reader.at < json.len() {
        return None;
    }
    places.iter().try_for_each(|_| bounds.take_packet()).ok()?;
    Some((first, ack, Calls::new(json.clone(), places)))
}

/// The body of a request that brings one synchronous call: of a page that the host knows.
pub(crate) fn request(json: &Bytes, bounds: &Bounds) -> Option<(SyncHead, Frame)> {
    if json.len() > MOST.min(bounds.head) {
        return None;
    }
    let mut reader = Reader { text: std::str::from_utf8(json).ok()?, at: 0 };
    reader.eat("{\"version\":1,\"link\":")?;
    let link = LinkId::parse(reader.plain_text()?).ok()?;
    reader.eat(",\"epoch\":")?;
    let epoch = Epoch::parse(reader.plain_text()?).ok()?;
    reader.eat(",\"ack\":")?;
    let ack = reader.number()?;
    let mut got = Vec::new();
    if reader.eat(",\"got\":[").is_some() {
        got.push(reader.number()?);
        reader.eat("]")?;
    }
    reader.eat(",\"seq\":")?;
    let seq = Some(reader.number()?);
    reader.eat(",\"frames\":[")?;
    let (first, frame_ack) = reader.frame_head()?;
    let place = reader.call(bounds, &["[\"sync\","])?;
    reader.eat("]]]}")?;
    if reader.at < json.len() {
        return None;
    }
    // As the other reader counts.
    bounds.take_packet().ok()?;
    bounds.take_packet().ok()?;
    let (fresh, bye, tab) = (false, false, TabInfo::default());
    let head = SyncHead { version: 1, link, epoch, ack, got, seq, fresh, bye, tab };
    let packets = vec![Packet::Sync(place.call(json)?)];
    Some((head, Frame::Data { first, ack: frame_ack, packets }))
}

/// How calls begin: of those that are no invokes, and of those that are.
const KINDS: [&str; 2] = ["[\"send\",", "[\"invoke\","];

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// A data frame up to its packets: the seq of the first, and its acknowledgement.
    fn frame_head(&mut self) -> Option<(Seq, Seq)> {
        self.eat("[\"data\",")?;
        let first = self.number()?;
        self.eat(",")?;
        let ack = self.number()?;
        self.eat(",[")?;
        Some((first, ack))
    }

    /// A call that begins in one of these ways.
    fn call(&mut self, bounds: &Bounds, kinds: &[&str]) -> Option<Place> {
        let kind = kinds.iter().position(|begins| self.eat(begins).is_some())?;
        let start = self.at + 1;
        let channel = self.plain_text()?.len();
        self.eat(",")?;
        let args = self.args()?;
        self.eat("]")?;
        if channel > bounds.channel_bytes || args.len() > bounds.packet_bytes {
            return None;
        }
        Place::new(kind == 1, start..start + channel, args)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, what: &str) -> Option<()> {
        self.rest().as_bytes().starts_with(what.as_bytes()).then(|| self.at += what.len())
    }

    fn number(&mut self) -> Option<u64> {
        let digits = self.digits()?;
        self.text.get(digits)?.parse().ok()
    }

    /// A whole number without a sign. What follows is looked at by who asks.
    fn digits(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        // Long numbers and ones that begin with a zero are rare, or wrong.
        let is_plain = match self.at - start {
            1 => true,
            2..=15 => self.text.as_bytes().get(start) != Some(&b'0'),
            _ => false,
        };
        is_plain.then_some(start..self.at)
    }

    /// A text in which nothing is escaped.
    fn plain_text(&mut self) -> Option<&'a str> {
        self.eat("\"")?;
        let rest = self.rest();
        let end = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
        self.at += end;
        self.eat("\"")?;
        rest.get(..end)
    }

    /// A list of arguments, with all that can be in one.
    fn args(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.plain_list().is_some() {
            return Some(start..self.at);
        }
        self.at = start;
        let mut list = serde_json::Deserializer::from_str(self.rest()).into_iter::<&RawValue>();
        let raw = list.next()?.ok()?;
        self.at += list.byte_offset();
        raw.get().starts_with('[').then_some(start..self.at)
    }

    /// A list of whole numbers, plain texts and words.
    fn plain_list(&mut self) -> Option<()> {
        self.eat("[")?;
        if self.eat("]").is_some() {
            return Some(());
        }
        loop {
            match self.peek()? {
                b'"' => {
                    self.plain_text()?;
                }
                b'0'..=b'9' => {
                    self.digits()?;
                }
                b't' => self.eat("true")?,
                b'f' => self.eat("false")?,
                b'n' => self.eat("null")?,
                _ => return None,
            }
            if self.eat("]").is_some() {
                return Some(());
            }
            self.eat(",")?;
        }
    }
}

/// Bytes of the longest message that is read so.
const MOST: usize = 64 * 1_024;
/// Bytes of a packet, about.
const USUAL: usize = 32;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::envelope::Message;
    use crate::limits::Limits;
    use crate::sync::SyncRequest;

    fn quick(text: &str) -> Option<Frame> {
        let json = Bytes::copy_from_slice(text.as_bytes());
        let (first, ack, calls) = data(&json, &Bounds::of(&Limits::default()))?;
        Some(Frame::Data { first, ack, packets: calls.collect() })
    }

    fn slow(text: &str) -> Option<Frame> {
        Frame::decode(&Message::Text(Bytes::copy_from_slice(text.as_bytes()))).ok()
    }

    #[test]
    fn the_usual_is_read_as_the_other_reader_does() {
        for packets in [
            r#"["send","a",[]]"#,
            r#"["invoke","settings:get",[1,"two",true,false,null,0,10]],["send","größer",["ü"]]"#,
            r#"["send","",[{"a":[1.5,"\u00e9"]},[[]],-1,1e5,123456789012345678901234567890]]"#,
        ] {
            let text = format!("[\"data\",7,123456,[{packets}]]");
            let read = quick(&text);
            assert!(read.is_some(), "{text}");
            assert_eq!(read, slow(&text), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_taken() {
        for packets in [
            "",
            r#"["send","a",[]],"#,
            r#"["send","a",[01]]"#,
            r#"["send","a",[1,]]"#,
            r#"["send","a",[tru]]"#,
            r#"["send","a",[1 2]]"#,
            r#"["send","a",["\x"]]"#,
            r#"["send","a",[1]"#,
            r#"["send","a",[1]]]"#,
            r#"["send","a",{}]"#,
            r#"["send","a\n",[]]"#,
            r#"["send","a",[{"$":"arraybuffer","blob":0}],[1]]"#,
            r#"["send","a",[],[],{"frame":1}]"#,
            r#"["sync","a",[]]"#,
            r#"["reply",1,2]"#,
            r#"["send" ,"a",[]]"#,
            "[\"send\",\"a\",[\"\u{1}\"]]",
        ] {
            for text in
                [format!("[\"data\",7,3,[{packets}]]"), format!("[\"data\",7,3,[{packets}]] ")]
            {
                assert_eq!(quick(&text), None, "{text}");
            }
        }
        for text in [
            "[\"data\",07,3,[[\"send\",\"a\",[]]]]",
            "[\"data\",-7,3,[[\"send\",\"a\",[]]]]",
            "[\"ack\",1]",
        ] {
            assert_eq!(quick(text), None, "{text}");
        }
    }

    const HEAD: &str = r#"{"version":1,"link":"0123456789abcdef0123456789abcdef","epoch":"0123456789abcdef","ack":12"#;

    fn quick_request(text: &str) -> Option<SyncRequest> {
        let json = Bytes::copy_from_slice(text.as_bytes());
        let (head, frame) = request(&json, &Bounds::of(&Limits::default()))?;
        Some(SyncRequest { head, frames: vec![frame] })
    }

    #[test]
    fn a_request_is_read_as_the_other_reader_does() {
        for rest in [
            r#","seq":13,"frames":[["data",13,12,[["sync","a",[1]]]]]}"#,
            r#","got":[12],"seq":13,"frames":[["data",13,11,[["sync","größer",["two",{"a":[1.5]}]]]]]}"#,
        ] {
            let text = format!("{HEAD}{rest}");
            let read = quick_request(&text);
            assert!(read.is_some(), "{text}");
            let message = Message::Text(Bytes::copy_from_slice(text.as_bytes()));
            assert_eq!(read, SyncRequest::decode_without_haste(&message, &Bounds::none()).ok());
        }
    }

    #[test]
    fn no_other_request_is_taken() {
        let usual = r#","seq":13,"frames":[["data",13,12,[["sync","a",[1]]]]]}"#;
        for (from, to) in [
            ("[[\"sync\"", "[[\"invoke\""),
            (",[1]]", ",[1]],[\"send\",\"a\",[]]"),
            (",\"seq\"", ",\"got\":[],\"seq\""),
            (",\"seq\"", ",\"got\":[1,2],\"seq\""),
            (",\"seq\"", ",\"fresh\":true,\"seq\""),
            (",\"seq\"", ", \"seq\""),
            (",\"seq\":13", ""),
            ("]}", "],\"bye\":true}"),
            ("]}", "]} "),
            ("13,12", "13,-1"),
        ] {
            let text = format!("{HEAD}{}", usual.replacen(from, to, 1));
            assert_eq!(quick_request(&text), None, "{text}");
        }
        let usual = format!("{HEAD}{usual}");
        assert!(quick_request(&usual).is_some());
        for (from, to) in [("version\":1", "version\":2"), ("\"0123", "\"X123"), ("{", "{ ")] {
            assert_eq!(quick_request(&usual.replacen(from, to, 1)), None, "{to}");
        }
    }

    #[test]
    fn what_is_past_a_bound_is_left_to_the_other_reader() {
        let limits = Limits { channel_bytes: 2, packet_bytes: 5, ..Limits::default() };
        let read =
            |text: &str| data(&Bytes::copy_from_slice(text.as_bytes()), &Bounds::of(&limits));
        assert!(read(r#"["data",0,0,[["send","ab",[123]]]]"#).is_some());
        assert!(read(r#"["data",0,0,[["send","abc",[123]]]]"#).is_none());
        assert!(read(r#"["data",0,0,[["send","ab",[1234]]]]"#).is_none());
        let many = vec![r#"["send","a",[]]"#; Bounds::of(&limits).batch + 1].join(",");
        assert!(read(&format!("[\"data\",0,0,[{many}]]")).is_none());
    }
}
