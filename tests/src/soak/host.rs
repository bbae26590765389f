//! The main process: it writes each message down before it does anything about it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exciton::{App, CommandLine, IpcMainEvent};

/// Says that this process is the host, and where its log is.
pub(super) const ROLE: &str = "EXCITON_SOAK_LOG";

pub(super) fn log_path() -> Option<OsString> {
    std::env::var_os(ROLE)
}

/// One file for all lives of the host: a killed process loses nothing that it has written.
struct Log {
    file: Mutex<File>,
    /// What was pushed to each link of each page.
    pushed: Mutex<HashMap<(u64, u64), u64>>,
}

impl Log {
    fn write(&self, line: String) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write for each line, or a kill could cut it. If the disk is full, the end will tell.
        let _ = file.write_all(line.as_bytes());
    }

    fn ran(&self, (page, link, number): (u64, u64, u64)) {
        self.write(format!("ran {page} {link} {number}\n"));
    }

    /// The next numbers, in order also with those that another thread pushes.
    fn push(&self, event: &IpcMainEvent, page: u64, link: u64, count: u64) {
        let mut pushed = self.pushed.lock().unwrap_or_else(PoisonError::into_inner);
        let next = pushed.entry((page, link)).or_default();
        for _ in 0..count {
            // A page that has left gets nothing more.
            if event.reply("push", (*next,)).is_err() {
                return;
            }
            self.write(format!("pushed {page} {link} {next}\n"));
            *next += 1;
        }
    }
}

pub(super) async fn host() -> exciton::Result<()> {
    let path = log_path().ok_or("no log")?;
    let file = File::options().append(true).create(true).open(path)?;
    let log = Arc::new(Log { file: Mutex::new(file), pushed: Mutex::default() });
    let app = App::new().name("soak").command_line(&CommandLine::from_env()?);
    let ipc_main = app.ipc_main();

    let notes = log.clone();
    ipc_main.on("note", move |_event, page: u64, link: u64, number: u64, _text: String| {
        notes.ran((page, link, number));
    });
    let calls = log.clone();
    ipc_main.handle("call", move |_event, page: u64, link: u64, number: u64, wait: u64| {
        calls.ran((page, link, number));
        async move {
            // A handler that thinks: it sleeps on purpose.
            if wait > 0 {
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            answer(number)
        }
    })?;
    let asked = log.clone();
    ipc_main.on("ask", move |event: IpcMainEvent, page: u64, link: u64, number: u64, wait: u64| {
        asked.ran((page, link, number));
        tokio::spawn(async move {
            // A listener that thinks: it sleeps on purpose.
            if wait > 0 {
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            // A number has a value.
            let _ = event.set_return_value(answer(number));
        });
    });
    ipc_main.on(
        "burst",
        move |event: IpcMainEvent, page: u64, link: u64, number: u64, count: u64| {
            log.ran((page, link, number));
            log.push(&event, page, link, count);
            let log = log.clone();
            tokio::spawn(async move {
                // Some come when nobody expects them: it sleeps on purpose.
                tokio::time::sleep(LATER).await;
                log.push(&event, page, link, count / 2);
            });
        },
    );
    app.run().await
}

/// The answer to a call, which no other has.
pub(super) fn answer(number: u64) -> u64 {
    2 * number + 1
}

/// Between a burst and its echo.
pub(super) const LATER: Duration = Duration::from_millis(200);
