//! Big messages: each is told for whole or not, and one is sent when it is asked for.

use exciton::{App, Bytes, IpcMainEvent, Result};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.handle("resumed-up", |_event, bytes: Bytes| {
        match bytes.iter().enumerate().position(|(at, byte)| *byte != pattern(at)) {
            None => "whole".to_owned(),
            Some(at) => format!("wrong at {at}"),
        }
    })?;
    ipc_main.on("resumed-down-me", |event: IpcMainEvent, length: usize| {
        let bytes: Vec<u8> = (0..length).map(pattern).collect();
        event.reply("resumed-down", (Bytes::from(bytes),))
    });
    Ok(())
}

fn pattern(at: usize) -> u8 {
    (at % 251) as u8
}
