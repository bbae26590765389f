//! Room for answers and for what may be dropped. Answers can't be refused as messages are, so calls wait while too many answers wait for the page.

use std::sync::Arc;

use exciton_protocol::{Limits, Packet, Seq};

use super::{Document, State};
use crate::cargo::Cargo;
use crate::error::ErrorInfo;
use crate::handler::Outcome;

impl State {
    /// Whether the page's calls wait until it has taken some of what waits for it. Those before a synchronous one don't
    /// while its page is blocked and can't take anything, nor do the last ones of a page that has left.
    pub(super) fn must_wait(&self) -> bool {
        let (queued, limits) = (self.link.queued_bytes(), self.link.limits());
        queued > limits.outbox_bytes as usize
            && !self.has_parted()
            && (self.asking == 0 || queued > most(limits))
    }

    /// Lets go of messages that may be dropped, oldest first, for as much as others have taken of the room for both.
    pub(super) fn make_room(&mut self) {
        if !self.lane.is_empty() {
            let room = self.lane_room();
            self.lane.shrink(room);
        }
    }

    /// Bytes of messages that may wait to be dropped: what others leave, and a share that is theirs.
    pub(super) fn lane_room(&self) -> usize {
        let cap = self.link.limits().outbox_bytes as usize;
        cap.saturating_sub(self.link.queued_bytes()).max(cap / LANE_SHARE)
    }

    /// Queues the answer to an invoke. Past what may wait in answers the call fails.
    pub(super) fn push_answer(&mut self, seq: Seq, outcome: Outcome) {
        let packet = answer(seq, outcome);
        if self.push_along(&packet) {
            return;
        }
        let limits = *self.link.limits();
        let fail = |error| Cargo::load(&answer(seq, Err(error)), &limits).unwrap_or_default();
        let mut batches = Cargo::load(&packet, &limits)
            .unwrap_or_else(|error| fail(ErrorInfo::plain(error.to_string())));
        let size = batches.iter().map(|batch| batch.size).sum::<usize>();
        let (queued, cap) = (self.link.queued_bytes() + size, most(&limits));
        if queued > cap {
            batches = fail(ErrorInfo::no_room(queued, cap));
        }
        for batch in batches {
            self.link.push_unbounded(batch);
        }
        self.make_room();
    }
}

/// Bytes that may wait for the page, its answers among them.
fn most(limits: &Limits) -> usize {
    limits.outbox_bytes as usize + limits.answer_bytes as usize
}

/// The part of the outbox that is for messages that may be dropped, however much else waits: a state's latest is small.
const LANE_SHARE: usize = 32;

fn answer(seq: Seq, outcome: Outcome) -> Packet {
    match outcome {
        Ok(value) => Packet::Reply(seq, value),
        Err(error) => Packet::Fail(seq, ErrorInfo::encode(&error)),
    }
}

impl Document {
    /// Counts a synchronous request that waits for its answer, for as long as the guard lives.
    pub(crate) fn asks(self: &Arc<Self>) -> impl Drop + use<> {
        let mut state = self.lock();
        state.asking += 1;
        self.start_runner(&mut state);
        drop(state);
        Asking(self.clone())
    }
}

struct Asking(Arc<Document>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.lock().asking -= 1;
    }
}
