//! The resumable conversation of one loaded document: exactly once, in order, both ways.
//!
//! Two machines without I/O, clock or randomness: [`PageLink`] in the page, [`HostLink`] in the main process. Time
//! comes in as an argument. Methods are of four kinds: verbs are the application's (`push`, `consumed`), `handle_*`
//! is input from the network or the clock, `poll_*` is output to pull until it is empty, and the rest are getters.
//! After any input, pull `poll_transmit`, then the events, then `poll_timeout`.
//!
//! Both are generic over the payload `P` of a batch, which they never look into: the host keeps bytes, the page
//! keeps handles of JavaScript strings.

mod answers;
mod contact;
mod held;
mod host;
mod inbox;
mod outbox;
mod page;

pub use contact::{Admission, Contact};
pub use host::{Attached, ConnId, Gone, HostLink, HostTransmit, Refused};
pub use inbox::Admit;
pub use outbox::{Batch, InFlight, Merge, Outbox};
pub use page::{PageEvent, PageLink, PageTransmit, TooNested, Want};

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
