//! The runner: calls listeners for what was admitted, one packet after the other.
//!
//! It runs on a thread of the runtime's blocking pool, for as long as there is something to run: a listener that blocks
//! holds up its own page, and nothing of the link or of other pages. A call that comes alone is made by the task that read
//! it, see `server/deputy.rs`.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Waker};

use exciton_protocol::{Call, Packet, Seq};

use super::access::Wanted;
use super::intake::{Arrival, Job, Lone};
use super::{Document, State};
use crate::dispatch::{Incoming, Request, dispatch};
use crate::error::ErrorInfo;
use crate::event::Outlet;
use crate::happening::Happening;
use crate::message_port::attach;
use crate::one_line::one_line;
use crate::signals::guarded;

impl Document {
    /// Starts a runner unless one is at work.
    pub(super) fn start_runner(self: &Arc<Self>, state: &mut State) {
        if state.intake.running || state.intake.is_empty() || state.must_wait() {
            return;
        }
        state.intake.running = true;
        self.run_elsewhere();
    }

    /// Runs what was admitted on a thread that may be blocked. The runner counts as at work.
    pub(super) fn run_elsewhere(self: &Arc<Self>) {
        let document = self.clone();
        tokio::task::spawn_blocking(move || document.run());
    }

    pub(super) fn run(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            let next = if state.must_wait() { None } else { state.intake.next() };
            state.intake.lone = Lone::No;
            let Some(job) = next else {
                state.intake.running = false;
                return;
            };
            drop(state);
            if self.work(job).is_break() {
                return;
            }
        }
    }

    pub(super) fn work(self: &Arc<Self>, job: Job) -> ControlFlow<()> {
        match job {
            Job::Arrive(arrival) => self.arrive(arrival),
            Job::Attach(ids, lost) => {
                attach(&self.ports, ids);
                guarded("close", || drop(lost));
            }
            Job::Packet(seq, packet) => return self.call(seq, packet),
            Job::Refuse(seq) => self.refuse(seq),
            Job::Part { seq, last, piece } => return self.assemble(seq, last, &piece),
        }
        ControlFlow::Continue(())
    }

    fn arrive(&self, arrival: Arrival) {
        if arrival.is_new {
            self.renderer.announce(arrival.opener.as_ref());
        }
        if let Some(gone) = arrival.gone {
            self.renderer.happened(Happening::RenderProcessGone(gone));
        }
        self.renderer.happened(Happening::DidNavigate(arrival.url));
    }

    /// Calls the listeners of one packet, if they may be called; it is consumed then. The runner is to stop if that is not
    /// decided yet.
    fn call(self: &Arc<Self>, seq: Seq, packet: Packet) -> ControlFlow<()> {
        let (kind, call) = match packet {
            Packet::Send(call) => (Incoming::Send, call),
            Packet::Invoke(call) => (Incoming::Invoke, call),
            Packet::Sync(call) => (Incoming::Sync, call),
            other => {
                if let Packet::Report(call) = other {
                    match self.excess_of_report(&call) {
                        None => self.hear(call),
                        Some(excess) => self.hear_too_much(&call, excess),
                    }
                }
                // Nothing else is admitted.
                self.consumed();
                return ControlFlow::Continue(());
            }
        };
        self.ask(Wanted { seq, kind, call })
    }

    /// Calls the listeners of a call that is allowed.
    pub(super) fn dispatch(self: &Arc<Self>, wanted: Wanted) {
        let outlet: Arc<dyn Outlet> = self.clone();
        let Wanted { seq, kind, call: Call { channel, args, extra } } = wanted;
        let request = Request { kind, seq, channel: &channel, args, extra };
        for future in
            dispatch(&self.ipc_main, &outlet, request, &mut Context::from_waker(Waker::noop()))
        {
            tokio::spawn(future);
        }
        self.consumed();
    }

    /// Puts a big packet together; its last part is the call.
    fn assemble(self: &Arc<Self>, seq: Seq, last: bool, piece: &[u8]) -> ControlFlow<()> {
        let mut state = self.lock();
        state.intake.assembly.extend_from_slice(piece);
        if !last {
            drop(state);
            self.consumed();
            return ControlFlow::Continue(());
        }
        let bytes = std::mem::take(&mut state.intake.assembly).freeze();
        let packet = Packet::from_parts_within(bytes, &self.limits);
        if let Ok(Packet::Sync(_)) = &packet {
            // As many are open as the page's nesting allows; a request past it is answered by its own time limit.
            let _ = state.link.sync_began(seq);
        }
        let fits = !matches!(&packet, Ok(Packet::Invoke(_))) || state.link.invoke_began();
        drop(state);
        match packet {
            Ok(_) if !fits => self.refuse(seq),
            Ok(packet) => return self.call(seq, packet),
            Err(error) => {
                tracing::warn!(link = ?self.id, seq, error = %one_line(&error), "a message in parts can't be read");
                let told = ErrorInfo::plain(format!("the message can't be read: {error}"));
                // What it was nobody knows: whoever waits for it hears of it.
                let mut state = self.lock();
                let _ = (state.link.sync_began(seq), state.link.invoke_began());
                drop(state);
                self.answer(seq, Err(told.clone()));
                self.settle(seq, Err(told));
                self.consumed();
            }
        }
        ControlFlow::Continue(())
    }

    /// Our own pages keep to the limit themselves.
    fn refuse(&self, seq: Seq) {
        let state = self.lock();
        let (open, limit) = (state.link.open_invokes(), state.link.limits().open_invokes);
        drop(state);
        self.settle(seq, Err(ErrorInfo::busy(open, limit)));
        self.consumed();
    }

    pub(super) fn consumed(&self) {
        let mut state = self.lock();
        let before = state.link.poll_timeout();
        state.link.consumed(1, self.now());
        let earlier = state.link.poll_timeout() < before && !state.intake.tells_later();
        drop(state);
        if earlier {
            self.outgoing.notify_one();
        }
    }
}
