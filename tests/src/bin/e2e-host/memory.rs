//! What may wait for a page that doesn't read: messages until there is no room, messages that may be dropped, big answers.

use exciton::{App, IpcMainEvent, Result, SendError, SlowConsumer};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    app.on_web_contents_created(|page| {
        page.set_slow_consumer("memory-log", SlowConsumer::DropOldest(usize::MAX));
    });
    let ipc_main = app.ipc_main();
    ipc_main.on("memory-fill", |event: IpcMainEvent, bytes: usize| async move {
        let (page, text) = (event.sender(), "x".repeat(bytes));
        let mut sent = 0_u32;
        let error = loop {
            match page.send("memory", (sent, &text)) {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
            // Other pages' tasks have their turn.
            if sent.is_multiple_of(64) {
                tokio::task::yield_now().await;
            }
        };
        match error {
            SendError::Full(_) => println!("full {} after {sent}", page.id()),
            other => println!("not full {}: {other}", page.id()),
        }
    });
    ipc_main.on("memory-log-me", |event: IpcMainEvent, count: u32, bytes: usize| async move {
        let (page, text) = (event.sender(), "x".repeat(bytes));
        for number in 0..count {
            page.send("memory-log", (number, &text))?;
            if number.is_multiple_of(64) {
                tokio::task::yield_now().await;
            }
        }
        println!("logged {}", page.id());
        Ok::<_, SendError>(())
    });
    ipc_main.handle("memory-answer", |_event, bytes: usize| "x".repeat(bytes))?;
    Ok(())
}
