//! Two ends, a faulty wire between them, and virtual time.
//!
//! A [`World`] holds a page and a host with the real link machines; an [`Op`] is one thing that may happen. After each
//! of them [`World::check`] holds what must always be true; [`World::heal`] lets the network behave and says whether
//! everything then arrives. The same operations are a property test's schedule and a fuzzer's input.

mod host;
mod page;
mod wire;

use std::fmt;

use self::host::Host;
use self::page::Page;
use self::wire::Wire;
use crate::error::LinkLost;
use crate::ids::Millis;
use crate::limits::Limits;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The page sends.
    Send,
    /// The page invokes.
    Invoke,
    /// The page calls `sendSync`, with these faults of its request.
    Sync(SyncFault),
    /// The host sends.
    HostSend,
    /// The host's runner calls the listeners of up to this many packets.
    Run(u8),
    /// Up to this many frames arrive at the host.
    DeliverUp(u8),
    /// Up to this many frames arrive at the page.
    DeliverDown(u8),
    /// The connection dies: this many frames of either direction still arrive, the rest is lost.
    Cut {
        /// Frames that the host still gets, later.
        up: u8,
        /// Frames that the page still gets, at once.
        down: u8,
        /// The host learns of it now.
        noticed: bool,
    },
    /// What old connections still had arrives at the host.
    StaleTail,
    /// Time passes, in tenths of a second.
    Advance(u8),
    /// The host forgets the link, as if its grace had run out.
    Expire,
    /// The host process is another one.
    Restart,
}

/// What happens to the request of a `sendSync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncFault {
    /// Nothing.
    None,
    /// It is lost on the way and repeated.
    RequestLost,
    /// Its answer is lost, and it is repeated.
    AnswerLost,
    /// It is answered, and a copy of it arrives later.
    Copied,
    /// The answer takes longer than a slice.
    Slow,
}

/// A page, a host, and what is between them.
#[derive(Debug)]
pub struct World {
    now: Millis,
    page: Page,
    host: Host,
    wire: Wire,
}

/// A rule that does not hold, in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation(pub String);

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl World {
    /// A page that has just loaded, and a host that has never heard of it.
    pub fn new(limits: Limits) -> Self {
        let now = Millis(1_000);
        Self { now, page: Page::new(limits, now), host: Host::new(limits), wire: Wire::default() }
    }

    /// Lets one thing happen.
    pub fn apply(&mut self, op: Op) -> Result<(), Violation> {
        match op {
            Op::Send => self.page.send(),
            Op::Invoke => self.page.invoke(),
            Op::Sync(fault) => self.sync(fault)?,
            Op::HostSend => self.host.send(),
            Op::Run(count) => self.host.run(count.into(), self.now),
            Op::DeliverUp(count) => self.deliver_up(count.into())?,
            Op::DeliverDown(count) => self.deliver_down(count.into())?,
            Op::Cut { up, down, noticed } => self.cut(up.into(), down.into(), noticed)?,
            Op::StaleTail => self.stale_tail()?,
            Op::Advance(tenths) => self.advance(u64::from(tenths) * 100),
            Op::Expire => self.host.expire(),
            Op::Restart => {
                self.cut(0, 0, true)?;
                self.host.restart();
            }
        }
        self.pump();
        self.check()
    }

    /// The machines' outputs go onto the wire.
    fn pump(&mut self) {
        self.page.pump(&mut self.wire, self.now);
        self.host.pump(&mut self.wire, self.now);
    }

    fn deliver_up(&mut self, count: usize) -> Result<(), Violation> {
        for _ in 0..count {
            let Some((conn, frame)) = self.wire.next_up() else { break };
            self.host.receive(conn, frame, &mut self.wire, self.now)?;
            self.pump();
        }
        Ok(())
    }

    fn deliver_down(&mut self, count: usize) -> Result<(), Violation> {
        for _ in 0..count {
            let Some(frame) = self.wire.next_down() else { break };
            self.page.receive(frame, self.now)?;
            self.pump();
        }
        Ok(())
    }

    fn cut(&mut self, up: usize, down: usize, noticed: bool) -> Result<(), Violation> {
        self.deliver_down(down)?;
        let Some(conn) = self.wire.cut(up) else { return Ok(()) };
        if noticed {
            self.host.closed(conn, self.now);
        }
        self.page.closed(self.now);
        Ok(())
    }

    fn stale_tail(&mut self) -> Result<(), Violation> {
        while let Some((conn, frame)) = self.wire.next_stale() {
            self.host.receive(conn, frame, &mut self.wire, self.now)?;
        }
        if let Some(request) = self.wire.copied.take() {
            // Whatever it answers, nobody listens; what it does to the host is checked.
            self.host.sync(&request, true, self.now)?;
        }
        Ok(())
    }

    fn sync(&mut self, fault: SyncFault) -> Result<(), Violation> {
        let Some(request) = self.page.sync_request(self.now) else { return Ok(()) };
        if fault == SyncFault::AnswerLost {
            self.host.sync(&request, true, self.now)?;
        }
        let mut answer = self.host.sync(&request, fault != SyncFault::Slow, self.now)?;
        if matches!(answer, host::Answer::Pending { .. }) {
            self.page.sync_state(&request.got, &answer)?;
            let again = wire::SyncBody { batches: Vec::new(), ..request.clone() };
            answer = self.host.sync(&again, true, self.now)?;
        }
        if fault == SyncFault::Copied {
            self.wire.copied = Some(request.clone());
        }
        self.page.sync_answer(&request, &answer, self.now)
    }

    fn advance(&mut self, span: u64) {
        let until = self.now.plus(span);
        // A machine that asks for the same moment again and again would hang the world.
        for _ in 0..10_000 {
            let next = [self.page.timeout(), self.host.timeout()].into_iter().flatten().min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            self.page.tick(self.now);
            self.host.tick(self.now);
            self.pump();
        }
        self.now = until;
    }

    /// What must hold at any time.
    pub fn check(&self) -> Result<(), Violation> {
        self.host.check_against(&self.page)?;
        self.page.check_against(&self.host)
    }

    /// The network behaves from now on. In a bounded number of steps everything arrives, or the page knows that it
    /// won't.
    pub fn heal(&mut self) -> Result<(), Violation> {
        for _ in 0..HEAL_STEPS {
            self.stale_tail()?;
            self.deliver_up(usize::MAX)?;
            self.host.run(usize::MAX, self.now);
            self.pump();
            self.deliver_down(usize::MAX)?;
            self.advance(500);
            self.check()?;
            if self.page.is_idle() && self.host.is_idle_for(&self.page) && self.wire.is_empty() {
                return self.host.check_complete(&self.page);
            }
        }
        Err(Violation(format!("not idle after {HEAL_STEPS} steps: {:?}", self.page)))
    }

    /// How often the page was told that its link is over, by reason.
    pub fn losses(&self) -> &[LinkLost] {
        self.page.losses()
    }
}

