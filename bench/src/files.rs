//! The files that a contender's host serves.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::Outcome;
use crate::contender::Contender;
use crate::options::Options;

/// What all pages do.
const BENCH: &str = include_str!("../pages/bench.js");
/// Where it stands in a page.
const PLACE: &str = "/* bench */";

/// A folder with the contender's page and what it loads.
pub fn of(contender: Contender, options: &Options) -> Outcome<TempDir> {
    let folder = tempfile::tempdir()?;
    let page = match contender {
        Contender::Raw | Contender::RawDefault => include_str!("../pages/raw.html"),
        Contender::ExcitonJs => include_str!("../pages/exciton-js.html"),
        Contender::ExcitonRust => include_str!("../pages/exciton-rust.html"),
        Contender::Socketioxide => include_str!("../pages/socketioxide.html"),
        Contender::Jsonrpsee => include_str!("../pages/jsonrpsee.html"),
        Contender::Tauri => include_str!("../pages/tauri.html"),
    };
    // In the page itself, so that nobody's start waits for it.
    fs::write(folder.path().join("index.html"), page.replacen(PLACE, BENCH, 1))?;
    let (from, files): (&Path, &[&str]) = match contender {
        Contender::ExcitonRust => (&options.page, &["page.js", "page_bg.wasm"]),
        Contender::Socketioxide => (&options.client, &["socket.io.min.js"]),
        _ => return Ok(folder),
    };
    for name in files {
        let path = from.join(name);
        fs::copy(&path, folder.path().join(name)).map_err(|error| {
            format!("{}: {error}; `cargo xtask bench` makes it", path.display())
        })?;
    }
    Ok(folder)
}
