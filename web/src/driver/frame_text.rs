//! The texts of frames and bodies that the page writes, around packets that JavaScript has written.
//!
//! Written by hand: formatting machinery would be a good part of the bundle.

use exciton_protocol::{Epoch, LinkId, Seq};
use js_sys::JsString;

use super::tab::Tab;
use crate::web;

/// A data frame of packets, which are joined by commas.
pub(crate) fn data(first: Seq, ack: Seq, packets: &JsString) -> JsString {
    web::concat(&data_head(first, ack), packets, DATA_TAIL)
}

fn data_head(first: Seq, ack: Seq) -> String {
    let mut text = String::from("[\"data\",");
    number(first, &mut text);
    text.push(',');
    number(ack, &mut text);
    text.push_str(",[");
    text
}

const DATA_TAIL: &str = "]]";

/// A part's frame.
pub(crate) fn part(seq: Seq, ack: Seq, last: bool, length: u32) -> String {
    let mut text = String::from("[\"part\",");
    number(seq, &mut text);
    text.push(',');
    number(ack, &mut text);
    text.push_str(if last { ",true," } else { ",false," });
    number(length.into(), &mut text);
    text.push(']');
    text
}

/// An acknowledgement's frame.
pub(crate) fn ack(seq: Seq) -> String {
    let mut text = String::from("[\"ack\",");
    number(seq, &mut text);
    text.push(']');
    text
}

/// The frame that asks for a sign of life.
pub(crate) const PING: &str = "[\"ping\"]";

/// What a hello says beside what every contact says.
pub(crate) struct Hello {
    pub(crate) attempt: u64,
    pub(crate) admitted: Seq,
}

/// What every contact with the host says: a hello and a request's body.
pub(crate) struct Contact {
    pub(crate) link: LinkId,
    pub(crate) epoch: Epoch,
    pub(crate) ack: Seq,
    pub(crate) fresh: bool,
}

impl Contact {
    /// A hello's frame. `tab` is the JSON of the tab's info.
    pub(crate) fn hello(&self, hello: &Hello, tab: &JsString) -> JsString {
        let mut text = String::from("[\"hello\",");
        self.write(&mut text);
        text.push_str(",\"attempt\":");
        number(hello.attempt, &mut text);
        text.push_str(",\"admitted\":");
        number(hello.admitted, &mut text);
        text.push_str(",\"tab\":");
        web::concat(&text, tab, "}]")
    }

    /// The head of a synchronous request's body: everything before the frames, which end with `]}`. `seq` is the
    /// packet whose answer is wanted; without one the document says `bye`. A host that has answered knows the tab.
    pub(crate) fn request(&self, got: &[Seq], seq: Option<Seq>, tab: &Tab) -> JsString {
        let mut text = String::new();
        self.write(&mut text);
        if !got.is_empty() {
            text.push_str(",\"got\":[");
            for (index, seq) in got.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                number(*seq, &mut text);
            }
            text.push(']');
        }
        match seq {
            Some(seq) => {
                text.push_str(",\"seq\":");
                number(seq, &mut text);
            }
            None => text.push_str(",\"bye\":true"),
        }
        let mut info = "".into();
        if self.fresh {
            text.push_str(",\"tab\":");
            info = tab.info();
        }
        web::concat(&text, &info, ",\"frames\":[")
    }

    /// What all contacts of a link begin with, up to the number of the acknowledgement.
    pub(crate) fn open(&self, text: &mut String) {
        text.push_str("{\"version\":1,\"link\":\"");
        text.push_str(&link_id(self.link));
        text.push_str("\",\"epoch\":\"");
        hex(self.epoch.bits().into(), 16, text);
        text.push_str("\",\"ack\":");
    }

    fn write(&self, text: &mut String) {
        self.open(text);
        number(self.ack, text);
        if self.fresh {
            text.push_str(",\"fresh\":true");
        }
    }
}

/// A link's name as it stands on the wire.
pub(crate) fn link_id(link: LinkId) -> String {
    let mut text = String::with_capacity(32);
    hex(link.bits(), 32, &mut text);
    text
}

fn hex(bits: u128, digits: u32, text: &mut String) {
    for place in (0..digits).rev() {
        let digit = (bits >> (place * 4)) as u8 & 0xf;
        text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
    }
}

/// Appends the decimal digits of a number.
pub(super) fn number(mut number: u64, text: &mut String) {
    let mut digits = [0u8; 20];
    let mut length = 0;
    for slot in &mut digits {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    for digit in digits.iter().take(length).rev() {
        text.push(char::from(*digit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_decimal_digits() {
        for value in [0, 9, 10, 1_234_567_890, u64::MAX] {
            let mut text = String::new();
            number(value, &mut text);
            assert_eq!(text, value.to_string());
        }
    }

    #[test]
    fn ids_read_as_the_protocol_writes_them() {
        let id = LinkId::from_bits(0x0123_4567_89ab_cdef_0000_0000_0000_00f0);
        assert_eq!(link_id(id), id.to_string());
    }

    #[test]
    fn frames_are_the_wire_s() {
        assert_eq!(data_head(7, 3) + "1" + DATA_TAIL, "[\"data\",7,3,[1]]");
        assert_eq!(part(8, 3, true, 10), "[\"part\",8,3,true,10]");
        assert_eq!(ack(12), "[\"ack\",12]");
    }
}
