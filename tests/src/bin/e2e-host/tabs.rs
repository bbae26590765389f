//! Windows, tabs and the lives of pages.

use exciton::{App, IpcMainEvent, IpcMainInvokeEvent, Limits, Result, WebContents};
use std::sync::Arc;
use tokio::sync::Notify;

/// Names the host's limits, as JSON; those that it leaves out have their default.
const LIMITS: &str = "E2E_LIMITS";

/// How many messages each new page is sent at once, before it has sent any.
const EARLY: &str = "E2E_EARLY";

/// The limits that the test asks for.
pub(crate) fn limits() -> Result<Limits> {
    match std::env::var(LIMITS) {
        Ok(json) => Ok(serde_json::from_str(&json)?),
        Err(_) => Ok(Limits::default()),
    }
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    tell_of_pages(app);

    ipc_main.on("note", |event: IpcMainEvent, text: String| note(&event.sender(), &text));
    ipc_main.handle("note-and-answer", |event: IpcMainInvokeEvent, text: String| {
        note(&event.sender(), &text);
    })?;
    ipc_main.on("note-sync", |event: IpcMainEvent, text: String| {
        note(&event.sender(), &text);
        event.set_return_value(text)
    });
    ipc_main.on("who-sync", |event: IpcMainEvent| event.set_return_value(event.sender().id()));
    ipc_main.handle("who", |event: IpcMainInvokeEvent| event.sender().id())?;

    // Calls that are under way until another page lets them go.
    let release = Arc::new(Notify::new());
    let held = release.clone();
    ipc_main.handle("hold", move |event: IpcMainInvokeEvent, text: String| {
        println!("held {} {text}", event.sender().id());
        let held = held.clone();
        async move {
            held.notified().await;
            println!("let go {text}");
            text
        }
    })?;
    ipc_main.on("let-go", move |_event: IpcMainEvent| release.notify_waiters());

    let all = app.clone();
    ipc_main.handle("push-to", move |_event: IpcMainInvokeEvent, id: u32, text: String| {
        let page = all.web_contents().into_iter().find(|page| page.id() == id);
        page.is_some_and(|page| push(&page, &text))
    })?;
    let all = app.clone();
    ipc_main.handle("pages", move |_event: IpcMainInvokeEvent| {
        let mut ids: Vec<u32> = all.web_contents().iter().map(WebContents::id).collect();
        ids.sort_unstable();
        ids
    })?;
    ipc_main.on("push-me", |event: IpcMainEvent, text: String| {
        push(&event.sender(), &text);
    });
    let host = app.clone();
    ipc_main.handle("invite", move |_event: IpcMainInvokeEvent| {
        host.invite().map_err(|error| error.to_string())
    })?;
    Ok(())
}

fn tell_of_pages(app: &App) {
    let early = std::env::var(EARLY).ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    app.on_web_contents_created(move |page| {
        println!("created {}", page.id());
        for number in 0..early {
            push(&page, &format!("early {number}"));
        }
    });
    app.on_window_all_closed(|| println!("all closed"));
}

fn note(page: &WebContents, text: &str) {
    println!("note {} {text}", page.id());
}

/// Returns whether the page can be sent to.
fn push(page: &WebContents, text: &str) -> bool {
    match page.send("pushed", (text,)) {
        Ok(()) => true,
        Err(error) => {
            println!("not pushed to {}: {error}", page.id());
            false
        }
    }
}
