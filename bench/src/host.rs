//! The programs that are called: each contender in a process of its own, which serves its own page.

mod exciton;
mod jsonrpsee;
mod raw;
mod serve;
mod socketioxide;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Outcome;
use crate::contender::Contender;

/// Tells a process which contender's host it is.
pub const ROLE: &str = "EXCITON_BENCH_HOST";
/// Tells it where the contender's files are.
pub const FILES: &str = "EXCITON_BENCH_FILES";

/// Tells Exciton's host how many channels have a listener and a handler of their own.
pub const CHANNELS: &str = "EXCITON_BENCH_CHANNELS";

/// Serves until the process is ended. Prints `Listening on <url>` first.
pub async fn host(role: &str) -> Outcome<()> {
    let contender = Contender::named(role).ok_or_else(|| format!("there is no host {role}"))?;
    let files = std::env::var(FILES)?;
    let files = Path::new(&files);
    match contender {
        Contender::Raw => raw::host(files, raw::Buffers::AsExciton).await,
        Contender::RawDefault => raw::host(files, raw::Buffers::Default).await,
        Contender::ExcitonJs | Contender::ExcitonRust => exciton::host(files).await,
        Contender::Socketioxide => socketioxide::host(files).await,
        Contender::Jsonrpsee => jsonrpsee::host(files).await,
        Contender::Tauri => Err("tauri's program is one of its own".into()),
    }
}

/// Largest message that any host takes.
const LARGEST: usize = 64 * 1_024 * 1_024;

/// The one-way messages that came. There is one page at a time.
#[derive(Default)]
struct Counter(AtomicU64);

impl Counter {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many came; where they are as many as wanted, it begins anew.
    fn counted(&self, wanted: u64) -> u64 {
        let count = self.0.load(Ordering::Relaxed);
        if count >= wanted {
            self.0.store(0, Ordering::Relaxed);
        }
        count
    }
}
