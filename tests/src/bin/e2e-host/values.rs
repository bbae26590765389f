//! Values: everything comes back as what the main process has read it as.

use exciton::{App, IpcMainEvent, Result, Value};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.handle("value", |_event, value: Value| value)?;
    ipc_main.on("value", |event: IpcMainEvent, value: Value| event.reply("value", (value,)));
    ipc_main.on("value-sync", |event: IpcMainEvent, value: Value| event.set_return_value(value));
    Ok(())
}
