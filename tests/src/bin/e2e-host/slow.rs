//! Slow pages: numbered messages on channels of each policy, as many as a page asks for.

use exciton::{App, IpcMainEvent, SendError, SlowConsumer};

/// Registers the listeners.
pub(crate) fn listen(app: &App) {
    app.on_web_contents_created(|page| {
        page.set_slow_consumer("latest", SlowConsumer::KeepLatest);
        page.set_slow_consumer("log", SlowConsumer::DropOldest(5));
        page.set_slow_consumer("strict", SlowConsumer::Disconnect);
    });
    let quitting = app.clone();
    app.ipc_main().on(
        "slow-quit",
        move |event: IpcMainEvent, count: u32, bytes: usize| -> Result<(), SendError> {
            let text = "x".repeat(bytes);
            for number in 0..count {
                event.sender().send("all", (number, &text))?;
            }
            quitting.quit();
            Ok(())
        },
    );
    app.ipc_main().on(
        "slow-flood",
        |event: IpcMainEvent, channel: String, count: u32, bytes: usize| async move {
            let page = event.sender();
            let text = "x".repeat(bytes);
            for number in 0..count {
                while let Err(SendError::Full(_)) = page.send(&channel, (number, &text)) {
                    page.ready().await;
                }
                // Other pages' tasks have their turn.
                tokio::task::yield_now().await;
            }
            println!("flooded {channel}");
            page.send("slow-done", ())
        },
    );
}
