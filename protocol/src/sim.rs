//! Two ends, a faulty wire between them, and virtual time.
//!
//! A [`World`] holds a page and a host with the real link machines; an [`Op`] is one thing that may happen. After each
//! of them the world holds what must always be true; [`World::heal`] lets the network behave and says whether
//! everything then arrives. A schedule of operations is drawn at random, read from a fuzzer's bytes, or a committed row.

mod calls;
mod host;
mod ledger;
mod op;
mod page;
mod rules;
mod schedule;
mod wire;

use std::fmt;

use self::host::Host;
use self::ledger::Ledger;
pub use self::op::{Op, parse_schedule, read_schedule, write_schedule};
use self::page::Page;
pub use self::rules::Ablation;
pub use self::schedule::{Failure, campaign, draw, run, shrink};
use self::wire::Wire;
use crate::error::LinkLost;
use crate::ids::Millis;
use crate::limits::Limits;

/// A page, a host, and what is between them.
#[derive(Debug)]
pub struct World {
    now: Millis,
    page: Page,
    host: Host,
    wire: Wire,
    ledger: Ledger,
    /// The page has cause to lose its link: the host forgot it or restarted, or a grace may have run out.
    may_lose: bool,
}

/// A rule that does not hold, in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation(pub String);

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bounds so narrow that every schedule meets them.
pub fn narrow_limits() -> Limits {
    Limits {
        window_packets: 6,
        window_bytes: 600_000,
        batch_packets: 3,
        batch_bytes: 300_000,
        whole_bytes: 100_000,
        part_bytes: 200_000,
        packet_bytes: 800_000,
        outbox_bytes: 2_000_000,
        open_invokes: 6,
        nested_syncs: 3,
        ..Limits::default()
    }
}

impl World {
    /// A page that has just loaded, and a host that has never heard of it; one of the rules may be taken out.
    pub fn new(limits: Limits, without: Option<Ablation>) -> Self {
        let now = START;
        let host = Host::new(limits, without);
        let page = Page::new(limits, host.epoch(), now);
        let (wire, ledger) = (Wire::default(), Ledger::default());
        Self { now, page, host, wire, ledger, may_lose: false }
    }

    /// Lets one thing happen.
    ///
    /// # Errors
    /// [`Violation`] of what must hold at any time.
    pub fn apply(&mut self, op: Op) -> Result<(), Violation> {
        self.happen(op);
        self.pump();
        self.check()
    }

    fn happen(&mut self, op: Op) {
        let Self { now, page, host, wire, ledger, .. } = self;
        let now = *now;
        let awake = !page.frozen;
        match op {
            Op::Send {} if awake => {
                page.send(ledger);
            }
            Op::SendBig { parts } if awake => page.send_big(2 + usize::from(parts), ledger),
            Op::SendOversize {} if awake => page.send_big(5, ledger),
            Op::Flood {} if awake => while page.send(ledger) {},
            Op::Invoke {} if awake => page.invoke(ledger),
            Op::Sync {} if awake => {
                page.renew(wire, host.epoch(), ledger, now);
                page.sync(ledger);
            }
            Op::SyncStep { which } => calls::step(page, host, which.into(), ledger, now),
            Op::SyncSlice { which } => calls::slice(page, host, which.into()),
            Op::SyncLose { which, copy } => calls::lose(page, wire, which.into(), copy > 0),
            Op::SyncGiveUp {} => calls::give_up(page, wire, ledger),
            Op::Late { which } => {
                if let Some(body) = wire.next_late(which.into()) {
                    // Whatever it answers, nobody listens; what it does to the host counts.
                    host.sync(&body, ledger, now);
                }
            }
            Op::HostSend {} => {
                host.send(ledger);
            }
            Op::HostBig { parts } => host.send_big(2 + usize::from(parts), ledger),
            Op::HostFlood {} => while host.send(ledger) {},
            Op::Run { count } => host.run(1 + usize::from(count), ledger, now),
            Op::Settle { count } => host.settle(1 + usize::from(count), ledger),
            Op::Up { count } => self.deliver_up(1 + usize::from(count)),
            Op::Down { count } => self.deliver_down(1 + usize::from(count)),
            Op::Cut { up, down, noticed } => wire.cut(up.into(), down.into(), noticed > 0),
            Op::Stale { which, count } => self.stale(which.into(), 1 + usize::from(count)),
            Op::Advance { tenths } => self.advance(u64::from(tenths) * 100),
            Op::Freeze {} if awake && !page.is_blocked() => page.freeze(),
            Op::Thaw {} if !awake => page.wake(now),
            Op::Wake {} if awake && !page.is_blocked() => page.wake(now),
            Op::Reload {} if awake && !page.is_blocked() => {
                page.reload(wire, host.epoch(), ledger, now);
            }
            Op::Expire {} => {
                self.may_lose = true;
                host.expire(wire);
            }
            Op::Restart {} => {
                self.may_lose = true;
                wire.cut(0, 0, false);
                host.restart();
            }
            _ => {}
        }
    }

