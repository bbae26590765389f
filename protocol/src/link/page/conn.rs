//! When a page connects, asks for a sign of life, and gives a socket up.

use super::Want;
use crate::error::CloseReason;
use crate::ids::Millis;
use crate::limits::Limits;

/// The state of the page's socket, and what the driver is to do with it.
#[derive(Debug)]
pub(super) struct Conn {
    state: State,
    want: Option<Want>,
    /// The number of the connection under way: grows with each.
    attempt: u64,
    hello_due: bool,
    ping_due: bool,
    /// When anything last came from the host on this connection.
    heard: Millis,
    /// When a ping went out that nothing has come after.
    pinged: Option<Millis>,
    /// The next wait between two tries: none before the first. Starts over when the host says anything beyond a welcome.
    backoff: u64,
    /// How many connections in a row fell silent before either end had got anything new: it may be a slow network, that takes
    /// its time for a big message.
    fruitless: u32,
    hidden: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The socket is being opened, or its hello is not answered.
    Connecting { since: Millis },
    /// The host has welcomed it.
    Open,
    /// A probe is due then.
    Waiting { until: Millis },
    /// The driver is probing.
    Probing,
    /// In the back/forward cache.
    Frozen,
    /// The link is over.
    Stopped,
}

impl Conn {
    pub(super) fn new(now: Millis) -> Self {
        let mut conn = Self {
            state: State::Stopped,
            want: None,
            attempt: 0,
            hello_due: false,
            ping_due: false,
            heard: now,
            pinged: None,
            backoff: 0,
            fruitless: 0,
            hidden: false,
        };
        conn.connect(now);
        conn
    }

    fn connect(&mut self, now: Millis) {
        self.attempt += 1;
        self.state = State::Connecting { since: now };
        self.want = Some(Want::Connect);
        self.hello_due = false;
        self.ping_due = false;
        self.pinged = None;
    }

    pub(super) fn handle_open(&mut self, now: Millis) {
        if matches!(self.state, State::Connecting { .. }) {
            self.hello_due = true;
            self.heard = now;
        }
    }

    pub(super) fn handle_welcome(&mut self, now: Millis) {
        self.state = State::Open;
        self.heard(now);
    }

    pub(super) fn heard(&mut self, now: Millis) {
        self.heard = now;
        self.pinged = None;
    }

    /// The host has said something beyond its welcome.
    pub(super) fn works(&mut self) {
        self.backoff = 0;
    }

    /// Something came that needn't come again, or something arrived that needn't be sent again.
    pub(super) fn got_on(&mut self) {
        self.fruitless = 0;
    }

    /// Returns whether an open connection was lost.
    pub(super) fn handle_closed(&mut self, now: Millis, entropy: u32) -> bool {
        let before = self.state;
        self.hello_due = false;
        match before {
            // A socket that worked is opened again at once; one that failed is punished by the browser if it is
            // tried again before the host is there. A welcome alone is no work: a host that hangs up behind each is
            // asked ever more rarely, like one that isn't there.
            State::Open if self.backoff == 0 => {
                self.backoff = 1;
                self.connect(now);
            }
            State::Open | State::Connecting { .. } => self.wait(now, entropy),
            State::Waiting { .. } | State::Probing | State::Frozen | State::Stopped => {}
        }
        before == State::Open
    }

    fn wait(&mut self, now: Millis, entropy: u32) {
        // A page that was hidden and is seen again waits no longer than one that always was.
        let most = if self.hidden { SLOWEST_RETRY_HIDDEN } else { SLOWEST_RETRY };
        let span = self.backoff.min(most);
        let jitter = u64::from(entropy) % (span / 4 + 1);
        self.state = State::Waiting { until: now.plus(span - span / 8 + jitter) };
        self.backoff = (span * 2).max(FIRST_RETRY);
    }

    pub(super) fn handle_alive(&mut self, alive: bool, now: Millis, entropy: u32) {
        if self.state != State::Probing {
            return;
        }
        if alive { self.connect(now) } else { self.wait(now, entropy) }
    }

