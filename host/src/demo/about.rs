//! What the page shows of this process: who it is, what it printed, and the code that did it.

use exciton::{HandleError, IpcMain, IpcMainEvent, IpcMainInvokeEvent};
use serde::Serialize;

/// Facts of this process, and the number by which it knows the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    web_contents: u32,
    version: &'static str,
    optimized: bool,
    pid: u32,
    cores: usize,
    system: &'static str,
    architecture: &'static str,
}

pub fn listen(ipc_main: &IpcMain) -> Result<(), HandleError> {
    ipc_main.handle("about", |event: IpcMainInvokeEvent| About {
        web_contents: event.sender().id(),
        version: env!("CARGO_PKG_VERSION"),
        optimized: cfg!(not(debug_assertions)),
        pid: std::process::id(),
        cores: std::thread::available_parallelism().map_or(1, Into::into),
        system: std::env::consts::OS,
        architecture: std::env::consts::ARCH,
    })?;
    ipc_main.handle("tutorial-source", |_event: IpcMainInvokeEvent| source())?;

    // Second listeners of the tutorial's channels, so that its own stay as they are.
    for channel in ["asynchronous-message", "synchronous-message"] {
        ipc_main.on(channel, |event: IpcMainEvent, line: String| event.reply("terminal", (line,)));
    }
    Ok(())
}

/// The tutorial's code: what its function does.
fn source() -> &'static str {
    let file = include_str!("tutorial.rs");
    let body = file.split_once(" {\n").map_or(file, |(_, body)| body);
    body.trim_end().trim_end_matches('}').trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_shown_is_what_listens() {
        assert!(source().trim_start().starts_with("ipc_main.on(\"asynchronous-message\""));
        assert!(source().contains("sync pong") && source().ends_with("});"));
        assert_eq!(source().matches('{').count(), source().matches('}').count());
    }
}
