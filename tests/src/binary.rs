//! The programs under test.

use crate::error::{Error, Result, io};
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// The path of the program of the workspace's package `package`, built with the profile of the test and
/// up to date: `cargo test` builds the programs of its own package only, and a stale one would be tested
/// in silence. Cargo runs once per program and test process. `EXCITON_BIN_DIR` names a directory of
/// ready programs instead.
///
/// # Errors
/// When it can't be built, with Cargo's words.
pub fn binary(package: &str) -> Result<PathBuf> {
    static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    // Held while Cargo runs, which would wait for itself anyway.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    if let Some(path) = built.get(package) {
        return Ok(path.clone());
    }
    let path = match std::env::var_os("EXCITON_BIN_DIR").map(PathBuf::from) {
        Some(directory) => Some(directory.join(package))
            .filter(|path| path.is_file())
            .ok_or(Error::NoBinary { package: package.to_owned(), looked_in: Some(directory) }),
        None => build(package),
    }?;
    built.insert(package.to_owned(), path.clone());
    Ok(path)
}

fn build(package: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--message-format=json-render-diagnostics", "-p", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output().map_err(io("running cargo"))?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::Build { package: package.to_owned(), printed });
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == package)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or(Error::NoBinary { package: package.to_owned(), looked_in: None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_is_none_is_refused_in_cargos_words() {
        let error = binary("exciton-no-such-package").unwrap_err();
        assert!(error.to_string().contains("exciton-no-such-package"), "{error}");
    }
}
