//! A call that comes alone: the task that read it makes it, with no other thread between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use exciton_protocol::Seq;
use tokio::task::block_in_place;

use super::intake::Lone;
use super::lookout::Lookout;
use super::queue::Job;
use super::runner::{Done, Turn};
use super::{Document, State};
use crate::place::on_worker;

impl State {
    /// Whether the only thing to run is a call, which is then left for the task that read it.
    pub(super) fn begin_lone(&mut self) -> bool {
        if self.intake.running || !self.intake.queue.is_lone() || self.must_wait() {
            return false;
        }
        self.intake.running = true;
        self.intake.lone = Lone::Waits;
        true
    }

    /// Whether the connection's task makes the call of this packet, and looks for its answer itself.
    pub(super) fn is_made_here(&self, seq: Seq) -> bool {
        self.intake.lone == Lone::Runs(seq)
    }
}

impl Document {
    /// Whether a call waits for the connection's task.
    pub(crate) fn has_lone(&self) -> bool {
        self.lock().intake.lone == Lone::Waits
    }

    /// Whether this packet's call is such a one, and not through.
    pub(crate) fn is_lone(&self, seq: Seq) -> bool {
        let state = self.lock();
        state.intake.lone == Lone::Waits || state.is_made_here(seq)
    }

    /// Makes the call in the runtime's worker that asks, or elsewhere if another one is made so.
    pub(crate) fn call_lone(self: &Arc<Self>, calls: &LoneCalls) {
        let Some(call) = calls.try_begin() else { return self.leave_lone() };
        let since = Instant::now();
        self.run_lone(&call);
        self.swift.store(since.elapsed() < SWIFT, Ordering::Relaxed);
    }

    /// Whether the latest such call of the page took no time to speak of, so that the next one is likely not to.
    pub(crate) fn is_swift(&self) -> bool {
        self.swift.load(Ordering::Relaxed)
    }

    /// Leaves the call, if it still waits, to a thread of the pool.
    pub(crate) fn leave_lone(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.intake.lone == Lone::Waits {
            state.intake.lone = Lone::No;
            drop(state);
            self.run_elsewhere();
        }
    }

    /// What came behind it meanwhile goes on elsewhere.
    fn run_lone(self: &Arc<Self>, call: &LoneCall<'_>) {
        let mut state = self.lock();
        if state.intake.lone != Lone::Waits {
            return;
        }
        // A page that has ended took its jobs along.
        let job = if state.must_wait() { None } else { state.intake.queue.next() };
        let runs = match &job {
            Some(Job::Packet(seq, _)) => Lone::Runs(*seq),
            _ => Lone::No,
        };
        state.intake.lone = runs;
        drop(state);
        let mut turn = Turn::new(self);
        // Of what else may run, much may block.
        let is_call = job.as_ref().is_some_and(|job| job.wants().is_some());
        let stays = is_call && self.is_swift() && !self.access.gate.asks();
        let work = || job.map_or(Done::Nothing, |job| self.work(&mut turn, job));
        let done = if stays { call.stay(work) } else { block_in_place(work) };
        let stands = matches!(done, Done::Stands);
        let mut state = self.lock();
        // The connection's task looks for what there is to write in any case.
        state.is_through(done, &turn, self);
        // A runner that stood still may have gone on since.
        if state.intake.lone == runs {
            state.intake.lone = Lone::No;
        }
        if stands {
            return;
        }
        if state.intake.queue.is_empty() || state.must_wait() {
            state.intake.running = false;
            return;
        }
        drop(state);
        self.run_elsewhere();
    }
}

/// Whether a request's task may make a call on this thread. Where an application runs its server in a `LocalSet` it may not,
/// which nothing tells but trying.
pub(crate) fn may_call_here() -> bool {
    thread_local! {
        static MAY: bool = std::panic::catch_unwind(|| tokio::task::block_in_place(|| ())).is_ok();
    }
    MAY.with(|may| *may)
}

/// Longer is not swift.
const SWIFT: Duration = Duration::from_millis(2);

/// One such call at a time in the whole application: each takes a worker of the runtime, which must never be left without any.
#[derive(Default)]
pub(crate) struct LoneCalls {
    is_under_way: AtomicBool,
    lookout: Arc<Lookout>,
}

impl LoneCalls {
    /// Until what it returns is dropped, nobody else gets one.
    pub(crate) fn try_begin(&self) -> Option<LoneCall<'_>> {
        (!self.is_under_way.swap(true, Ordering::Acquire)).then_some(LoneCall(self))
    }
}

/// See [`LoneCalls::try_begin`].
pub(crate) struct LoneCall<'a>(&'a LoneCalls);

impl LoneCall<'_> {
    /// Makes it on the worker. Only what may block in it gives the worker's place away.
    fn stay<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.lookout.over(|| on_worker(work))
    }
}

impl Drop for LoneCall<'_> {
    fn drop(&mut self) {
        self.0.is_under_way.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_made_where_the_runtime_can_do_without_the_thread() {
        let run = |runs: fn() -> bool| std::thread::spawn(runs).join();
        let in_a_worker = run(|| {
            let runtime = tokio::runtime::Runtime::new().ok();
            runtime.is_some_and(|runtime| {
                runtime
                    .block_on(async { tokio::spawn(async { may_call_here() }).await })
                    .is_ok_and(|may| may)
            })
        });
        let in_a_set = run(|| {
            let runtime = tokio::runtime::Runtime::new().ok();
            runtime.is_some_and(|runtime| {
                let set = tokio::task::LocalSet::new();
                set.block_on(&runtime, async { may_call_here() })
            })
        });
        assert!(in_a_worker.is_ok_and(|may| may));
        assert!(in_a_set.is_ok_and(|may| !may));
    }
}
