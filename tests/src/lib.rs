//! The harness of the end-to-end tests: a real host, real browsers, and a faulty network between them.
//!
//! A test starts a [`HostProcess`], puts a [`Proxy`] before it, opens a [`Browser`] of each [`Engine`]
//! on the proxy's address, cuts or stalls the proxy at will, and looks at what the page shows. To see
//! the console of a page that must stay unchanged there is [`run_plain`].
//!
//! Everything that a test starts ends with its owner, and at the latest with the test process, however
//! that ends. At most two browsers run at once (`EXCITON_BROWSERS`), so that plain `cargo test` suits a
//! small machine. `EXCITON_ENGINES=chromium,firefox` narrows the engines; one that isn't installed fails
//! its tests.
//!
//! It needs Linux: it finds processes and ports through `/proc`.

#![forbid(unsafe_code)]

mod bidi;
mod binary;
mod browser;
mod display;
mod driver;
mod engine;
mod error;
mod guardian;
mod host;
mod lines;
mod page;
mod plain;
mod port;
mod process;
mod proxy;
mod seed;
mod simulated;
mod soak;
mod split;
mod stage;
mod trunk;

pub use binary::binary;
pub use browser::{Browser, Tab};
pub use display::display;
pub use engine::{Engine, in_each_engine};
pub use error::{Error, Result};
pub use host::{HostCommand, HostProcess};
pub use lines::Lines;
pub use page::PageServer;
pub use plain::run_plain;
pub use proxy::{Proxy, Side, Stats, Way};
pub use seed::seeded;
pub use simulated::{
    Flood, Kind, News, ResumingPage, SignsOfLife, SimulatedBrowser, SimulatedPage, SyncFailure,
};
pub use soak::{Report, Soak};
pub use split::Split;
pub use stage::{PATIENT, behind_split};
pub use trunk::TrunkServe;
