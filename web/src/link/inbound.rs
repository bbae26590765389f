//! Packets from the host, handed out in order: messages to the faces, replies to whoever waits for them. As
//! `js/inbound.js` does it.
//!
//! Two things may hold messages back. Until the task that began the link has ended, its page has no listeners yet:
//! messages wait, replies don't. And a message never overtakes the code that awaits an earlier reply: that runs when
//! the task ends, so messages behind a reply in one batch wait for a task of their own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::{Array, Object};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::own::OwnLink;
use super::{blob_list, call_face};
use crate::driver::Delivery;
use crate::web;

/// What came and what of it waits.
pub(super) struct Inbound {
    held: RefCell<VecDeque<Packet>>,
    early: Cell<bool>,
    /// A reply was handed out in this task.
    settled: Cell<bool>,
    /// Packets since the first held one, which the driver still believes to be on their way.
    unreported: Cell<u32>,
    scheduled: Cell<bool>,
    /// A task came while a synchronous call ran.
    missed: Cell<bool>,
    open: Closure<dyn Fn()>,
    release: Closure<dyn Fn()>,
    task_ended: Closure<dyn Fn()>,
}

struct Packet {
    packet: Array,
    blobs: JsValue,
    tagged: bool,
}

impl Inbound {
    pub(super) fn new(link: Weak<OwnLink>) -> Self {
        let call = |call: fn(&Rc<OwnLink>)| {
            let link = link.clone();
            Closure::new(move || {
                if let Some(link) = link.upgrade() {
                    call(&link);
                }
            })
        };
        Self {
            held: RefCell::default(),
            early: Cell::new(true),
            settled: Cell::new(false),
            unreported: Cell::new(0),
            scheduled: Cell::new(false),
            missed: Cell::new(false),
            open: call(|link| link.inbound().open()),
            release: call(|link| link.inbound().release(link)),
            task_ended: call(|link| link.inbound().settled.set(false)),
        }
    }

    /// The page has its listeners when the task that runs now has ended.
    pub(super) fn open_later(&self) {
        web::later(&self.open);
    }

    fn open(&self) {
        self.early.set(false);
        if !self.held.borrow().is_empty() {
            self.schedule();
        }
    }

    /// Returns how many packets are done with; the driver is told of the others later.
    pub(super) fn packets(&self, link: &Rc<OwnLink>, delivery: &Delivery) -> u32 {
        let mut done = 0;
        let mut blobs = delivery.blobs.iter();
        for (index, packet) in delivery.packets.iter().enumerate() {
            let packet: Array = packet.unchecked_into();
            let count = packet.get(3).dyn_ref::<Array>().map_or(0, Array::length);
            let own: Vec<_> = blobs.by_ref().take(count as usize).cloned().collect();
            if index < delivery.skip as usize {
                continue;
            }
            let packet = Packet { packet, blobs: blob_list(&own), tagged: delivery.tagged };
            if self.may_go(&packet) {
                self.deliver(link, &packet);
                if self.unreported.get() == 0 && self.held.borrow().is_empty() {
                    done += 1;
                    continue;
                }
            } else {
                self.held.borrow_mut().push_back(packet);
            }
            self.unreported.set(self.unreported.get() + 1);
        }
        if !self.early.get() && !self.held.borrow().is_empty() {
            self.schedule();
        }
        done
    }

    fn may_go(&self, packet: &Packet) -> bool {
        if self.early.get() {
            return packet.is_reply();
        }
        self.held.borrow().is_empty() && (packet.is_reply() || !self.settled.get())
    }

    fn release(&self, link: &Rc<OwnLink>) {
        self.scheduled.set(false);
        // Firefox runs tasks inside a synchronous request; no listener may run there.
        if link.is_syncing() {
            self.missed.set(true);
            return;
        }
        loop {
            let has_to_wait = match self.held.borrow().front() {
                Some(packet) => self.settled.get() && !packet.is_reply(),
                None => break,
            };
            if has_to_wait {
                self.schedule();
                return;
            }
            let packet = self.held.borrow_mut().pop_front();
            if let Some(packet) = packet {
                self.deliver(link, &packet);
            }
        }
        link.consumed(self.unreported.take());
    }

    fn schedule(&self) {
        if !self.scheduled.replace(true) {
            web::later(&self.release);
        }
    }

    /// No synchronous call is under way any more.
    pub(super) fn unblock(&self) {
        if self.missed.take() {
            self.schedule();
        }
    }

    /// The link was lost. What arrived is still handed out, but the new link's count doesn't know it.
    pub(super) fn restart(&self) {
        self.unreported.set(0);
    }

    fn deliver(&self, link: &Rc<OwnLink>, packet: &Packet) {
        let Packet { packet, blobs, tagged } = packet;
        let (subject, value) = (packet.get(1), packet.get(2));
        match packet.get(0).as_string().as_deref() {
            Some("send") => {
                message(&link.faces(), &subject, [&value, blobs, &(*tagged).into(), &packet.get(4)])
            }
            Some(kind @ ("reply" | "fail")) => {
                if !self.settled.replace(true) {
                    web::queue_microtask(web::function(&self.task_ended));
                }
                let seq = web::whole(&subject).unwrap_or(u64::MAX);
                if let Err(error) = link.settle(seq, kind == "reply", &value, blobs, *tagged) {
                    web::report(&error);
                }
            }
            Some("order") => {
                let name = subject.as_string().unwrap_or_default();
                let arguments = Array::of4(&value, blobs, &(*tagged).into(), &packet.get(4));
                if let Err(error) = link.obey(&name, &arguments) {
                    web::report(&error);
                }
            }
            _ => web::complain("exciton: the host sent a packet that this page doesn't know"),
        }
    }
}

impl Packet {
    fn is_reply(&self) -> bool {
        let kind = self.packet.get(0);
        kind == "reply" || kind == "fail"
    }
}

/// Each face gets its own copy: what a listener does to its arguments is nobody else's business.
fn message(faces: &[Object], channel: &JsValue, [args, blobs, tagged, extra]: [&JsValue; 4]) {
    if let [face] = faces {
        return call_face(face, "message", &[channel, args, blobs, tagged, extra]);
    }
    let copy = |value: &JsValue| {
        let copy = web::call(&web::global(), "structuredClone", &[value]);
        copy.unwrap_or_else(|_| value.clone())
    };
    // All copies first, before any listener touches the arguments.
    let copies: Vec<_> = faces.iter().map(|_| (copy(args), copy(blobs))).collect();
    for (face, (args, blobs)) in faces.iter().zip(copies) {
        call_face(face, "message", &[channel, &args, &blobs, tagged, extra]);
    }
}
