//! Electron's `ipcRenderer` for Rust pages compiled to WebAssembly.
//!
//! [`ipc_renderer()`] has the methods of the JavaScript one, typed with serde. It works in any wasm page: plain web-sys,
//! Leptos, Yew, Dioxus. A page that has both is one WebContents with one order.

#![forbid(unsafe_code)]

mod clone;
mod connection;
mod driver;
mod emitter;
mod error;
mod invocation;
mod ipc_renderer;
mod link;
mod listener;
mod send_args;
pub mod value;
mod web;

pub use connection::{Connection, connection};
pub use driver::{ConnectionState, StartError};
pub use emitter::ListenerId;
pub use error::{Forbidden, IpcError, LimitReached, NoAnswer, RemoteError};
pub use exciton_protocol::{Buffer as Bytes, Date, LinkLost, Value};
pub use invocation::Invocation;
pub use ipc_renderer::{IpcRenderer, IpcRendererEvent, LinkLoss, ipc_renderer};
pub use listener::{Callback, ListenerOutput};
pub use send_args::SendArgs;

/// The page's end of the link without a face, for bundles that bring their own: what JavaScript pages run is made of
/// it.
pub mod core {
    pub use crate::driver::{
        Answer, Delivery, Driver, Face, Loss, LostPackets, Packets, PushError, Question, Response,
        StartError, Status, SyncError, lost_name,
    };
    pub use exciton_protocol::{Limits, Seq};
}
