//! The renderer as a WebAssembly bundle for JavaScript pages: the exports that `js/link.js` calls, over the driver.
//!
//! Exports live here alone: those of a dependency would end up in every page that depends on it.

use std::cell::OnceCell;

use exciton_web::core::{Delivery, Driver, Face, Limits, Loss, Packets, StartError, lost_name};
use js_sys::{Array, JSON, JsString, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

thread_local! {
    /// The document's link.
    static DRIVER: OnceCell<Driver> = const { OnceCell::new() };
}

#[wasm_bindgen]
extern "C" {
    /// What `link.js` gives to be called back.
    pub type Callbacks;

    #[wasm_bindgen(method, catch)]
    fn packets(
        this: &Callbacks,
        list: &Array,
        skip: u32,
        blobs: &JsValue,
        tagged: bool,
    ) -> Result<u32, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn lost(this: &Callbacks, why: &str, unsent: f64, unknown: f64) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// Begins the page's link. `facts` is the JSON of what the host told the page, or empty. Returns the JSON of the limits
/// that hold. The callbacks are called in later tasks only.
///
/// # Errors
/// An `Error` if there is no document, or the host is of another version, or the link has begun already.
#[wasm_bindgen]
pub fn start(facts: &str, callbacks: Callbacks) -> Result<JsString, JsValue> {
    let facts = if facts.is_empty() { JsValue::UNDEFINED } else { JSON::parse(facts)? };
    let driver = Driver::start(facts, Page { callbacks })?;
    let limits = limits(driver.limits())?;
    DRIVER.with(|cell| cell.set(driver)).map_err(|_| JsValue::from(StartError::Begun))?;
    Ok(limits)
}

/// Takes packets: their texts joined by commas, their number, an upper bound of their bytes, and all their blobs.
/// Returns the seq after the last one.
///
/// # Errors
/// An `Error` with a `code` if they are too big or too much waits; nothing was taken then.
#[wasm_bindgen]
pub fn push(texts: JsString, count: u32, bytes: f64, blobs: Option<Array>) -> Result<f64, JsValue> {
    let next = driver()?.push(packets(texts, blobs), count, bytes as usize)?;
    Ok(next as f64)
}

/// Sends a packet after all others and blocks until it is answered. Returns the answer's JSON, parsed, and its blobs or
/// null.
///
/// # Errors
/// An `Error` with a `code` and `mayHaveRun`.
#[wasm_bindgen]
pub fn sync(text: JsString, bytes: f64, blobs: Option<Array>) -> Result<Array, JsValue> {
    let answer = driver()?.sync(packets(text, blobs), bytes as usize)?;
    Ok(Array::of2(&answer.body, &list(&answer.blobs)))
}

/// Bytes that wait for the host's acknowledgement.
#[wasm_bindgen]
pub fn queued() -> Result<f64, JsValue> {
    Ok(driver()?.queued() as f64)
}

/// So many further packets are done with.
#[wasm_bindgen]
pub fn consumed(count: u32) -> Result<(), JsValue> {
    driver()?.consumed(count);
    Ok(())
}

/// The page's faces, behind the callbacks.
struct Page {
    callbacks: Callbacks,
}

impl Face for Page {
    fn deliver(&self, delivery: &Delivery) -> u32 {
        let all = delivery.packets.length() - delivery.skip;
        let blobs = list(&delivery.blobs);
        let done =
            self.callbacks.packets(&delivery.packets, delivery.skip, &blobs, delivery.tagged);
        // Listeners' errors are caught where the listeners are called. Past that, going on is better than a stuck page.
        done.unwrap_or_else(|error| {
            console_error(&error);
            all
        })
    }

    fn lost(&self, loss: Loss) {
        if let Err(error) =
            self.callbacks.lost(lost_name(loss.why), loss.unsent as f64, loss.unknown as f64)
        {
            console_error(&error);
        }
    }
}

/// The link, which never ends once it has begun. A clone, so that nothing is borrowed while it works.
fn driver() -> Result<Driver, JsValue> {
    DRIVER.with(|cell| cell.get().cloned()).ok_or_else(|| StartError::NotBegun.into())
}

fn packets(text: JsString, blobs: Option<Array>) -> Packets {
    let blobs = blobs.map(|blobs| blobs.iter().map(JsCast::unchecked_into).collect());
    Packets { text, blobs: blobs.unwrap_or_default() }
}

fn list(blobs: &[Uint8Array]) -> JsValue {
    if blobs.is_empty() { JsValue::NULL } else { blobs.iter().collect::<Array>().into() }
}

fn limits(limits: &Limits) -> Result<JsString, JsValue> {
    let object = Object::new();
    let rows = [
        ("outboxBytes", limits.outbox_bytes),
        ("openInvokes", limits.open_invokes),
        ("batchPackets", limits.batch_packets),
        ("batchBytes", limits.batch_bytes),
        ("wholeBytes", limits.whole_bytes),
        ("packetBytes", limits.packet_bytes),
        ("depth", limits.depth),
    ];
    for (name, value) in rows {
        Reflect::set(&object, &name.into(), &value.into())?;
    }
    JSON::stringify(&object)
}
