//! How many bytes the host holds of packets whose listeners were not called yet.

use std::collections::VecDeque;

use crate::error::PeerMisbehaved;
use crate::ids::Seq;

/// How a batch came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By the socket, to which credit applies.
    Socket,
    /// With a synchronous request, which may hold all that waits in the page.
    Sync,
}

/// Batches that are not consumed to their end, oldest first: a page that never stops sending is measured by what is
/// held of it, not by what it ever sent.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The seq behind each batch, and its bytes.
    batches: VecDeque<(Seq, usize, Way)>,
    socket: u64,
    all: u64,
}

impl Held {
    /// One more batch. By the socket no more than `most` bytes may be held, by a request no more in all.
    pub(super) fn take(
        &mut self,
        end: Seq,
        size: usize,
        way: Way,
        most: u64,
    ) -> Result<(), PeerMisbehaved> {
        self.batches.push_back((end, size, way));
        self.all += size as u64;
        if way == Way::Socket {
            self.socket += size as u64;
        }
        let got = if way == Way::Socket { self.socket } else { self.all };
        if got > most {
            return Err(PeerMisbehaved::Overrun { got, window: most, unit: "bytes" });
        }
        Ok(())
    }

    /// All packets before `consumed` are done with.
    pub(super) fn release(&mut self, consumed: Seq) {
        while let Some((_, size, way)) = self.batches.pop_front_if(|(end, ..)| *end <= consumed) {
            self.all -= size as u64;
            if way == Way::Socket {
                self.socket -= size as u64;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_never_pauses_is_measured_by_what_is_held() {
        let mut held = Held::default();
        for seq in 1..1_000 {
            held.take(seq, 10, Way::Socket, 30).unwrap();
            // One behind: there is always something.
            held.release(seq - 1);
        }
        held.take(1_000, 10, Way::Socket, 30).unwrap();
        let over = PeerMisbehaved::Overrun { got: 40, window: 30, unit: "bytes" };
        held.take(1_001, 10, Way::Sync, 90).unwrap();
        assert_eq!(held.take(1_002, 20, Way::Socket, 30), Err(over));
    }

    #[test]
    fn requests_are_bounded_by_all_that_is_held() {
        let mut held = Held::default();
        held.take(1, 50, Way::Socket, 50).unwrap();
        let over = PeerMisbehaved::Overrun { got: 70, window: 60, unit: "bytes" };
        assert_eq!(held.take(2, 20, Way::Sync, 60), Err(over));
    }
}
