//! The ways in which people call cargo, one after the other in one target folder: none may confuse another,
//! although the host's build compiles the renderer for another target on the side.

use crate::job::{Failure, job};

/// Each in order, whatever became of the one before; then the first once more, which must find nothing to do.
pub fn matrix() -> Result<(), Failure> {
    let mut troubles = Vec::new();
    let mut run = |words: &str, flags: Option<&str>| {
        let job =
            flags.map_or(job(words).unset("RUSTFLAGS"), |flags| job(words).env("RUSTFLAGS", flags));
        job.run().map_err(|failure| troubles.push(failure.why)).unwrap_or_default()
    };
    run("cargo build --locked", None);
    run("cargo build --locked --release", None);
    run("cargo clippy --locked -- -D warnings", None);
    run("cargo build --locked", Some("-Ctarget-cpu=native"));
    run("cargo fetch --locked", None);
    run("cargo build --locked --offline", None);
    run("cargo doc --locked --no-deps", None);
    let again = run("cargo build --locked", None);
    if let Some(line) = again.lines.iter().find(|line| line.trim_start().starts_with("Compiling")) {
        troubles.push(format!("the last build found work to do: {}", line.trim()));
    }
    if troubles.is_empty() { Ok(()) } else { Err(troubles.join("; ").into()) }
}
