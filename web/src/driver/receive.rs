//! What comes by the socket, on its way to the faces.

use std::rc::Rc;

use exciton_protocol::{Admit, CloseReason, LinkLost, PeerMisbehaved, Seq};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::Inner;
use super::assembly::Assembly;
use super::clock::now;
use super::inbound::{self, Delivery, Frame};
use super::socket::SocketEvent;
use crate::web;

impl Inner {
    /// An event of socket `number`. What comes while a synchronous request runs waits for a later task.
    pub(super) fn on_socket(self: &Rc<Self>, number: u32, event: SocketEvent) {
        let is_first = self.waiting.borrow().is_empty();
        if is_first && !self.is_busy() {
            self.handle(number, event);
            return;
        }
        self.waiting.borrow_mut().push_back((number, event));
        if is_first {
            self.drain_later();
        }
    }

    /// Handles one event that had to wait; the next has its own turn, after what this one's listeners have begun.
    pub(super) fn drain(self: &Rc<Self>) {
        if self.is_busy() {
            self.drain_later();
            return;
        }
        // It stays in the queue meanwhile, so that nothing overtakes the rest of it.
        let event = self.waiting.borrow_mut().front_mut().map(|(number, event)| {
            (*number, std::mem::replace(event, SocketEvent::Message(JsValue::UNDEFINED)))
        });
        if let Some((number, event)) = event {
            self.handle(number, event);
            self.waiting.borrow_mut().pop_front();
        }
        if !self.waiting.borrow().is_empty() {
            web::queue_microtask(web::function(&self.tasks.drain));
        }
    }

    /// No engine runs a timer inside a synchronous request.
    fn drain_later(&self) {
        web::set_timeout(web::function(&self.tasks.drain), 0.0);
    }

    pub(super) fn is_busy(&self) -> bool {
        self.syncing.get() > 0 || self.delivering.get()
    }

    fn handle(self: &Rc<Self>, number: u32, event: SocketEvent) {
        // Of a socket that another has taken the place of.
        if number != self.sockets.get() {
            return;
        }
        match event {
            SocketEvent::Open => self.link.borrow_mut().handle_open(now()),
            SocketEvent::Message(data) => self.handle_message(&data),
            SocketEvent::Closed => {
                let closed = self.socket.borrow_mut().take();
                drop(closed);
                self.link.borrow_mut().handle_closed(now(), web::entropy());
            }
        }
        self.pump();
    }

    fn handle_message(self: &Rc<Self>, data: &JsValue) {
        let taken = match inbound::read(data) {
            None => return self.give_up(CloseReason::Undecodable),
            Some(Frame::Lost(why)) => return self.lose(why),
            Some(Frame::Welcome { ack, admitted, tab }) => {
                self.tab.keep(&tab);
                self.link.borrow_mut().handle_welcome(ack, admitted, now())
            }
            Some(Frame::Ack(ack)) => self.link.borrow_mut().handle_ack(ack, now()),
            Some(Frame::Data { first, ack, delivery }) => self.handle_data(first, ack, delivery),
            Some(Frame::Part { seq, ack, last, piece }) => self.handle_part(seq, ack, last, piece),
        };
        if taken.is_err() {
            self.give_up(CloseReason::Misbehaved);
        }
    }

    /// The host broke a rule of the wire: another connection repairs the link.
    pub(super) fn give_up(&self, reason: CloseReason) {
        self.close_socket(reason);
        self.link.borrow_mut().handle_misbehaved(now(), web::entropy());
    }

    fn handle_data(
        &self,
        first: Seq,
        ack: Seq,
        mut delivery: Delivery,
    ) -> Result<(), PeerMisbehaved> {
        let count = delivery.packets.length();
        delivery.skip = self.admit(first, ack, count, delivery.size)?;
        if delivery.skip < count {
            self.hand_out(&delivery);
        }
        Ok(())
    }

    /// How many of the packets to leave out.
    pub(super) fn admit(
        &self,
        first: Seq,
        ack: Seq,
        count: u32,
        size: usize,
    ) -> Result<u32, PeerMisbehaved> {
        let admit = self.link.borrow_mut().handle_data(first, count, size, ack, now())?;
        Ok(match admit {
            Admit::Take { skip } => skip,
            Admit::Duplicate => count,
        })
    }

    fn handle_part(
        self: &Rc<Self>,
        seq: Seq,
        ack: Seq,
        last: bool,
        piece: Uint8Array,
    ) -> Result<(), PeerMisbehaved> {
        let size = piece.length() as usize;
        let most = self.link.borrow().limits().packet_bytes as usize + HEADROOM;
        if self.assembly.borrow().size + size > most {
            return Err(PeerMisbehaved::StrayPart);
        }
        if self.admit(seq, ack, 1, size)? > 0 {
            return Ok(());
        }
        self.assembly.borrow_mut().take(&piece, most);
        if !last {
            let consumed = self.arrivals.borrow_mut().piece();
            self.link.borrow_mut().consumed(consumed, now());
            return Ok(());
        }
        match self.assembly.replace(Assembly::new()).finish() {
            Some(delivery) => self.hand_out(&delivery),
            // It was admitted, so no connection brings it again.
            None => self.lose(LinkLost::Expired),
        }
        Ok(())
    }

    fn hand_out(&self, delivery: &Delivery) {
        self.deliver(delivery.packets.length() - delivery.skip);
        let done = self.face.deliver(delivery);
        self.consumed(done);
    }
}

/// What a packet's envelope may have beyond its data.
const HEADROOM: usize = 64 * 1_024;
