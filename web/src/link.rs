//! The document's one link as all its faces share it: the object in `globalThis[Symbol.for('exciton')]`.
//!
//! Whoever comes first makes it, `js/link.js` of the bundle or [`own`] here; the two are equal, and a face can't tell
//! which it has. So a page's Rust and JavaScript are one WebContents with one order.

mod inbound;
mod object;
mod own;
mod post;
mod window;

use js_sys::{Array, JsString, Object, Symbol, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::driver::StartError;
use crate::web;

#[wasm_bindgen]
extern "C" {
    /// The object.
    #[derive(Clone)]
    pub(crate) type Link;

    /// Queues a packet, given as its JSON and its blobs or null. For an invoke, `settle` is called once: `(true, value,
    /// blobs, tagged)` or `(false, {name, message, code?, data?, mayHaveRun?}, blobs, tagged)`. Throws if there is no
    /// room, and then nothing was queued.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn post(
        this: &Link,
        text: &JsString,
        blobs: &JsValue,
        settle: &JsValue,
    ) -> Result<(), JsValue>;

    /// Sends a packet after all that was posted and waits for `{answer, blobs}` or `{error, blobs}`.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn sync(this: &Link, text: &JsString, blobs: &JsValue) -> Result<JsValue, JsValue>;

    /// From now on the face gets `message(channel, args, blobs, tagged, extra)` for each message of the host, and
    /// `lost({why, unknown, unsent})` with a lost link.
    #[wasm_bindgen(method)]
    pub(crate) fn attach(this: &Link, face: &Object);

    /// `[state, reason or null, next retry in milliseconds of performance.now() or null, queued bytes]`.
    #[wasm_bindgen(method)]
    pub(crate) fn status(this: &Link) -> Array;

    /// Calls back, in a microtask, whenever the status has changed or the room that was asked for is there.
    #[wasm_bindgen(method)]
    pub(crate) fn watch(this: &Link, callback: &JsValue);

    /// The handler gets the host's orders of that name: `(args, blobs, tagged, extra)`.
    #[wasm_bindgen(method)]
    pub(crate) fn order(this: &Link, name: &str, handler: &JsValue);

    /// Whether half of what may wait for the host is free. If not, the watchers are called when it is.
    #[wasm_bindgen(method, catch, js_name = wantRoom)]
    pub(crate) fn want_room(this: &Link) -> Result<bool, JsValue>;
}

/// The document's link. It begins here if it hasn't yet.
///
/// # Errors
/// [`StartError`] if it can't begin, or another build of Exciton on the page made it in another version.
pub(crate) fn of_document() -> Result<Link, StartError> {
    let name: JsValue = Symbol::for_("exciton").into();
    let global = web::global();
    let there = js_sys::Reflect::get(&global, &name).unwrap_or(JsValue::UNDEFINED);
    if !there.is_undefined() {
        let fits = web::get(&there, "version") == VERSION;
        return if fits { Ok(there.unchecked_into()) } else { Err(StartError::OtherLink) };
    }
    let object = match above(&name) {
        Some(link) => link,
        None => object::of(&own::OwnLink::start()?),
    };
    let property = web::object(&[("value", &object)]);
    Object::<JsValue>::define_property(global.unchecked_ref(), &name, property.unchecked_ref());
    Ok(object.unchecked_into())
}

/// The link of the nearest page around this document that we may look into and that shares its link with frames. One
/// that was made by a Rust face doesn't: the document gets a link of its own then.
fn above(name: &JsValue) -> Option<JsValue> {
    let own = web::global();
    let mut view = own.clone();
    loop {
        let parent = web::get(&view, "parent");
        if !parent.is_object() || parent == view {
            return None;
        }
        view = parent;
        // Another site's page can't be looked into.
        let link = js_sys::Reflect::get(&view, name).unwrap_or(JsValue::UNDEFINED);
        if web::get(&link, "version") == VERSION && web::has(&link, "join") {
            return web::call(&link, "join", &[&own]).ok();
        }
    }
}

/// Attachments as they go between the parts of a page: an array of `Uint8Array`, or null for none.
pub(crate) fn blob_list(blobs: &[Uint8Array]) -> JsValue {
    if blobs.is_empty() { JsValue::NULL } else { blobs.iter().collect::<Array>().into() }
}

/// The same, read.
pub(crate) fn read_blobs(list: &JsValue) -> Vec<Uint8Array> {
    let list =
        list.dyn_ref::<Array>().map(|list| list.iter().map(JsCast::unchecked_into).collect());
    list.unwrap_or_default()
}

/// Calls a method of a face; what it throws is reported.
fn call_face(face: &Object, method: &'static str, arguments: &[&JsValue]) {
    if let Err(error) = web::call(face, method, arguments) {
        web::report(&error);
    }
}

/// Of the object's protocol.
const VERSION: u32 = 1;
