//! Whether a call of the page is made: decided in the order of the calls, before anybody hears of them.
//!
//! A decision that is not there at once is waited for by a task of its own. The runner stops meanwhile, and holds no thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use exciton_protocol::{Call, Excess, Limits, Seq};

use super::Document;
use super::runner::{Done, Turn};
use crate::access::{CallKind, Gate, Refused, refuse};
use crate::dispatch::Incoming;
use crate::error::ErrorInfo;
use crate::event::Sender;
use crate::handler::BoxFuture;
use crate::one_line::one_line;

/// What the application lets the page do.
pub(crate) struct Access {
    pub(crate) gate: Arc<Gate>,
    /// The page's origin, as its browser says.
    pub(crate) origin: Arc<str>,
}

/// A call that the page wants to make.
pub(super) struct Wanted {
    pub(super) seq: Seq,
    pub(super) kind: Incoming,
    pub(super) call: Call,
}

impl Document {
    /// Makes the call if it may be made.
    pub(super) fn ask(self: &Arc<Self>, turn: &mut Turn, wanted: Wanted) -> Done {
        let kind = CallKind::of(wanted.kind, &wanted.call);
        let Access { gate, origin } = &self.access;
        if let Err(refused) = gate.check(&self.renderer, kind, &wanted.call.channel) {
            return self.decided(turn, wanted, Err(refused));
        }
        if let Some(excess) = self.excess(&wanted.call) {
            self.too_much(&wanted, excess);
            return Done::Heard;
        }
        let from = || Sender::new(self.clone(), wanted.call.extra.frame);
        let Some(mut decision) = gate.ask(from, origin, kind, &wanted.call) else {
            return self.decided(turn, wanted, Ok(()));
        };
        // What unwinds to here is a destructor: the rest is caught within.
        let mut first = || decision.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let verdict = match catch_unwind(AssertUnwindSafe(&mut first)) {
            Ok(Poll::Ready(verdict)) => verdict,
            Ok(Poll::Pending) => return self.hold(turn, wanted, decision),
            Err(_) => Err(Refused::new()),
        };
        turn.watch.restart();
        self.decided(turn, wanted, verdict)
    }

    /// What the call has too much of, before anything is made of its arguments.
    fn excess(&self, call: &Call) -> Option<Excess> {
        self.excess_by(call, &self.limits)
    }

    fn excess_by(&self, call: &Call, limits: &Limits) -> Option<Excess> {
        match call.extra.excess.as_deref() {
            Some(excess) => Some(*excess),
            None => call.args.within(limits).err(),
        }
    }

    /// The same of a report: how many arguments it has is not the page's to choose.
    pub(super) fn excess_of_report(&self, report: &Call) -> Option<Excess> {
        let mut limits = self.limits;
        limits.arguments = u32::MAX;
        self.excess_by(report, &limits)
    }

    /// Nobody hears of it but the log and, if it waits, the page.
    fn too_much(&self, wanted: &Wanted, excess: Excess) {
        let Wanted { seq, kind, call } = wanted;
        let named = CallKind::of(*kind, call);
        self.access.gate.count_excess();
        if let Some(unsaid) = self.renderer.refusals.admit() {
            let (web_contents, channel) = (self.renderer.id, &*call.channel);
            tracing::warn!(web_contents, kind = %named, channel, excess = %one_line(&excess), unsaid, "a message of a page is refused");
        }
        refuse(self, *kind, *seq, call, || ErrorInfo::excess(named, &call.channel, excess));
    }

    fn hold(
        self: &Arc<Self>,
        turn: &mut Turn,
        wanted: Wanted,
        decision: BoxFuture<Result<(), Refused>>,
    ) -> Done {
        let document = self.clone();
        let mut state = self.lock();
        if state.over.is_some() {
            state.intake.running = false;
            drop(state);
            return Done::Stands;
        }
        turn.give_back(&mut state);
        let waiting = tokio::spawn(async move {
            let verdict = decision.await;
            tokio::task::spawn_blocking(move || document.go_on_with(wanted, verdict));
        });
        state.intake.held = Some(waiting.abort_handle());
        if state.link.waiting() > 0 {
            self.told(state);
        }
        Done::Stands
    }

    /// The runner's second half, after a decision that it stood still for.
    fn go_on_with(self: &Arc<Self>, wanted: Wanted, verdict: Result<(), Refused>) {
        // Whoever took it has ended the page.
        if self.lock().intake.held.take().is_none() {
            return;
        }
        let mut turn = Turn::new(self);
        let done = self.decided(&mut turn, wanted, verdict);
        self.go_on(&mut turn, done);
    }

    fn decided(
        self: &Arc<Self>,
        turn: &mut Turn,
        wanted: Wanted,
        verdict: Result<(), Refused>,
    ) -> Done {
        match verdict {
            Ok(()) => self.dispatch(turn, wanted),
            Err(refused) => {
                let Wanted { seq, kind, call } = &wanted;
                refused.settle(&**self, *kind, *seq, call);
                Done::Heard
            }
        }
    }
}

#[cfg(test)]
mod tests;
