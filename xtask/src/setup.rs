//! What the chores need on the machine: one table that `doctor` reads out and `setup` works off.

use crate::job::{Failure, job, root, search_path, time};
use std::io::IsTerminal;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

const TRUNK: &str = "0.21.14"; // Later ones need a newer Rust.
const GECKODRIVER: &str = "0.37.1";
const CARGO_DENY: &str = "0.20.2";

/// Whom a need is for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum For {
    /// The demo, in a browser that must be found.
    Demo,
    /// The demo without a browser.
    Headless,
    /// Everything.
    Test,
}

/// Something that has to be on the machine.
struct Need {
    name: String,
    /// `Err` says what was found instead.
    state: Result<String, String>,
    cure: Cure,
    demo: bool,
}

enum Cure {
    Rustup(&'static str),
    Cargo { name: &'static str, version: String, locked: bool, about: &'static str },
    Debian(&'static str),
}

impl Cure {
    fn words(&self) -> String {
        match self {
            Cure::Rustup(what) => format!("rustup {what}"),
            Cure::Cargo { name, version, locked, .. } => {
                let locked = if *locked { " --locked" } else { "" };
                format!("cargo install {name} --version {version}{locked}")
            }
            Cure::Debian(package) => format!("apt-get install {package}"),
        }
    }
}

/// Everything, in the order in which it is installed.
fn needs() -> Vec<Need> {
    let debian = |package, program, demo| {
        let state = find(program).ok_or("not found".to_owned());
        Need { name: format!("{package} ({program})"), state, cure: Cure::Debian(package), demo }
    };
    let rustup = |name: &str, state, what| Need {
        name: name.into(),
        state,
        cure: Cure::Rustup(what),
        demo: name.starts_with("wasm32"),
    };
    let tool = |name, program: &str, version: &str, exact: bool, locked, about| {
        let state = installed(program, exact.then_some(version));
        let cure = Cure::Cargo { name, version: version.to_owned(), locked, about };
        Need { name: format!("{program} {version}"), state, cure, demo: exact }
    };
    let bindgen = locked_version("Cargo.lock", "wasm-bindgen").unwrap_or_else(|| "latest".into());
    let cli = "wasm-bindgen-cli";
    vec![
        debian("binaryen", "wasm-opt", true),
        debian("chromium", "chromium", false),
        debian("chromium-driver", "chromedriver", false),
        debian("firefox-esr", "firefox-esr", false),
        debian("webkit2gtk-driver", "WebKitWebDriver", false),
        debian("xvfb", "xvfb-run", false),
        debian("xauth", "xauth", false),
        debian("g++", "c++", false),
        rustup("rustfmt", answers("cargo fmt --version"), "component add rustfmt"),
        rustup("clippy", answers("cargo clippy --version"), "component add clippy"),
        rustup("wasm32-unknown-unknown", wasm32(), "target add wasm32-unknown-unknown"),
        tool(cli, "wasm-bindgen", &bindgen, true, false, "about 2 minutes"),
        tool(cli, "wasm-bindgen-test-runner", &bindgen, true, false, "about 2 minutes"),
        tool("trunk", "trunk", TRUNK, true, true, "about 4 minutes"),
        tool("geckodriver", "geckodriver", GECKODRIVER, false, true, "about 2 minutes"),
        tool("cargo-deny", "cargo-deny", CARGO_DENY, false, true, "about 3 minutes"),
    ]
}

/// Installs what is missing. Needs nothing but Rust and, for the browsers, Debian's apt.
pub fn setup(whom: For) -> Result<(), Failure> {
    let start = Instant::now();
    let wanted = |need: &Need| need.state.is_err() && (whom == For::Test || need.demo);
    let missing: Vec<Need> = needs().into_iter().filter(wanted).collect();
    let mut packages: Vec<&str> =
        missing.iter().filter_map(|need| debian_package(&need.cure)).collect();
    if whom == For::Demo && !any_browser() {
        packages.push("chromium");
    }
    let mut troubles = Vec::new();
    if !packages.is_empty() {
        troubles.extend(install_packages(&packages).err().map(|e| e.why));
    }
    for need in missing.iter().filter(|need| debian_package(&need.cure).is_none()) {
        troubles.extend(install(&need.cure).err().map(|e| e.why));
    }
    let left: Vec<Need> = needs().into_iter().filter(wanted).collect();
    if left.is_empty() {
        println!("  everything is installed ({})", time(start.elapsed()));
        return Ok(());
    }
    let by_hand = left.iter().map(|need| format!("\n  {}: {}", need.name, need.cure.words()));
    let troubles = troubles.iter().map(|why| format!("\n  ({why})"));
    Err(format!("please install by hand:{}", by_hand.chain(troubles).collect::<String>()).into())
}

/// Reads out the table. Fails if a test could not run.
pub fn doctor() -> ExitCode {
    let mut missing = 0;
    for Need { name, state, cure, demo } in needs() {
        match state {
            Ok(found) => println!("  ok       {name}: {found}"),
            Err(why) => {
                missing += 1;
                let whom = if demo { "demo and test" } else { "test" };
                println!("  MISSING  {name}: {why}; for {whom}: {}", cure.words());
            }
        }
    }
    if missing == 0 {
        println!("Everything for `cargo xtask demo` and `cargo xtask test` is here.");
        return ExitCode::SUCCESS;
    }
    println!("{missing} missing; `cargo xtask setup` installs them.");
    ExitCode::FAILURE
}

fn debian_package(cure: &Cure) -> Option<&'static str> {
    match cure {
        Cure::Debian(package) => Some(package),
        _ => None,
    }
}

/// Asks Debian for packages, as root or by `sudo`.
pub fn install_packages(packages: &[&str]) -> Result<(), Failure> {
    let names = packages.join(" ");
    if find("apt-get").is_none() {
        return Err(format!("no apt-get here to install {names}").into());
    }
    let id = Command::new("id").arg("-u").output().map(|id| id.stdout).unwrap_or_default();
    let sudo = match (id.trim_ascii(), find("sudo"), std::io::stdin().is_terminal()) {
        (b"0", _, _) => "env",
        (_, Some(_), true) => "sudo",
        (_, Some(_), false) => "sudo -n",
        (_, None, _) => return Err(format!("installing {names} needs root or sudo").into()),
    };
    let apt = |args: &str| job(&format!("{sudo} DEBIAN_FRONTEND=noninteractive apt-get {args}"));
    apt("update -qq").quietly("asking Debian for its list of packages").run()?;
    apt(&format!("install -y -qq {names}"))
        .quietly(format!("installing {names}, some minutes"))
        .run()?;
    Ok(())
}

fn install(cure: &Cure) -> Result<(), Failure> {
    match cure {
        Cure::Debian(_) => {}
        Cure::Rustup(what) => {
            job(&format!("rustup {what}")).quietly(format!("rustup {what}")).run()?;
        }
        Cure::Cargo { name, version, about, .. } => {
            if installed_by(name, version) {
                return Ok(());
            }
            // One folder for all, so that what they share is compiled once; they are tools, so built fast.
            job(&format!("{} --force", cure.words()))
                .env("CARGO_TARGET_DIR", root().join("target/tools"))
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .unset("RUSTFLAGS")
                .limit(Duration::from_secs(45 * 60))
                .quietly(format!("installing {name} {version}, {about}"))
                .run()?;
        }
    }
    Ok(())
}

/// wasm-bindgen-cli brings two of the programs: the second needs no second install.
fn installed_by(name: &str, version: &str) -> bool {
    let programs: &[&str] = match name {
        "wasm-bindgen-cli" => &["wasm-bindgen", "wasm-bindgen-test-runner"],
        _ => return false,
    };
    programs.iter().all(|program| installed(program, Some(version)).is_ok())
}

/// The version that a lock file holds for a package.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let lock = std::fs::read_to_string(root().join(lock)).ok()?;
    let after = lock.split(&format!("name = \"{package}\"\nversion = \"")).nth(1)?;
    Some(after.split('"').next()?.to_owned())
}

