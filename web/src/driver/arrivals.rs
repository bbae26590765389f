//! Which of the packets that arrived are the faces' to consume, and which the driver's own.

use std::collections::VecDeque;

/// Packets in the order of arrival. The pieces of a big packet are consumed when they are stored, but an
/// acknowledgement covers all before it, so each waits for the faces' packets that came earlier.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Runs of (packets of the faces, pieces after them), oldest first.
    runs: VecDeque<(u32, u32)>,
}

impl Arrivals {
    /// Packets for the faces came.
    pub(crate) fn packets(&mut self, count: u32) {
        match self.runs.back_mut() {
            Some((packets, 0)) => *packets += count,
            _ => self.runs.push_back((count, 0)),
        }
    }

    /// A piece was stored. Returns how many packets are consumed by that.
    pub(crate) fn piece(&mut self) -> u32 {
        match self.runs.back_mut() {
            Some((_, pieces)) => {
                *pieces += 1;
                0
            }
            None => 1,
        }
    }

    /// The faces have consumed `count` of theirs. Returns how many packets that makes with the pieces between.
    pub(crate) fn consume(&mut self, mut count: u32) -> u32 {
        let mut all = 0;
        while let Some((packets, pieces)) = self.runs.front_mut() {
            let taken = count.min(*packets);
            *packets -= taken;
            count -= taken;
            all += taken;
            if *packets > 0 {
                break;
            }
            all += *pieces;
            self.runs.pop_front();
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_with_nothing_before_it_is_consumed_at_once() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.piece(), 1);
        arrivals.packets(2);
        assert_eq!(arrivals.consume(2), 2);
        assert_eq!(arrivals.piece(), 1);
    }

    #[test]
    fn a_piece_waits_for_the_packets_before_it() {
        let mut arrivals = Arrivals::default();
        arrivals.packets(2);
        assert_eq!((arrivals.piece(), arrivals.piece()), (0, 0));
        arrivals.packets(3);
        assert_eq!(arrivals.consume(1), 1);
        assert_eq!(arrivals.consume(1), 3);
        assert_eq!(arrivals.consume(3), 3);
    }

    #[test]
    fn more_than_arrived_is_never_consumed() {
        let mut arrivals = Arrivals::default();
        arrivals.packets(1);
        assert_eq!(arrivals.consume(9), 1);
        assert_eq!(arrivals.consume(9), 0);
    }
}
