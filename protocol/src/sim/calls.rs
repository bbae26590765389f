//! The page's synchronous calls, each within the one before, and where their requests are.

use super::host::{Answer, Host};
use super::ledger::Ledger;
use super::page::Page;
use super::wire::{SyncBody, Wire};
use crate::ids::{Millis, Seq};

#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    id: u64,
    seq: Seq,
    body: SyncBody,
    /// A request of it was on its way before this one.
    again: bool,
    at: At,
}

#[derive(Debug)]
enum At {
    /// The request is on its way.
    Out,
    /// The host holds it open.
    Host,
    /// The answer is on its way.
    Back(Answer),
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn begin(&mut self, id: u64, body: SyncBody) {
        let seq = body.seq.unwrap_or_default();
        self.0.push(Call { id, seq, body, again: false, at: At::Out });
    }

    fn pick(&mut self, which: usize) -> Option<&mut Call> {
        let at = which % self.0.len().max(1);
        self.0.get_mut(at)
    }
}

/// One step of a call: its request arrives, its answer leaves, or its answer arrives.
pub(super) fn step(
    page: &mut Page,
    host: &mut Host,
    which: usize,
    ledger: &mut Ledger,
    now: Millis,
) {
    let innermost = page.calls.len().saturating_sub(1);
    let is_innermost = page.calls.is_empty() || which % page.calls.len() == innermost;
    let Some(call) = page.calls.pick(which) else { return };
    match &call.at {
        At::Out => {
            call.at = match host.sync(&call.body, ledger, now) {
                Some(answer) => At::Back(answer),
                None => At::Host,
            }
        }
        At::Host => {
            if let Some(answer) = host.look(&call.body) {
                call.at = At::Back(answer);
            }
        }
        // The answer of an outer call waits until the script returns to it.
        At::Back(_) if is_innermost => arrive(page, ledger, now),
        At::Back(_) => {}
    }
}

/// The answer of the innermost call arrives.
fn arrive(page: &mut Page, ledger: &mut Ledger, now: Millis) {
    let Some(mut call) = page.calls.0.pop() else { return };
    let At::Back(answer) = call.at else { return };
    // A call within this one may have found the link lost.
    let is_current = call.body.link == page.link.id() && page.link.lost().is_none();
    let (state, done) = match answer {
        Answer::Done { state, id } => {
            if id != call.id {
                ledger.fault(format!("sendSync of {} was answered as {id}", call.id));
            }
            (state, true)
        }
        Answer::Pending(state) => (state, false),
        Answer::Lost { why, admitted } => {
            if !admitted && !call.again && is_current && !page.link.sync_went_along(call.seq) {
                ledger.denied(call.id);
            }
            ledger.settled(call.id);
            if is_current {
                page.link.sync_end(call.seq);
                page.link.handle_lost(why);
            }
            return;
        }
    };
    if !is_current {
        return ledger.settled(call.id);
    }
    if let Err(error) = page.link.handle_sync(state.ack, state.admitted, &call.body.got, now) {
        ledger.fault(format!("the host misbehaved: {error}"));
    }
    if done {
        page.link.sync_end(call.seq);
        ledger.settled(call.id);
    } else {
        call.body = page.request(Some(call.seq), false);
        (call.at, call.again) = (At::Out, true);
        page.calls.0.push(call);
    }
}

/// The host has held a request for as long as it holds any.
pub(super) fn slice(page: &mut Page, host: &Host, which: usize) {
    let Some(call) = page.calls.pick(which) else { return };
    if let At::Host = call.at {
        call.at = At::Back(host.pending(&call.body));
    }
}

/// The request or its answer is lost: the very same request goes out again.
pub(super) fn lose(page: &mut Page, wire: &mut Wire, which: usize, copy: bool) {
    let Some(call) = page.calls.pick(which) else { return };
    if copy {
        wire.push_late(call.body.clone());
    }
    (call.at, call.again) = (At::Out, true);
}

/// The innermost call throws: it took too long.
pub(super) fn give_up(page: &mut Page, wire: &mut Wire, ledger: &mut Ledger) {
    let Some(call) = page.calls.0.pop() else { return };
    if call.body.link == page.link.id() {
        page.link.sync_end(call.seq);
    }
    if let At::Out = call.at {
        wire.push_late(call.body);
    }
    ledger.settled(call.id);
}
