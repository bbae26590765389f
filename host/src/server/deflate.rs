//! `permessage-deflate` (RFC 7692) for the WebSockets of browsers that are to have it.
//!
//! Browsers speak it by themselves, so a page knows nothing of it. Here frames are tungstenite's and deflate is flate2's.
//! What is in between: [`inflating`] stands under the WebSocket and gives it a compressed message as one that isn't,
//! [`deflating`] makes a compressed frame of a message that goes out.
//!
//! Each message is compressed for itself. So a link keeps no memory for it, and no message tells by its length what stood in
//! another.

mod ahead;
mod deflating;
mod frames;
mod inflating;
mod offer;

pub(super) use deflating::deflated;
pub(super) use inflating::Inflating;
pub(super) use offer::agreed;
