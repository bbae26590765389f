//! Exciton's main process, behind the headers that all hosts have.

use std::path::Path;
use std::sync::Arc;

use exciton::{
    App, Bytes, ContentSecurityPolicy, DoorLimits, IpcMainEvent, KeySource, Opening, SendError,
    Value, WebContents,
};

use super::{CHANNELS, Counter, serve};
use crate::Outcome;

pub async fn host(files: &Path) -> Outcome<()> {
    let (listener, origin) = serve::bind().await?;
    let app = App::new().root(files).key(KeySource::Ephemeral).opening(Opening::Nothing);
    // The page reports to the desk.
    let policy = ContentSecurityPolicy::new().allow("connect-src", "http://127.0.0.1:*")?;
    // The thousand native clients come from one browser.
    let mut limits = DoorLimits::default();
    (limits.sockets, limits.links, limits.socket_attempts) = (u32::MAX, u32::MAX, u32::MAX);
    let app = app.origins([&origin])?.content_security_policy(policy).door_limits(limits);
    listen(&app)?;
    let router = app.router()?;
    let url = app.invite()?;
    app.ready().await?;
    serve::serve(listener, &url, router).await
}

fn listen(app: &App) -> Outcome<()> {
    let ipc_main = app.ipc_main();
    // What is async may not block, and is called by the task that has read the call.
    ipc_main.handle("echo", async |_event, number: u64| number)?;
    ipc_main.handle("binary", |_event, bytes: Bytes| bytes)?;
    ipc_main.handle("json", |_event, rows: Value| rows)?;
    ipc_main.on("sync", async |event: IpcMainEvent, number: u64| event.set_return_value(number));
    let counter = Arc::new(Counter::default());
    let counting = counter.clone();
    ipc_main.on("count", move |_event, _number: u64| counting.count());
    ipc_main.handle("counted", move |_event, wanted: u64| counter.counted(wanted))?;
    ipc_main.on("flood", |event: IpcMainEvent, count: u64| flood(event.sender(), count));
    let channels = std::env::var(CHANNELS).map_or(Ok(0), |channels| channels.parse::<u64>())?;
    for channel in 0..channels {
        let channel = format!("channel-{channel}");
        ipc_main.on(&channel, |_event, _number: u64| ());
        ipc_main.handle(&channel, |_event, number: u64| number)?;
    }
    Ok(())
}

async fn flood(page: WebContents, count: u64) -> Result<(), SendError> {
    for number in 0..count {
        while let Err(refused) = page.send("push", (number,)) {
            match refused {
                SendError::Full(_) => page.ready().await,
                other => return Err(other),
            }
        }
    }
    Ok(())
}
