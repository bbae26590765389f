//! The terminal of a running application: Enter prints a fresh invitation.

use std::io::{BufRead, IsTerminal};

use crate::app::{App, AppEvent};

/// Reads the terminal's lines, if there is one, for as long as the process runs.
pub(crate) fn invite_on_enter(app: &App) {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return;
    }
    let app = app.clone();
    // A thread of its own: a read of the terminal can't be given up, and the runtime would wait for it.
    std::thread::spawn(move || {
        for _ in stdin.lock().lines() {
            match app.invite() {
                Ok(url) => println!("Open {url}"),
                Err(error) => eprintln!("{error}"),
            }
            app.emit(&AppEvent::Activate { has_visible_windows: !app.windows().is_empty() });
        }
    });
}
