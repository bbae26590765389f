//! `exciton`: the main process behind the project's own page, as a program.

#![forbid(unsafe_code)]

mod demo;

use exciton::{App, BrowserWindow, CommandLine, WindowOptions};

#[tokio::main]
async fn main() -> exciton::Result<()> {
    let line = CommandLine::from_env()?;
    let app = App::new().name("exciton").assets(demo::page()).command_line(&line);
    demo::listen(&app.ipc_main())?;
    app.on_ready(|app| {
        BrowserWindow::new(app, WindowOptions::new().size(1200, 900))?.load_file("index.html")
    });
    app.run().await
}
