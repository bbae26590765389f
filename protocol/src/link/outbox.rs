//! Packets that the other end has not acknowledged yet, in batches, with a cursor of what is on the wire.

use std::collections::VecDeque;

use crate::error::{Full, PeerMisbehaved};
use crate::ids::Seq;
use crate::limits::Limits;

/// Packets that travel in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<P> {
    /// Number of packets, at least 1.
    pub count: u32,
    /// Bytes, for the bounds.
    pub size: usize,
    /// The packets themselves.
    pub payload: P,
}

/// Payloads that can grow while they wait.
pub trait Merge: Sized {
    /// Appends the packets of `other`, or gives it back if the two can't travel in one message.
    fn merge(&mut self, other: Self) -> Result<(), Self>;
}

/// A batch with its place in the sequence.
#[derive(Debug)]
pub struct InFlight<'a, P> {
    /// Seq of the first packet.
    pub first: Seq,
    /// The batch.
    pub batch: &'a Batch<P>,
}

/// The send side of one direction of a link.
#[derive(Debug)]
pub struct Outbox<P> {
    /// Batches with an unacknowledged packet, oldest first. Invariant: their seqs follow each other up to `next`.
    queue: VecDeque<(Seq, Batch<P>)>,
    /// All before were acknowledged.
    acked: Seq,
    /// The seq that the next packet gets.
    next: Seq,
    /// Batches at the front of the queue that need not be given to the current connection (again).
    sent: usize,
    /// Bytes of the whole queue.
    bytes: usize,
    /// Bytes of the first `sent` batches.
    sent_bytes: usize,
}

impl<P: Merge> Outbox<P> {
    /// An empty outbox whose first packet will be number 0.
    pub fn new() -> Self {
        Self { queue: VecDeque::new(), acked: 0, next: 0, sent: 0, bytes: 0, sent_bytes: 0 }
    }

    /// Numbers the batch's packets and keeps them until they are acknowledged. Returns the seq of the first.
    ///
    /// # Errors
    /// [`Full`] if more than `limits.outbox_bytes` would wait; nothing was taken then.
    pub fn push(&mut self, batch: Batch<P>, limits: &Limits) -> Result<Seq, Full> {
        let queued = self.bytes + batch.size;
        let cap = limits.outbox_bytes as usize;
        if queued > cap {
            return Err(Full { queued, cap });
        }
        Ok(self.push_unbounded(batch, limits))
    }

    /// The same without the bound, for what a synchronous request takes with it at once.
    pub fn push_unbounded(&mut self, batch: Batch<P>, limits: &Limits) -> Seq {
        let first = self.next;
        self.next += Seq::from(batch.count);
        self.bytes += batch.size;
        self.append(first, batch, limits);
        first
    }

    /// Puts one more packet into the batch that waits for the connection, if there is one with room. `add` is given the bytes
    /// for which there is room, within `outbox_bytes` too, and says how many it has added; or none, if they are too few, and
    /// then it has added nothing. False if nothing was added.
    pub fn add(
        &mut self,
        limits: &Limits,
        add: impl FnOnce(&mut P, usize) -> Option<usize>,
    ) -> bool {
        let waiting = self.queue.len() > self.sent;
        let room = (limits.outbox_bytes as usize).saturating_sub(self.bytes);
        let Some((_, last)) = self.queue.back_mut().filter(|_| waiting) else { return false };
        let room = room.min((limits.batch_bytes as usize).saturating_sub(last.size));
        if last.count >= limits.batch_packets {
            return false;
        }
        let Some(size) = add(&mut last.payload, room) else { return false };
        last.count += 1;
        last.size += size;
        self.next += 1;
        self.bytes += size;
        true
    }

