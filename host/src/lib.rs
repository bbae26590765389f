//! Placeholder.

mod config;
mod open;
mod origin;
mod secret;
mod server;

mod dispatch;
mod emitter;
mod error;
mod event;
mod handler;
mod ipc_main;
mod send_args;
pub mod testing;
mod web_contents;

pub use emitter::ListenerId;
pub use error::{Error, HandleError, Result, ReturnValueError, SendError};
pub use event::{IpcMainEvent, IpcMainInvokeEvent};
pub use exciton_protocol::{Buffer as Bytes, Date, Full, TooLarge, Value};
pub use handler::{Callback, HandlerOutput, ListenerOutput, Reply};
pub use ipc_main::IpcMain;
pub use send_args::SendArgs;
pub use web_contents::WebContents;
