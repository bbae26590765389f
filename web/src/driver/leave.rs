//! The document's own life: seen or hidden, asleep, unloading.

use std::rc::Rc;

use exciton_protocol::Seq;
use js_sys::{Array, JsString};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::clock::now;
use super::frame_text::Contact;
use super::payload::{Packets, Payload};
use super::sync::Frames;
use super::{Inner, is_hidden, sync_xhr};
use crate::web;

/// The listeners on window and document.
pub(crate) struct PageEvents {
    /// Kept for as long as the browser may call it.
    _handler: Closure<dyn Fn(JsValue)>,
}

impl PageEvents {
    pub(crate) fn listen(handle: impl Fn(JsValue) + 'static) -> Self {
        let handler = Closure::new(handle);
        let document = web::get_global("document");
        for (target, name) in [
            (&web::global(), ONLINE),
            (&web::global(), PAGEHIDE),
            (&web::global(), PAGESHOW),
            (&document, VISIBILITY),
        ] {
            // Both have the method in every browser.
            let _ = web::call(target, "addEventListener", &[&name.into(), web::function(&handler)]);
        }
        Self { _handler: handler }
    }
}

impl Inner {
    pub(super) fn on_page_event(self: &Rc<Self>, event: JsValue) {
        let name = web::get_text(&event, "type").unwrap_or_default();
        let into_cache = web::get(&event, "persisted").is_truthy();
        match name.as_str() {
            PAGEHIDE => {
                self.tab.leave(&self.link_id());
                // What the page's own listeners send after this comes from a document that has left.
                self.report(LEFT);
                self.farewell.set(Farewell::NONE);
                self.leaving.set(true);
                if into_cache {
                    self.link.borrow_mut().handle_freeze();
                } else {
                    self.bye();
                    // Says the same where the request is lost, as Firefox loses those of a tab that closes.
                    self.link.borrow_mut().handle_leave();
                }
            }
            PAGESHOW if into_cache => {
                self.leaving.set(false);
                self.tab.come_back(&self.link_id());
                self.report(BACK);
                self.wake();
            }
            ONLINE => self.wake(),
            VISIBILITY => {
                let hidden = is_hidden();
                self.link.borrow_mut().set_hidden(hidden);
                if !hidden {
                    self.wake();
                }
            }
            _ => {}
        }
        self.pump();
    }

    fn report(&self, text: &str) {
        self.take(Packets { text: text.into(), blobs: Vec::new() }, 1, text.len());
    }

    fn wake(&self) {
        self.urge();
        if self.is_known() {
            self.link.borrow_mut().handle_wake(now());
        }
    }

    /// Tells the host that the document leaves, with the unacknowledged packets as far as browsers let a request that
    /// outlives its document carry them. The socket may be closed already.
    ///
    /// What the page sends while it unloads leaves by further such requests. Each repeats what the ones before have
    /// carried, as long as there is room for that: nobody knows which of them arrives first, or at all.
    pub(super) fn bye(&self) {
        if !self.is_known() {
            return;
        }
        let body = {
            let mut frames = Frames::default();
            let mut link = self.link.borrow_mut();
            let (ack, got) = link.sync_header();
            let got = got.to_vec();
            let mut farewell = self.farewell.get();
            let all: usize = link.backlog(Seq::MAX).map(|one| one.batch.size + FRAME_BYTES).sum();
            let from = if all <= farewell.room { 0 } else { farewell.told };
            for flight in link.backlog(Seq::MAX).filter(|flight| flight.first >= from) {
                let Some(rest) = farewell.room.checked_sub(flight.batch.size + FRAME_BYTES) else {
                    if let Some(first_of_it) = beginning(&flight.batch.payload, farewell.room) {
                        frames.add(flight.first, ack, &first_of_it);
                    }
                    // What comes behind it would be out of order.
                    farewell.room = 0;
                    break;
                };
                farewell.room = rest;
                farewell.told = flight.first + Seq::from(flight.batch.count);
                frames.add(flight.first, ack, &flight.batch.payload);
            }
            farewell.room = farewell.room.saturating_sub(HEAD_BYTES);
            self.farewell.set(farewell);
            let contact =
                Contact { link: link.id(), epoch: link.epoch(), ack, fresh: link.is_fresh() };
            frames.body(&contact.request(&got, None, &self.tab))
        };
        let headers = web::object(&[]);
        for (name, value) in sync_xhr::headers(&body) {
            web::set(&headers, name, &value.into());
        }
        let init = web::object(&[
            ("method", &"PUT".into()),
            ("keepalive", &JsValue::TRUE),
            ("headers", &headers),
            ("body", &body),
        ]);
        if let Ok(response) = web::call(&web::global(), "fetch", &[&self.sync_url, &init]) {
            web::either(&response, &self.tasks.ignore);
        }
    }
}

