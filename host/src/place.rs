//! Where user code runs: on a thread of the pool, which it may block, or on a worker of the runtime, which it may not.
//!
//! To give the worker's place to another thread first makes it a thread of the pool, but takes as long as many calls:
//! the other thread is woken, and computes. So it is done for code that may block only.

use std::cell::Cell;

thread_local! {
    /// A worker of the runtime runs user code, and has not given its place away.
    static ON_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Runs user code on this worker. What may block in it says so, see [`may_block`].
pub(crate) fn on_worker<T>(run: impl FnOnce() -> T) -> T {
    let _set = Set::to(true);
    run()
}

/// Runs code that may block.
pub(crate) fn may_block<T>(run: impl FnOnce() -> T) -> T {
    if !ON_WORKER.get() {
        return run();
    }
    let _set = Set::to(false);
    tokio::task::block_in_place(run)
}

/// Until it is dropped, also by a panic.
struct Set {
    before: bool,
}

impl Set {
    fn to(value: bool) -> Self {
        Self { before: ON_WORKER.replace(value) }
    }
}

impl Drop for Set {
    fn drop(&mut self) {
        ON_WORKER.set(self.before);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::panic::catch_unwind;
    use std::thread;

    use super::*;

    /// Runs it in a worker of a runtime.
    fn in_a_worker<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async { tokio::spawn(async { run() }).await }).unwrap()
    }

    /// Whether a runtime may be entered: no thread that must not block may do that.
    fn blocks() -> bool {
        catch_unwind(|| tokio::runtime::Handle::current().block_on(async {})).is_ok()
    }

    #[test]
    fn only_what_may_block_is_let() {
        let (asked, unasked) = in_a_worker(|| on_worker(|| (may_block(blocks), blocks())));
        assert!(asked);
        assert!(!unasked);
    }

    #[test]
    fn what_may_block_keeps_the_thread_elsewhere() {
        let here = thread::current().id();
        assert_eq!(may_block(|| thread::current().id()), here);
        assert!(in_a_worker(|| on_worker(|| may_block(|| may_block(blocks)))));
    }

    #[test]
    fn it_ends_with_the_code_even_by_a_panic() {
        let (within, behind) = in_a_worker(|| {
            let within = catch_unwind(|| on_worker(|| panic!("as planned")));
            (within.is_err(), ON_WORKER.get())
        });
        assert!(within);
        assert!(!behind);
    }
}
