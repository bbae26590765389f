//! The other end of the page's meter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use exciton::{HandleError, IpcMain, IpcMainEvent, IpcMainInvokeEvent};

pub fn listen(ipc_main: &IpcMain) -> Result<(), HandleError> {
    // A page that calls again as soon as it has the answer learns how long a round trip takes from two answers, by
    // nanoseconds: its own clock may tick as coarsely as in milliseconds.
    let start = Instant::now();
    ipc_main
        .handle("clock", move |_event: IpcMainInvokeEvent| start.elapsed().as_secs_f64() * 1e6)?;

    ipc_main.handle("add", |_event: IpcMainInvokeEvent, a: f64, b: f64| a + b)?;

    let ticks = Arc::new(Ticks::default());
    let counted = ticks.clone();
    ipc_main.on("tick", move |event: IpcMainEvent| ticks.count(event.sender().id()));
    ipc_main.handle("ticks", move |event: IpcMainInvokeEvent| counted.take(event.sender().id()))
}

/// One-way messages of each page since it last asked.
#[derive(Default)]
struct Ticks(Mutex<HashMap<u32, u64>>);

impl Ticks {
    fn count(&self, page: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(page).or_default() += 1;
    }

    fn take(&self, page: u32) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&page).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_counted_for_each_page_and_once() {
        let ticks = Ticks::default();
        for page in [1, 2, 1] {
            ticks.count(page);
        }
        assert_eq!([ticks.take(1), ticks.take(2), ticks.take(1), ticks.take(3)], [2, 1, 0, 0]);
    }
}