    pub(super) fn handle_wake(&mut self, limits: &Limits, now: Millis) {
        match self.state {
            State::Open => {
                // Whatever was missed while asleep is no sign of death; the answer to this ping is.
                self.heard = now;
                self.pinged = Some(now);
                self.ping_due = true;
            }
            State::Frozen => self.connect(now),
            State::Waiting { .. } => self.probe(),
            State::Connecting { since } if now.since(since) > limits.probe => self.connect(now),
            State::Connecting { .. } | State::Probing | State::Stopped => {}
        }
    }

    fn probe(&mut self) {
        self.state = State::Probing;
        self.want = Some(Want::Probe);
    }

    /// Returns whether an open connection was given up.
    pub(super) fn handle_timeout(
        &mut self,
        limits: &Limits,
        unacked: bool,
        now: Millis,
        entropy: u32,
    ) -> bool {
        let Some(due) = self.timeout(limits, unacked).filter(|due| *due <= now) else {
            return false;
        };
        match self.state {
            State::Waiting { .. } => self.probe(),
            State::Connecting { .. } => {
                self.want = Some(Want::Close(CloseReason::Silent));
                self.wait(now, entropy);
            }
            // The page itself was not running: what came meanwhile is waiting in the browser's queue.
            State::Open if now.since(due) > OVERSLEPT => self.handle_wake(limits, now),
            State::Open if self.pinged.is_none() => {
                self.pinged = Some(now);
                self.ping_due = true;
            }
            State::Open => {
                self.fruitless = MOST_FRUITLESS.min(self.fruitless + 1);
                self.connect(now);
                return true;
            }
            State::Probing | State::Frozen | State::Stopped => {}
        }
        false
    }

