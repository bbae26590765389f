//! `cargo xtask bench`: Exciton beside others in one browser; and the check that keeps that from rotting.

use crate::desktop;
use crate::job::{Failure, Output, job, root};
use std::time::Duration;

/// The official client of Socket.IO, by its name.
const CLIENT: &str = "socket.io-client@4.8.4";

/// The workspace of its own, with the folder of all builds: what is compiled already is not compiled again.
const WORKSPACE: &str = "--locked --manifest-path bench/Cargo.toml --target-dir target";

/// Tauri's program: a workspace of its own again, because it needs a desktop's libraries.
const TAURI: &str = "--locked --manifest-path bench/tauri/Cargo.toml --target-dir target";

/// Builds the contenders as released and runs them; the options go to `bench/src/main.rs`. `--tauri` is ours: it builds
/// Tauri's program too, in whose own webview all is measured then.
pub fn bench(mut options: Vec<String>) -> Result<(), Failure> {
    let made = root().join("target/bench");
    let given = options.len();
    options.retain(|option| option != "--tauri");
    let tauri = options.len() < given;
    if tauri {
        desktop::setup()?;
        job(&format!("cargo build --release {TAURI}"))
            .quietly("building Tauri, some minutes the first time")
            .run()?;
    }
    job(&format!("cargo build --release {WORKSPACE} --package exciton-bench"))
        .quietly("building the contenders, some minutes the first time")
        .run()?;
    let wasm = "--package exciton-bench-page --target wasm32-unknown-unknown";
    job(&format!("cargo build --profile page {WORKSPACE} {wasm}"))
        .quietly("building the page in Rust")
        .run()?;
    let bindgen = "wasm-bindgen --target web --no-typescript --remove-name-section --out-name page";
    job(&format!("{bindgen} --out-dir target/bench/page"))
        .arg("target/wasm32-unknown-unknown/page/exciton-bench-page.wasm")
        .silently()
        .run()?;
    if !made.join("npm/node_modules/socket.io-client").is_dir() {
        if crate::setup::find("npm").is_none() {
            return Err(format!("npm fetches {CLIENT}: apt-get install npm").into());
        }
        let install = "npm install --no-save --ignore-scripts --no-audit --no-fund --prefix";
        job(install)
            .arg(made.join("npm"))
            .arg(CLIENT)
            .quietly(format!("fetching {CLIENT}"))
            .run()?;
    }
    let run = job("target/release/exciton-bench")
        .arg("--client")
        .arg(made.join("npm/node_modules/socket.io-client/dist"))
        .arg("--page")
        .arg(made.join("page"))
        .limit(Duration::from_secs(3 * 60 * 60));
    let run = match tauri {
        true => run.arg("--tauri").arg(root().join("target/release/exciton-bench-tauri")),
        false => run,
    };
    options.iter().fold(run, |run, option| run.arg(option)).run()?;
    Ok(())
}

/// Lints, and what needs no browser: Exciton's interfaces and the peers' still fit. Tauri's program is not built here.
pub fn check() -> Result<Output, Failure> {
    job("cargo fmt --all --check --manifest-path bench/Cargo.toml").run()?;
    job("cargo fmt --check --manifest-path bench/tauri/Cargo.toml").run()?;
    job(&format!("cargo clippy {WORKSPACE} --workspace --all-targets -- -D warnings")).run()?;
    job(&format!("cargo test {WORKSPACE} --workspace --no-fail-fast")).run()
}
