//! The document's own life: seen or hidden, asleep, unloading.

use std::rc::Rc;

use exciton_protocol::Seq;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::clock::now;
use super::frame_text::Contact;
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
                if into_cache {
                    self.link.borrow_mut().handle_freeze();
                } else {
                    self.leaving.set(true);
                    self.bye();
                }
            }
            PAGESHOW if into_cache => {
                self.tab.come_back(&self.link_id());
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

    fn wake(&self) {
        self.urge();
        if self.is_known() {
            self.link.borrow_mut().handle_wake(now());
        }
    }

    /// Tells the host that the document leaves, with the unacknowledged packets as far as browsers let a request that
    /// outlives its document carry them. The socket may be closed already.
    pub(super) fn bye(&self) {
        if !self.is_known() {
            return;
        }
        let body = {
            let mut frames = Frames::default();
            let mut link = self.link.borrow_mut();
            let (ack, got) = link.sync_header();
            let got = got.to_vec();
            let mut room = KEEPALIVE_BYTES;
            for flight in link.backlog(Seq::MAX) {
                let Some(rest) = room.checked_sub(flight.batch.size + FRAME_BYTES) else { break };
                room = rest;
                frames.add(flight.first, ack, &flight.batch.payload);
            }
            let contact =
                Contact { link: link.id(), epoch: link.epoch(), ack, fresh: link.is_fresh() };
            frames.body(&contact.request(&got, None, &self.tab.info()))
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
        if let Ok(response) =
            web::call(&web::global(), "fetch", &[&sync_xhr::url(&self.base), &init])
        {
            web::either(&response, &self.tasks.ignore);
        }
    }
}

const ONLINE: &str = "online";
const PAGEHIDE: &str = "pagehide";
const PAGESHOW: &str = "pageshow";
const VISIBILITY: &str = "visibilitychange";

/// Browsers refuse a keepalive request with a body over 64 KiB.
const KEEPALIVE_BYTES: usize = 60 * 1_024;

/// At most what a frame adds to its packets.
const FRAME_BYTES: usize = 64;
