//! The synchronous request: `PUT` to the sync route, blocking.

use js_sys::{JsString, RegExp, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::XmlHttpRequest;

use super::envelope;
use crate::web::{self, RawRequest};

/// The host's answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The JSON of the body.
    pub(crate) json: JsValue,
    /// The attachments in one run, if there are any.
    pub(crate) run: Option<Uint8Array>,
}

/// Makes the request. `None` if it had no answer: network, the browser's own limit, or a document that unloads.
///
/// Invariant: nothing is borrowed by the caller. Firefox runs other events of the page in here.
pub(crate) fn put(base: &str, body: &JsValue) -> Option<Response> {
    let request = XmlHttpRequest::new().ok()?;
    request.open_with_async("PUT", &url(base), false).ok()?;
    for (name, value) in headers(body) {
        request.set_request_header(name, value).ok()?;
    }
    // A synchronous request may not ask for bytes. This charset keeps each byte in a character of its own.
    request.override_mime_type("text/plain; charset=x-user-defined").ok()?;
    let raw = request.unchecked_ref::<RawRequest>();
    raw.send(body).ok()?;
    let status = request.status().ok().filter(|status| *status != 0)?;
    let is_binary = request
        .get_response_header("content-type")
        .ok()
        .flatten()
        .is_some_and(|kind| kind.starts_with(BINARY));
    let (json, run) = read(&raw.response_text().ok()?, is_binary);
    Some(Response { status, json, run })
}

/// The sync route below the base URL.
pub(crate) fn url(base: &str) -> String {
    let mut url = String::from(base);
    url.push_str("sync");
    url
}

/// The headers of a request with this body. The custom one keeps other origins out: they would need a preflight.
pub(crate) fn headers(body: &JsValue) -> [(&'static str, &'static str); 2] {
    let kind = if body.is_string() { "application/json" } else { BINARY };
    [("content-type", kind), ("x-exciton", "1")]
}

fn read(text: &JsString, is_binary: bool) -> (JsValue, Option<Uint8Array>) {
    let unreadable = (JsValue::UNDEFINED, None);
    // The bytes of plain text are its characters already.
    if !is_binary && !beyond_ascii(text) {
        return (web::parse_json(text).unwrap_or(JsValue::UNDEFINED), None);
    }
    let bytes: Vec<u8> = String::from(text).chars().map(|byte| byte as u32 as u8).collect();
    if is_binary {
        let Some((text, run)) = envelope::split(&Uint8Array::from(&*bytes)) else {
            return unreadable;
        };
        (web::parse_json(&text).unwrap_or(JsValue::UNDEFINED), Some(run))
    } else {
        let Ok(text) = String::from_utf8(bytes) else { return unreadable };
        (web::parse_json(&text.into()).unwrap_or(JsValue::UNDEFINED), None)
    }
}

const BINARY: &str = "application/octet-stream";

/// Whether any character is beyond ASCII.
fn beyond_ascii(text: &JsString) -> bool {
    text.search(&RegExp::new("[^\\x00-\\x7f]", "")) >= 0
}
