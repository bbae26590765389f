//! Electron's inter-process communication for any web browser: the native main process.
//!
//! A main process is an [`App`] with listeners on its [`IpcMain`]; its pages are ordinary web pages with Electron's
//! `ipcRenderer`, in any browser. Each page is a [`WebContents`]; a [`BrowserWindow`] opens one.
//!
//! ```no_run
//! use exciton::{App, BrowserWindow, IpcMainEvent, WindowOptions};
//!
//! #[tokio::main]
//! async fn main() -> exciton::Result<()> {
//!     let app = App::new();
//!     let ipc_main = app.ipc_main();
//!
//!     ipc_main.on("asynchronous-message", |event: IpcMainEvent, arg: String| {
//!         println!("{arg}");
//!         event.sender().send("asynchronous-reply", ("async pong",))
//!     });
//!     ipc_main.on("synchronous-message", |event: IpcMainEvent, arg: String| {
//!         println!("{arg}");
//!         event.set_return_value("sync pong")
//!     });
//!     ipc_main.handle("add", |_event, a: i64, b: i64| async move { a + b })?;
//!
//!     app.on_ready(|app| BrowserWindow::new(app, WindowOptions::new().size(800, 600))?.load_file("ui/index.html"));
//!     app.run().await
//! }
//! ```

#![forbid(unsafe_code)]

mod access;
mod app;
mod application;
mod back_pressure;
mod browser_window;
mod cargo;
mod clock;
mod command_line;
mod compression;
mod config;
mod content_security_policy;
mod dispatch;
mod document;
mod door_limits;
mod emitter;
mod error;
mod event;
mod handler;
mod happening;
mod ipc_main;
mod links;
mod listener;
mod message_port;
mod one_line;
mod open;
mod origin;
mod place;
mod renderer;
mod renderer_files;
mod scopes;
mod secret;
mod send_args;
mod server;
mod signals;
mod slow_consumer;
mod terminal;
pub mod testing;
mod tls;
pub mod value;
mod web_contents;
mod web_frame_main;
mod web_preferences;

pub use access::{AccessRequest, Allow, CallKind, Refused, RefusedCalls, Verdict};
pub use app::{App, Event, ReadyOutcome, Statistics};
pub use browser_window::{BrowserWindow, WindowOptions};
pub use command_line::{BadOption, CommandLine};
pub use compression::Compression;
pub use config::{KeySource, Opening, Reach};
pub use content_security_policy::{BadPolicy, ContentSecurityPolicy};
pub use door_limits::DoorLimits;
pub use emitter::ListenerId;
pub use error::{Error, HandleError, Result, ReturnValueError, SendError};
pub use event::{IpcMainEvent, IpcMainInvokeEvent};
pub use exciton_protocol::{Buffer as Bytes, Date, Full, Limits, TooLarge, Value};
pub use handler::{Callback, HandlerOutput, ListenerOutput, Reply, Rest};
pub use happening::{
    ConsoleLevel, ConsoleMessage, RenderProcessGoneDetails, RenderProcessGoneReason,
};
pub use ipc_main::IpcMain;
pub use message_port::{MessageChannelMain, MessageEvent, MessagePortMain, PortError};
pub use origin::{BadAddress, PublicUrl};
pub use send_args::SendArgs;
pub use server::{InviteError, LoadFileError};
pub use slow_consumer::SlowConsumer;
pub use tls::{Certificate, CertificateError};
pub use web_contents::{ExecuteError, ScriptError, WebContents};
pub use web_frame_main::{FrameId, WebFrameMain};
pub use web_preferences::WebPreferences;
