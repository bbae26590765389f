//! Turns the renderer (the crate beside this one, and its JavaScript modules) into the files that the host
//! serves: `electron.js`, a classic script that blocks until the page has `require('electron')`,
//! `electron.mjs`, the same as an ES module, and the parts that come before them where they are wanted.
//!
//! Not part of any build by itself: the host's build script runs it, and a release does once by hand
//! (`cargo run -p exciton-web-bundler -- --out host/prebuilt`). See [`options::USAGE`].

mod assemble;
mod compile;
#[path = "../../../host/build/environment.rs"]
mod environment;
mod glue;
mod modules;
mod options;
mod report;
mod tight;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::options::Options;

/// What comes before `electron.js` or later where it is wanted, and costs nobody else anything.
const PARTS: [&str; 3] = ["bridge.js", "attendance.js", "execute.js"];

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<report::Report> {
    let wasm = match &options.wasm {
        Some(given) => given.clone(),
        None => compile::renderer(&options.root, &options.target_dir, options.offline)?,
    };
    let glue = glue::generate(&wasm)?;
    let js = options.root.join("web/bundle/js");
    let face = modules::load(&js, "boot.js")?;
    let script = assemble::script(&glue, &face)?;
    let module = assemble::module(&glue, &face)?;

    std::fs::create_dir_all(&options.out)
        .with_context(|| format!("can't create {}", options.out.display()))?;
    write_if_changed(&options.out.join("electron.js"), &script)?;
    write_if_changed(&options.out.join("electron.mjs"), &module)?;
    for part in PARTS {
        let text = assemble::part(&modules::load(&js, part)?)?;
        write_if_changed(&options.out.join(part), &text)?;
    }
    report::measure(&glue.wasm, &script, &module)
}

/// Leaves an equal file alone, so that nothing built from it is built again; a reader never sees half a file.
fn write_if_changed(path: &Path, text: &str) -> anyhow::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let half = path.with_extension(format!("{}.half", std::process::id()));
    std::fs::write(&half, text)
        .and_then(|()| std::fs::rename(&half, path))
        .with_context(|| format!("can't write {}", path.display()))
}
