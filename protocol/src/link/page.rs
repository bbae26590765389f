//! The page's end of a link.

mod conn;

use std::collections::VecDeque;

use self::conn::Conn;
use super::inbox::{Admit, Inbox};
use super::outbox::{Batch, InFlight, Merge, Outbox};
use crate::error::{CloseReason, Full, LinkLost, PeerMisbehaved};
use crate::ids::{Epoch, LinkId, Millis, Seq};
use crate::limits::Limits;

/// The page's end of a link: numbers what the page sends, keeps it until the host has consumed it, decides when to
/// connect, and carries the backlog of a synchronous request.
///
/// The driver's loop after each input: `poll_want` for what to do with the socket, `poll_transmit` for what to write
/// while it is open, `poll_event` for what the application has to know, `poll_timeout` for when to come back.
#[derive(Debug)]
pub struct PageLink<P> {
    id: LinkId,
    epoch: Epoch,
    limits: Limits,
    outbox: Outbox<P>,
    inbox: Inbox,
    conn: Conn,
    /// The host has said something, so it knows the link. Until then a contact may create it.
    answered: bool,
    /// All packets before this one are in the host's inbox, whichever way they went.
    admitted: Seq,
    /// Synchronous requests under way, the innermost last.
    syncs: Vec<Seq>,
    /// All before the last of these may have gone with the request of a later one.
    last_sync: Option<Seq>,
    /// Synchronous requests that are through, answered or given up: the host may forget them.
    got: Vec<Seq>,
    lost: Option<LinkLost>,
    events: VecDeque<PageEvent>,
}

/// What the driver has to do with the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// Open a socket; drop the one before, if any.
    Connect,
    /// Fetch `/_exciton/alive` and report by [`PageLink::handle_alive`].
    Probe,
    /// Close the socket with the code of this reason.
    Close(CloseReason),
}

/// What goes out on the socket next.
#[derive(Debug)]
#[non_exhaustive]
pub enum PageTransmit<'a, P> {
    /// The first message of a connection.
    Hello {
        /// Grows with each connection of the link.
        attempt: u64,
        /// The next packet that the page wants: all before are consumed.
        ack: Seq,
        /// The next packet that the page has not got.
        admitted: Seq,
        /// The host has never answered: it may create the link.
        fresh: bool,
    },
    /// Packets.
    Data {
        /// The batch and its first seq.
        flight: InFlight<'a, P>,
        /// All before are consumed by the page.
        ack: Seq,
    },
    /// An acknowledgement that has no packet to travel with.
    Ack(Seq),
    /// Asks the host for a sign of life.
    Ping,
}

/// What the application has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageEvent {
    /// The host has welcomed a connection.
    Open,
    /// The connection is gone; the link goes on.
    Down,
    /// The link is over. Packets from `unacked` on may or may not have run.
    Lost {
        /// The reason.
        why: LinkLost,
        /// The first packet without an acknowledgement.
        unacked: Seq,
    },
}

/// One synchronous request too many within each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} synchronous requests are already under way within each other")]
pub struct TooNested {
    /// The limit.
    pub limit: u32,
}

impl<P: Merge> PageLink<P> {
    /// A link that the host doesn't know yet. The epoch is the one that the page was served with.
    pub fn new(id: LinkId, epoch: Epoch, limits: Limits, now: Millis) -> Self {
        Self {
            id,
            epoch,
            limits,
            outbox: Outbox::new(),
            inbox: Inbox::default(),
            conn: Conn::new(now),
            answered: false,
            admitted: 0,
            syncs: Vec::new(),
            last_sync: None,
            got: Vec::new(),
            lost: None,
            events: VecDeque::new(),
        }
    }

    /// Takes packets to be sent; returns the seq of the first.
    ///
    /// # Errors
    /// [`Full`] when the bytes that wait would pass the limit. Nothing was taken then.
    pub fn push(&mut self, batch: Batch<P>) -> Result<Seq, Full> {
        self.outbox.push(batch, &self.limits)
    }

    /// Takes packets that a synchronous request carries, whatever waits already. Returns the seq of the first.
    pub fn push_sync(&mut self, batch: Batch<P>) -> Seq {
        self.outbox.push_unbounded(batch, &self.limits)
    }

    /// The listeners of `count` further packets were called.
    pub fn consumed(&mut self, count: u32, now: Millis) {
        self.inbox.consume(count, &self.limits, now);
    }

    /// Begins the synchronous request that ends with packet `seq`.
    ///
    /// # Errors
    /// [`TooNested`] if as many as the limit allows are under way.
    pub fn sync_begin(&mut self, seq: Seq) -> Result<(), TooNested> {
        self.check_nesting()?;
        self.syncs.push(seq);
        self.last_sync = Some(seq);
        Ok(())
    }

    /// Whether the packet of a synchronous request may have left by another way than its own request: with that of a
    /// call within it.
    pub fn sync_went_along(&self, seq: Seq) -> bool {
        self.last_sync.is_some_and(|last| last > seq)
    }

