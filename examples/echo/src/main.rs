//! A main process that gives back what a page sends: to try any page with, `--page DIR`.
//!
//! | the page | what comes of it |
//! |---|---|
//! | `invoke('echo', x)`, `sendSync('echo', x)` | `x` |
//! | `send('echo', x)` | `x` on `echo-reply` |
//! | `postMessage('echo', x, ports)` | `x` on `echo-reply`; each port gives back what it gets, with its ports |
//! | `invoke('fail')` | rejects with `Error('some error')` |
//! | `invoke('panic')`, `send('panic')`, `sendSync('panic')` | the handler or listener panics |
//! | `send('log', ...args)` | a line on stdout: the arguments as JSON |
//! | `send('flood', count, bytes)` | `count` messages on `flood`: a number from 0, and a string of so many bytes |

use std::io::Write as _;

use exciton::{
    App, BrowserWindow, CommandLine, IpcMainEvent, IpcMainInvokeEvent, MessageEvent,
    MessagePortMain, Rest, SendError, Value, WebContents, WindowOptions,
};
use include_dir::{Dir, include_dir};

static UI: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/ui");

#[tokio::main]
async fn main() -> exciton::Result<()> {
    let app = App::new().name("echo").assets(UI.clone()).command_line(&CommandLine::from_env()?);
    let ipc_main = app.ipc_main();

    ipc_main.handle("echo", |_event, value: Value| value)?;
    ipc_main.on("echo", |event: IpcMainEvent, value: Value| -> exciton::Result<()> {
        if event.is_sync() {
            event.set_return_value(value)?;
        } else {
            event.reply("echo-reply", (value,))?;
        }
        event.ports().iter().for_each(echo_at);
        Ok(())
    });

    ipc_main.handle("fail", |_event| -> exciton::Result<()> {
        Err(exciton::Error::new("some error"))
    })?;

    ipc_main
        .handle("panic", |_event: IpcMainInvokeEvent| panic!("the handler panics, as asked"))?;
    ipc_main.on("panic", |_event: IpcMainEvent| panic!("the listener panics, as asked"));

    ipc_main.on("log", |_event: IpcMainEvent, Rest(args): Rest| log(&args));

    ipc_main.on("flood", |event: IpcMainEvent, count: u32, bytes: usize| {
        flood(event.sender(), count, bytes)
    });

    app.on_ready(|app| {
        BrowserWindow::new(app, WindowOptions::new().size(800, 600))?.load_file("index.html")
    });
    app.run().await
}

/// Gives back what comes to a port. The listener keeps the port, and goes when the page closes its end.
fn echo_at(port: &MessagePortMain) {
    let own = port.clone();
    port.on_message(move |event: MessageEvent, value: Value| {
        own.post_message(value, event.ports())
    });
    port.start();
}

/// One line, whatever else is printed at the same time.
fn log(args: &[Value]) -> Result<(), String> {
    let line = serde_json::to_string(args).map_err(|error| error.to_string())?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| error.to_string())
}

/// Sends as fast as the page takes it.
async fn flood(page: WebContents, count: u32, bytes: usize) -> Result<(), SendError> {
    let text = "x".repeat(bytes);
    for number in 0..count {
        while let Err(refused) = page.send("flood", (number, &text)) {
            match refused {
                SendError::Full(_) => page.ready().await,
                // The page is gone, or no message is that large.
                other => return Err(other),
            }
        }
    }
    Ok(())
}
