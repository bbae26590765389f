//! `cargo xtask bench`: Exciton beside others in one browser, its host under native clients, its pieces by themselves; and
//! the check that keeps that from rotting.

use crate::desktop;
use crate::job::{Failure, Output, job, root};
use crate::setup;
use std::time::Duration;

/// The official client of Socket.IO, by its name.
const CLIENT: &str = "socket.io-client@4.8.4";

/// The workspace of its own, with the folder of all builds: what is compiled already is not compiled again.
const WORKSPACE: &str = "--locked --manifest-path bench/Cargo.toml --target-dir target";

/// Tauri's program: a workspace of its own again, because it needs a desktop's libraries.
const TAURI: &str = "--locked --manifest-path bench/tauri/Cargo.toml --target-dir target";

/// Chooses by the first option.
pub fn bench(options: Vec<String>) -> Result<(), Failure> {
    match options.first().map(String::as_str) {
        Some("--micro") => micro(&options[1..]),
        Some("--cpu" | "--saturate") => native(&options),
        _ => contenders(options),
    }
}

/// The programs of the bench as released.
fn build() -> Result<(), Failure> {
    job(&format!("cargo build --release {WORKSPACE} --package exciton-bench"))
        .quietly("building the contenders, some minutes the first time")
        .run()?;
    Ok(())
}

/// No browser, nothing to fetch.
fn native(options: &[String]) -> Result<(), Failure> {
    build()?;
    let run = job("target/release/exciton-bench");
    options.iter().fold(run, |run, option| run.arg(option)).run()?;
    Ok(())
}

/// The pieces: how long they take by `--bench time`, how many instructions they are by `--bench instructions`; both, if
/// nothing is said.
fn micro(options: &[String]) -> Result<(), Failure> {
    let tools = root().join("target/bench/tools");
    let counts = !options.iter().any(|option| option == "time");
    if counts && setup::find("valgrind").is_none() {
        let why = "valgrind counts the instructions: apt-get install valgrind".to_owned();
        return Err(why.into());
    }
    let runner = tools.join("bin/gungraun-runner");
    let version = setup::locked_version("bench/Cargo.lock", "gungraun").unwrap_or_default();
    let current = job(&format!("{} --version", runner.display())).silently().run();
    if counts && !current.is_ok_and(|said| said.lines.iter().any(|line| line.ends_with(&version))) {
        job(&format!("cargo install gungraun-runner --version {version} --locked --force --root"))
            .arg(&tools)
            .env("CARGO_TARGET_DIR", root().join("target/tools"))
            .unset("RUSTFLAGS")
            .quietly("installing gungraun-runner, about 2 minutes")
            .run()?;
    }
    let bench = job(&format!("cargo bench {WORKSPACE} --package exciton-bench-micro"))
        .env("GUNGRAUN_RUNNER", runner);
    let bench = match options {
        [] => bench.arg("--benches"),
        _ => options.iter().fold(bench, |bench, option| bench.arg(option)),
    };
    bench.limit(Duration::from_secs(60 * 60)).run()?;
    Ok(())
}

/// Builds the contenders as released and runs them; the options go to `bench/src/main.rs`. `--tauri` is ours: it builds
/// Tauri's program too, in whose own webview all is measured then.
fn contenders(mut options: Vec<String>) -> Result<(), Failure> {
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
    build()?;
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
        if setup::find("npm").is_none() {
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
