//! The renderer as a WebAssembly bundle for JavaScript pages.
//!
//! Only exports: each call of `js/link.js` goes to the page's one [`Driver`], and what the driver has to tell goes to
//! the two callbacks that it was started with. Batches cross the boundary, never single messages.

#![forbid(unsafe_code)]

use std::cell::OnceCell;

use exciton_web::core::{
    Delivery, Driver, Face, Loss, LostPackets, Packets, Question, Response, Seq, Status, lost_name,
};
use js_sys::{Array, Error, JsString, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    /// A module instance has one driver, as a document has one link.
    static DRIVER: OnceCell<Driver> = const { OnceCell::new() };
}

#[wasm_bindgen]
extern "C" {
    /// What `js/link.js` is told.
    pub type Callbacks;

    #[wasm_bindgen(method)]
    fn packets(this: &Callbacks, list: &Array, skip: u32, blobs: &JsValue, tagged: bool) -> u32;

    #[wasm_bindgen(method)]
    fn opened(this: &Callbacks, socket: &JsValue);

    #[wasm_bindgen(method)]
    fn write(this: &Callbacks, socket: &JsValue, first: f64, ack: f64, packets: &JsString);

    #[wasm_bindgen(method)]
    fn put(this: &Callbacks, url: &JsString, body: &JsValue) -> JsValue;

    #[wasm_bindgen(method)]
    fn ask(
        this: &Callbacks,
        url: &JsString,
        opening: &JsString,
        packet: &JsString,
        seq: f64,
        ack: f64,
        got: f64,
    ) -> f64;

    /// What `ask` got instead.
    #[wasm_bindgen(method)]
    fn asked(this: &Callbacks) -> JsValue;

    #[wasm_bindgen(method)]
    fn lost(this: &Callbacks, why: &str, departed: f64, unknown: f64, unsent: f64, packets: &Array);

    #[wasm_bindgen(method)]
    fn changed(this: &Callbacks);
}

impl Face for Callbacks {
    fn deliver(&self, delivery: &Delivery) -> u32 {
        self.packets(&delivery.packets, delivery.skip, &list(&delivery.blobs), delivery.tagged)
    }

    fn opened(&self, socket: &JsValue) {
        self.opened(socket);
    }

    fn write(&self, socket: &JsValue, first: Seq, ack: Seq, packets: &JsString) {
        self.write(socket, first as f64, ack as f64, packets);
    }

    fn put(&self, url: &JsString, body: &JsValue) -> Response {
        response(self.put(url, body))
    }

    fn ask(&self, url: &JsString, question: &Question<'_>) -> Option<Result<Seq, Response>> {
        let Question { opening, packet, seq, ack, got } = *question;
        let got = got.map_or(-1.0, |got| got as f64);
        let answered = self.ask(url, opening, packet, seq as f64, ack as f64, got);
        Some(if answered < 0.0 { Err(response(self.asked())) } else { Ok(answered as Seq) })
    }

    fn lost(&self, loss: Loss) {
        // Counts of packets stay far below what a double holds.
        let (departed, unknown) = (loss.departed as f64, loss.unknown as f64);
        let packets = loss.packets.iter().map(lost_packets).collect();
        self.lost(lost_name(loss.why), departed, unknown, loss.unsent as f64, &packets);
    }

    fn changed(&self) {
        self.changed();
    }
}

/// Begins the page's link, and returns the limits that `js/link.js` keeps to, in the order in which `js/boot.js` names them.
///
/// What the host told the page is where its script has left it.
///
/// # Errors
/// A JavaScript error if this is no page, the host is of another version, or the link has begun already.
#[wasm_bindgen]
pub fn start(callbacks: Callbacks) -> Result<Array, JsValue> {
    let driver = Driver::start(JsValue::UNDEFINED, callbacks)?;
    let limits = driver.limits();
    let told = [
        limits.batch_packets,
        limits.batch_bytes,
        limits.whole_bytes,
        limits.packet_bytes,
        limits.outbox_bytes,
        limits.open_invokes,
        limits.frames,
    ];
    let told = told.into_iter().map(JsValue::from).collect();
    match DRIVER.with(|slot| slot.set(driver)) {
        Ok(()) => Ok(told),
        Err(_) => Err(Error::new("this page's link has begun already").into()),
    }
}

