//! A child cargo that knows nothing of the build around it.
//!
//! Cargo hands its settings to build scripts, wrappers and clippy as environment variables, and a cargo that a
//! build script starts would take them for its own: flags for the wrong target, a wrapper that records instead of
//! compiling, a target directory whose lock the outer build holds. What finds packages and toolchains stays.

use std::ffi::OsStr;
use std::process::Command;

/// A command for `program` without the variables that steer cargo, rustc, rustdoc or clippy.
pub(crate) fn unsteered(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(steers) {
            command.env_remove(&name);
        }
    }
    command
}

fn steers(name: &str) -> bool {
    const PREFIXES: [&str; 8] = [
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CLIPPY_",
    ];
    const NAMES: [&str; 12] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "CARGO_PRIMARY_PACKAGE",
        "DEBUG",
        "HOST",
        "NUM_JOBS",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "TARGET",
    ];
    name.ends_with("_WRAPPER")
        || NAMES.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
