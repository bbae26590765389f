//! What the project's own page talks to, a module for each part of the page.

mod about;
mod meter;
mod primes;
mod sieve;
mod tutorial;

use exciton::{HandleError, IpcMain};
use include_dir::{Dir, include_dir};

/// The page as Trunk bundled it, with its Rust half. Empty if this program was built without it.
static BUNDLED: Dir<'static> = include_dir!("$OUT_DIR/page");

/// The tutorial alone, which needs no bundler, and how to get the other.
static PLAIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/demo/plain");

/// The files that are served.
pub fn page() -> Dir<'static> {
    if BUNDLED.contains("index.html") { BUNDLED.clone() } else { PLAIN.clone() }
}

/// Listens to the page.
pub fn listen(ipc_main: &IpcMain) -> Result<(), HandleError> {
    tutorial::listen(ipc_main);
    about::listen(ipc_main)?;
    meter::listen(ipc_main)?;
    primes::listen(ipc_main)
}
