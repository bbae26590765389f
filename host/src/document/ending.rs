//! How a document goes: into the cache, out of its tab, for good.

use std::sync::Arc;

use exciton_protocol::{ConnId, Gone, LinkLost};

use super::{Document, State};
use crate::event::Outlet;
use crate::happening::{RenderProcessGoneDetails, RenderProcessGoneReason};

impl State {
    /// Whether the page has said that it left, or another has taken its place: what it said last is to be heard soon.
    pub(super) fn has_parted(&self) -> bool {
        self.retired || self.parted == Some(Gone::Bye)
    }
}

impl Document {
    /// The link ends: waiting requests are answered, the socket is told and closed.
    pub(crate) fn end(&self, why: LinkLost) {
        let mut state = self.lock();
        if state.over.is_none() {
            state.over = Some(why);
            state.over_since = self.now();
        }
        let jobs = state.intake.clear();
        state.intake.let_go();
        let executions = std::mem::take(&mut state.executions);
        let missed = std::mem::take(&mut state.lane).len();
        drop(state);
        drop((jobs, executions));
        self.ports.end();
        if missed > 0 {
            tracing::info!(link = ?self.id, missed, "a page went before messages that had waited for it");
        }
        self.frames().end();
        self.outgoing.notify_one();
        self.answered.notify_waiters();
    }

    /// Another document has taken its place. What its page still had to say has a moment to arrive.
    pub(crate) fn retire(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.frozen {
            return;
        }
        state.retired = true;
        self.start_runner(&mut state);
        state.link.retire(self.now());
        let executions = std::mem::take(&mut state.executions);
        drop(state);
        drop(executions);
    }

    /// Its page has gone into the back/forward cache, says the close of a connection: unless it is back already.
    pub(crate) fn freeze(&self, conn: ConnId) {
        let mut state = self.lock();
        if state.link.freeze(conn, self.now()) {
            state.frozen = true;
            state.retired = false;
        }
    }

    /// The page said goodbye, by a request of its own.
    pub(crate) fn said_goodbye(&self, state: &mut super::State) {
        state.parted = Some(Gone::Bye);
        state.link.handle_bye(self.now());
    }

    /// A connection has ended. What was said by a goodbye stays said.
    pub(crate) fn disconnected(&self, conn: ConnId, gone: Gone) {
        let mut state = self.lock();
        if state.link.handle_closed(conn, gone, self.now()) && state.parted != Some(Gone::Bye) {
            state.parted = Some(gone);
        }
    }

    /// Whether the page has said that it left: for good, or for the back/forward cache.
    pub(crate) fn has_left(&self) -> bool {
        let state = self.lock();
        state.link.conn().is_none() && (state.frozen || state.parted == Some(Gone::Bye))
    }

    /// How the page ended, if it said no goodbye. One that browsers drop from their back/forward cache had left before.
    pub(crate) fn how_gone(&self) -> Option<RenderProcessGoneDetails> {
        let state = self.lock();
        let reason = match state.parted {
            _ if state.frozen => return None,
            Some(Gone::Bye) => return None,
            Some(Gone::Closed) => RenderProcessGoneReason::Crashed,
            _ => RenderProcessGoneReason::AbnormalExit,
        };
        Some(RenderProcessGoneDetails { reason })
    }
}
