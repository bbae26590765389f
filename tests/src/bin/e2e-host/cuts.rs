//! Cuts: everything numbered is written down, and so many numbered pushes are sent as the test asks for.

use std::sync::{Arc, Mutex, PoisonError};

use exciton::{App, IpcMainEvent, Result};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    let log = Arc::new(Mutex::new(Vec::<u32>::new()));
    let write = |log: &Arc<Mutex<Vec<u32>>>| {
        let log = log.clone();
        move |number| log.lock().unwrap_or_else(PoisonError::into_inner).push(number)
    };

    let heard = write(&log);
    ipc_main.on("cuts-send", move |_event, number: u32, _text: String| heard(number));
    let heard = write(&log);
    ipc_main.handle("cuts-invoke", move |_event, number: u32, _text: String| {
        heard(number);
        // Answered later, and not in the order of the calls.
        async move {
            if number.is_multiple_of(3) {
                tokio::task::yield_now().await;
            }
            number
        }
    })?;
    let heard = write(&log);
    ipc_main.on("cuts-sync", move |event: IpcMainEvent, number: u32, _text: String| {
        heard(number);
        event.set_return_value(number)
    });

    ipc_main.on("cuts-push-me", |event: IpcMainEvent, from: u32, count: u32| -> Result<()> {
        for number in from..from + count {
            event.sender().send("cuts-push", (number,))?;
        }
        Ok(())
    });
    ipc_main.handle("cuts-log", move |_event| {
        log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    })?;
    Ok(())
}