    pub(super) fn timeout(&self, limits: &Limits, unacked: bool) -> Option<Millis> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Connecting { since } => Some(since.plus(limits.probe)),
            State::Open => Some(match self.pinged {
                Some(at) => at.plus(self.patience(limits)),
                None if unacked => self.heard.plus(limits.probe / 2),
                None => self.heard.plus(limits.silence - limits.probe),
            }),
            State::Probing | State::Frozen | State::Stopped => None,
        }
    }

    /// How long the answer to a ping may take.
    fn patience(&self, limits: &Limits) -> u64 {
        limits.probe << self.fruitless
    }

    /// When the host is asked for again, while there is no connection and none is being made.
    pub(super) fn retry(&self) -> Option<Millis> {
        match self.state {
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    pub(super) fn set_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    pub(super) fn freeze(&mut self) {
        if self.state != State::Stopped {
            self.close_for(CloseReason::Frozen, State::Frozen);
        }
    }

    pub(super) fn stop(&mut self, reason: CloseReason) {
        self.close_for(reason, State::Stopped);
    }

    fn close_for(&mut self, reason: CloseReason, state: State) {
        self.state = state;
        self.hello_due = false;
        self.want = Some(Want::Close(reason));
    }

    /// The connection under way counts as one that failed: the next waits for a probe.
    pub(super) fn give_up(&mut self, reason: CloseReason) {
        if let State::Open = self.state {
            self.state = State::Connecting { since: self.heard };
        }
        self.want = Some(Want::Close(reason));
    }

    pub(super) fn poll_want(&mut self) -> Option<Want> {
        self.want.take()
    }

    pub(super) fn take_hello(&mut self) -> Option<u64> {
        std::mem::take(&mut self.hello_due).then_some(self.attempt)
    }

    pub(super) fn take_ping(&mut self) -> bool {
        std::mem::take(&mut self.ping_due)
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }
}

// Paces, not bounds of a conversation: a page keeps them before it has heard of any host, and none has a say in them.

/// The first wait after a failed probe, in milliseconds; doubled with each.
const FIRST_RETRY: u64 = 250;
/// The longest wait of a visible page.
const SLOWEST_RETRY: u64 = 1_000;
/// The longest wait of a hidden page.
const SLOWEST_RETRY_HIDDEN: u64 = 5_000;
/// How often the patience with a slow network is doubled: from 5 seconds to 40.
const MOST_FRUITLESS: u32 = 3;
/// A timer that is this late says that the page was blocked or asleep.
const OVERSLEPT: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    fn open() -> Conn {
        let mut conn = Conn::new(NOW);
        assert_eq!(conn.poll_want(), Some(Want::Connect));
        conn.handle_open(NOW);
        assert_eq!(conn.take_hello(), Some(1));
        conn.handle_welcome(NOW);
        conn
    }

    #[test]
    fn a_working_socket_that_closes_is_opened_again_at_once() {
        let mut conn = open();
        for attempt in 2..5 {
            conn.works();
            assert!(conn.handle_closed(NOW, 0));
            assert_eq!(conn.poll_want(), Some(Want::Connect));
            conn.handle_open(NOW);
            assert_eq!(conn.take_hello(), Some(attempt));
            conn.handle_welcome(NOW);
        }
    }

    /// Lets time pass until the page asks for the host, which is there. Returns how long that took.
    fn until_connect(conn: &mut Conn, now: &mut Millis) -> u64 {
        let (limits, before) = (Limits::default(), *now);
        while conn.poll_want() != Some(Want::Connect) {
            *now = conn.timeout(&limits, false).unwrap_or(*now);
            conn.handle_timeout(&limits, false, *now, 0);
            if conn.poll_want() == Some(Want::Probe) {
                conn.handle_alive(true, *now, 0);
            }
        }
        now.since(before)
    }

    #[test]
    fn a_host_that_hangs_up_behind_each_welcome_is_asked_ever_more_rarely() {
        let mut now = NOW;
        let mut conn = Conn::new(now);
        let mut waits = Vec::new();
        let mut hang_up = |conn: &mut Conn, now: &mut Millis| {
            waits.push(until_connect(conn, now));
            conn.handle_open(*now);
            conn.handle_welcome(*now);
            assert!(conn.handle_closed(*now, 0));
        };
        for _ in 0..6 {
            hang_up(&mut conn, &mut now);
        }
        // Once it has more to say, all is well again.
        until_connect(&mut conn, &mut now);
        conn.handle_open(now);
        conn.handle_welcome(now);
        conn.works();
        conn.handle_closed(now, 0);
        for _ in 0..3 {
            hang_up(&mut conn, &mut now);
        }
        assert_eq!(waits, [0, 0, 1, 219, 438, 875, 0, 1, 219]);
    }

    #[test]
    fn a_socket_that_failed_is_not_tried_again_before_a_probe_succeeds() {
        let mut conn = open();
        conn.handle_closed(NOW, 0);
        conn.poll_want();
        assert!(!conn.handle_closed(NOW, 0));
        let limits = Limits::default();
        let mut waits = Vec::new();
        let mut now = NOW;
        for _ in 0..5 {
            assert_eq!(conn.poll_want(), None);
            let due = conn.timeout(&limits, false).unwrap_or(now);
            waits.push(due.since(now));
            now = due;
            conn.handle_timeout(&limits, false, now, 0);
            assert_eq!(conn.poll_want(), Some(Want::Probe));
            conn.handle_alive(false, now, 0);
        }
        assert_eq!(waits, [1, 219, 438, 875, 875]);
        now = conn.timeout(&limits, false).unwrap_or(now);
        conn.handle_timeout(&limits, false, now, 0);
        conn.poll_want();
        conn.handle_alive(true, now, 0);
        assert_eq!(conn.poll_want(), Some(Want::Connect));
    }

    #[test]
    fn a_hidden_page_asks_more_rarely_and_one_that_is_seen_or_online_again_at_once() {
        let limits = Limits::default();
        let mut conn = open();
        conn.set_hidden(true);
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..2 {
            conn.handle_closed(now, 0);
            conn.poll_want();
        }
        for _ in 0..8 {
            let due = conn.timeout(&limits, false).unwrap_or(now);
            waits.push(due.since(now));
            now = due;
            conn.handle_timeout(&limits, false, now, 0);
            conn.poll_want();
            conn.handle_alive(false, now, 0);
        }
        assert_eq!(waits, [1, 219, 438, 875, 1_750, 3_500, 4_375, 4_375]);
        assert_eq!(conn.poll_want(), None);
        conn.handle_wake(&limits, now);
        assert_eq!(conn.poll_want(), Some(Want::Probe));
        // The jitter spreads the pages of one host over a quarter of the wait.
        conn.handle_alive(false, now, 1_250);
        assert_eq!(conn.timeout(&limits, false), Some(now.plus(5_000 - 625 + 1_250)));
    }

    #[test]
    fn silence_is_answered_by_a_ping_and_then_by_a_new_connection() {
        let limits = Limits::default();
        let mut conn = open();
        let due = conn.timeout(&limits, false).unwrap_or(NOW);
        assert_eq!(due.since(NOW), limits.silence - limits.probe);
        assert!(!conn.handle_timeout(&limits, false, due, 0));
        assert!(conn.take_ping());
        let due = conn.timeout(&limits, false).unwrap_or(NOW);
        assert!(conn.handle_timeout(&limits, false, due, 0));
        assert_eq!(conn.poll_want(), Some(Want::Connect));
    }

    #[test]
    fn a_page_that_waits_for_an_acknowledgement_asks_early_and_judges_within_two_probes() {
        let limits = Limits::default();
        let mut conn = open();
        let due = conn.timeout(&limits, true).unwrap_or(NOW);
        assert!(!conn.handle_timeout(&limits, true, due, 0));
        assert!(conn.take_ping());
        let due = conn.timeout(&limits, true).unwrap_or(NOW);
        assert!(due.since(NOW) < 2 * limits.probe, "{}", due.since(NOW));
        assert!(conn.handle_timeout(&limits, true, due, 0));
    }

    #[test]
    fn a_network_on_which_nothing_gets_on_is_given_more_time_until_something_does() {
        let limits = Limits::default();
        let mut conn = open();
        let mut spans = Vec::new();
        for _ in 0..5 {
            let ping = conn.timeout(&limits, true).unwrap_or(NOW);
            conn.handle_timeout(&limits, true, ping, 0);
            let end = conn.timeout(&limits, true).unwrap_or(NOW);
            spans.push(end.since(ping));
            assert!(conn.handle_timeout(&limits, true, end, 0));
            conn.handle_open(end);
            conn.handle_welcome(end);
        }
        assert_eq!(spans, [5_000, 10_000, 20_000, 40_000, 40_000]);
        conn.got_on();
        assert_eq!(conn.patience(&limits), limits.probe);
    }

    #[test]
    fn a_page_that_overslept_asks_before_it_judges() {
        let limits = Limits::default();
        let mut conn = open();
        let late = NOW.plus(10 * limits.silence);
        assert!(!conn.handle_timeout(&limits, true, late, 0));
        assert!(conn.take_ping());
        assert_eq!(conn.timeout(&limits, true), Some(late.plus(limits.probe)));
    }

    #[test]
    fn a_frozen_page_has_no_socket_until_it_wakes() {
        let mut conn = open();
        conn.freeze();
        assert_eq!(conn.poll_want(), Some(Want::Close(CloseReason::Frozen)));
        assert!(!conn.handle_closed(NOW, 0));
        assert_eq!((conn.poll_want(), conn.timeout(&Limits::default(), true)), (None, None));
        conn.handle_wake(&Limits::default(), NOW);
        assert_eq!(conn.poll_want(), Some(Want::Connect));
    }

    #[test]
    fn a_page_that_has_left_has_no_socket_ever_after() {
        let mut conn = open();
        conn.stop(CloseReason::Left);
        assert_eq!(conn.poll_want(), Some(Want::Close(CloseReason::Left)));
        assert!(!conn.handle_closed(NOW, 0));
        conn.handle_wake(&Limits::default(), NOW);
        assert_eq!((conn.poll_want(), conn.timeout(&Limits::default(), true)), (None, None));
    }
}
