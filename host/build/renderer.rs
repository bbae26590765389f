//! `electron.js` and `electron.mjs`, into the build's own folder.
//!
//! In the workspace they are made from source each time that the source has changed, by a nested cargo. A packaged
//! crate brings them along in `prebuilt/` and compiles nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::unsteered;
use crate::workspace;

const FILES: [&str; 5] =
    ["electron.js", "electron.mjs", "bridge.js", "attendance.js", "execute.js"];
const TARGET: &str = "wasm32-unknown-unknown";

/// The error is text for the user, a line for each sentence.
pub(crate) fn embed(package: &Path, out: &Path) -> Result<(), String> {
    match workspace(package) {
        Some(root) => bundle(&root, out),
        None => copy(&package.join("prebuilt"), out),
    }
}

fn copy(prebuilt: &Path, out: &Path) -> Result<(), String> {
    for file in FILES {
        let from = prebuilt.join(file);
        println!("cargo::rerun-if-changed={}", from.display());
        fs::copy(&from, out.join(file)).map_err(|error| {
            format!("this package lacks its renderer, {} ({error})\nmade by `cargo run -p exciton-web-bundler -- --out host/prebuilt` before packaging", from.display())
        })?;
    }
    Ok(())
}

fn bundle(root: &Path, out: &Path) -> Result<(), String> {
    const INPUTS: [&str; 10] = [
        "Cargo.lock",
        "Cargo.toml",
        "host/build",
        "host/build.rs",
        "protocol/Cargo.toml",
        "protocol/src",
        "web/Cargo.toml",
        "web/bundle",
        "web/bundler",
        "web/src",
    ];
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", root.join(input).display());
    }
    require_target()?;

    let target_dir = target_dir(root);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = unsteered(cargo);
    command
        .current_dir(root)
        .args(["run", "--locked", "--package", "exciton-web-bundler", "--target-dir"])
        .arg(&target_dir);
    let offline = offline();
    if offline {
        command.arg("--offline");
    }
    command.arg("--").arg("--out").arg(out).arg("--target-dir").arg(&target_dir);
    if offline {
        command.arg("--offline");
    }
    let run = command
        .output()
        .map_err(|error| format!("can't start {:?}: {error}", command.get_program()))?;
    // The sizes, for whoever builds with -vv.
    println!("{}", String::from_utf8_lossy(&run.stdout));
    if run.status.success() {
        return Ok(());
    }
    Err(format!(
        "the renderer (web/bundle) could not be built:\n{}",
        String::from_utf8_lossy(&run.stderr).trim_end()
    ))
}

/// Not the outer build's directory: its lock is held as long as this script runs.
fn target_dir(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from) {
        Some(given) if given.is_absolute() => given.join("wasm-bundle"),
        _ => root.join("target/wasm-bundle"),
    }
}

/// Cargo would say that it can't find `core`; say what to do instead.
fn require_target() -> Result<(), String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    let there =
        asked.is_ok_and(|asked| Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir());
    if there {
        return Ok(());
    }
    Err(format!(
        "the renderer is compiled to WebAssembly, and this toolchain lacks the target {TARGET}\ninstall it with: rustup target add {TARGET}"
    ))
}

/// Whether the build around us, or the one that it is part of, was told to stay off the network.
fn offline() -> bool {
    std::env::var("CARGO_NET_OFFLINE").is_ok_and(|value| value == "true" || value == "1")
        || parent_is_offline()
}

/// Cargo tells a build script nothing of `--offline`, but the system shows the command line that started it.
fn parent_is_offline() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/stat") else { return false };
    let Some(parent) = status.rsplit(") ").next().and_then(|fields| fields.split(' ').nth(1))
    else {
        return false;
    };
    let Ok(line) = std::fs::read(Path::new("/proc").join(parent).join("cmdline")) else {
        return false;
    };
    line.split(|byte| *byte == 0)
        .take_while(|argument| *argument != b"--")
        .any(|argument| argument == b"--offline" || argument == b"--frozen")
}
