//! Reads what the host wrote on the socket.

use exciton_protocol::{LinkLost, Seq};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::envelope::{self, Cutter};
use crate::web;

/// One message of the host.
pub(crate) enum Frame {
    Welcome { ack: Seq, admitted: Seq, tab: JsValue },
    Lost(LinkLost),
    Ack(Seq),
    Data { first: Seq, ack: Seq, delivery: Delivery },
    Part { ack: Seq, seq: Seq, last: bool, piece: Uint8Array },
}

/// Packets on their way to the faces.
pub struct Delivery {
    /// The packets, parsed.
    pub packets: Array,
    /// Packets at the front to leave out: they came before.
    pub skip: u32,
    /// The attachments of all packets, those left out included, in order.
    pub blobs: Vec<Uint8Array>,
    /// Something in the text may be a tag: values have to be looked through.
    pub tagged: bool,
    /// Bytes, for the bounds.
    pub(crate) size: usize,
}

/// Reads a message. `None` if it is garbled.
pub(crate) fn read(data: &JsValue) -> Option<Frame> {
    let (text, run) = match data.dyn_ref::<JsString>() {
        Some(text) => (text.clone(), None),
        None => {
            envelope::split(&envelope::of_buffer(data)?).map(|(text, run)| (text, Some(run)))?
        }
    };
    let frame: Array = web::parse_json(&text).ok()?.dyn_into().ok()?;
    let number = |at: u32| web::whole(&frame.get(at));
    let kind = frame.get(0).as_string()?;
    let read = match kind.as_str() {
        "data" => {
            let packets: Array = frame.get(3).dyn_into().ok()?;
            let delivery = delivery(packets, &text, run)?;
            return Some(Frame::Data { first: number(1)?, ack: number(2)?, delivery });
        }
        "part" => {
            let piece = run?;
            if web::whole(&frame.get(4))? != u64::from(piece.length()) {
                return None;
            }
            let last = frame.get(3).as_bool()?;
            return Some(Frame::Part { seq: number(1)?, ack: number(2)?, last, piece });
        }
        "ack" => Frame::Ack(number(1)?),
        "welcome" => {
            let body = frame.get(1);
            let field = |name| web::whole(&web::get(&body, name));
            Frame::Welcome {
                ack: field("ack")?,
                admitted: field("admitted")?,
                tab: web::get(&body, "tab"),
            }
        }
        "lost" => Frame::Lost(lost(&web::get(&frame.get(1), "why"))?),
        _ => return None,
    };
    // Control has no attachments.
    run.is_none().then_some(read)
}

/// A packet that came in parts: the envelope that they made together. `None` if it is garbled.
pub(crate) fn from_parts(bytes: &Uint8Array) -> Option<Delivery> {
    let (text, run) = envelope::split(bytes)?;
    let packet: Array = web::parse_json(&text).ok()?.dyn_into().ok()?;
    delivery(Array::of1(&packet), &text, Some(run))
}

fn delivery(packets: Array, text: &JsString, run: Option<Uint8Array>) -> Option<Delivery> {
    let size = text.length() as usize + run.as_ref().map_or(0, |run| run.length() as usize);
    let tagged = text.includes(TAG, 0);
    let mut blobs = Vec::new();
    if let Some(run) = run {
        let mut cutter = Cutter::new(run);
        for packet in packets.iter() {
            if let Some(lengths) = lengths(packet.dyn_ref::<Array>()?) {
                for length in lengths.iter() {
                    blobs.push(cutter.cut(&length)?);
                }
            }
        }
        if !cutter.is_empty() {
            return None;
        }
    }
    Some(Delivery { packets, skip: 0, blobs, tagged, size })
}

/// The lengths of a packet's attachments: what follows its value.
fn lengths(packet: &Array) -> Option<Array> {
    let at = if packet.get(0) == "navigate" { 2 } else { 3 };
    packet.get(at).dyn_into().ok()
}

/// Why a link is over, by its name on the wire.
pub(crate) fn lost(why: &JsValue) -> Option<LinkLost> {
    Some(match why.as_string()?.as_str() {
        "host-restarted" => LinkLost::HostRestarted,
        "expired" => LinkLost::Expired,
        "replaced" => LinkLost::Replaced,
        "quit" => LinkLost::Quit,
        _ => return None,
    })
}

/// The name of a reason on the wire.
pub fn lost_name(why: LinkLost) -> &'static str {
    match why {
        LinkLost::HostRestarted => "host-restarted",
        LinkLost::Replaced => "replaced",
        LinkLost::Quit => "quit",
        _ => "expired",
    }
}

/// What every tagged value has in its text.
const TAG: &str = "\"$\":";
