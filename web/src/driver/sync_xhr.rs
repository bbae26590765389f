//! The synchronous request: `PUT` to the sync route, blocking.

use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::envelope::{self, Run};
use crate::web;

/// What has come of a request.
pub struct Response {
    /// 0 if it had no answer of the host, or only a part of one: WebKit shows what came before a connection was cut. What a
    /// proxy answers while the host behind it is away is none.
    pub status: u16,
    /// The JSON of the body, if it is JSON.
    pub json: JsValue,
    /// The attachments, unless the face keeps the answer.
    pub blobs: Vec<Uint8Array>,
}

/// Makes the request. Without an answer are those that the network, the browser's own limit or an unloading document stopped.
///
/// Invariant: nothing is borrowed by the caller. Firefox runs other events of the page in here.
pub(crate) fn put(url: &JsValue, body: &JsValue) -> Response {
    let none = Response { status: 0, json: JsValue::UNDEFINED, blobs: Vec::new() };
    made(url, body).unwrap_or(none)
}

fn made(url: &JsValue, body: &JsValue) -> Option<Response> {
    let request = web::construct("XMLHttpRequest", &[]).ok()?;
    let call = |method, arguments: &[&JsValue]| web::call(&request, method, arguments).ok();
    call("open", &[&web::text("PUT"), url, &JsValue::FALSE])?;
    for (name, value) in headers(body) {
        call("setRequestHeader", &[&web::text(name), &web::text(value)])?;
    }
    // A synchronous request may not ask for bytes. This charset keeps each byte in a character of its own.
    call("overrideMimeType", &[&web::text("text/plain; charset=x-user-defined")])?;
    call("send", &[body])?;
    let status = web::whole(&web::get(&request, "status")).filter(|status| *status != 0)?;
    let text: JsString = web::get(&request, "responseText").unchecked_into();
    // The bytes of plain text are its characters already, and what has attachments is never JSON.
    let plain = if web::beyond_ascii(&text) { None } else { web::parse_json(&text).ok() };
    let (json, run) = plain.map_or_else(|| read(&text), |json| (json, None));
    let blobs = match status {
        200 | 202 | 410 => attachments(&json, run).filter(|_| json.is_object())?,
        502..=504 => return None,
        _ => Vec::new(),
    };
    // A status has three digits.
    Some(Response { status: status as u16, json, blobs })
}

/// All that the answer names; `None` if it isn't what is there.
fn attachments(json: &JsValue, run: Option<Run>) -> Option<Vec<Uint8Array>> {
    let mut run = run.unwrap_or_else(Run::new);
    let mut blobs = Vec::new();
    if let Ok(lengths) = web::get(json, "blobs").dyn_into::<Array>() {
        for length in lengths.iter() {
            blobs.push(run.attachment(&length)?);
        }
    }
    (run.length() == 0).then_some(blobs)
}

/// The sync route below the base URL.
pub(crate) fn url(base: &str) -> JsString {
    let mut url = String::from(base);
    url.push_str("sync");
    url.as_str().into()
}

/// The headers of a request with this body. The custom one keeps other origins out: they would need a preflight.
pub(crate) fn headers(body: &JsValue) -> [(&'static str, &'static str); 2] {
    let kind = if body.is_string() { "application/json" } else { BINARY };
    [("content-type", kind), ("x-exciton", "1")]
}

fn read(text: &JsString) -> (JsValue, Option<Run>) {
    let unreadable = (JsValue::UNDEFINED, None);
    let mut bytes = web::encode(text).to_vec();
    unfold(&mut bytes);
    // The last byte of a length: no JSON has that many bytes, and none begins with such a character.
    let is_binary = bytes.get(3).is_some_and(|byte| *byte < b'\t');
    let bytes = Uint8Array::from(&*bytes);
    let (text, run) = if is_binary {
        let mut run = envelope::of_bytes(&bytes);
        let Some(text) = run.text() else { return unreadable };
        (text, Some(run))
    } else {
        let Ok(text) = web::decode(&bytes) else { return unreadable };
        (text, None)
    };
    (web::parse_json(&text).unwrap_or(JsValue::UNDEFINED), run)
}

/// The bytes that came, of the UTF-8 of what x-user-defined made of them: those beyond ASCII are U+F780 to U+F7FF there,
/// which are EF 9E 80 to EF 9F BF. By hand and in place, because an answer may have megabytes.
fn unfold(bytes: &mut Vec<u8>) {
    let (mut from, mut to) = (0, 0);
    while let Some(&byte) = bytes.get(from) {
        let (original, width) = match (byte, bytes.get(from + 1..from + 3)) {
            (0xef, Some([middle, last])) => (0x80 | (middle & 1) << 6 | (last & 0x3f), 3),
            _ => (byte, 1),
        };
        bytes[to] = original;
        from += width;
        to += 1;
    }
    bytes.truncate(to);
}

const BINARY: &str = "application/octet-stream";

#[cfg(test)]
mod tests {
    use super::unfold;

    #[test]
    fn every_byte_comes_out_of_its_character() {
        let all: Vec<u8> = (0..=255).chain([0xef, 0x9e, 0x80, 0x61]).collect();
        let folded = |byte: &u8| match byte {
            0..0x80 => char::from(*byte),
            _ => char::from_u32(0xf700 + u32::from(*byte)).unwrap_or_default(),
        };
        let mut text = all.iter().map(folded).collect::<String>().into_bytes();
        unfold(&mut text);
        assert_eq!(text, all);
    }
}
