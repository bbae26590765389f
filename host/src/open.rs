//! Brings a window to the user's eyes: in the default browser, or in a window of its own by a browser of the Chromium family.
//!
//! The invitation's ticket never stands in a command line, which every user of the machine can list while the browser starts.
//! The browser is given a file that only this user can read, with a page that replaces itself by the invitation. The file is
//! deleted with the ticket.

mod chromium;
mod hand_over;

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use crate::config::Opening;
use crate::error::Error;
use crate::secret::{self, Landing};
use crate::server::ServerState;

/// Opens a window on `landing`, in CSS pixels of `size` where it is one of its own.
///
/// A browser that can't be started is no error: the application goes on, and any browser can come in by the printed address.
/// Returns whether one was started.
///
/// # Errors
/// No address of the application is known.
pub(crate) fn open(
    state: &Arc<ServerState>,
    landing: Landing,
    size: (u32, u32),
) -> Result<bool, Error> {
    if state.config.opening == Opening::Nothing {
        return Ok(false);
    }
    let invitation = state.invite(landing)?;
    let target = match hand_over::file(&invitation.url) {
        Ok(file) => {
            let url = hand_over::url(&file);
            state.keep_file(&invitation.ticket, file);
            url
        }
        Err(error) => {
            tracing::warn!(
                "{error}: the browser's command line shows the invitation until it is used"
            );
            invitation.url
        }
    };
    let started = start(state, &target, size);
    if let Err(reason) = &started {
        eprintln!(
            "No browser could be started ({reason}). Open the printed address in any browser; Enter prints a fresh one."
        );
    }
    Ok(started.is_ok())
}

fn start(state: &ServerState, target: &str, size: (u32, u32)) -> Result<(), String> {
    if !has_display(std::env::consts::OS, |name| std::env::var_os(name)) {
        return Err("there is no display".to_owned());
    }
    if state.config.opening == Opening::AppWindow {
        match chromium::find(
            std::env::consts::OS,
            |name| std::env::var_os(name),
            |path: &Path| path.is_file(),
        ) {
            Some(program) => {
                let state_dir = secret::state_dir(&state.config.name);
                return chromium::start(&program, target, size, state_dir.as_deref())
                    .map_err(|error| error.to_string());
            }
            None => tracing::warn!(
                "no browser of the Chromium family was found: the default browser opens a tab"
            ),
        }
    }
    webbrowser::open(target).map_err(|error| error.to_string())
}

/// Where windows need a display server and none is named, browsers start only to fail where nobody sees it.
fn has_display(os: &str, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let named = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    matches!(os, "windows" | "macos" | "ios" | "android")
        || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"].iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_started_only_where_it_can_be_seen() {
        let with =
            |set: &'static str| move |name: &str| (name == set).then(|| OsString::from(":0"));
        let empty = |_: &str| Some(OsString::new());
        assert!(
            has_display("linux", with("DISPLAY"))
                && has_display("freebsd", with("WAYLAND_DISPLAY"))
        );
        assert!(!has_display("linux", with("HOME")) && !has_display("linux", empty));
        assert!(has_display("macos", with("")) && has_display("windows", with("")));
    }
}
