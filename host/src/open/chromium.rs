//! Windows by a browser of the Chromium family: one with a page and nothing else in it.
//!
//! They have a profile of their own, kept with the application's state. In the user's everyday profile a browser that runs
//! already ignores the size asked for, and its extensions could read the page; the price is that the user's passwords and
//! settings are not there.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first browser of the family on this machine.
pub(super) fn find(
    os: &str,
    variable: impl Fn(&str) -> Option<OsString>,
    is_file: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let candidates: Vec<PathBuf> = match os {
        "macos" => MAC
            .iter()
            .map(|name| {
                Path::new("/Applications").join(format!("{name}.app/Contents/MacOS/{name}"))
            })
            .collect(),
        "windows" => {
            let roots = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"]
                .into_iter()
                .filter_map(variable);
            let roots: Vec<PathBuf> = roots.map(PathBuf::from).collect();
            WINDOWS
                .iter()
                .flat_map(|program| roots.iter().map(move |root| root.join(program)))
                .collect()
        }
        _ => {
            let path = variable("PATH").unwrap_or_default();
            let dirs: Vec<PathBuf> =
                std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
            UNIX.iter().flat_map(|program| dirs.iter().map(move |dir| dir.join(program))).collect()
        }
    };
    candidates.into_iter().find(|program| is_file(program))
}

/// Starts the browser, and doesn't wait for it.
pub(super) fn start(
    program: &Path,
    url: &str,
    size: (u32, u32),
    state_dir: Option<&Path>,
) -> io::Result<()> {
    let profile = profile(program, state_dir, std::env::home_dir());
    let mut command = Command::new(program);
    command.args(arguments(url, size, profile.as_deref()));
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // A thread that waits, so that the ended browser doesn't stay in the process table.
    std::thread::spawn(move || match child.wait() {
        Ok(status) if !status.success() => {
            tracing::warn!(%status, "the browser of the window ended")
        }
        _ => {}
    });
    Ok(())
}

fn arguments(url: &str, (width, height): (u32, u32), profile: Option<&Path>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![
        format!("--app={url}").into(),
        format!("--window-size={width},{height}").into(),
        "--no-first-run".into(),
        "--no-default-browser-check".into(),
    ];
    arguments.extend(profile.map(|profile| {
        let mut argument = OsString::from("--user-data-dir=");
        argument.push(profile);
        argument
    }));
    arguments
}

/// A snap can't write to hidden folders of the user's home, only to its own.
fn profile(program: &Path, state_dir: Option<&Path>, home: Option<PathBuf>) -> Option<PathBuf> {
    let state_dir = state_dir?;
    let name = state_dir.file_name()?;
    match program
        .components()
        .any(|part| part.as_os_str() == "snap")
        .then(|| program.file_name())
        .flatten()
    {
        Some(snap) => Some(home?.join("snap").join(snap).join("common/exciton").join(name)),
        None => Some(state_dir.join("browser")),
    }
}

const UNIX: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "brave-browser",
    "brave",
    "vivaldi-stable",
    "vivaldi",
];
const MAC: &[&str] = &["Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser", "Vivaldi"];
const WINDOWS: &[&str] = &[
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
    "BraveSoftware/Brave-Browser/Application/brave.exe",
    "Chromium/Application/chrome.exe",
];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_first_browser_that_is_there_is_found() {
        let path =
            |name: &str| (name == "PATH").then(|| OsString::from("relative:/usr/bin:/opt/bin"));
        let only = |there: &'static str| move |path: &Path| path == Path::new(there);
        assert_eq!(
            find("linux", path, only("/opt/bin/google-chrome")),
            Some("/opt/bin/google-chrome".into())
        );
        assert_eq!(find("linux", path, |_: &Path| true), Some("/usr/bin/chromium".into()));
        assert_eq!(find("linux", path, |_: &Path| false), None);
        assert_eq!(find("linux", |_: &str| None, |_: &Path| true), None);
        let chrome = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        assert_eq!(find("macos", path, only(chrome)), Some(chrome.into()));
    }

    #[test]
    fn the_window_has_its_size_and_its_own_profile() {
        let arguments =
            arguments("file:///tmp/a.html", (800, 600), Some("/state/app/browser".as_ref()));
        for expected in [
            "--app=file:///tmp/a.html",
            "--window-size=800,600",
            "--user-data-dir=/state/app/browser",
        ] {
            assert!(
                arguments.iter().any(|argument| argument == expected),
                "{expected}: {arguments:?}"
            );
        }
    }

    #[test]
    fn a_snap_has_its_profile_where_it_can_write() {
        let profile = |program: &str| {
            profile(
                program.as_ref(),
                Some("/home/me/.local/state/exciton/app".as_ref()),
                Some("/home/me".into()),
            )
        };
        assert_eq!(
            profile("/snap/bin/chromium").unwrap(),
            Path::new("/home/me/snap/chromium/common/exciton/app")
        );
        assert_eq!(
            profile("/usr/bin/chromium").unwrap(),
            Path::new("/home/me/.local/state/exciton/app/browser")
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(start(&dir.path().join("none"), "file:///a", (1, 1), None).is_err());
    }
}