const HEAL_STEPS: usize = 400;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bounds so narrow that every schedule meets them.
    fn narrow() -> Limits {
        Limits {
            window_packets: 4,
            window_bytes: 60,
            batch_packets: 3,
            batch_bytes: 30,
            ..Limits::default()
        }
    }

    fn fault() -> impl Strategy<Value = SyncFault> {
        prop_oneof![
            4 => Just(SyncFault::None),
            1 => Just(SyncFault::RequestLost),
            1 => Just(SyncFault::AnswerLost),
            1 => Just(SyncFault::Copied),
            1 => Just(SyncFault::Slow),
        ]
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            8 => Just(Op::Send),
            4 => Just(Op::Invoke),
            3 => fault().prop_map(Op::Sync),
            6 => Just(Op::HostSend),
            8 => (1u8..5).prop_map(Op::Run),
            10 => (1u8..6).prop_map(Op::DeliverUp),
            10 => (1u8..6).prop_map(Op::DeliverDown),
            4 => (0u8..4, 0u8..4, any::<bool>()).prop_map(|(up, down, noticed)| Op::Cut { up, down, noticed }),
            3 => Just(Op::StaleTail),
            4 => (0u8..80).prop_map(Op::Advance),
            1 => Just(Op::Expire),
            1 => Just(Op::Restart),
        ]
    }

    fn run(ops: &[Op]) -> Result<World, Violation> {
        let mut world = World::new(narrow());
        for op in ops {
            world.apply(*op)?;
        }
        world.heal()?;
        Ok(world)
    }

    #[test]
    fn without_faults_everything_arrives() {
        let ops = [
            Op::Send,
            Op::Sync(SyncFault::None),
            Op::Invoke,
            Op::HostSend,
            Op::DeliverUp(9),
            Op::Run(9),
        ];
        let world = run(&ops).unwrap_or_else(|violation| panic!("{violation:?}"));
        assert_eq!(world.losses(), []);
    }

    #[test]
    fn a_restart_is_told_and_ends_the_link() {
        let world = run(&[Op::Send, Op::DeliverUp(9), Op::Restart])
            .unwrap_or_else(|violation| panic!("{violation:?}"));
        assert_eq!(world.losses(), [LinkLost::HostRestarted]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_or_run_twice_and_everything_settles(ops in prop::collection::vec(op(), 1..80)) {
            if let Err(violation) = run(&ops) {
                return Err(TestCaseError::fail(format!("{violation:?}")));
            }
        }
    }
}
