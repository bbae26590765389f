//! The ways in which people call cargo, one after the other in one target folder: none may confuse another,
//! although the host's build compiles the renderer for another target on the side.

use crate::job::{Failure, job};

/// Each in order, then the first once more, which must find nothing to do.
pub fn matrix() -> Result<(), Failure> {
    let plain = |words: &str| job(words).unset("RUSTFLAGS").run();
    plain("cargo build --locked")?;
    plain("cargo build --locked --release")?;
    plain("cargo clippy --locked -- -D warnings")?;
    job("cargo build --locked").env("RUSTFLAGS", "-Ctarget-cpu=native").run()?;
    plain("cargo fetch --locked")?;
    plain("cargo build --locked --offline")?;
    plain("cargo doc --locked --no-deps")?;
    let again = plain("cargo build --locked")?;
    match again.lines.iter().find(|line| line.trim_start().starts_with("Compiling")) {
        Some(line) => Err(format!("the last build found work to do: {}", line.trim()).into()),
        None => Ok(()),
    }
}
