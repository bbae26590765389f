//! The main process of Electron's classic tutorial.

use exciton::{IpcMain, IpcMainEvent};

pub fn listen(ipc_main: &IpcMain) {
    ipc_main.on("asynchronous-message", |event: IpcMainEvent, arg: String| {
        println!("{arg}");
        event.sender().send("asynchronous-reply", ("async pong",))
    });

    ipc_main.on("synchronous-message", |event: IpcMainEvent, arg: String| {
        println!("{arg}");
        event.set_return_value("sync pong")
    });
}
