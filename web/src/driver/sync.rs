//! `sendSync`: one synchronous request that carries everything the host doesn't have yet.

use exciton_protocol::{LinkLost, Seq, TooLarge};
use js_sys::{JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::clock::now;
use super::envelope;
use super::frame_text::{self, Contact};
use super::lost::lost_reason;
use super::payload::{Packets, Payload};
use super::sync_xhr::Response;
use super::{Driver, Inner, SyncError, boot};
use crate::web;

/// The answer to a synchronous packet, unless the face keeps it.
pub struct Answer {
    /// The host's JSON: an object with `answer`, or with `error` (`name`, `message`, and maybe `code` and `data`).
    pub body: JsValue,
    /// The attachments that the value names.
    pub blobs: Vec<Uint8Array>,
}

/// A synchronous packet without attachments, when the host has all before it.
pub struct Question<'a> {
    /// What the request's body begins with, up to the number of its acknowledgement.
    pub opening: &'a JsString,
    /// The packet.
    pub packet: &'a JsString,
    /// Its number.
    pub seq: Seq,
    /// The next packet that the page wants.
    pub ack: Seq,
    /// An answer that the host may forget.
    pub got: Option<Seq>,
}

impl Driver {
    /// Sends one packet after all that was pushed, and blocks until it is answered. `size` is as in
    /// [`Driver::push`]. The packets go with the request, not with the socket, so it works before there is one.
    ///
    /// # Errors
    /// [`SyncError`]; its [`may_have_run`](SyncError::may_have_run) says whether a listener may have been called.
    pub fn sync(&self, packet: Packets, size: usize) -> Result<Answer, SyncError> {
        let inner = &self.0;
        let limit = inner.told.packet_bytes as usize;
        if size > limit {
            return Err(SyncError::TooLarge(TooLarge { size, limit }));
        }
        inner.know_host()?;
        inner.link.borrow().check_nesting().map_err(SyncError::TooNested)?;
        inner.link.borrow().check_sync_room().map_err(SyncError::Full)?;
        let text = packet.blobs.is_empty().then(|| packet.text.clone());
        inner.take(packet, 1, size);
        let seq = inner.link.borrow().next_seq() - 1;
        inner.link.borrow_mut().sync_begin(seq).map_err(SyncError::TooNested)?;
        let generation = inner.generation.get();
        inner.syncing.set(inner.syncing.get() + 1);
        let outcome = inner.exchange(seq, generation, text);
        inner.syncing.set(inner.syncing.get() - 1);
        if generation == inner.generation.get() {
            inner.link.borrow_mut().sync_end(seq);
            if let Err(SyncError::Lost { why, .. }) = &outcome {
                inner.lose(*why);
            }
        }
        inner.pump();
        outcome
    }
}

impl Inner {
    /// The epoch must be known before the first packet leaves; here there is no time to wait for it.
    fn know_host(&self) -> Result<(), SyncError> {
        let mut tries = 0;
        while !self.is_known() {
            match boot::ask_blocking(&self.base) {
                Some(facts) => self.adopt(facts),
                None => tries = self.pause(tries, false)?,
            }
        }
        Ok(())
    }

    fn exchange(
        &self,
        seq: Seq,
        generation: u32,
        text: Option<JsString>,
    ) -> Result<Answer, SyncError> {
        let limit = self.link.borrow().limits().sync_total;
        let end = now().plus(limit);
        let mut tries = 0;
        let mut is_first = true;
        let (mut request, mut asked) = self.ask_shortly(seq, text);
        if let Some(Ok(ack)) = asked {
            self.check_link(generation)?;
            self.take_numbers(ack, seq + 1, &request)?;
            return Ok(Answer { body: JsValue::UNDEFINED, blobs: Vec::new() });
        }
        loop {
            let response = asked.take().and_then(Result::err).unwrap_or_else(|| {
                if request.body.is_undefined() {
                    request.body = self.request(seq, true).body;
                }
                self.face.put(&self.sync_url, &request.body)
            });
            self.check_link(generation)?;
            match response.status {
                // The very same packets again: the host skips what it has got.
                0 => tries = self.pause(tries, true)?,
                200 => {
                    self.take_state(&request, &response)?;
                    return Ok(Answer { body: response.json, blobs: response.blobs });
                }
                202 => {
                    self.take_state(&request, &response)?;
                    request = self.request(seq, false);
                    tries = 0;
                }
                410 => {
                    let why =
                        lost_reason(&web::get(&response.json, "lost")).ok_or(SyncError::Garbled)?;
                    let admitted = web::get(&response.json, "admitted").is_truthy();
                    // A call within this one has taken its packet along.
                    let along = self.link.borrow().sync_went_along(seq);
                    let may_have_run = admitted || !is_first || along;
                    return Err(SyncError::Lost { why, may_have_run });
                }
                status => {
                    let error = web::get(&response.json, "error");
                    let message = web::get_text(&error, "message").unwrap_or_default();
                    return Err(SyncError::Refused { status, message: message.into() });
                }
            }
            is_first = false;
            if now() >= end {
                return Err(SyncError::TimedOut { limit });
            }
        }
    }

