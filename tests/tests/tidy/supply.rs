//! Where code comes from that isn't ours: build scripts fetch none.

use crate::source::Source;

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
