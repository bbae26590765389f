//! What was admitted and is not run yet, in order.

use std::sync::Arc;

use exciton_protocol::{
    Admit, Calls, ConnId, Excess, Frame, FrameError, Packet, PeerMisbehaved, Seq, TooNested,
};
use tokio::task::AbortHandle;

use super::assembly::Assembly;
use super::queue::{Job, Queue};
use super::{Document, State};
use crate::happening::RenderProcessGoneDetails;
use crate::message_port::Refused;
use crate::renderer::Renderer;

/// What the runner is to run, and how it is at work.
#[derive(Default)]
pub(crate) struct Intake {
    pub(super) queue: Queue,
    /// A runner is at work, or about to be.
    pub(super) running: bool,
    /// How the runner is at work, if whoever read its one job makes it.
    pub(super) lone: Lone,
    /// What the runner stands still for: the application has not decided yet whether a call is made.
    pub(super) held: Option<AbortHandle>,
    /// The packet that is being put together.
    assembly: Assembly,
}

/// A call that came alone, and is made by the task that read it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lone {
    #[default]
    No,
    /// It waits for the task.
    Waits,
    /// It is being made. Who waits for what comes of it is told when it is through.
    Runs(Seq),
}

/// What the application is to hear of a document that has come.
pub(crate) struct Arrival {
    /// Its tab is new, and perhaps opened by another one's page.
    pub(crate) is_new: bool,
    pub(crate) opener: Option<Arc<Renderer>>,
    /// How the document before ended, if that said no goodbye.
    pub(crate) gone: Option<RenderProcessGoneDetails>,
    pub(crate) url: String,
}

/// Why a frame of the page was not taken. The connection or request that brought it ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Misbehaved(#[from] PeerMisbehaved),
    #[error(transparent)]
    Nested(#[from] TooNested),
    /// A packet in parts is larger, or in more of them, than any may be.
    #[error(transparent)]
    Excess(#[from] Excess),
    #[error("a {0} is not a page's to send")]
    Direction(&'static str),
}

impl Intake {
    /// Whether a runner is at work now.
    pub(super) fn is_running(&self) -> bool {
        self.running && self.lone != Lone::Waits
    }

    /// Whether the connection's task looks for what there is to write, as soon as a lone call is through.
    pub(super) fn tells_later(&self) -> bool {
        matches!(self.lone, Lone::Runs(_))
    }

    /// Empties it. What was in it is dropped without a lock.
    pub(super) fn clear(&mut self) -> Queue {
        self.assembly = Assembly::default();
        std::mem::take(&mut self.queue)
    }

    /// Nobody waits any more for what the runner stands still for: its future is dropped, and so is the runner.
    pub(super) fn let_go(&mut self) {
        if let Some(held) = self.held.take() {
            held.abort();
            self.running = false;
        }
    }
}

/// How a frame with packets came.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Socket(ConnId),
    Sync,
}

impl Document {
    /// Lets the application hear of the document, before anything that its page sends.
    pub(crate) fn announce(self: &Arc<Self>, arrival: Arrival) {
        let mut state = self.lock();
        state.intake.queue.put_first(Job::Arrive(arrival));
        self.start_runner(&mut state);
    }

    /// Connects the ports that went with early messages, by their numbers here, and closes those that could not go.
    pub(crate) fn attach_ports(self: &Arc<Self>, ids: Vec<u64>, lost: Vec<Refused>) {
        if ids.is_empty() && lost.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.intake.queue.put(Job::Attach(ids, lost));
        self.start_runner(&mut state);
    }

    /// Takes packets that a connection or a synchronous request brought, once and in order, and starts the runner. A lone call
    /// is left for whoever brought it, if that `calls`: it looks for it by [`Self::has_lone`].
    pub(crate) fn take(
        self: &Arc<Self>,
        state: &mut State,
        way: Way,
        calls: bool,
        frame: Frame,
        size: usize,
    ) -> Result<(), Refusal> {
        let (first, ack, count) = match &frame {
            Frame::Data { first, ack, .. } | Frame::Calls { first, ack, .. } => {
                (*first, *ack, frame.count())
            }
            Frame::Part { seq, ack, .. } => (*seq, *ack, 1),
            _ => return Err(Refusal::Direction("control frame")),
        };
        if let Frame::Part { seq, piece, .. } = &frame
            && *seq == state.link.admitted()
        {
            state.intake.assembly.admits(piece.len(), &self.limits)?;
        }
        let admit = match way {
            Way::Socket(conn) => {
                match state.link.handle_data(conn, first, count, size, ack, self.now())? {
                    Some(admit) => admit,
                    None => return Ok(()),
                }
            }
            Way::Sync => state.link.handle_sync_data(first, count, size)?,
        };
        let Admit::Take { skip } = admit else { return Ok(()) };
        match frame {
            Frame::Data { packets, .. } => {
                for (index, packet) in packets.into_iter().enumerate().skip(skip as usize) {
                    self.admit(state, first + index as Seq, packet)?;
                }
            }
            Frame::Calls { calls, .. } => self.admit_calls(state, first, skip, calls)?,
            Frame::Part { seq, last, piece, .. } => {
                state.intake.assembly.take(&piece, &self.limits);
                if last {
                    self.assembled(state, seq)?;
                } else if state.intake.running || !state.intake.queue.is_empty() {
                    state.intake.queue.put(Job::Part);
                } else {
                    // Nothing is before it.
                    if state.consume(self.now()) {
                        self.outgoing.notify_one();
                    }
                }
            }
            _ => {}
        }
        if !(calls && state.begin_lone()) {
            self.start_runner(state);
        }
        self.arrived.notify_waiters();
        Ok(())
    }

    /// A packet whose last part has come is one like any other, but a long text is left for the runner to read.
    fn assembled(&self, state: &mut State, seq: Seq) -> Result<(), Refusal> {
        let bytes = state.intake.assembly.finish();
        if Packet::text_in_parts(&bytes) <= SHORT
            && let Ok(packet) = Packet::from_parts_within(bytes.clone(), &self.limits)
        {
            return self.admit(state, seq, packet);
        }
        state.intake.queue.put(Job::Assembled(seq, bytes));
        Ok(())
    }

    fn admit_calls(
        &self,
        state: &mut State,
        first: Seq,
        skip: u32,
        mut calls: Calls,
    ) -> Result<(), Refusal> {
        if let Some(before) = skip.checked_sub(1) {
            calls.nth(before as usize);
        }
        let seq = first + Seq::from(skip);
        // One by itself is at hand anyway.
        if calls.len() == 1 {
            return calls.try_for_each(|packet| self.admit(state, seq, packet));
        }
        let mut excess = None;
        for (call, is_invoke) in (seq..).zip(calls.invokes()) {
            if is_invoke && !state.link.invoke_began() {
                excess.get_or_insert(call);
            }
        }
        state.intake.queue.put_calls(seq, calls, excess);
        Ok(())
    }

    fn admit(&self, state: &mut State, seq: Seq, packet: Packet) -> Result<(), Refusal> {
        match &packet {
            Packet::Send(_) | Packet::Report(_) => {}
            Packet::Invoke(_) => {
                if !state.link.invoke_began() {
                    state.intake.queue.put(Job::Refuse(seq));
                    return Ok(());
                }
            }
            Packet::Sync(_) => state.link.sync_began(seq)?,
            _ => return Err(Refusal::Direction("reply")),
        }
        state.intake.queue.put(Job::Packet(seq, packet));
        Ok(())
    }
}

/// Bytes of a text that is read at once.
const SHORT: usize = 64 * 1_024;
