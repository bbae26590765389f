//! What a page must know of its host before its first packet leaves: the epoch and the limits.

use exciton_protocol::{Epoch, Limits};
use js_sys::Symbol;
use wasm_bindgen::{JsCast, JsValue};

use crate::web;

/// What the host says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) epoch: Epoch,
    pub(crate) limits: Limits,
}

/// Reads the host's `{version, epoch, limits}`. `None` if it isn't that, or of another version.
pub(crate) fn read(facts: &JsValue) -> Option<Facts> {
    if web::get(facts, "version") != 1 {
        return None;
    }
    let epoch = Epoch::parse(&web::get_text(facts, "epoch")?).ok()?;
    Some(Facts { epoch, limits: limits(&web::get(facts, "limits")) })
}

/// The limits that a page keeps to; a missing one has its default.
fn limits(given: &JsValue) -> Limits {
    let mut limits = Limits::default();
    let number = |name: &'static str| web::whole(&web::get(given, name));
    let size = |slot: &mut u32, name: &'static str| {
        if let Some(number) = number(name) {
            *slot = u32::try_from(number).unwrap_or(u32::MAX);
        }
    };
    size(&mut limits.window_packets, "windowPackets");
    size(&mut limits.window_bytes, "windowBytes");
    size(&mut limits.outbox_bytes, "outboxBytes");
    size(&mut limits.open_invokes, "openInvokes");
    size(&mut limits.batch_packets, "batchPackets");
    size(&mut limits.batch_bytes, "batchBytes");
    size(&mut limits.whole_bytes, "wholeBytes");
    size(&mut limits.part_bytes, "partBytes");
    size(&mut limits.packet_bytes, "packetBytes");
    size(&mut limits.depth, "depth");
    size(&mut limits.frames, "frames");
    size(&mut limits.nested_syncs, "nestedSyncs");
    // A part has at least one byte, or there would be no end of them.
    limits.part_bytes = limits.part_bytes.max(1);
    let span = |slot: &mut u64, name: &'static str| {
        if let Some(number) = number(name) {
            *slot = number;
        }
    };
    span(&mut limits.sync_total, "syncTotal");
    span(&mut limits.silence, "silence");
    span(&mut limits.probe, "probe");
    span(&mut limits.ack_delay, "ackDelay");
    limits
}

/// What the host's script has left for whoever begins the link; `undefined` on a page that it didn't serve.
pub(crate) fn given() -> JsValue {
    let name: JsValue = Symbol::for_("exciton.boot").into();
    js_sys::Reflect::get(&web::global(), &name).unwrap_or(JsValue::UNDEFINED)
}

/// The URL that the host's routes are below, with `/` at its end: `_exciton/` in the folder that the host names, else
/// in the document's.
pub(crate) fn base(facts: &JsValue) -> Option<String> {
    let folder = match web::get(facts, "base") {
        given if given.is_string() => {
            let page = web::get(&web::get_global("location"), "href");
            web::construct("URL", &[&given, &page]).ok()?
        }
        _ => web::get(&web::get_global("document"), "baseURI"),
    };
    let base = web::construct("URL", &[&"_exciton/".into(), &folder]).ok()?;
    web::get_text(&base, "href")
}

/// Asks the host, and blocks until it answers.
pub(crate) fn ask_blocking(base: &str) -> Option<Facts> {
    let request = web::construct("XMLHttpRequest", &[]).ok()?;
    web::call(&request, "open", &[&"GET".into(), &url(base, BOOT), &JsValue::FALSE]).ok()?;
    web::call(&request, "send", &[]).ok()?;
    if web::get(&request, "status") != 200 {
        return None;
    }
    let text = web::get(&request, "responseText");
    read(&web::parse_json(text.unchecked_ref()).ok()?)
}

/// Asks the host; a promise of its response. A network that swallows everything is given up after so many milliseconds.
pub(crate) fn ask(base: &str, route: &str, limit: f64) -> Option<JsValue> {
    let signal = web::call(&web::get_global("AbortSignal"), "timeout", &[&limit.into()]);
    let init = web::object(&[
        ("cache", &"no-store".into()),
        ("signal", &signal.unwrap_or(JsValue::UNDEFINED)),
    ]);
    web::call(&web::global(), "fetch", &[&url(base, route), &init]).ok()
}

fn url(base: &str, route: &str) -> JsValue {
    let mut url = String::from(base);
    url.push_str(route);
    url.into()
}

/// Where the facts are.
pub(crate) const BOOT: &str = "boot";
