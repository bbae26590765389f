//! `cargo xtask soak`: everything that can go wrong, for some minutes.

use crate::job::{Failure, job};

/// Runs `tests/src/bin/soak.rs` as released; the options go to it.
pub fn soak(options: Vec<String>) -> Result<(), Failure> {
    let soak = job("cargo run --release --locked --quiet --package exciton-e2e --bin soak --");
    options.iter().fold(soak, |soak, option| soak.arg(option)).run()?;
    Ok(())
}