    fn append(&mut self, first: Seq, mut batch: Batch<P>, limits: &Limits) {
        let waiting = self.queue.len() > self.sent;
        if let Some((_, last)) = self.queue.back_mut().filter(|_| waiting) {
            let fits = last.count + batch.count <= limits.batch_packets
                && last.size + batch.size <= limits.batch_bytes as usize;
            if fits {
                match last.payload.merge(batch.payload) {
                    Ok(()) => {
                        last.count += batch.count;
                        last.size += batch.size;
                        return;
                    }
                    Err(payload) => batch.payload = payload,
                }
            }
        }
        self.queue.push_back((first, batch));
    }

    /// Forgets all packets before `ack`.
    pub fn acknowledge(&mut self, ack: Seq) -> Result<(), PeerMisbehaved> {
        if ack > self.next {
            return Err(PeerMisbehaved::AckBeyond { got: ack, sent: self.next });
        }
        while let Some((first, batch)) = self.queue.front() {
            if first + Seq::from(batch.count) > ack {
                break;
            }
            let size = batch.size;
            self.bytes -= size;
            if self.sent > 0 {
                self.sent -= 1;
                self.sent_bytes -= size;
            }
            self.queue.pop_front();
        }
        self.acked = self.acked.max(ack);
        Ok(())
    }