/// As many packets of a batch as fit. Batches with attachments stay whole: their packets rarely fit anyway.
fn beginning(payload: &Payload, room: usize) -> Option<Payload> {
    let Payload::Packets(Packets { text, blobs }) = payload else { return None };
    let room = room.checked_sub(FRAME_BYTES).filter(|_| blobs.is_empty())?;
    let batch: Array = web::parse_json(&web::concat("[", text, "]")).ok()?.dyn_into().ok()?;
    let mut fitting: Option<JsString> = None;
    let mut size = 0;
    for packet in batch.iter() {
        let packet = web::write_json(&packet).ok()?;
        // No character has more than three bytes per unit.
        size += 3 * packet.length() as usize + 1;
        if size > room {
            break;
        }
        fitting = Some(match fitting {
            Some(before) => web::join(&before, &",".into(), &packet),
            None => packet,
        });
    }
    Some(Payload::Packets(Packets { text: fitting?, blobs: Vec::new() }))
}

const ONLINE: &str = "online";
const PAGEHIDE: &str = "pagehide";
const PAGESHOW: &str = "pageshow";
const VISIBILITY: &str = "visibilitychange";

/// How far a document has come with its goodbye.
#[derive(Clone, Copy)]
pub(crate) struct Farewell {
    /// Bytes that may still leave: what there is room for counts for all such requests of a page together.
    room: usize,
    /// All packets before this one were carried by one.
    told: Seq,
}

impl Farewell {
    pub(crate) const NONE: Self = Self { room: KEEPALIVE_BYTES, told: 0 };
}

/// Says in its place among the packets that the document has begun to unload.
const LEFT: &str = "[\"report\",\"frame-left\",[0]]";

/// And that it is shown again.
const BACK: &str = "[\"report\",\"frame-back\",[0]]";

/// Browsers refuse keepalive requests whose bodies have more than 64 KiB together.
const KEEPALIVE_BYTES: usize = 60 * 1_024;

/// At most what a request has beside its frames.
const HEAD_BYTES: usize = 1_024;

/// At most what a frame adds to its packets.
const FRAME_BYTES: usize = 64;

#[cfg(all(test, target_arch = "wasm32"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    fn text(payload: Option<Payload>) -> Option<String> {
        match payload? {
            Payload::Packets(packets) => Some(packets.text.into()),
            Payload::Part { .. } => None,
        }
    }

    #[wasm_bindgen_test]
    fn a_batch_that_is_too_big_leaves_with_its_first_packets() {
        let packets =
            "[\"send\",\"a\",[1]],[\"send\",\"b\",[{\"z\":1,\"a\":2}]],[\"send\",\"c\",[3]]";
        let batch = Payload::Packets(Packets { text: packets.into(), blobs: Vec::new() });
        let both = "[\"send\",\"a\",[1]],[\"send\",\"b\",[{\"z\":1,\"a\":2}]]";
        let room = FRAME_BYTES + 3 * both.len() + 2;
        assert_eq!(text(beginning(&batch, room)).as_deref(), Some(both));
        assert!(beginning(&batch, FRAME_BYTES + 20).is_none());
        assert!(beginning(&batch, 10).is_none());
    }
}
