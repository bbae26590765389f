//! Reads what the host wrote on the socket.

use exciton_protocol::{LinkLost, Seq};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::assembly::Assembly;
use super::envelope::{self, Run};
use super::lost::lost_reason;
use crate::web::{self, RawString};

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
            let mut run = envelope::of_buffer(data)?;
            (run.text()?, Some(run))
        }
    };
    let frame: Array = web::parse_json(&text).ok()?.dyn_into().ok()?;
    let number = |at: u32| web::whole(&frame.get(at));
    let kind = frame.get(0);
    if kind == web::text("data") {
        let packets: Array = frame.get(3).dyn_into().ok()?;
        let delivery = delivery(packets, &text, run)?;
        return Some(Frame::Data { first: number(1)?, ack: number(2)?, delivery });
    }
    let read = match kind.as_string()?.as_str() {
        "part" => {
            let piece = run?.view();
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
        "lost" => Frame::Lost(lost_reason(&web::get(&frame.get(1), "why"))?),
        _ => return None,
    };
    // Control has no attachments.
    run.is_none().then_some(read)
}

fn delivery(packets: Array, text: &JsString, run: Option<Run>) -> Option<Delivery> {
    let most = text.length() as usize + run.as_ref().map_or(0, Run::length) as usize;
    let begun = begin(packets, text, most)?;
    match run {
        Some(run) => Assembly::of(run, begun).finish(),
        None => Some(begun),
    }
}

/// What a text brings, with room for the attachments. `None` if that were more than `most` bytes with the text.
pub(super) fn begin(packets: Array, text: &JsString, most: usize) -> Option<Delivery> {
    // What is in most texts nowhere is looked for faster.
    let has = |part| text.unchecked_ref::<RawString>().includes(&web::text(part));
    let tagged = has("$") && has(TAG);
    let mut blobs = Vec::new();
    let mut size = text.length() as usize;
    for packet in packets.iter() {
        if let Some(lengths) = lengths(packet.dyn_ref::<Array>()?) {
            for length in lengths.iter() {
                let length = u32::try_from(web::whole(&length)?).ok()?;
                size = size.checked_add(length as usize).filter(|size| *size <= most)?;
                blobs.push(Uint8Array::new_with_length(length));
            }
        }
    }
    Some(Delivery { packets, skip: 0, blobs, tagged, size })
}

/// The lengths of a packet's attachments: what follows its value.
fn lengths(packet: &Array) -> Option<Array> {
    packet.get(3).dyn_into().ok()
}

/// What every tagged value has in its text.
const TAG: &str = "\"$\":";

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    fn message(text: &str, run: &[u8]) -> JsValue {
        let joined = envelope::join(&text.into(), &[Uint8Array::from(run)]);
        joined.unchecked_into::<Uint8Array>().buffer().into()
    }

    #[wasm_bindgen_test]
    fn a_text_of_packets_is_read_and_its_tags_are_seen() {
        let plain = read(&"[\"data\",7,3,[[\"send\",\"a\",[1]]]]".into()).unwrap();
        assert!(matches!(plain, Frame::Data { first: 7, ack: 3, delivery }
            if !delivery.tagged && delivery.packets.length() == 1));
        let tagged = read(&"[\"data\",7,3,[[\"send\",\"a\",[{\"$\":\"undefined\"}]]]]".into());
        assert!(matches!(tagged.unwrap(), Frame::Data { delivery, .. } if delivery.tagged));
    }

    #[wasm_bindgen_test]
    fn attachments_go_to_packets_in_order() {
        let text =
            "[\"data\",0,0,[[\"send\",\"a\",[],[1]],[\"send\",\"b\",[]],[\"reply\",4,0,[0,2]]]]";
        let Some(Frame::Data { delivery, .. }) = read(&message(text, b"xyz")) else { panic!() };
        let blobs: Vec<_> = delivery.blobs.iter().map(Uint8Array::to_vec).collect();
        assert_eq!(blobs, [b"x".to_vec(), vec![], b"yz".to_vec()]);
    }

    #[wasm_bindgen_test]
    fn control_is_read() {
        assert!(matches!(read(&"[\"ack\",4]".into()), Some(Frame::Ack(4))));
        let lost = "[\"lost\",{\"why\":\"host-restarted\"}]";
        assert!(matches!(read(&lost.into()), Some(Frame::Lost(LinkLost::HostRestarted))));
        let welcome = "[\"welcome\",{\"epoch\":\"0\",\"ack\":2,\"admitted\":5,\"tab\":\"t\"}]";
        assert!(matches!(read(&welcome.into()), Some(Frame::Welcome { ack: 2, admitted: 5, .. })));
    }

    #[wasm_bindgen_test]
    fn garbage_is_no_frame() {
        for text in [
            "",
            "{}",
            "[]",
            "[1]",
            "[\"data\"]",
            "[\"data\",0,0,{}]",
            "[\"nope\"]",
            "[\"ack\",-1]",
            "[\"ack\",0.5]",
            "[\"ack\",\"1\"]",
            "[\"part\",0,0,true,1]",
            "[\"lost\",{}]",
        ] {
            assert!(read(&text.into()).is_none(), "{text}");
        }
        for (text, run) in [
            ("[\"data\",0,0,[[\"send\",\"a\",[],[2]]]]", &b"x"[..]),
            ("[\"data\",0,0,[[\"send\",\"a\",[],[1]]]]", b"xy"),
            ("[\"part\",0,0,true,2]", b"x"),
            ("[\"ack\",1]", b"x"),
        ] {
            assert!(read(&message(text, run)).is_none(), "{text}");
        }
        assert!(read(&JsValue::from(5)).is_none());
    }
}