/// The program's version, `Err` if it is absent or not exactly this one.
fn installed(program: &str, exactly: Option<&str>) -> Result<String, String> {
    let said = answers(&format!("{program} --version"))?;
    let found = said.split_whitespace().nth(1).unwrap_or_default();
    match exactly {
        Some(version) if found != version => Err(format!("found {found}, needs {version}")),
        _ => Ok(found.to_owned()),
    }
}

/// The first line that a command prints.
fn answers(words: &str) -> Result<String, String> {
    let mut parts = words.split_whitespace();
    let program = parts.next().unwrap_or_default();
    let path = std::env::join_paths(search_path()).unwrap_or_default();
    let output = Command::new(program).args(parts).env("PATH", path).current_dir(root()).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()),
        _ => Err("not found".into()),
    }
}

fn wasm32() -> Result<String, String> {
    let sysroot = answers("rustc --print sysroot")?;
    let target = std::path::Path::new(&sysroot).join("lib/rustlib/wasm32-unknown-unknown/lib");
    if target.is_dir() { Ok("installed".into()) } else { Err("not installed".into()) }
}

fn any_browser() -> bool {
    let open_url = [
        "chromium",
        "google-chrome",
        "firefox",
        "firefox-esr",
        "microsoft-edge",
        "xdg-open",
        "open",
    ];
    open_url.iter().any(|program| find(program).is_some())
}

/// Where a program is.
pub fn find(program: &str) -> Option<String> {
    let here =
        search_path().into_iter().map(|dir| dir.join(program)).find(|path| path.is_file())?;
    Some(here.display().to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_one_version_of_wasm_bindgen() {
        let version = locked_version("Cargo.lock", "wasm-bindgen").unwrap();
        assert_eq!(version.split('.').count(), 3, "{version}");
        assert_eq!(locked_version("Cargo.lock", "no-such-package"), None);
    }

    #[test]
    fn a_wrong_version_counts_as_missing() {
        let found = installed("cargo", None).unwrap();
        assert_eq!(installed("cargo", Some(&found)), Ok(found));
        assert!(installed("cargo", Some("0.0.1")).unwrap_err().ends_with("needs 0.0.1"));
        assert!(installed("no-such-program-here", None).is_err());
    }

    #[test]
    fn every_need_says_how_to_get_it() {
        let words: Vec<String> = needs().iter().map(|need| need.cure.words()).collect();
        assert!(words.contains(&format!("cargo install trunk --version {TRUNK} --locked")));
        assert!(words.contains(&"apt-get install firefox-esr".to_owned()));
        assert!(words.contains(&"rustup target add wasm32-unknown-unknown".to_owned()));
    }
}
