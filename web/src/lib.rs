//! Electron's `ipcRenderer` for Rust pages compiled to WebAssembly.

#![forbid(unsafe_code)]

mod driver;
mod web;

/// The page's end of the link without a face, for bundles that bring their own: what JavaScript pages run is made of
/// it.
pub mod core {
    pub use crate::driver::{
        Answer, Delivery, Driver, Face, Loss, Packets, PushError, StartError, SyncError, lost_name,
    };
    pub use exciton_protocol::Limits;
}
