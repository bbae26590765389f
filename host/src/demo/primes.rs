//! A long computation for the page, with its progress.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use exciton::{HandleError, IpcMain, IpcMainInvokeEvent};
use serde::Serialize;

use super::sieve::Sieve;

/// What became of a count.
#[derive(Serialize)]
struct Counted {
    primes: u64,
    milliseconds: f64,
}

pub fn listen(ipc_main: &IpcMain) -> Result<(), HandleError> {
    ipc_main.handle_blocking("sieve-speed", |_event: IpcMainInvokeEvent| speed())?;

    let jobs = Arc::new(Jobs::default());
    ipc_main
        .handle_blocking("count-primes", move |event: IpcMainInvokeEvent, below: u64, job: u32| {
            count(&jobs, &event, below, job)
        })
}

/// Numbers a second, far enough out to be true of a long count: the best of some moments, since others may want the core.
fn speed() -> f64 {
    const FROM: u64 = 1 << 32;
    const TO: u64 = 1 << 34;
    let mut sieve = Sieve::new(FROM, TO);
    let mut best: f64 = 0.0;
    for _ in 0..6 {
        let (start, before) = (Instant::now(), sieve.done());
        while start.elapsed() < MOMENT && sieve.step() {}
        let sieved = (sieve.done() - before) * (TO - FROM) as f64;
        best = best.max(sieved / start.elapsed().as_secs_f64());
    }
    best
}

/// Counts the primes below a number, and tells the page how far it is by `("primes-progress", job, 0 to 1, primes)`.
fn count(jobs: &Jobs, event: &IpcMainInvokeEvent, below: u64, job: u32) -> Result<Counted, String> {
    if below > MOST {
        return Err(format!("count-primes goes up to {MOST}, not {below}"));
    }
    let page = event.sender();
    jobs.begin(page.id(), job);
    let start = Instant::now();
    let mut told = start;
    let mut sieve = Sieve::new(0, below);
    while sieve.step() {
        if told.elapsed() < BETWEEN {
            continue;
        }
        told = Instant::now();
        if !jobs.is_current(page.id(), job) {
            return Err("another count of the same page has begun".into());
        }
        // Fails for a page that has gone: nobody is left to count for.
        page.send("primes-progress", (job, sieve.done(), sieve.count()))
            .map_err(|error| error.to_string())?;
    }
    Ok(Counted { primes: sieve.count(), milliseconds: start.elapsed().as_secs_f64() * 1e3 })
}

/// The last count of each page: a page that was loaded anew ends the one that it had.
#[derive(Default)]
struct Jobs(Mutex<HashMap<u32, u32>>);

impl Jobs {
    fn begin(&self, page: u32, job: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(page, job);
    }

    fn is_current(&self, page: u32, job: u32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&page) == Some(&job)
    }
}

/// A minute or so on one core.
const MOST: u64 = 1 << 36;
const MOMENT: Duration = Duration::from_millis(15);
const BETWEEN: Duration = Duration::from_millis(25);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_count_of_the_same_page_takes_the_place_of_an_earlier_one() {
        let jobs = Jobs::default();
        jobs.begin(1, 10);
        jobs.begin(2, 10);
        jobs.begin(1, 11);
        assert!(!jobs.is_current(1, 10) && jobs.is_current(1, 11) && jobs.is_current(2, 10));
    }

    #[test]
    fn the_speed_is_a_number_that_a_count_can_be_planned_by() {
        assert!(speed() > 1e5 && speed().is_finite());
    }
}
