//! The nested cargo that compiles the renderer for wasm32.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::environment::unsteered;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "bundle";

/// Compiles `web/bundle` of the workspace `root` and returns the path of the wasm, not yet bound to JavaScript.
///
/// The target directory must not be the outer build's: that one's lock is held while we run.
pub(crate) fn renderer(root: &Path, target_dir: &Path, offline: bool) -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = unsteered(cargo);
    command
        .current_dir(root)
        .args(["build", "--locked", "--package", "exciton-web-bundle", "--lib", "--target", TARGET])
        .args(["--profile", PROFILE, "--target-dir"])
        .arg(target_dir);
    if offline {
        command.arg("--offline");
    }
    let status =
        command.status().with_context(|| format!("can't start {:?}", command.get_program()))?;
    if !status.success() {
        bail!(
            "the renderer did not compile for {TARGET}; if the target is missing: rustup target add {TARGET}"
        );
    }
    Ok(target_dir.join(TARGET).join(PROFILE).join("exciton_web_bundle.wasm"))
}
