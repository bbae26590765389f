//! What pages may ask for: lists of channels, and the application's own word on each call.
//!
//! Both decide before any listener, handler or observer runs, and before an argument is read.

mod allow;
mod channels;
mod gate;
mod request;
mod throttle;

pub use self::allow::Allow;
pub use self::gate::RefusedCalls;
pub(crate) use self::gate::{Gate, Rules, hook, refuse};
pub use self::request::{AccessRequest, CallKind, Refused, Verdict};
pub(crate) use self::throttle::Throttle;
