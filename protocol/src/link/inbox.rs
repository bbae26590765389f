//! The receive side of one direction: what was admitted, and what was consumed of it.

use crate::error::PeerMisbehaved;
use crate::ids::{Millis, Seq};
use crate::limits::Limits;

/// What to do with packets that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// Take them, all but the first `skip`, which came before.
    Take {
        /// Packets at the front to leave out.
        skip: u32,
    },
    /// All of them came before.
    Duplicate,
}

/// The receive side of one direction of a link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inbox {
    /// The seq that is admitted next.
    pub(crate) admitted: Seq,
    /// All before had their listeners called. Invariant: at most `admitted`. This is the `ack`.
    pub(crate) consumed: Seq,
    /// The `consumed` that the other end was last told of.
    told: Seq,
    /// Bytes admitted since then.
    untold_bytes: usize,
    /// When the other end is to be told at the latest. Invariant: set while `consumed` is ahead of `told`.
    due: Option<Millis>,
}

impl Inbox {
    /// Lower than wanted: drop; equal: admit; higher: a fault of the other end.
    pub(crate) fn admit(
        &mut self,
        first: Seq,
        count: u32,
        size: usize,
    ) -> Result<Admit, PeerMisbehaved> {
        if first > self.admitted {
            return Err(PeerMisbehaved::Gap { got: first, wanted: self.admitted });
        }
        let end = first.saturating_add(Seq::from(count));
        if end <= self.admitted {
            return Ok(Admit::Duplicate);
        }
        // At most `count`, because `end` lies beyond `admitted`.
        let skip = (self.admitted - first) as u32;
        self.admitted = end;
        self.untold_bytes += size;
        Ok(Admit::Take { skip })
    }

    /// The listeners of `count` further packets were called. A quarter of the window is acknowledged at once, so that
    /// the other end never stops for want of credit; less waits a little for a packet to travel with.
    pub(crate) fn consume(&mut self, count: u32, limits: &Limits, now: Millis) {
        self.consumed = (self.consumed + Seq::from(count)).min(self.admitted);
        if self.consumed == self.told {
            return;
        }
        let much = self.consumed - self.told >= Seq::from(limits.window_packets / 4)
            || self.untold_bytes >= limits.window_bytes as usize / 4;
        let due = if much { now } else { now.plus(limits.ack_delay) };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// When an acknowledgement has to go out by itself.
    pub(crate) fn due(&self) -> Option<Millis> {
        self.due
    }

    /// Whether that moment has come.
    pub(crate) fn is_due(&self, now: Millis) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// The acknowledgement that goes out now.
    pub(crate) fn tell(&mut self) -> Seq {
        self.told = self.consumed;
        self.untold_bytes = 0;
        self.due = None;
        self.consumed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_admitted_once_and_in_order() {
        let mut inbox = Inbox::default();
        let rows = [
            ((0, 2), Ok(Admit::Take { skip: 0 })),
            ((0, 2), Ok(Admit::Duplicate)),
            ((1, 3), Ok(Admit::Take { skip: 1 })),
            ((5, 1), Err(PeerMisbehaved::Gap { got: 5, wanted: 4 })),
            ((4, 0), Ok(Admit::Duplicate)),
            ((4, 1), Ok(Admit::Take { skip: 0 })),
        ];
        for ((first, count), expected) in rows {
            assert_eq!(inbox.admit(first, count, 1), expected, "{first} {count}");
        }
    }

    #[test]
    fn consumed_never_passes_admitted() {
        let mut inbox = Inbox::default();
        inbox.admit(0, 2, 1).unwrap();
        inbox.consume(5, &Limits::default(), Millis(0));
        assert_eq!(inbox.tell(), 2);
    }

    #[test]
    fn little_is_acknowledged_late_and_much_at_once() {
        let limits = Limits { window_packets: 8, ack_delay: 20, ..Limits::default() };
        let mut inbox = Inbox::default();
        inbox.admit(0, 4, 1).unwrap();
        inbox.consume(1, &limits, Millis(5));
        assert_eq!(inbox.due(), Some(Millis(25)));
        inbox.consume(1, &limits, Millis(6));
        assert!(inbox.is_due(Millis(6)));
        inbox.tell();
        assert_eq!(inbox.due(), None);
    }
}
