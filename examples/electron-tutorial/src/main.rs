//! The main process of Electron's classic IPC tutorial, in Rust.

use exciton::{App, BrowserWindow, CommandLine, IpcMainEvent, WindowOptions};
use include_dir::{Dir, include_dir};

static UI: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/ui");

#[tokio::main]
async fn main() -> exciton::Result<()> {
    let app = App::new()
        .name("electron-tutorial")
        .assets(UI.clone())
        .command_line(&CommandLine::from_env()?);
    let ipc_main = app.ipc_main();

    ipc_main.on("asynchronous-message", |event: IpcMainEvent, arg: String| {
        println!("{arg}");
        event.sender().send("asynchronous-reply", ("async pong",))
    });
    ipc_main.on("synchronous-message", |event: IpcMainEvent, arg: String| {
        println!("{arg}");
        event.set_return_value("sync pong")
    });

    app.on_ready(|app| {
        BrowserWindow::new(app, WindowOptions::new().size(800, 600))?.load_file("index.html")
    });
    app.run().await
}
