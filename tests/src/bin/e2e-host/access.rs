//! What pages may call, as the test asks for it.

use std::sync::Arc;

use exciton::{AccessRequest, Allow, App, IpcMainEvent, IpcMainInvokeEvent, Refused, Result};
use tokio::sync::Notify;

/// The list of all pages, as JSON: `[["invoke", "who"], …]`.
const ALLOW: &str = "E2E_ALLOW";

/// Whether the application is asked about each call.
const AUTHORIZE: &str = "E2E_AUTHORIZE";

/// Methods and channels.
pub(crate) type List = Vec<(String, String)>;

/// The list in the host's own words.
pub(crate) fn allow(list: &List) -> Allow {
    list.iter().fold(Allow::new(), |allow, (kind, channel)| match &**kind {
        "send" => allow.send(channel),
        "sendSync" => allow.send_sync(channel),
        "invoke" => allow.invoke(channel),
        "postMessage" => allow.post_message(channel),
        _ => allow.all(channel),
    })
}

/// The application with the rules that the test asks for.
pub(crate) fn rules(app: App) -> Result<App> {
    let app = match std::env::var(ALLOW) {
        Ok(json) => app.allow(allow(&serde_json::from_str(&json)?)),
        Err(_) => app,
    };
    if std::env::var_os(AUTHORIZE).is_none() {
        return Ok(app);
    }
    let decide = Arc::new(Notify::new());
    let decided = decide.clone();
    app.ipc_main().on("decide", move |_event: IpcMainEvent| decided.notify_one());
    Ok(app.authorize(move |request: AccessRequest| {
        let decide = decide.clone();
        async move {
            match request.channel() {
                "locked" => return Err(Refused::because("it is locked")),
                "panics" => panic!("about {}", request.channel()),
                "late" => {
                    let name = request.frame().map(|frame| frame.name()).unwrap_or_default();
                    let window = request.window().is_some();
                    let (kind, origin) = (request.kind(), request.origin());
                    println!("deciding {kind} from {origin}, frame {name:?}, window {window}");
                    decide.notified().await;
                }
                _ => {}
            }
            Ok(())
        }
    }))
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let host = app.clone();
    app.ipc_main().handle("refused", move |_event: IpcMainInvokeEvent| {
        let refused = host.statistics().refused_calls;
        [refused.send, refused.send_sync, refused.invoke, refused.post_message]
    })?;
    let note = |event: IpcMainEvent, text: String| println!("late {} {text}", event.sender().id());
    app.ipc_main().on("late", note);
    Ok(())
}
