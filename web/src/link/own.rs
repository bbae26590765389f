//! The link of a document whose Rust face came first: what `js/link.js` is for the others.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use exciton_protocol::{Full, LinkLost, Seq, TooLarge};
use js_sys::{Array, Function, JsString, Object};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::inbound::Inbound;
use super::post::{self, Batch, Unsettled, blob_bytes, packet_bytes};
use super::{blob_list, call_face, read_blobs};
use crate::driver::{
    Answer, Delivery, Driver, Face, Loss, LostPackets, Packets, PushError, StartError, Status,
    lost_name, lost_text,
};
use crate::web;

/// The link, over a driver of its own.
pub(super) struct OwnLink {
    driver: OnceCell<Driver>,
    faces: RefCell<Vec<Object>>,
    /// What the host may want of the page itself, beside what every page knows.
    orders: RefCell<HashMap<String, Function>>,
    batch: RefCell<Batch>,
    unsettled: RefCell<Unsettled>,
    inbound: Inbound,
    /// Synchronous calls under way.
    syncing: Cell<u32>,
    /// Who wants to know of the connection.
    watchers: RefCell<Vec<Function>>,
    /// The watchers will be called when this task ends.
    told: Cell<bool>,
    tell: Closure<dyn Fn()>,
    flush: Closure<dyn Fn()>,
}

/// What the driver calls.
struct Callbacks(Weak<OwnLink>);

impl OwnLink {
    /// Begins the document's link.
    pub(super) fn start() -> Result<Rc<Self>, StartError> {
        let link = Rc::new_cyclic(|weak: &Weak<Self>| Self {
            driver: OnceCell::new(),
            faces: RefCell::default(),
            orders: RefCell::default(),
            batch: RefCell::default(),
            unsettled: RefCell::default(),
            inbound: Inbound::new(weak.clone()),
            syncing: Cell::new(0),
            watchers: RefCell::default(),
            told: Cell::new(false),
            tell: {
                let weak = weak.clone();
                Closure::new(move || {
                    if let Some(link) = weak.upgrade() {
                        link.tell_watchers();
                    }
                })
            },
            flush: {
                let weak = weak.clone();
                Closure::new(move || {
                    if let Some(Err(error)) = weak.upgrade().map(|link| link.flush()) {
                        web::report(&error.into());
                    }
                })
            },
        });
        let driver = Driver::start(JsValue::UNDEFINED, Callbacks(Rc::downgrade(&link)))?;
        link.driver.set(driver).map_err(|_| StartError::Begun)?;
        link.inbound.open_later();
        link.watch_page();
        Ok(link)
    }

    fn driver(&self) -> Result<&Driver, StartError> {
        self.driver.get().ok_or(StartError::NotBegun)
    }

    pub(super) fn attach(&self, face: Object) {
        self.faces.borrow_mut().push(face);
    }

    pub(super) fn faces(&self) -> Vec<Object> {
        self.faces.borrow().clone()
    }

    /// The handler gets the host's orders of that name.
    pub(super) fn order(&self, name: String, handler: Function) {
        self.orders.borrow_mut().insert(name, handler);
    }

    /// Does what the host wants. `arguments` are an order's: `args, blobs, tagged, extra`.
    pub(super) fn obey(self: &Rc<Self>, name: &str, arguments: &Array) -> Result<(), JsValue> {
        let handler = self.orders.borrow().get(name).cloned();
        if let Some(handler) = handler {
            return handler.apply(&JsValue::UNDEFINED, arguments).map(drop);
        }
        self.obey_window(name, &arguments.get(0)).unwrap_or_else(|| {
            web::complain("exciton: the host gave an order that this page doesn't know");
            Ok(())
        })
    }

    /// A URL of the host's.
    pub(super) fn below_base(&self, path: &str) -> JsValue {
        let mut url = self.driver.get().map(|driver| driver.base().to_owned()).unwrap_or_default();
        url.push_str(path);
        url.into()
    }

    pub(super) fn inbound(&self) -> &Inbound {
        &self.inbound
    }

    pub(super) fn is_syncing(&self) -> bool {
        self.syncing.get() > 0
    }

