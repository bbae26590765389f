//! What a tab is sent: by its document, or kept for the one to come.

use std::sync::atomic::Ordering;

use exciton_protocol::{Args, Call, Full, LinkLost, Packet, Value};
use tokio::sync::oneshot;

use super::{Renderer, State};
use crate::document::PushError;
use crate::error::SendError;
use crate::event::Outlet;
use crate::message_port::{End, Refused};
use crate::renderer_files::EXECUTE_JS;
use crate::slow_consumer::SlowConsumer;

impl Renderer {
    /// Sends a message.
    pub(crate) fn send(&self, call: Call) -> Result<(), SendError> {
        match self.slow.of(&call.channel) {
            SlowConsumer::Block => self.push(Packet::Send(call)),
            policy => self.send_patiently(policy, call),
        }
    }

    /// Sends a message that a slow page may miss.
    fn send_patiently(&self, policy: SlowConsumer, call: Call) -> Result<(), SendError> {
        loop {
            let active = self.lock().active.clone();
            // One that has not come is not slow.
            let Some(active) = active else { return self.push(Packet::Send(call)) };
            match active.push_patiently(policy, &call) {
                Err(PushError::Over) => {
                    self.deactivate(active.id);
                }
                Err(PushError::TooSlow) => {
                    tracing::warn!(
                        web_contents = self.id,
                        channel = &*call.channel,
                        "a page is too slow"
                    );
                    active.end(LinkLost::TooSlow);
                    self.deactivate(active.id);
                }
                other => return other.map_err(|error| self.refused(error, &Packet::Send(call))),
            }
        }
    }

    /// Wants something of the page itself.
    pub(crate) fn order(&self, name: &str, args: Args) -> Result<(), SendError> {
        self.push(Packet::Order(Call::new(name, args)))
    }

    /// Sends to the document that is shown, or keeps it for the one that comes.
    pub(crate) fn push(&self, packet: Packet) -> Result<(), SendError> {
        loop {
            let mut state = self.lock();
            if state.destroyed {
                return Err(SendError::Destroyed);
            }
            let Some(active) = state.active.clone() else {
                self.keep(&mut state, &packet)?;
                state.early.push((packet, Vec::new()));
                return Ok(());
            };
            drop(state);
            match active.push(&packet) {
                // Its link has just ended: the tab shows another document now, or waits for one, or is gone.
                Err(PushError::Over) => {
                    self.deactivate(active.id);
                }
                other => return other.map_err(|error| self.refused(error, &packet)),
            }
        }
    }

    /// Sends a message that hands ports over.
    pub(crate) fn send_ports(&self, call: Call, mut ends: Vec<End>) -> Result<(), Refused> {
        loop {
            let mut state = self.lock();
            if state.destroyed {
                return Err(Refused { error: SendError::Destroyed, ends });
            }
            let Some(active) = state.active.clone() else {
                let packet = Packet::Send(call);
                return match self.keep(&mut state, &packet) {
                    Ok(()) => {
                        state.early.push((packet, ends));
                        Ok(())
                    }
                    Err(error) => Err(Refused { error, ends }),
                };
            };
            drop(state);
            match active.ports().send(call.clone(), ends) {
                // Its link has just ended.
                Err(Refused { error: SendError::FrameGone, ends: back }) => {
                    self.deactivate(active.id);
                    ends = back;
                }
                other => return other,
            }
        }
    }

    /// Runs a script in the document that is shown, or in the one that comes. The result is what it came to, or an error
    /// object; the sender is dropped if the document goes away before.
    pub(crate) fn execute(
        &self,
        code: &str,
    ) -> Result<oneshot::Receiver<Result<Value, Value>>, SendError> {
        loop {
            let (sender, result) = oneshot::channel();
            let mut state = self.lock();
            if state.destroyed {
                return Err(SendError::Destroyed);
            }
            state.executions += 1;
            let id = state.executions;
            let order = Call::new("execute", Args::from_serialize(&(id, code, EXECUTE_JS))?);
            let packet = Packet::Order(order);
            let Some(active) = state.active.clone() else {
                self.keep(&mut state, &packet)?;
                state.early.push((packet, Vec::new()));
                state.early_executions.push((id, sender));
                return Ok(result);
            };
            drop(state);
            match active.execute(id, sender, &packet) {
                Ok(()) => return Ok(result),
                Err(PushError::Over) => {
                    self.deactivate(active.id);
                }
                Err(other) => return Err(self.refused(other, &packet)),
            }
        }
    }

    /// What was sent before there was a document: all that a page without a browser is sent.
    pub(crate) fn take_early(&self) -> Vec<Packet> {
        let mut state = self.lock();
        state.early_bytes = 0;
        self.room.notify_waiters();
        let early = std::mem::take(&mut state.early);
        drop(state);
        early.into_iter().map(|(packet, _)| packet).collect()
    }

    /// How many bytes wait for the page, and how many may; `None` if it is destroyed.
    pub(crate) fn waiting(&self) -> Option<(usize, usize)> {
        let state = self.lock();
        let active = match &state.active {
            _ if state.destroyed => return None,
            None => return Some((state.early_bytes, self.early_limit)),
            Some(active) => active.clone(),
        };
        drop(state);
        let state = active.lock();
        Some((state.link.queued_bytes(), state.link.limits().outbox_bytes as usize))
    }

    /// Whether there is room to keep a packet.
    fn keep(&self, state: &mut State, packet: &Packet) -> Result<(), SendError> {
        let size = weight(packet);
        let queued = state.early_bytes + size;
        if queued > self.early_limit {
            self.refused.store(size, Ordering::Relaxed);
            return Err(Full { queued, cap: self.early_limit }.into());
        }
        state.early_bytes = queued;
        Ok(())
    }

    /// Why a message was not taken; a sender that waits for room is told how much it needs.
    pub(crate) fn refused(&self, error: PushError, packet: &Packet) -> SendError {
        match error {
            PushError::Over | PushError::TooSlow => SendError::Destroyed,
            PushError::Full(full) => {
                self.refused.store(weight(packet), Ordering::Relaxed);
                full.into()
            }
            PushError::TooLarge(large) => large.into(),
            PushError::Busy { open, limit } => SendError::Busy { open, limit },
        }
    }
}

/// Bytes of a packet, about.
fn weight(packet: &Packet) -> usize {
    let mut text = String::new();
    packet.write(&mut text);
    text.len() + packet.blobs().iter().map(bytes::Bytes::len).sum::<usize>()
}
