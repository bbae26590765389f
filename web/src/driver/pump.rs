//! Does what the link wants: the loop after each input.

use std::rc::Rc;

use exciton_protocol::{CloseReason, PageTransmit, Seq, Want, close_code};
use js_sys::{JsString, Uint8Array};
use wasm_bindgen::JsValue;

use super::clock::now;
use super::envelope::{self, Run};
use super::frame_text::{self, Contact, Hello};
use super::payload::Payload;
use super::socket::{self, Socket};
use super::{Boot, Inner, boot};
use crate::web;

impl Inner {
    /// Called after each input. While a synchronous request runs nothing goes out: it carries what waits.
    pub(super) fn pump(self: &Rc<Self>) {
        if self.syncing.get() > 0 {
            return;
        }
        self.ask_if_due();
        if self.is_known() {
            self.follow();
            self.transmit();
        }
        self.observe();
        self.arm();
    }

    pub(super) fn on_timer(self: &Rc<Self>) {
        self.clock.fired();
        if self.is_known() {
            self.link.borrow_mut().handle_timeout(now(), web::entropy());
        }
        self.pump();
    }

    /// The answer to a probe: a response, or why there is none.
    pub(super) fn on_alive(self: &Rc<Self>, response: JsValue) {
        let alive = web::get(&response, "ok").is_truthy();
        self.watch.probed(web::whole(&web::get(&response, "status")).unwrap_or(0));
        self.link.borrow_mut().handle_alive(alive, now(), web::entropy());
        self.pump();
    }

    /// Closes the socket, if there is one, and takes no more of its events.
    pub(super) fn close_socket(&self, reason: CloseReason) {
        self.sockets.set(self.sockets.get().wrapping_add(1));
        let socket = self.socket.borrow_mut().take();
        if let Some(socket) = socket {
            socket.close(close_code(reason));
        }
    }

    pub(super) fn arm(&self) {
        let due = match self.boot.get() {
            Boot::Known => self.link.borrow().poll_timeout(),
            Boot::Waiting { until } => Some(until),
            Boot::Unknown { .. } | Boot::Asked => None,
        };
        self.clock.arm(due);
    }

    fn follow(self: &Rc<Self>) {
        while let Some(want) = self.next_want() {
            self.follow_one(want);
        }
    }

    // What is rare is kept apart, here and below: what runs for each call is compiled once more by the browser while calls
    // wait, all that was inlined into it included.
    #[cold]
    #[inline(never)]
    fn follow_one(self: &Rc<Self>, want: Want) {
        match want {
            Want::Connect => self.connect(),
            Want::Probe => self.probe(),
            Want::Close(reason) => self.close_socket(reason),
            _ => {}
        }
    }

    fn next_want(&self) -> Option<Want> {
        self.link.borrow_mut().poll_want()
    }

    fn connect(self: &Rc<Self>) {
        self.close_socket(CloseReason::Silent);
        let number = self.sockets.get();
        let weak = Rc::downgrade(self);
        let socket = Socket::open(&self.base, move |event| {
            if let Some(inner) = weak.upgrade() {
                inner.on_socket(number, event);
            }
        });
        if socket.is_none() {
            self.link.borrow_mut().handle_closed(now(), web::entropy());
        }
        let opened = socket.as_ref().map(|socket| socket.as_js().clone());
        *self.socket.borrow_mut() = socket;
        if let Some(opened) = opened {
            self.face.opened(&opened);
        }
    }

    /// Browsers punish failing sockets by seconds, failing fetches not at all.
    fn probe(self: &Rc<Self>) {
        match boot::ask(&self.base, "alive", PROBE_LIMIT) {
            Some(response) => web::either(&response, &self.tasks.alive),
            None => self.link.borrow_mut().handle_alive(false, now(), web::entropy()),
        }
    }

    fn transmit(&self) {
        while let Some(message) = self.next_message() {
            // The link only writes while it believes in an open socket.
            let Some(socket) = self.socket.borrow().as_ref().map(|socket| socket.as_js().clone())
            else {
                continue;
            };
            match message {
                Message::Whole(message) => socket::send(&socket, &message),
                Message::Part(bytes, before) => {
                    socket::send(&socket, &bytes);
                    bytes.set(&before, 0);
                }
                Message::Packets(first, ack, text) => self.face.write(&socket, first, ack, &text),
            }
        }
    }

    fn next_message(&self) -> Option<Message> {
        let mut link = self.link.borrow_mut();
        let (id, epoch) = (link.id(), link.epoch());
        Some(match link.poll_transmit(now())? {
            PageTransmit::Data { flight, ack } => {
                let (first, batch) = (flight.first, flight.batch);
                self.depart(first + Seq::from(batch.count));
                match &batch.payload {
                    Payload::Packets(packets) if packets.blobs.is_empty() => {
                        Message::Packets(first, ack, packets.text.clone())
                    }
                    Payload::Packets(packets) => {
                        let json = frame_text::data(first, ack, &packets.text);
                        Message::Whole(envelope::join(&json, &packets.blobs))
                    }
                    Payload::Part { piece, last } => self.part(first, ack, piece, *last),
                }
            }
            PageTransmit::Hello { attempt, ack, admitted, fresh } => {
                let contact = Contact { link: id, epoch, ack, fresh };
                Message::Whole(self.hello(&contact, &Hello { attempt, admitted }))
            }
            PageTransmit::Ack(ack) => Message::Whole(JsValue::from_str(&frame_text::ack(ack))),
            PageTransmit::Ping => Message::Whole(JsValue::from_str(frame_text::PING)),
            _ => return None,
        })
    }

    #[cold]
    #[inline(never)]
    fn hello(&self, contact: &Contact, hello: &Hello) -> JsValue {
        contact.hello(hello, &self.tab.info()).into()
    }

    /// A part's message. The browser copies what it is given, so the head is laid over the end of the part before for as long as
    /// that takes, if there is one.
    #[inline(never)]
    fn part(&self, first: Seq, ack: Seq, piece: &Run, last: bool) -> Message {
        let json = frame_text::part(first, ack, last, piece.length());
        let head = envelope::bytes(&json.into(), &[]);
        let length = head.length();
        if let Some(message) = piece.with_before(length) {
            let before = Uint8Array::new(&message.subarray(0, length));
            message.set(&head, 0);
            return Message::Part(message, before);
        }
        let size = length + piece.length();
        let mut desk = self.desk.borrow_mut();
        if desk.length() < size {
            *desk = Uint8Array::new_with_length(size);
        }
        desk.set(&head, 0);
        piece.copy_to(&desk.subarray(length, size));
        Message::Whole(desk.subarray(0, size).into())
    }

    /// Packets before `end` have left the page.
    pub(super) fn depart(&self, end: Seq) {
        self.departed.set(self.departed.get().max(end));
    }
}

/// What goes out next.
enum Message {
    Whole(JsValue),
    /// A part behind its head, as it lies in memory; and what was there where the head is, to be put back.
    Part(Uint8Array, Uint8Array),
    /// Packets without attachments: the seq of the first, the acknowledgement, their text.
    Packets(Seq, Seq, JsString),
}

/// How long a probe may take, in milliseconds.
const PROBE_LIMIT: f64 = 1_000.0;
