//! Rules for the manifests: who may depend on whom, and on what.

use crate::source::root;
use std::collections::BTreeSet;

/// A member of the workspace.
pub struct Manifest {
    /// Its folder, such as `web/bundle`.
    pub dir: String,
    pub text: String,
}

/// The folders of the workspaces: the product's, and those whose peers stay out of it.
pub const WORKSPACES: [&str; 3] = ["", "bench/", "bench/tauri/"];

/// All members that the workspaces' manifests name.
pub fn members() -> Vec<Manifest> {
    WORKSPACES.into_iter().flat_map(members_of).collect()
}

fn members_of(workspace: &str) -> Vec<Manifest> {
    let read = |path: &str| {
        std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let text = read(&format!("{workspace}Cargo.toml"));
    let list = text.split("\nmembers = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    let dirs =
        list.split(',').map(|dir| dir.trim().trim_matches('"')).filter(|dir| !dir.is_empty());
    let dirs = dirs.map(|dir| match dir {
        "." => workspace.trim_end_matches('/').to_owned(),
        dir => format!("{workspace}{dir}"),
    });
    dirs.map(|dir| Manifest { text: read(&format!("{dir}/Cargo.toml")), dir }).collect()
}

impl Manifest {
    /// The packages that it depends on, in any way.
    pub fn dependencies(&self) -> BTreeSet<String> {
        let (mut found, mut listing) = (BTreeSet::new(), false);
        for line in self.text.lines().map(str::trim) {
            if let Some(header) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
                listing = header.ends_with("dependencies");
                found.extend(header.split_once("dependencies.").map(|(_, name)| name.to_owned()));
            } else if listing && line.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let renamed =
                    line.split("package = \"").nth(1).and_then(|rest| rest.split('"').next());
                let name = line.split([' ', '=', '.']).next().unwrap_or_default();
                found.insert(renamed.unwrap_or(name).to_owned());
            }
        }
        found
    }

    fn ours(&self) -> BTreeSet<String> {
        self.dependencies().into_iter().filter(|name| is_ours(name)).collect()
    }

    fn package(&self) -> &str {
        self.text
            .split("\nname = \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
    }
}

fn is_ours(package: &str) -> bool {
    package == "exciton" || package.starts_with("exciton-") || package == "xtask"
}

/// protocol uses none of ours, host and web use protocol only.
pub fn wrong_way(manifest: &Manifest) -> Vec<String> {
    let may: &[&str] = match manifest.dir.as_str() {
        "protocol" => &[],
        "host" | "web" => &["exciton-protocol"],
        _ => return Vec::new(),
    };
    let wrong = manifest.ours().into_iter().filter(|name| !may.contains(&name.as_str()));
    wrong.map(|name| format!("{} must not depend on {name}", manifest.dir)).collect()
}

/// A licence and a description, each its own.
pub fn unlabelled(manifest: &Manifest) -> Vec<String> {
    let has = |key: &str| {
        let starts = |line: &str| {
            line.strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '=', '.']))
        };
        manifest.text.lines().any(starts)
    };
    let missing = ["license", "description"].into_iter().filter(|key| !has(key));
    missing.map(|key| format!("{} has no {key}", manifest.dir)).collect()
}

/// Third-party crates used but not listed in ARCHITECTURE.md's table, and listed but not used: each as the row that
/// should stand there.
pub fn unlisted(manifests: &[Manifest], architecture: &str) -> Vec<String> {
    let (mut used, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for manifest in manifests {
        let foreign = manifest.dependencies().into_iter().filter(|name| !is_ours(name));
        used.extend(foreign.map(|name| (name, manifest.dir.clone())));
    }
    let section = architecture.split("## Third-party crates\n").nth(1).unwrap_or_default();
    for row in section
        .split("\n## ")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| line.starts_with('|'))
    {
        let cells: Vec<Vec<String>> = row.split('|').skip(1).take(2).map(names).collect();
        let [crates, users] = cells.as_slice() else { continue };
        if crates
            .iter()
            .any(|name| name == "crate" || name.starts_with('-') || name.starts_with(':'))
        {
            continue;
        }
        for user in users {
            let member = manifests.iter().find(|m| m.dir == *user || m.package() == user);
            let dir = member.map_or(user.clone(), |member| member.dir.clone());
            listed.extend(crates.iter().map(|name| (name.clone(), dir.clone())));
        }
    }
    let wrong: BTreeSet<&str> =
        used.symmetric_difference(&listed).map(|(name, _)| name.as_str()).collect();
    let users = |name: &str, of: &BTreeSet<(String, String)>| {
        let dirs = of.iter().filter(|(other, _)| other == name).map(|(_, dir)| format!("`{dir}`"));
        dirs.collect::<Vec<_>>().join(", ")
    };
    let row = |name| {
        format!("| `{name}` | {} | (listed: {}) |", users(name, &used), users(name, &listed))
    };
    wrong.into_iter().map(row).collect()
}

