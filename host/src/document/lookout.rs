//! Who looks out while calls are made on workers of the runtime: one that blocks its worker may leave the runtime with nobody
//! who waits for connections. All others sleep, and to be woken one of them needs a task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;

/// For the calls of one application, of which one at a time is made so.
#[derive(Default)]
pub(super) struct Lookout {
    /// How many calls have begun and how many have ended: an odd sum says that one is under way.
    turns: AtomicU64,
    on_duty: AtomicBool,
}

impl Lookout {
    /// Runs one call, with somebody on duty.
    pub(super) fn over<T>(self: &Arc<Self>, call: impl FnOnce() -> T) -> T {
        let _turn = Turn::begin(self);
        if !self.on_duty.load(Ordering::SeqCst) && !self.on_duty.swap(true, Ordering::SeqCst) {
            let (lookout, runtime) = (self.clone(), Handle::current());
            tokio::task::spawn_blocking(move || lookout.look(&runtime));
        }
        call()
    }

    /// Looks until there was no call for a while.
    fn look(&self, runtime: &Handle) {
        let (mut before, mut idle) = (self.turns(), 0);
        while idle < IDLE || !self.leaves(before) {
            thread::sleep(LOOK);
            let now = self.turns();
            match now == before {
                true if is_under_way(now) => wake_another(runtime),
                true => idle += 1,
                false => idle = 0,
            }
            before = now;
        }
    }

    /// Goes off duty, unless a call has begun that relies on it.
    fn leaves(&self, before: u64) -> bool {
        self.on_duty.store(false, Ordering::SeqCst);
        self.turns() == before || self.on_duty.swap(true, Ordering::SeqCst)
    }

    fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }
}

fn is_under_way(turns: u64) -> bool {
    turns % 2 == 1
}

/// A worker that has nothing more to do waits for connections.
fn wake_another(runtime: &Handle) {
    runtime.spawn(async {});
}

/// A call under way, until it is dropped.
struct Turn<'a>(&'a AtomicU64);

impl<'a> Turn<'a> {
    fn begin(lookout: &'a Lookout) -> Self {
        lookout.turns.fetch_add(1, Ordering::SeqCst);
        Self(&lookout.turns)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often it looks: so long a call may hold up others.
const LOOK: Duration = Duration::from_millis(5);

/// So many looks without a call, and it goes off duty.
const IDLE: u32 = 20;
