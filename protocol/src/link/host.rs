//! The main process's end of a link.

use super::answers::Answers;
use super::held::{Held, Way};
use super::inbox::{Admit, Inbox};
use super::outbox::{Batch, InFlight, Merge, Outbox};
use super::page::TooNested;
use crate::error::{Full, PeerMisbehaved};
use crate::ids::{LinkId, Millis, Seq};
use crate::limits::Limits;

/// The number that the host gives to a connection.
pub type ConnId = u64;

/// The main process's end of a link: admits what the page sends by socket and by synchronous request, once and in
/// order, keeps what it has to send, and the answers of synchronous requests (`A`) until the page has them.
#[derive(Debug)]
pub struct HostLink<P, A> {
    id: LinkId,
    limits: Limits,
    outbox: Outbox<P>,
    inbox: Inbox,
    /// The connection that counts; all others are ignored.
    conn: Option<ConnId>,
    /// The latest that counted.
    last_conn: Option<ConnId>,
    /// The attempt of that connection: an older hello must not steal the link.
    attempt: u64,
    welcome_due: bool,
    ack_asked: bool,
    /// Everything before came by synchronous requests, to which no credit applies.
    by_sync: Seq,
    /// Batches that are not consumed to their end.
    held: Held,
    answers: Answers<A>,
    open_invokes: u32,
    /// When anything last came from the page.
    heard: Millis,
    /// When anything last went out.
    spoke: Millis,
    /// When the link ends, if no connection or request comes before.
    expiry: Option<Millis>,
}

/// How the page left its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// The page said `bye`: the document is unloading.
    Bye,
    /// A WebSocket close came.
    Closed,
    /// The connection just ended: sleep, network, a killed browser.
    Vanished,
}

/// A connection was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The connection that it takes the place of.
    pub replaced: Option<ConnId>,
}

/// Why a hello was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A later connection of the same link has been here before.
    #[error("connection attempt {got} is older than {newest}")]
    Stale {
        /// The attempt that came.
        got: u64,
        /// The newest so far.
        newest: u64,
    },
    /// The numbers of the hello can't be.
    #[error(transparent)]
    Misbehaved(#[from] PeerMisbehaved),
}

/// What goes out on the current connection next.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostTransmit<'a, P> {
    /// The answer to the hello.
    Welcome {
        /// The next packet that the host wants: all before are consumed.
        ack: Seq,
        /// The next packet that the host has not got.
        admitted: Seq,
    },
    /// Packets.
    Data {
        /// The batch and its first seq.
        flight: InFlight<'a, P>,
        /// All before are consumed by the host.
        ack: Seq,
    },
    /// An acknowledgement that has no packet to travel with, or a sign of life.
    Ack(Seq),
}

impl<P: Merge, A> HostLink<P, A> {
    /// A link that a page has just named.
    pub fn new(id: LinkId, limits: Limits, now: Millis) -> Self {
        Self {
            id,
            limits,
            outbox: Outbox::new(),
            inbox: Inbox::default(),
            conn: None,
            last_conn: None,
            attempt: 0,
            welcome_due: false,
            ack_asked: false,
            by_sync: 0,
            held: Held::default(),
            answers: Answers::new(limits.nested_syncs, limits.open_invokes),
            open_invokes: 0,
            heard: now,
            spoke: now,
            expiry: Some(now.plus(limits.grace_closed)),
        }
    }

    /// Takes packets to be sent; returns the seq of the first.
    ///
    /// # Errors
    /// [`Full`] when the bytes that wait would pass the limit. Nothing was taken then.
    pub fn push(&mut self, batch: Batch<P>) -> Result<Seq, Full> {
        self.outbox.push(batch, &self.limits)
    }

    /// Takes packets that are never refused: the answers to invokes, which the page's open invokes bound.
    pub fn push_unbounded(&mut self, batch: Batch<P>) -> Seq {
        self.outbox.push_unbounded(batch, &self.limits)
    }

    /// Puts one more packet into the batch that waits, if there is one with room: see [`Outbox::add`].
    pub fn add(&mut self, add: impl FnOnce(&mut P, usize) -> Option<usize>) -> bool {
        self.outbox.add(&self.limits, add)
    }

    /// One more invoke is open. The answer says whether the page keeps to its limit.
    pub fn invoke_began(&mut self) -> bool {
        self.open_invokes += 1;
        self.open_invokes <= self.limits.open_invokes
    }

    /// An invoke was answered.
    pub fn invoke_ended(&mut self) {
        self.open_invokes = self.open_invokes.saturating_sub(1);
    }

    /// How many invokes wait for their answer.
    pub fn open_invokes(&self) -> u32 {
        self.open_invokes
    }

    /// The listeners of `count` further packets were called.
    pub fn consumed(&mut self, count: u32, now: Millis) {
        self.inbox.consume(count, &self.limits, now);
        self.held.release(self.inbox.consumed);
    }

