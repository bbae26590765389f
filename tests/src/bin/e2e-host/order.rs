//! Order: everything that comes is logged, and answered with what it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use exciton::{App, Bytes, IpcMainEvent, IpcMainInvokeEvent, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let log = Log::default();
    hear::<String>(app, &log, "text")?;
    hear::<Bytes>(app, &log, "bytes")?;
    app.ipc_main().handle("order-log", move |_event, run: String| log.take(&run))?;
    small(app)
}

/// What was heard: the call's number in its run, its channel, and what its payload was.
#[derive(Clone, Serialize)]
struct Heard(u32, String, usize, u32);

/// What was heard in each run, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<HashMap<String, Vec<Heard>>>>);

impl Log {
    fn add(&self, run: String, heard: &Heard) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.entry(run).or_default().push(heard.clone());
    }

    fn take(&self, run: &str) -> Vec<Heard> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.remove(run).unwrap_or_default()
    }
}

/// A form of payload, told by numbers that are easily made at both ends.
trait Payload: DeserializeOwned + Send + 'static {
    /// The length in JavaScript, and FNV-1a over the units that it counts.
    fn digest(&self) -> (usize, u32);
}

impl Payload for String {
    fn digest(&self) -> (usize, u32) {
        fnv(self.encode_utf16().map(u32::from))
    }
}

impl Payload for Bytes {
    fn digest(&self) -> (usize, u32) {
        fnv(self.iter().map(|byte| u32::from(*byte)))
    }
}

fn fnv(units: impl Iterator<Item = u32>) -> (usize, u32) {
    units.fold((0, 0x811c_9dc5), |(length, hash), unit| {
        (length + 1, (hash ^ unit).wrapping_mul(0x0100_0193))
    })
}

/// The listeners for one form of payload. Each kind of call has one that answers at once, and one that hears at once
/// but answers later, from another task.
fn hear<P: Payload>(app: &App, log: &Log, form: &str) -> Result<()> {
    let ipc_main = app.ipc_main();
    let channel = |kind: &str| format!("{kind} {form}");
    let hear = |kind: &str| {
        let (log, channel) = (log.clone(), channel(kind));
        move |run: String, number: u32, payload: P| {
            let (length, sum) = payload.digest();
            let heard = Heard(number, channel.clone(), length, sum);
            log.add(run, &heard);
            heard
        }
    };

    let heard = hear("send");
    ipc_main.on(
        &channel("send"),
        move |event: IpcMainEvent, run: String, number: u32, payload: P| {
            event.reply("order-echo", (run.clone(), heard(run, number, payload)))
        },
    );
    let heard = Arc::new(hear("send-later"));
    ipc_main.on(
        &channel("send-later"),
        move |event: IpcMainEvent, run: String, number: u32, payload: P| {
            let heard = heard.clone();
            async move {
                let heard = heard(run.clone(), number, payload);
                another_task().await;
                event.reply("order-echo", (run, heard))
            }
        },
    );

    let heard = hear("sync");
    ipc_main.on(
        &channel("sync"),
        move |event: IpcMainEvent, run: String, number: u32, payload: P| {
            event.set_return_value(heard(run, number, payload))
        },
    );
    let heard = Arc::new(hear("sync-later"));
    ipc_main.on(
        &channel("sync-later"),
        move |event: IpcMainEvent, run: String, number: u32, payload: P| {
            let heard = heard.clone();
            async move {
                let heard = heard(run, number, payload);
                another_task().await;
                event.set_return_value(heard)
            }
        },
    );

    let heard = hear("invoke");
    ipc_main.handle(
        &channel("invoke"),
        move |_event: IpcMainInvokeEvent, run: String, number: u32, payload: P| {
            heard(run, number, payload)
        },
    )?;
    let heard = Arc::new(hear("invoke-later"));
    ipc_main.handle(
        &channel("invoke-later"),
        move |_event: IpcMainInvokeEvent, run: String, number: u32, payload: P| {
            let heard = heard.clone();
            async move {
                let heard = heard(run, number, payload);
                another_task().await;
                heard
            }
        },
    )?;
    Ok(())
}

/// Comes back after some other task has run.
async fn another_task() {
    // It can't panic, and isn't aborted.
    let _ = tokio::spawn(tokio::task::yield_now()).await;
}

/// Calls that cost next to nothing here.
fn small(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("small", |event: IpcMainEvent, number: u32| event.set_return_value(number));
    ipc_main.handle("small", |_event, number: u32| number)?;
    Ok(())
}