    /// The machines' outputs go onto the wire.
    fn pump(&mut self) {
        self.page.pump(&mut self.wire, self.host.epoch(), &mut self.ledger, self.now);
        self.host.pump(&mut self.wire, self.now);
    }

    fn deliver_up(&mut self, count: usize) {
        for _ in 0..count {
            let Some((conn, frame)) = self.wire.next_up() else { break };
            self.host.receive(conn, frame, &mut self.wire, &mut self.ledger, self.now);
            self.pump();
        }
    }

    /// Events of the socket wait while the page is blocked.
    fn deliver_down(&mut self, count: usize) {
        for _ in 0..count {
            if self.page.is_blocked() || self.page.frozen {
                break;
            }
            let Some(frame) = self.wire.next_down() else { break };
            self.page.receive(frame, &mut self.ledger, self.now);
            self.pump();
        }
    }

    fn stale(&mut self, which: usize, count: usize) {
        for _ in 0..count {
            let Some((conn, frame)) = self.wire.next_stale(which) else { break };
            self.host.receive(conn, frame, &mut self.wire, &mut self.ledger, self.now);
        }
    }

    fn advance(&mut self, span: u64) {
        let until = self.now.plus(span);
        for round in 0.. {
            let next = [self.page.timeout(), self.host.timeout()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            if round > ROUNDS {
                return self.ledger.fault("a machine asks for the same moment again and again");
            }
            self.now = self.now.max(at);
            self.page.tick(self.now);
            self.host.tick(&mut self.wire, self.now);
            self.pump();
        }
        self.now = until;
        self.host.tick(&mut self.wire, self.now);
        self.may_lose |= self.now.since(START) > GRACE;
    }

    /// What must hold at any time.
    fn check(&mut self) -> Result<(), Violation> {
        self.page.check(&mut self.ledger);
        self.host.check(&mut self.ledger);
        if let Some(why) = self.page.losses.first().filter(|_| !self.may_lose) {
            self.ledger.fault(format!("the link was lost for no reason: {why}"));
        }
        self.ledger.check()
    }

    /// The network behaves from now on. In a bounded number of steps everything arrives, or the page knows that it
    /// won't; a connection that works goes on.
    ///
    /// # Errors
    /// [`Violation`] of that, or of what must hold at any time.
    pub fn heal(&mut self) -> Result<(), Violation> {
        let may_lose = self.may_lose;
        if self.page.frozen {
            self.page.wake(self.now);
            self.pump();
        }
        let link = self.page.link.id();
        let works = self.page.link.is_open()
            && self.wire.conn().is_some()
            && self.wire.conn() == self.host.conn(link);
        let opened = self.wire.opened();
        for _ in 0..HEAL_STEPS {
            while !self.wire.is_stale_empty() {
                self.stale(0, 1);
                self.pump();
            }
            while let Some(body) = self.wire.next_late(0) {
                self.host.sync(&body, &mut self.ledger, self.now);
            }
            for which in (0..self.page.calls.len()).rev() {
                calls::step(&mut self.page, &mut self.host, which, &mut self.ledger, self.now);
            }
            self.pump();
            self.deliver_up(usize::MAX);
            self.host.run(usize::MAX, &mut self.ledger, self.now);
            self.host.settle(usize::MAX, &mut self.ledger);
            self.pump();
            self.deliver_down(usize::MAX);
            self.advance(HEAL_STEP);
            self.may_lose = may_lose;
            self.check()?;
            let link = self.page.link.id();
            if self.page.is_idle() && self.host.is_idle_for(link) && self.wire.is_empty() {
                if works && self.page.losses.is_empty() && self.wire.opened() > opened {
                    return Err(Violation("a connection that worked was given up".to_owned()));
                }
                return self.ledger.check_complete(link);
            }
        }
        let calls = self.page.calls.len();
        Err(Violation(format!("not idle after {HEAL_STEPS} steps, with {calls} calls under way")))
    }

    /// How often the page was told that its link is over, by reason.
    pub fn losses(&self) -> &[LinkLost] {
        &self.page.losses
    }
}

const START: Millis = Millis(1_000);
/// Timers that one span of time may have.
const ROUNDS: usize = 1_000;
/// Less than a grace: before this, no link may run out.
const GRACE: u64 = 15_000;
/// Healing is done after 30 seconds.
const HEAL_STEPS: usize = 60;
const HEAL_STEP: u64 = 500;