    /// Whether one more synchronous request may begin. Those that are through count until the host has heard of it: it keeps
    /// in mind as many as may be open.
    pub fn check_nesting(&self) -> Result<(), TooNested> {
        let Limits { nested_syncs, open_invokes, .. } = self.limits;
        for (count, limit) in [(self.syncs.len(), nested_syncs), (self.got.len(), open_invokes)] {
            if count >= limit as usize {
                return Err(TooNested { limit });
            }
        }
        Ok(())
    }

    /// Whether the packet of one more synchronous request may come on top of what waits: one at a time may pass the
    /// bound, so that a full outbox can be flushed.
    ///
    /// # Errors
    /// [`Full`] if the bytes that wait have passed the limit already.
    pub fn check_sync_room(&self) -> Result<(), Full> {
        let (queued, cap) = (self.outbox.bytes(), self.limits.outbox_bytes as usize);
        if queued > cap { Err(Full { queued, cap }) } else { Ok(()) }
    }

    /// Ends it, answered or given up.
    pub fn sync_end(&mut self, seq: Seq) {
        self.syncs.retain(|open| *open != seq);
        self.got.push(seq);
    }

    /// The packets that the host doesn't have yet, up to `seq`: the backlog of a synchronous request.
    pub fn backlog(&self, seq: Seq) -> impl Iterator<Item = InFlight<'_, P>> {
        self.outbox.since(self.admitted).take_while(move |flight| flight.first <= seq)
    }

    /// All batches that are kept and end at or after `seq`.
    pub fn since(&self, seq: Seq) -> impl Iterator<Item = InFlight<'_, P>> {
        self.outbox.since(seq)
    }

    /// The acknowledgement for a synchronous request, and the earlier ones that the host may forget.
    pub fn sync_header(&mut self) -> (Seq, &[Seq]) {
        (self.inbox.tell(), &self.got)
    }

    /// A synchronous request was answered, if only by "not yet". `got` is what its header said.
    pub fn handle_sync(
        &mut self,
        ack: Seq,
        admitted: Seq,
        got: &[Seq],
        now: Millis,
    ) -> Result<(), PeerMisbehaved> {
        self.answered = true;
        // What the host had not admitted when it was told to forget it is told again.
        self.got.retain(|seq| *seq >= admitted || !got.contains(seq));
        self.conn.heard(now);
        self.take_ack(ack, admitted)
    }

    /// The socket has opened: the hello goes out.
    pub fn handle_open(&mut self, now: Millis) {
        self.conn.handle_open(now);
    }

    /// The host has welcomed the connection. It wants the packets from `ack` on, and has got those before `admitted`.
    pub fn handle_welcome(
        &mut self,
        ack: Seq,
        admitted: Seq,
        now: Millis,
    ) -> Result<(), PeerMisbehaved> {
        self.answered = true;
        self.conn.handle_welcome(now);
        self.outbox.rewind();
        self.take_ack(ack, admitted)?;
        self.events.push_back(PageEvent::Open);
        Ok(())
    }

    /// A batch of `count` packets came. The answer says which of them to take.
    pub fn handle_data(
        &mut self,
        first: Seq,
        count: u32,
        size: usize,
        ack: Seq,
        now: Millis,
    ) -> Result<Admit, PeerMisbehaved> {
        self.handle_ack(ack, now)?;
        let admit = self.inbox.admit(first, count, size)?;
        if let Admit::Take { .. } = admit {
            self.conn.got_on();
        }
        Ok(admit)
    }

    /// The host has consumed everything before `ack`.
    pub fn handle_ack(&mut self, ack: Seq, now: Millis) -> Result<(), PeerMisbehaved> {
        self.conn.works();
        self.conn.heard(now);
        self.take_ack(ack, ack)
    }

    fn take_ack(&mut self, ack: Seq, admitted: Seq) -> Result<(), PeerMisbehaved> {
        if ack > self.outbox.acked() {
            self.conn.got_on();
        }
        self.outbox.acknowledge(ack)?;
        if admitted > self.outbox.next() {
            return Err(PeerMisbehaved::AckBeyond { got: admitted, sent: self.outbox.next() });
        }
        self.admitted = self.admitted.max(admitted);
        self.outbox.skip(self.admitted);
        Ok(())
    }

    /// The link is over: by the host's word, or by the driver's own (another epoch).
    pub fn handle_lost(&mut self, why: LinkLost) {
        if self.lost.is_some() {
            return;
        }
        self.lost = Some(why);
        self.conn.stop(CloseReason::from(&why));
        self.events.push_back(PageEvent::Lost { why, unacked: self.outbox.acked() });
    }

    /// The socket is closed, or could not be opened. `entropy` is any random number, for the jitter.
    pub fn handle_closed(&mut self, now: Millis, entropy: u32) {
        if self.conn.handle_closed(now, entropy) {
            self.events.push_back(PageEvent::Down);
        }
    }

    /// The host broke a rule: this connection ends, and a new one repairs the link.
    pub fn handle_misbehaved(&mut self, now: Millis, entropy: u32) {
        self.conn.give_up(CloseReason::Misbehaved);
        self.handle_closed(now, entropy);
    }

    /// The answer to [`Want::Probe`]: whether the host is there.
    pub fn handle_alive(&mut self, alive: bool, now: Millis, entropy: u32) {
        self.conn.handle_alive(alive, now, entropy);
    }

    /// The page became visible, or came online, or came back from the back/forward cache.
    pub fn handle_wake(&mut self, now: Millis) {
        self.conn.handle_wake(&self.limits, now);
    }

    /// The page became hidden or visible: hidden pages retry more slowly.
    pub fn set_hidden(&mut self, hidden: bool) {
        self.conn.set_hidden(hidden);
    }

    /// The page goes into the back/forward cache: no socket until [`Self::handle_wake`].
    pub fn handle_freeze(&mut self) {
        self.conn.freeze();
    }

    /// The document unloads: there is no socket any more. What is unacknowledged goes with the `bye`, by a request.
    pub fn handle_leave(&mut self) {
        self.conn.stop(CloseReason::Left);
    }

    /// The moment of [`Self::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Millis, entropy: u32) {
        let unacked = !self.outbox.is_empty();
        if self.conn.handle_timeout(&self.limits, unacked, now, entropy) {
            self.events.push_back(PageEvent::Down);
        }
    }

    /// What to do with the socket.
    pub fn poll_want(&mut self) -> Option<Want> {
        self.conn.poll_want()
    }

    /// What to write to the open socket.
    pub fn poll_transmit(&mut self, now: Millis) -> Option<PageTransmit<'_, P>> {
        if let Some(attempt) = self.conn.take_hello() {
            let ack = self.inbox.tell();
            return Some(PageTransmit::Hello {
                attempt,
                ack,
                admitted: self.inbox.admitted,
                fresh: !self.answered,
            });
        }
        if !self.conn.is_open() {
            return None;
        }
        if self.conn.take_ping() {
            return Some(PageTransmit::Ping);
        }
        if let Some(flight) = self.outbox.transmit(&self.limits) {
            return Some(PageTransmit::Data { flight, ack: self.inbox.tell() });
        }
        if self.inbox.is_due(now) {
            return Some(PageTransmit::Ack(self.inbox.tell()));
        }
        None
    }

    /// What the application has to know.
    pub fn poll_event(&mut self) -> Option<PageEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is to be called, unless something else happens before.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let ack = self.inbox.due().filter(|_| self.conn.is_open());
        let conn = self.conn.timeout(&self.limits, !self.outbox.is_empty());
        [ack, conn].into_iter().flatten().min()
    }

    /// The link's name.
    pub fn id(&self) -> LinkId {
        self.id
    }

    /// The host process that the link was made with.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The bounds that hold.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The host has never answered: a contact may create the link.
    pub fn is_fresh(&self) -> bool {
        !self.answered
    }

    /// Why the link is over, if it is.
    pub fn lost(&self) -> Option<LinkLost> {
        self.lost
    }

    /// Whether the host has welcomed the current connection.
    pub fn is_open(&self) -> bool {
        self.conn.is_open()
    }

    /// When the host is asked for again, while there is no connection and none is being made.
    pub fn retry(&self) -> Option<Millis> {
        self.conn.retry()
    }

    /// The seq that the next packet will get.
    pub fn next_seq(&self) -> Seq {
        self.outbox.next()
    }

    /// All packets before this one are in the host's inbox.
    pub fn admitted(&self) -> Seq {
        self.admitted
    }

    /// Bytes that wait for the host.
    pub fn queued_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// All packets before this one are consumed by the host.
    pub fn acked(&self) -> Seq {
        self.outbox.acked()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    impl Merge for Vec<u8> {
        fn merge(&mut self, mut other: Self) -> Result<(), Self> {
            self.append(&mut other);
            Ok(())
        }
    }

    #[test]
    fn a_call_that_is_through_is_told_until_the_host_had_it_and_was_told() {
        let (now, limits) = (Millis(1), Limits::default());
        let mut link = PageLink::new(LinkId::from_bits(1), Epoch::from_bits(1), limits, now);
        let sync = |link: &mut PageLink<Vec<u8>>| {
            let seq = link.push_sync(Batch { count: 1, size: 1, payload: vec![1] });
            link.sync_begin(seq).unwrap();
            seq
        };
        let given_up = sync(&mut link);
        link.sync_end(given_up);
        let outer = sync(&mut link);
        let told = link.sync_header().1.to_vec();
        assert_eq!(told, [given_up]);
        // One within it ends while its answer is on its way.
        let inner = sync(&mut link);
        link.sync_end(inner);
        link.handle_sync(0, given_up, &told, now).unwrap();
        assert_eq!(link.sync_header().1, [given_up, inner]);
        link.handle_sync(0, outer, &told, now).unwrap();
        assert_eq!(link.sync_header().1, [inner]);
    }
}
