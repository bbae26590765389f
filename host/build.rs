//! Puts the files that a page needs into the build: the renderer, and the project's own page if it was bundled.

#[path = "build/environment.rs"]
mod environment;
#[path = "build/page.rs"]
mod page;
#[path = "build/renderer.rs"]
mod renderer;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo sets both for every build script.
    let place = |name: &str| std::env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let (package, out) = (place("CARGO_MANIFEST_DIR"), place("OUT_DIR"));

    match renderer::embed(&package, &out).and_then(|()| page::embed(&package, &out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace, if this package lies in it and not in a registry's cache or another project.
fn workspace(package: &std::path::Path) -> Option<PathBuf> {
    let root = package.parent()?;
    let ours = root.join("web/bundle/Cargo.toml").is_file()
        && root.join("web/bundler/Cargo.toml").is_file();
    // Cargo leaves this file in what it packages, wherever that is unpacked.
    (ours && !package.join("Cargo.toml.orig").exists()).then(|| root.to_path_buf())
}