    /// A page says hello on a connection.
    pub fn handle_hello(
        &mut self,
        conn: ConnId,
        attempt: u64,
        ack: Seq,
        admitted: Seq,
        now: Millis,
    ) -> Result<Attached, Refused> {
        if attempt <= self.attempt {
            return Err(Refused::Stale { got: attempt, newest: self.attempt });
        }
        self.outbox.acknowledge(ack)?;
        if admitted > self.outbox.next() {
            return Err(
                PeerMisbehaved::AckBeyond { got: admitted, sent: self.outbox.next() }.into()
            );
        }
        self.attempt = attempt;
        self.last_conn = Some(conn);
        self.outbox.rewind();
        self.outbox.skip(admitted);
        self.welcome_due = true;
        self.ack_asked = false;
        self.heard = now;
        self.expiry = None;
        Ok(Attached { replaced: self.conn.replace(conn) })
    }

    /// A batch came by a connection; `None` if that isn't the current one.
    pub fn handle_data(
        &mut self,
        conn: ConnId,
        first: Seq,
        count: u32,
        size: usize,
        ack: Seq,
        now: Millis,
    ) -> Result<Option<Admit>, PeerMisbehaved> {
        if !self.handle_ack(conn, ack, now)? {
            return Ok(None);
        }
        let in_flight = first
            .saturating_add(Seq::from(count))
            .saturating_sub(self.inbox.consumed.max(self.by_sync));
        let window = Seq::from(self.limits.window_packets);
        if in_flight > window {
            return Err(PeerMisbehaved::Overrun { got: in_flight, window, unit: "packets" });
        }
        let admit = self.inbox.admit(first, count, size)?;
        if let Admit::Take { .. } = admit {
            // A page counts in its own measure, which is a bound of this one, and sends one batch beyond at most.
            let window = 2 * u64::from(self.limits.window_bytes) + self.limits.frame_bytes() as u64;
            self.held.take(self.inbox.admitted, size, Way::Socket, window)?;
        }
        Ok(Some(admit))
    }

    /// The page has consumed everything before `ack`; false if it came by a connection that doesn't count any more.
    pub fn handle_ack(
        &mut self,
        conn: ConnId,
        ack: Seq,
        now: Millis,
    ) -> Result<bool, PeerMisbehaved> {
        if self.conn != Some(conn) {
            return Ok(false);
        }
        self.heard = now;
        self.outbox.acknowledge(ack)?;
        Ok(true)
    }

    /// Anything else came by the connection: a WebSocket pong.
    pub fn handle_life(&mut self, conn: ConnId, now: Millis) {
        if self.conn == Some(conn) {
            self.heard = now;
        }
    }

    /// The page asks for a sign of life.
    pub fn handle_ping(&mut self, conn: ConnId, now: Millis) {
        if self.conn == Some(conn) {
            self.heard = now;
            self.ack_asked = true;
        }
    }

    /// A synchronous request's header: what the page has consumed, and which answers it has.
    pub fn handle_sync(
        &mut self,
        ack: Seq,
        got: &[Seq],
        now: Millis,
    ) -> Result<(), PeerMisbehaved> {
        self.outbox.acknowledge(ack)?;
        for seq in got {
            self.answers.forget(*seq, self.inbox.admitted);
        }
        self.heard = now;
        if self.conn.is_none() {
            self.expiry = Some(now.plus(self.limits.grace_closed));
        }
        Ok(())
    }

    /// One batch of a synchronous request's backlog.
    pub fn handle_sync_data(
        &mut self,
        first: Seq,
        count: u32,
        size: usize,
    ) -> Result<Admit, PeerMisbehaved> {
        let admit = self.inbox.admit(first, count, size)?;
        self.by_sync = self.by_sync.max(self.inbox.admitted);
        if let Admit::Take { .. } = admit {
            // What a page has unacknowledged fits into one body; twice that, because the two measure differently.
            let most = 2 * self.limits.sync_body_bytes() as u64;
            self.held.take(self.inbox.admitted, size, Way::Sync, most)?;
        }
        Ok(admit)
    }

    /// The synchronous packet `seq` was admitted: its answer is awaited.
    pub fn sync_began(&mut self, seq: Seq) -> Result<(), TooNested> {
        self.answers.begin(seq)
    }

    /// The answer to the synchronous packet `seq`. Returns whether it was awaited.
    pub fn answer(&mut self, seq: Seq, answer: A) -> bool {
        self.answers.settle(seq, answer)
    }

    /// The state of a synchronous packet's answer: `None` if it is unknown or the page has it, `Some(None)` if it
    /// isn't there yet.
    pub fn answer_of(&self, seq: Seq) -> Option<Option<&A>> {
        self.answers.get(seq)
    }

