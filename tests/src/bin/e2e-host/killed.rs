//! Killed: every number that runs is printed at once, so that what has run is known of a host that was killed.

use exciton::{App, Result};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("killed-send", |_event, number: u32| println!("ran {number}"));
    ipc_main.handle("killed-invoke", |_event, number: u32| {
        println!("ran {number}");
        number
    })?;
    Ok(())
}
