//! The project's own page, from a fresh clone to an open browser.

use crate::job::{Failure, job, root, search_path, time};
use crate::setup::{self, For};
use std::process::Command;
use std::time::Instant;

/// Sets up, builds page and program, and becomes the program.
pub fn demo(args: Vec<String>) -> Result<(), Failure> {
    let start = Instant::now();
    println!("1/3 setting up");
    let headless = args.iter().any(|arg| arg == "--no-open");
    setup::setup(if headless { For::Headless } else { For::Demo })?;
    println!("2/3 building the page, a minute or two the first time");
    build_page()?;
    println!("3/3 building the main process, a minute or two the first time");
    let step = Instant::now();
    job("cargo build --locked --release --package exciton").run()?;
    println!("  built in {}; ready after {}\n", time(step.elapsed()), time(start.elapsed()));
    become_program(&args)
}

/// Trunk's release bundle of the root `index.html`, in `dist/`.
pub fn build_page() -> Result<(), Failure> {
    let start = Instant::now();
    // Trunk takes NO_COLOR for one of its own options and refuses the usual value.
    job("trunk build --release --locked")
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .unset("NO_COLOR")
        .run()?;
    println!("  built in {}", time(start.elapsed()));
    Ok(())
}

/// Takes the place of this process, so that Ctrl-C reaches the program and nothing is left behind.
fn become_program(args: &[String]) -> Result<(), Failure> {
    let mut run = Command::new("cargo");
    run.args("run --quiet --locked --release --package exciton --bin exciton --".split(' '))
        .args(args);
    run.current_dir(root()).env("PATH", std::env::join_paths(search_path()).unwrap_or_default());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        Err(format!("cargo run: {}", run.exec()).into())
    }
    #[cfg(not(unix))]
    match run.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the demo: {status}").into()),
        Err(error) => Err(format!("cargo run: {error}").into()),
    }
}