    pub(super) fn post(
        &self,
        text: JsString,
        blobs: &JsValue,
        settle: Option<Function>,
    ) -> Result<(), JsValue> {
        let limits = *self.driver()?.limits();
        let packet = Packets { text, blobs: read_blobs(blobs) };
        let most = 3 * packet.text.length() as usize + blob_bytes(&packet.blobs);
        self.require_room(&packet, most, settle.is_some())?;
        // No text below a third of the limit can be over it, so that most are never looked through.
        if most > limits.whole_bytes as usize {
            let bytes = packet_bytes(&packet);
            if bytes > limits.whole_bytes as usize {
                self.flush()?;
                self.push(packet, 1, bytes, vec![settle])?;
                return Ok(());
            }
        }
        let is_full = {
            let mut batch = self.batch.borrow_mut();
            if batch.is_empty() {
                web::queue_microtask(web::function(&self.flush));
            }
            batch.add(packet, settle);
            batch.is_full(&limits)
        };
        if is_full {
            self.flush()?;
        }
        Ok(())
    }

    /// What is let in can't be refused later, in the microtask, where nobody would hear of it: so texts count with the
    /// most bytes they may have (`most`) until that matters, and then exactly.
    fn require_room(&self, packet: &Packets, most: usize, is_invoke: bool) -> Result<(), JsValue> {
        let driver = self.driver()?;
        let limits = driver.limits();
        let limit = limits.packet_bytes as usize;
        if most > limit {
            let size = packet_bytes(packet);
            if size > limit {
                return Err(PushError::TooLarge(TooLarge { size, limit }).into());
            }
        }
        let cap = limits.outbox_bytes as usize;
        let waiting = self.batch.borrow().most_bytes();
        if driver.queued() + waiting + most > cap {
            self.flush()?;
            let queued = driver.queued() + packet_bytes(packet);
            if queued > cap {
                return Err(PushError::Full(Full { queued, cap }).into());
            }
        }
        let open = self.unsettled.borrow().len() + self.batch.borrow().invokes;
        let limit = limits.open_invokes as usize;
        if is_invoke && open >= limit {
            return Err(PushError::Busy { open: open + 1, limit }.into());
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), PushError> {
        let batch = self.batch.borrow_mut().take();
        match batch {
            Some((packets, count, size, settles)) => self.push(packets, count, size, settles),
            None => Ok(()),
        }
    }

    fn push(
        &self,
        packets: Packets,
        count: u32,
        size: usize,
        settles: Vec<Option<Function>>,
    ) -> Result<(), PushError> {
        if let Some(driver) = self.driver.get() {
            let next = driver.push(packets, count, size)?;
            self.unsettled.borrow_mut().add(next, settles);
        }
        Ok(())
    }

    pub(super) fn sync(&self, text: JsString, blobs: &JsValue) -> Result<JsValue, JsValue> {
        self.flush()?;
        let packet = Packets { text, blobs: read_blobs(blobs) };
        let size = packet_bytes(&packet);
        self.syncing.set(self.syncing.get() + 1);
        let outcome = self.driver()?.sync(packet, size);
        self.syncing.set(self.syncing.get() - 1);
        if !self.is_syncing() {
            self.inbound.unblock();
        }
        let Answer { body, blobs } = outcome?;
        let name = if web::has(&body, "error") { "error" } else { "answer" };
        Ok(web::object(&[(name, &web::get(&body, name)), ("blobs", &blob_list(&blobs))]))
    }

    pub(super) fn consumed(&self, count: u32) {
        if let Some(driver) = self.driver.get() {
            driver.consumed(count);
        }
    }

    pub(super) fn settle(
        &self,
        seq: Seq,
        ok: bool,
        value: &JsValue,
        blobs: &JsValue,
        tagged: bool,
    ) -> Result<(), JsValue> {
        let waiting = self.unsettled.borrow_mut().take(seq);
        waiting.map_or(Ok(()), |settle| post::settle(&settle, ok, value, blobs, tagged))
    }

    /// As `js/link.js` says it.
    pub(super) fn status(&self) -> Array {
        let Some(driver) = self.driver.get() else { return Array::new() };
        let Status { state, reason, next_retry } = driver.status();
        let queued = driver.queued() + self.batch.borrow().most_bytes();
        Array::of4(
            &state.name().into(),
            &reason.map_or(JsValue::NULL, JsValue::from_str),
            &next_retry.map_or(JsValue::NULL, |at| (at.0 as f64).into()),
            &(queued as f64).into(),
        )
    }

    pub(super) fn watch(&self, callback: Function) {
        self.watchers.borrow_mut().push(callback);
    }

    pub(super) fn want_room(&self) -> Result<bool, JsValue> {
        self.flush()?;
        Ok(self.driver()?.want_room())
    }

    fn tell_watchers(&self) {
        self.told.set(false);
        let watchers = self.watchers.borrow().clone();
        for watcher in watchers {
            if let Err(error) = watcher.call0(&JsValue::UNDEFINED) {
                web::report(&error);
            }
        }
    }

    fn lost(&self, loss: Loss) {
        self.inbound.restart();
        let why = lost_name(loss.why);
        let waiting = self.unsettled.borrow_mut().take_all();
        for (seq, settle) in waiting {
            let error = failure(&loss, seq < loss.departed);
            if let Err(error) = post::settle(&settle, false, &error, &JsValue::NULL, false) {
                web::report(&error);
            }
        }
        let messages: Array = loss.packets.iter().flat_map(lost_messages).collect();
        let detail = web::object(&[
            ("messages", &messages),
            ("why", &why.into()),
            ("unknown", &(loss.unknown as f64).into()),
            ("unsent", &(loss.unsent as f64).into()),
        ]);
        for face in self.faces() {
            if web::has(&face, "lost") {
                call_face(&face, "lost", &[&detail]);
            }
        }
        if loss.why == LinkLost::Closed
            && let Err(error) = self.close_page()
        {
            web::report(&error);
        }
    }
}

impl Face for Callbacks {
    fn deliver(&self, delivery: &Delivery) -> u32 {
        self.0.upgrade().map_or(0, |link| link.inbound.packets(&link, delivery))
    }