    /// A connection is gone. Returns whether it was the current one.
    pub fn handle_closed(&mut self, conn: ConnId, gone: Gone, now: Millis) -> bool {
        if self.conn != Some(conn) {
            return false;
        }
        self.conn = None;
        self.leave(gone, now);
        true
    }

    /// The page says that its document is leaving, by a request of its own.
    pub fn handle_bye(&mut self, now: Millis) {
        self.leave(Gone::Bye, now);
    }

    /// A successor has taken the page's place: what is still under way from it has the time of a `bye` to arrive.
    pub fn retire(&mut self, now: Millis) {
        self.conn = None;
        self.leave(Gone::Bye, now);
    }

    /// The document waits in the back/forward cache, says the close of a connection: the link is kept as long as for a
    /// sleeping machine. Returns false if a later connection has been here since: the document is awake again.
    pub fn freeze(&mut self, conn: ConnId, now: Millis) -> bool {
        if self.last_conn != Some(conn) {
            return false;
        }
        self.conn = None;
        self.expiry = Some(now.plus(self.limits.grace_lost));
        true
    }

    fn leave(&mut self, gone: Gone, now: Millis) {
        let grace = match gone {
            Gone::Bye => self.limits.grace_bye,
            Gone::Closed => self.limits.grace_closed,
            Gone::Vanished => self.limits.grace_lost,
        };
        let at = now.plus(grace);
        // A close after a bye prolongs nothing.
        self.expiry = Some(self.expiry.map_or(at, |before| before.min(at)));
    }

    /// What to write to the current connection.
    pub fn poll_transmit(&mut self, now: Millis) -> Option<HostTransmit<'_, P>> {
        self.conn?;
        if std::mem::take(&mut self.welcome_due) {
            self.spoke = now;
            return Some(HostTransmit::Welcome {
                ack: self.inbox.tell(),
                admitted: self.inbox.admitted,
            });
        }
        if std::mem::take(&mut self.ack_asked) {
            self.spoke = now;
            return Some(HostTransmit::Ack(self.inbox.tell()));
        }
        if let Some(flight) = self.outbox.transmit(&self.limits) {
            self.spoke = now;
            return Some(HostTransmit::Data { flight, ack: self.inbox.tell() });
        }
        if self.inbox.is_due(now) || now.since(self.spoke) >= self.limits.ping {
            self.spoke = now;
            return Some(HostTransmit::Ack(self.inbox.tell()));
        }
        None
    }

    /// When to come back: to write an acknowledgement or a sign of life, or to look at [`Self::is_expired`].
    pub fn poll_timeout(&self) -> Option<Millis> {
        if self.conn.is_none() {
            return self.expiry;
        }
        // The grace of a `bye` runs out unseen while the connection lasts: asking for that moment would spin.
        let life = self.spoke.plus(self.limits.ping);
        Some(self.inbox.due().map_or(life, |due| due.min(life)))
    }

    /// Whether the grace of the link has run out. A link with a connection never expires.
    pub fn is_expired(&self, now: Millis) -> bool {
        self.conn.is_none() && self.expiry.is_some_and(|at| at <= now)
    }

    /// Whether the current connection has been silent for too long: it is to be dropped as vanished.
    pub fn is_silent(&self, now: Millis) -> bool {
        self.conn.is_some() && now.since(self.heard) >= self.limits.ping + self.limits.silence
    }

    /// The link's name.
    pub fn id(&self) -> LinkId {
        self.id
    }

    /// The bounds that hold.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The connection that counts.
    pub fn conn(&self) -> Option<ConnId> {
        self.conn
    }

    /// The next packet that the host wants: all before are consumed.
    pub fn consumed_seq(&self) -> Seq {
        self.inbox.consumed
    }

    /// The same, when the page is told of it by the answer to a synchronous request: no connection has to any more. A page
    /// that doesn't get the answer asks again.
    pub fn tell(&mut self) -> Seq {
        self.inbox.tell()
    }

    /// The next packet that the host has not got.
    pub fn admitted(&self) -> Seq {
        self.inbox.admitted
    }

    /// Bytes that wait for the page.
    pub fn queued_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// Packets that were never given to the current connection.
    pub fn waiting(&self) -> u64 {
        self.outbox.waiting()
    }

    /// Bytes of these packets.
    pub fn waiting_bytes(&self) -> usize {
        self.outbox.waiting_bytes()
    }

    /// Whether something is to be written that no moment has to be waited for.
    pub fn wants_to_write(&self) -> bool {
        self.welcome_due || self.ack_asked || self.waiting() > 0
    }

    /// Whether an answer to the page itself is due: a welcome, or an acknowledgement.
    pub fn wants_control(&self, now: Millis) -> bool {
        self.welcome_due || self.ack_asked || self.inbox.is_due(now)
    }

    /// Whether the page has acknowledged everything.
    pub fn is_idle(&self) -> bool {
        self.outbox.is_empty()
    }
}
