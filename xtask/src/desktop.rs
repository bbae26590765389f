//! What a Tauri application needs to be built and shown: a desktop's libraries, which no other chore needs.

use crate::job::{Failure, search_path};
use crate::setup::{find, install_packages};
use std::process::Command;

/// Debian's packages, and what of each must be there: a program, or a library that `pkg-config` knows.
const NEEDS: [(&str, Found); 6] = [
    ("pkg-config", Found::Program("pkg-config")),
    ("xvfb", Found::Program("Xvfb")),
    ("libgtk-3-dev", Found::Library("gtk+-3.0")),
    ("libsoup-3.0-dev", Found::Library("libsoup-3.0")),
    ("libjavascriptcoregtk-4.1-dev", Found::Library("javascriptcoregtk-4.1")),
    ("libwebkit2gtk-4.1-dev", Found::Library("webkit2gtk-4.1")),
];

#[derive(Clone, Copy)]
enum Found {
    Program(&'static str),
    Library(&'static str),
}

impl Found {
    fn is_there(self) -> bool {
        match self {
            Found::Program(name) => find(name).is_some(),
            Found::Library(name) => has_library(name),
        }
    }
}

/// Installs what is missing.
pub fn setup() -> Result<(), Failure> {
    let packages = missing(Found::is_there);
    if packages.is_empty() {
        return Ok(());
    }
    let tried = install_packages(&packages);
    let left = missing(Found::is_there);
    if left.is_empty() {
        return Ok(());
    }
    let why = tried.err().map(|failure| format!(" ({})", failure.why)).unwrap_or_default();
    Err(format!("Tauri needs a desktop's libraries: apt-get install {}{why}", left.join(" "))
        .into())
}

fn missing(is_there: impl Fn(Found) -> bool) -> Vec<&'static str> {
    NEEDS.iter().filter(|(_, need)| !is_there(*need)).map(|(package, _)| *package).collect()
}

fn has_library(name: &str) -> bool {
    let path = std::env::join_paths(search_path()).unwrap_or_default();
    let asked = Command::new("pkg-config").args(["--exists", name]).env("PATH", path).status();
    asked.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_or_a_program_that_is_missing_is_told_by_its_package() {
        assert!(missing(|_| true).is_empty());
        let left = missing(|need| !matches!(need, Found::Library("webkit2gtk-4.1")));
        assert_eq!(left, ["libwebkit2gtk-4.1-dev"]);
        let left = missing(|need| !matches!(need, Found::Program(_)));
        assert_eq!(left, ["pkg-config", "xvfb"]);
    }

    #[test]
    fn what_nobody_has_is_not_there() {
        assert!(!Found::Program("no-such-program-here").is_there());
        assert!(!Found::Library("no-such-library-here").is_there());
        assert!(Found::Program("cargo").is_there());
    }
}