    /// An error if a call within this one has found the link lost.
    fn check_link(&self, generation: u32) -> Result<(), SyncError> {
        if generation == self.generation.get() {
            return Ok(());
        }
        Err(SyncError::Lost { why: LinkLost::Expired, may_have_run: true })
    }

    /// Waits before the next try. The page is blocked anyway, and no browser lets its main thread sleep.
    fn pause(&self, tries: u32, may_have_run: bool) -> Result<u32, SyncError> {
        let pause = PAUSES.get(tries as usize).filter(|_| !self.leaving.get());
        let tries = tries + 1;
        let Some(pause) = pause else { return Err(SyncError::Unreachable { tries, may_have_run }) };
        let until = now().plus(*pause);
        while now() < until {}
        Ok(tries)
    }

    /// Asks in the shortest way, if all before the packet are at the host and there is little else to say. The body of the
    /// request that comes with it is then still to be written, if it has to be made again.
    fn ask_shortly(
        &self,
        seq: Seq,
        text: Option<JsString>,
    ) -> (Request, Option<Result<Seq, Response>>) {
        let mut link = self.link.borrow_mut();
        let is_short = !link.is_fresh() && link.admitted() == seq;
        let (ack, got) = link.sync_header();
        let request = Request { body: JsValue::UNDEFINED, got: got.to_vec() };
        let Some(packet) = text.filter(|_| is_short && request.got.len() < 2) else {
            return (request, None);
        };
        let mut known = self.opening.borrow_mut();
        if known.0 != self.generation.get() {
            let mut text = String::new();
            Contact { link: link.id(), epoch: link.epoch(), ack, fresh: false }.open(&mut text);
            *known = (self.generation.get(), text.as_str().into());
        }
        let opening = known.1.clone();
        drop(known);
        drop(link);
        self.depart(seq + 1);
        let got = request.got.first().copied();
        let question = Question { opening: &opening, packet: &packet, seq, ack, got };
        let asked = self.face.ask(&self.sync_url, &question);
        (request, asked)
    }

    /// With the packets that the host doesn't have yet, or only to go on waiting.
    fn request(&self, seq: Seq, with_packets: bool) -> Request {
        let mut frames = Frames::default();
        let mut link = self.link.borrow_mut();
        let (ack, got) = link.sync_header();
        let got = got.to_vec();
        if with_packets {
            for flight in link.backlog(seq) {
                frames.add(flight.first, ack, &flight.batch.payload);
            }
            self.depart(seq + 1);
        }
        let contact = Contact { link: link.id(), epoch: link.epoch(), ack, fresh: link.is_fresh() };
        let body = frames.body(&contact.request(&got, Some(seq), &self.tab));
        Request { body, got }
    }

    /// Where the link stands, as each answer says.
    fn take_state(&self, request: &Request, response: &Response) -> Result<(), SyncError> {
        let number = |name| web::whole(&web::get(&response.json, name)).ok_or(SyncError::Garbled);
        let (ack, admitted) = (number("ack")?, number("admitted")?);
        // A link stays in the tab that it began in.
        if self.link.borrow().is_fresh() {
            self.tab.keep(&web::get(&response.json, "tab"));
        }
        self.take_numbers(ack, admitted, request)
    }

    #[inline(never)]
    fn take_numbers(&self, ack: Seq, admitted: Seq, request: &Request) -> Result<(), SyncError> {
        let mut link = self.link.borrow_mut();
        link.handle_sync(ack, admitted, &request.got, now()).map_err(|_| SyncError::Garbled)
    }
}

/// What is sent, again and again if it has no answer.
struct Request {
    body: JsValue,
    /// The earlier calls that it lets the host forget.
    got: Vec<Seq>,
}

/// The frames of a request's body.
#[derive(Default)]
pub(super) struct Frames {
    text: Option<JsString>,
    blobs: Vec<Uint8Array>,
}

impl Frames {
    /// Adds a batch.
    pub(super) fn add(&mut self, first: Seq, ack: Seq, payload: &Payload) {
        let frame = match payload {
            Payload::Packets(packets) => {
                self.blobs.extend(packets.blobs.iter().cloned());
                frame_text::data(first, ack, &packets.text)
            }
            Payload::Part { piece, last } => {
                self.blobs.extend(piece.clone().take(piece.length()));
                frame_text::part(first, ack, *last, piece.length()).into()
            }
        };
        self.text = Some(match self.text.take() {
            Some(text) => web::join(&text, web::text(",").unchecked_ref(), &frame),
            None => frame,
        });
    }

    /// The whole body; `head` ends where the frames begin.
    pub(super) fn body(&self, head: &JsString) -> JsValue {
        let text = self.text.clone().unwrap_or_else(|| "".into());
        let json = web::join(head, &text, web::text("]}").unchecked_ref());
        envelope::join(&json, &self.blobs)
    }
}

/// Milliseconds before each further try of a request that had no answer.
const PAUSES: [u64; 6] = [0, 50, 100, 200, 400, 800];