/// Takes `count` packets, whose texts are joined by commas, and returns the seq after the last.
///
/// `bytes` is at least what they have in UTF-8, with their blobs.
///
/// # Errors
/// A JavaScript error with a `code` if they are over a limit; none was taken then.
#[wasm_bindgen]
pub fn push(text: JsString, count: u32, bytes: f64, blobs: Option<Array>) -> f64 {
    let packets = packets(text, blobs);
    let pushed = driver().and_then(|driver| Ok(driver.push(packets, count, bytes as usize)?));
    match pushed {
        Ok(next) => next as f64,
        // A result would be a list of three for each call.
        Err(error) => wasm_bindgen::throw_val(error),
    }
}

/// A frame of packets without attachments came. Returns how many packets to leave out; -1 if the frame is for the core's own
/// handler. `consumed` follows, unless all is `done` already.
#[wasm_bindgen]
pub fn came(first: f64, ack: f64, count: u32, size: u32, done: bool) -> i32 {
    let Some(driver) = begun() else { return -1 };
    let skip = driver.came(first as u64, ack as u64, count, size as usize, done);
    // A frame has no more packets than an i32 holds.
    skip.map_or(-1, |skip| skip as i32)
}

/// Sends a packet after all others and waits for its answer, which `put` or `ask` has then.
///
/// # Errors
/// A JavaScript error with a `code` and `mayHaveRun` if there is no answer.
#[wasm_bindgen]
pub fn sync(text: JsString, bytes: f64, blobs: Option<Array>) {
    let packets = packets(text, blobs);
    if let Err(error) = driver().and_then(|driver| Ok(driver.sync(packets, bytes as usize)?)) {
        wasm_bindgen::throw_val(error);
    }
}

/// Bytes that wait for the host's acknowledgement.
#[wasm_bindgen]
pub fn queued() -> f64 {
    begun().map_or(0.0, |driver| driver.queued() as f64)
}

/// How the page is connected: `[state, reason or null, next retry in milliseconds of performance.now() or null]`.
#[wasm_bindgen]
pub fn status() -> Array {
    let Some(driver) = begun() else { return Array::new() };
    let Status { state, reason, next_retry } = driver.status();
    let reason = reason.map_or(JsValue::NULL, JsValue::from_str);
    let next_retry = next_retry.map_or(JsValue::NULL, |at| (at.0 as f64).into());
    Array::of3(&state.name().into(), &reason, &next_retry)
}

/// Whether half of what may wait for the host is free; if not, `changed` tells when it is.
#[wasm_bindgen(js_name = wantRoom)]
pub fn want_room() -> bool {
    begun().is_some_and(|driver| driver.want_room())
}

/// The listeners of `count` packets that came, or were held back, have been called.
#[wasm_bindgen]
pub fn consumed(count: u32) {
    if let Some(driver) = begun() {
        driver.consumed(count);
    }
}

fn begun() -> Option<Driver> {
    DRIVER.with(|slot| slot.get().cloned())
}

/// A handle of the driver: none of its calls is made while the slot is borrowed.
fn driver() -> Result<Driver, JsValue> {
    begun().ok_or_else(|| Error::new("this page's link has not begun").into())
}

/// Attachments, or null.
fn list(blobs: &[Uint8Array]) -> JsValue {
    if blobs.is_empty() { JsValue::NULL } else { blobs.iter().collect::<Array>().into() }
}

/// An object with its status beside what the host has said.
fn response(json: JsValue) -> Response {
    let status =
        js_sys::Reflect::get(&json, &"status".into()).ok().and_then(|status| status.as_f64());
    Response { status: status.unwrap_or_default() as u16, json, blobs: Vec::new() }
}

/// `[JSON joined by commas or null, how many to skip, how many had left the page]`.
fn lost_packets(packets: &LostPackets) -> Array {
    let text = packets.text.clone().map_or(JsValue::NULL, JsValue::from);
    Array::of3(&text, &packets.skip.into(), &packets.departed.into())
}

fn packets(text: JsString, blobs: Option<Array>) -> Packets {
    // JavaScript gives Uint8Arrays; were one something else, its length would be undefined and the host would refuse.
    let blobs = blobs.iter().flat_map(|blobs| blobs.iter()).map(JsCast::unchecked_into).collect();
    Packets { text, blobs }
}
