//! The synchronous request: `PUT` to the sync route, blocking.

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::envelope;
use crate::web;

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
    let request = web::construct("XMLHttpRequest", &[]).ok()?;
    let call = |method, arguments: &[&JsValue]| web::call(&request, method, arguments).ok();
    call("open", &[&"PUT".into(), &url(base), &JsValue::FALSE])?;
    for (name, value) in headers(body) {
        call("setRequestHeader", &[&name.into(), &value.into()])?;
    }
    // A synchronous request may not ask for bytes. This charset keeps each byte in a character of its own.
    call("overrideMimeType", &[&"text/plain; charset=x-user-defined".into()])?;
    call("send", &[body])?;
    let status = web::whole(&web::get(&request, "status")).filter(|status| *status != 0)?;
    let kind = call("getResponseHeader", &[&"content-type".into()])?.as_string();
    let is_binary = kind.is_some_and(|kind| kind.starts_with(BINARY));
    let (json, run) = read(web::get(&request, "responseText").unchecked_ref(), is_binary);
    // A status has three digits.
    Some(Response { status: status as u16, json, run })
}

/// The sync route below the base URL.
pub(crate) fn url(base: &str) -> JsValue {
    let mut url = String::from(base);
    url.push_str("sync");
    url.into()
}

/// The headers of a request with this body. The custom one keeps other origins out: they would need a preflight.
pub(crate) fn headers(body: &JsValue) -> [(&'static str, &'static str); 2] {
    let kind = if body.is_string() { "application/json" } else { BINARY };
    [("content-type", kind), ("x-exciton", "1")]
}

fn read(text: &JsString, is_binary: bool) -> (JsValue, Option<Uint8Array>) {
    let unreadable = (JsValue::UNDEFINED, None);
    // The bytes of plain text are its characters already.
    if !is_binary && !web::beyond_ascii(text) {
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