/// A cell's words without backticks and remarks in parentheses.
fn names(cell: &str) -> Vec<String> {
    let plain: String =
        cell.split('(').map(|part| part.rsplit(')').next().unwrap_or_default()).collect();
    plain.split([',', ' ', '`']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Sources of packages other than the public registry, in a manifest, a configuration or the lock file.
pub fn other_registries(path: &str, text: &str) -> Vec<String> {
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let keys = [
        "registry",
        "registry-index",
        "index",
        "replace-with",
        "local-registry",
        "directory",
        "git",
    ];
    let wrong = |line: &&str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        let sourced = key == "source" && line.trim() != public;
        let git = line.contains(" git = \"");
        let table = line.starts_with("[source.") || line.starts_with("[registr");
        sourced || git || table || line.contains(concat!("sparse", "+")) || keys.contains(&key)
    };
    text.lines().filter(wrong).map(|line| format!("{path}: {line}")).collect()
}

#[test]
fn planted_bad_manifests_are_found() {
    let manifest = |dir: &str, text: &str| Manifest { dir: dir.into(), text: text.into() };
    let host = manifest(
        "host",
        "[dependencies]\nexciton-protocol.workspace = true\naxum = { version = \"1\" }\n",
    );
    assert!(wrong_way(&host).is_empty());
    let bad = "[dev-dependencies.exciton-web]\npath = \"../web\"\n\n[lints]\nworkspace = true\n";
    assert_eq!(wrong_way(&manifest("host", bad)), ["host must not depend on exciton-web"]);
    let renamed = "[target.'cfg(unix)'.dependencies]\n# x = 1\nhidden = { package = \"exciton\", path = \"../host\" }\n";
    assert_eq!(wrong_way(&manifest("web", renamed)), ["web must not depend on exciton"]);
    assert_eq!(wrong_way(&manifest("protocol", "[dependencies]\nexciton-web = \"1\"\n")).len(), 1);

    assert_eq!(
        unlabelled(&manifest("x", "licenses = 1\ndescription = \"d\"\n")),
        ["x has no license"]
    );
    assert!(
        unlabelled(&manifest("x", "license.workspace = true\ndescription = \"d\"\n")).is_empty()
    );

    let table = "# A\n\n## Third-party crates\n\n| crate | used by | why |\n| --- | :-- | --- |\n\
                 | `axum` | `exciton` (server) | serves |\n| `serde`, `rand` | web | - |\n\n## Next\n| `no` | web | - |\n";
    let members = [
        manifest(
            "host",
            "[package]\nname = \"exciton\"\n[dependencies]\naxum = \"1\"\nbytes = \"1\"\n",
        ),
        manifest("web", "[dependencies]\nserde = \"1\"\nexciton-protocol = \"1\"\n"),
    ];
    let found = unlisted(&members, table);
    assert_eq!(found, ["| `bytes` | `host` | (listed: ) |", "| `rand` |  | (listed: `web`) |"]);

    let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    assert!(other_registries("Cargo.lock", lock).is_empty());
    assert_eq!(other_registries("Cargo.lock", "source = \"git+https://example.org/x\"\n").len(), 1);
    assert_eq!(
        other_registries("c.toml", "[source.crates-io]\nreplace-with = \"mirror\"\n").len(),
        2
    );
    assert_eq!(
        other_registries("Cargo.toml", "x = { git = \"https://example.org/x\" }\n").len(),
        1
    );
}
