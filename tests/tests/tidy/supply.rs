//! Where code comes from that isn't ours: build scripts fetch none, and what comes with our crates is counted.

use crate::source::{Source, root};
use std::collections::BTreeSet;
use std::process::Command;

/// Whether a file is part of a build script.
pub fn is_build_script(source: &Source) -> bool {
    let path = &source.path;
    let is_named_so = path.ends_with("build.rs") || path.contains("/build/");
    source.is(&["rs"]) && is_named_so && !path.contains("/src/")
}

/// A build script opens no connection, starts no program that does, and has no crates of its own that could. A cargo that it
/// starts takes what the lock file names.
pub fn fetches(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        let code = line.trim_start();
        if !code.starts_with("//") && NETWORK.iter().any(|word| code.contains(word)) {
            found.push(format!("{}:{}: a build script fetches", source.path, at + 1));
        }
    }
    if source.text.contains("var_os(\"CARGO\")") && !source.text.contains("\"--locked\"") {
        found.push(format!("{}: a nested cargo without --locked", source.path));
    }
    found
}

/// The direct dependencies of the shipped crate, and its whole tree without itself, as built for 64-bit Linux.
pub fn tree() -> (usize, usize) {
    let count = |more: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "-p", "exciton", "--edges", "normal"])
            .args(["--target", "x86_64-unknown-linux-gnu", "--prefix", "none", "--no-dedupe"])
            .args(more)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // Name and version.
        let package = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        text.lines().filter(|line| !line.is_empty()).map(package).collect::<BTreeSet<_>>().len() - 1
    };
    (count(&["--depth", "1"]), count(&[]))
}

/// What ARCHITECTURE.md says of it: `17 crates directly, 123 in all`.
pub fn stated(architecture: &str) -> Option<(usize, usize)> {
    let (before, after) = architecture.split_once(" crates directly, ")?;
    let direct = before.rsplit([' ', '\n']).next()?.parse().ok()?;
    Some((direct, after.split(' ').next()?.parse().ok()?))
}

const NETWORK: &[&str] = &[
    "TcpStream",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "reqwest",
    "ureq",
    "hyper",
    "curl",
    "wget",
    "\"git\"",
    "http://",
    "https://",
    "ftp://",
];
