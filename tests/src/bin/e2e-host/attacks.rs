//! What an attacker would like to reach, and how it is seen that nobody has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use exciton::{App, IpcMainEvent, IpcMainInvokeEvent, Result};

/// The log goes to stderr if this is set.
const LOG: &str = "E2E_LOG";

/// Writes warnings to stderr, and each refusal of the guard, if the test asks for that.
pub(crate) fn log() {
    if std::env::var_os(LOG).is_some() {
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr);
        log.with_env_filter("warn,exciton::server::guard=trace").init();
    }
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    let reached = Arc::new(AtomicUsize::new(0));
    let reach = {
        let reached = reached.clone();
        move || reached.fetch_add(1, Ordering::SeqCst)
    };
    ipc_main.on("prize", {
        let reach = reach.clone();
        move |event: IpcMainEvent| {
            reach();
            event.set_return_value("prize")
        }
    });
    ipc_main.handle("prize", move |_event: IpcMainInvokeEvent| {
        reach();
        "prize"
    })?;
    let created = Arc::new(AtomicUsize::new(0));
    app.on_web_contents_created({
        let created = created.clone();
        move |_page| {
            created.fetch_add(1, Ordering::SeqCst);
        }
    });
    let of = app.clone();
    ipc_main.handle("everything", move |_event: IpcMainInvokeEvent| {
        let mut all = of.statistics();
        // That an attack was refused is counted, of course.
        (all.refused, all.too_much) = (0, 0);
        let everything = format!("{all:?}, {} pages so far", created.load(Ordering::SeqCst));
        (everything, reached.load(Ordering::SeqCst), all.links, all.sockets)
    })?;
    Ok(())
}