    fn lost(&self, loss: Loss) {
        if let Some(link) = self.0.upgrade() {
            link.lost(loss);
        }
    }

    fn changed(&self) {
        if let Some(link) = self.0.upgrade()
            && !link.told.replace(true)
        {
            web::queue_microtask(web::function(&link.tell));
        }
    }
}

/// The messages of a batch as `js/loss.js` lists them.
fn lost_messages(lost: &LostPackets) -> Vec<JsValue> {
    let message = |kind: &JsValue, channel: &JsValue, args: &JsValue, index: u32| {
        let may_have_run = index < lost.departed;
        web::object(&[
            ("kind", kind),
            ("channel", channel),
            ("args", args),
            ("mayHaveRun", &may_have_run.into()),
        ])
    };
    let undefined = JsValue::UNDEFINED;
    let Some(text) = &lost.text else {
        return vec![message(&"send".into(), &undefined, &undefined, 0)];
    };
    let list = web::parse_json(&web::concat("[", text, "]")).unwrap_or(JsValue::NULL);
    let list: Array = list.dyn_into().unwrap_or_default();
    let packets = list.iter().zip(0..).skip(lost.skip as usize);
    packets
        .filter(|(packet, _)| web::get(packet, "0") != "report")
        .map(|(packet, index)| {
            let field = |name| web::get(&packet, name);
            message(&field("0"), &field("1"), &field("2"), index)
        })
        .collect()
}

/// What an invoke comes to whose link was lost: as a `fail` packet's value.
fn failure(loss: &Loss, may_have_run: bool) -> JsValue {
    let mut message = lost_text(loss.why).to_owned();
    message.push_str(if may_have_run {
        "; the call may have run"
    } else {
        " before the call was sent"
    });
    let code = lost_name(loss.why).to_ascii_uppercase().replace('-', "_");
    web::object(&[
        ("name", &"Error".into()),
        ("message", &message.into()),
        ("code", &code.into()),
        ("mayHaveRun", &may_have_run.into()),
    ])
}