    /// The next batch for the socket, if the window has room for it. It counts as sent from now on.
    pub fn transmit(&mut self, limits: &Limits) -> Option<InFlight<'_, P>> {
        let (first, batch) = self.queue.get(self.sent)?;
        let in_flight = first + Seq::from(batch.count) - self.acked;
        let over = in_flight > Seq::from(limits.window_packets)
            || self.sent_bytes + batch.size > limits.window_bytes as usize;
        if over && self.sent > 0 {
            return None;
        }
        self.sent += 1;
        self.sent_bytes += batch.size;
        Some(InFlight { first: *first, batch })
    }

    /// Starts over for a new connection: everything that is not acknowledged has to be sent again.
    pub fn rewind(&mut self) {
        self.sent = 0;
        self.sent_bytes = 0;
    }

    /// The other end has got everything before `admitted` by another way: the socket need not carry it.
    pub fn skip(&mut self, admitted: Seq) {
        while let Some((first, batch)) = self.queue.get(self.sent) {
            if first + Seq::from(batch.count) > admitted {
                break;
            }
            self.sent += 1;
            self.sent_bytes += batch.size;
        }
    }

    /// Batches with a packet at or after `from`, oldest first.
    pub fn since(&self, from: Seq) -> impl Iterator<Item = InFlight<'_, P>> {
        let begin =
            self.queue.partition_point(|(first, batch)| first + Seq::from(batch.count) <= from);
        self.queue.range(begin..).map(|(first, batch)| InFlight { first: *first, batch })
    }

    /// The seq that the next packet will get.
    pub fn next(&self) -> Seq {
        self.next
    }

    /// All packets before this one were acknowledged.
    pub fn acked(&self) -> Seq {
        self.acked
    }

    /// Packets that the current connection has not been given.
    pub fn waiting(&self) -> u64 {
        self.queue.get(self.sent).map_or(0, |(first, _)| self.next - first)
    }

    /// Bytes of these packets.
    pub fn waiting_bytes(&self) -> usize {
        self.bytes - self.sent_bytes
    }

    /// Bytes that wait for an acknowledgement.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a packet waits for an acknowledgement.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl<P: Merge> Default for Outbox<P> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Text(String);

    impl Merge for Text {
        fn merge(&mut self, other: Self) -> Result<(), Self> {
            self.0.push_str(&other.0);
            Ok(())
        }
    }

    fn batch(text: &str) -> Batch<Text> {
        Batch { count: text.len() as u32, size: text.len(), payload: Text(text.to_owned()) }
    }

    fn limits() -> Limits {
        Limits {
            batch_packets: 3,
            batch_bytes: 3,
            window_packets: 4,
            window_bytes: 4,
            outbox_bytes: 10,
            ..Limits::default()
        }
    }

    fn drain(outbox: &mut Outbox<Text>) -> Vec<(Seq, String)> {
        let limits = limits();
        let mut out = Vec::new();
        while let Some(flight) = outbox.transmit(&limits) {
            out.push((flight.first, flight.batch.payload.0.clone()));
        }
        out
    }

    #[test]
    fn waiting_packets_share_a_message_up_to_the_cap() {
        let mut outbox = Outbox::new();
        for text in ["a", "b", "c", "d"] {
            outbox.push(batch(text), &limits()).unwrap();
        }
        assert_eq!(drain(&mut outbox), [(0, "abc".to_owned()), (3, "d".to_owned())]);
    }

    #[test]
    fn a_packet_is_put_into_what_waits_as_far_as_there_is_room() {
        let limits = limits();
        let put = |outbox: &mut Outbox<Text>, text: &str| {
            outbox.add(&limits, |waiting, room| {
                let fits = text.len() <= room;
                waiting.0.push_str(if fits { text } else { "" });
                fits.then_some(text.len())
            })
        };
        let mut outbox = Outbox::new();
        assert!(!put(&mut outbox, "a"), "there is no batch");
        outbox.push(batch("a"), &limits).unwrap();
        assert!(put(&mut outbox, "b"));
        assert!(!put(&mut outbox, "cd"), "the batch has room for one byte");
        assert_eq!((outbox.next(), outbox.bytes()), (2, 2));
        assert!(put(&mut outbox, ""));
        assert!(!put(&mut outbox, ""), "the batch has three packets");
        assert_eq!(drain(&mut outbox), [(0, "ab".to_owned())]);
        assert!(!put(&mut outbox, "e"), "what is on the wire takes no more");
        let limits = Limits { outbox_bytes: 3, ..limits };
        outbox.push(batch("f"), &limits).unwrap();
        assert!(!outbox.add(&limits, |_, room| (room > 0).then_some(1)), "the outbox is full");
        assert_eq!((outbox.next(), outbox.bytes()), (4, 3));
    }

    #[test]
    fn what_is_on_the_wire_takes_no_more() {
        let mut outbox = Outbox::new();
        outbox.push(batch("a"), &limits()).unwrap();
        assert_eq!(drain(&mut outbox).len(), 1);
        outbox.push(batch("b"), &limits()).unwrap();
        assert_eq!(drain(&mut outbox), [(1, "b".to_owned())]);
    }

    #[test]
    fn the_window_stops_the_socket_until_an_acknowledgement() {
        let mut outbox = Outbox::new();
        for text in ["abc", "de"] {
            outbox.push(batch(text), &limits()).unwrap();
        }
        assert_eq!(drain(&mut outbox), [(0, "abc".to_owned())]);
        outbox.acknowledge(2).unwrap();
        assert_eq!(
            drain(&mut outbox),
            [],
            "a batch that is acknowledged in part is in flight whole"
        );
        outbox.acknowledge(3).unwrap();
        assert_eq!(drain(&mut outbox), [(3, "de".to_owned())]);
    }

    #[test]
    fn a_full_outbox_says_both_numbers_and_takes_nothing() {
        let mut outbox = Outbox::new();
        outbox.push(batch("0123456789"), &limits()).unwrap();
        assert_eq!(outbox.push(batch("x"), &limits()), Err(Full { queued: 11, cap: 10 }));
        assert_eq!((outbox.next(), outbox.bytes()), (10, 10));
    }

    #[test]
    fn a_new_connection_gets_everything_unacknowledged_again() {
        let mut outbox = Outbox::new();
        for text in ["ab", "cd"] {
            outbox.push(batch(text), &limits()).unwrap();
        }
        drain(&mut outbox);
        outbox.acknowledge(2).unwrap();
        outbox.rewind();
        assert_eq!(drain(&mut outbox), [(2, "cd".to_owned())]);
    }

    #[test]
    fn an_acknowledgement_of_the_future_is_refused() {
        let mut outbox = Outbox::<Text>::new();
        assert_eq!(outbox.acknowledge(1), Err(PeerMisbehaved::AckBeyond { got: 1, sent: 0 }));
    }
}
