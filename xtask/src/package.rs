//! The crates that are published, and the proof that they build on their own.

use crate::job::{Failure, job, root};
use std::fs;
use std::path::{Path, PathBuf};

/// Package name and what its archive must hold for those who have nothing else.
const PUBLISHED: [(&str, &[&str]); 3] = [
    ("exciton-protocol", &["src/lib.rs"]),
    (
        "exciton",
        &[
            "src/lib.rs",
            "build.rs",
            "prebuilt/electron.js",
            "prebuilt/electron.mjs",
            "prebuilt/bridge.js",
            "prebuilt/attendance.js",
            "prebuilt/execute.js",
            "prebuilt/page/index.html",
        ],
    ),
    ("exciton-web", &["src/lib.rs"]),
];

/// The renderer's tools: who uses the packaged host has no need of them.
const BUILD_TOOLS: [&str; 2] = ["wasm-bindgen-cli-support", "exciton-web-bundler"];

/// Stands in for cargo, rustc and rustup while the packages build, and refuses any work for wasm32.
const SHIM: &str = r#"#!/bin/sh
for arg in "$@"; do
    case "$arg" in wasm32-* | --target=wasm32-*) echo "a packaged crate asked for the wasm32 target: $0 $*" >&2; exit 97 ;; esac
done
exec "$REAL" "$@"
"#;

/// Packs them into `target/package`, with the renderer and the page built for those who build from the packages.
/// Returns the archives.
pub fn package() -> Result<Vec<PathBuf>, Failure> {
    let io = |error: std::io::Error| Failure::from(format!("host/prebuilt: {error}"));
    let prebuilt = root().join("host/prebuilt");
    if prebuilt.exists() {
        fs::remove_dir_all(&prebuilt).map_err(io)?;
    }
    crate::demo::build_page()?;
    copy(&root().join("dist"), &prebuilt.join("page")).map_err(io)?;
    job("cargo run --locked --quiet --package exciton-web-bundler -- --out host/prebuilt").run()?;
    let names: String = PUBLISHED.iter().map(|(name, _)| format!(" --package {name}")).collect();
    let target = root().join("target");
    job(&format!("cargo package --locked --no-verify --allow-dirty{names} --target-dir"))
        .arg(&target)
        .run()?;
    let mut archives = Vec::new();
    for (name, contents) in PUBLISHED {
        let archive = target.join(format!("package/{}.crate", folder(name)));
        let list = job("tar -tzf").arg(&archive).silently().run()?;
        for wanted in contents {
            let path = format!("{}/{wanted}", folder(name));
            if !list.lines.iter().any(|line| line.starts_with(&path)) {
                return Err(format!("{name}'s package lacks {wanted}").into());
            }
        }
        archives.push(archive);
    }
    Ok(archives)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?
        } else {
            fs::copy(entry.path(), to).map(|_| ())?
        }
    }
    Ok(())
}

/// Unpacks them outside the repository and builds an empty project on them, without the wasm32 target.
pub fn build_outside() -> Result<(), Failure> {
    let archives = package()?;
    let outside = std::env::temp_dir().join(format!("exciton-outside-{}", std::process::id()));
    let built = empty_project(&outside, &archives);
    let _ = fs::remove_dir_all(&outside);
    built
}

fn empty_project(outside: &Path, archives: &[PathBuf]) -> Result<(), Failure> {
    let io = |error: std::io::Error| Failure::from(format!("{}: {error}", outside.display()));
    fs::create_dir_all(outside.join("src")).map_err(io)?;
    for archive in archives {
        job("tar -xzf").arg(archive).dir(outside).silently().run()?;
    }
    let rows =
        |row: fn(&str) -> String| PUBLISHED.iter().map(|(name, _)| row(name)).collect::<String>();
    let manifest = format!(
        "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[dependencies]\n{}\n[patch.crates-io]\n{}",
        rows(|name| format!("{name} = \"{}\"\n", env!("CARGO_PKG_VERSION"))),
        rows(|name| format!("{name} = {{ path = \"{}\" }}\n", folder(name))),
    );
    fs::write(outside.join("Cargo.toml"), manifest).map_err(io)?;
    fs::write(outside.join("src/main.rs"), "use exciton as _;\n\nfn main() {}\n").map_err(io)?;
    // The same versions as here, so that nothing is asked of the network that isn't here already.
    fs::copy(root().join("Cargo.lock"), outside.join("Cargo.lock")).map_err(io)?;

    let shims = shims(outside)?;
    let path =
        std::env::join_paths(std::iter::once(shims.clone()).chain(crate::job::search_path()));
    job("cargo build")
        .dir(outside)
        .env("PATH", path.unwrap_or_default())
        .env("RUSTC", shims.join("rustc"))
        .env("CARGO_TARGET_DIR", outside.join("target"))
        .run()?;
    let lock = fs::read_to_string(outside.join("Cargo.lock")).map_err(io)?;
    match BUILD_TOOLS.iter().find(|tool| lock.contains(&format!("name = \"{tool}\""))) {
        Some(tool) => Err(format!("the packaged crates pull {tool}").into()),
        None => Ok(()),
    }
}

/// A folder for the front of the search path.
fn shims(outside: &Path) -> Result<PathBuf, Failure> {
    let shims = outside.join("shims");
    fs::create_dir_all(&shims).map_err(|error| format!("{}: {error}", shims.display()))?;
    for program in ["cargo", "rustc", "rustup"] {
        let Some(real) = crate::setup::find(program) else { continue };
        let path = shims.join(program);
        let text = SHIM.replace("$REAL", &real);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        job("chmod +x").arg(&path).silently().run()?;
    }
    Ok(shims)
}

/// The folder in a package's archive; all have the workspace's version.
fn folder(name: &str) -> String {
    format!("{name}-{}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_shim_lets_work_for_this_machine_pass_and_refuses_wasm32() {
        let outside = std::env::temp_dir().join(format!("exciton-shims-{}", std::process::id()));
        let rustc =
            shims(&outside).unwrap_or_else(|e| panic!("{e}")).join("rustc").display().to_string();
        let run = |args: &str| job(&format!("{rustc} {args}")).run();
        let passed = run("--version").is_ok();
        let refused = run("--target wasm32-unknown-unknown --version").err();
        fs::remove_dir_all(&outside).unwrap();
        assert!(passed);
        assert!(refused.unwrap().why.contains("97"));
    }
}
