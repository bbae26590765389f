//! `cargo xtask load`: many pages on one host.

use crate::job::{Failure, job};

/// Runs `tests/src/bin/load.rs` as released; the options go to it.
pub fn load(options: Vec<String>) -> Result<(), Failure> {
    let load = job("cargo run --release --locked --quiet --package exciton-e2e --bin load --");
    options.iter().fold(load, |load, option| load.arg(option)).run()?;
    Ok(())
}
