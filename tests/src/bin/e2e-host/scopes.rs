//! Frames, and the scopes of what they send.

use exciton::{
    App, IpcMainEvent, IpcMainInvokeEvent, Result, SendError, Value, WebContents, WebFrameMain,
};
use serde_json::{Value as Json, json};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("cascade", |event: IpcMainEvent, text: String| heard("application", &event, &text));
    ipc_main.handle("answer-by-all", |_event| "application")?;
    ipc_main.handle("answer-by-page", |_event| "application")?;
    ipc_main.handle("answer-by-application", |_event| "application")?;
    app.on_web_contents_created(scopes_of);

    ipc_main.on("note-frame", |event: IpcMainEvent, text: String| {
        let frame = event.sender_frame();
        let frame = frame.as_ref().map(|frame| (frame.name(), frame.is_detached()));
        let (name, is_detached) = frame.unwrap_or(("unknown".to_owned(), true));
        println!(
            "note-frame {name:?} {} {text}",
            if is_detached { "detached" } else { "attached" }
        );
    });
    ipc_main.on("reply-me", |event: IpcMainEvent, value: Value| {
        event.sender().send("pushed", ("main",))?;
        event.reply("replied", (value,))
    });
    ipc_main.handle("frame", |event: IpcMainInvokeEvent| {
        event.sender_frame().map(|frame| about(&frame))
    })?;
    ipc_main.handle("tree", |event: IpcMainInvokeEvent| tree(&event.sender().main_frame()))?;
    ipc_main.handle("send-to-frame", |event: IpcMainInvokeEvent, id: u32, text: String| {
        let sent = event.sender().send_to_frame((event.process_id(), id), "pushed", (text,));
        sent != Err(SendError::FrameGone)
    })?;
    ipc_main.handle("listen-in-frame", |event: IpcMainInvokeEvent| {
        let ipc = event.sender_frame().map(|frame| frame.ipc()).unwrap_or_default();
        ipc.on("in-frame", |event: IpcMainEvent, text: String| heard("own frame", &event, &text));
        ipc.on("in-frame-sync", |event: IpcMainEvent| event.set_return_value("own frame"));
        ipc.handle("answer-in-frame", |_event| "own frame").map_err(exciton::Error::from)
    })?;
    let all = app.clone();
    ipc_main.handle("by-id", move |event: IpcMainInvokeEvent| {
        let found = WebFrameMain::from_id(&all, event.process_id(), event.frame_id());
        found == event.sender_frame()
    })?;
    Ok(())
}

fn scopes_of(page: WebContents) {
    page.on_ipc_message(|_event, channel, args| {
        if channel == "cascade" {
            println!("observed {channel} {args:?}");
        }
    });
    page.on_ipc_message_sync(|_event, channel, _args| println!("observed sync {channel}"));
    let (frame, ipc) = (page.main_frame().ipc(), page.ipc());
    frame.on("cascade", |event: IpcMainEvent, text: String| heard("main frame", &event, &text));
    ipc.on("cascade", |event: IpcMainEvent, text: String| heard("page", &event, &text));
    frame.on("sync-in-main-frame", |event: IpcMainEvent| event.set_return_value("main frame"));
    ipc.on("sync-in-page", |event: IpcMainEvent| event.set_return_value("page"));
    let handled = [
        frame.handle("answer-by-all", |_event| "main frame"),
        ipc.handle("answer-by-all", |_event| "page"),
        ipc.handle("answer-by-page", |_event| "page"),
    ];
    assert!(handled.iter().all(|handled| handled.is_ok()), "a new page has no handlers");
}

fn heard(scope: &str, event: &IpcMainEvent, text: &str) {
    let name = event.sender_frame().map(|frame| frame.name()).unwrap_or_default();
    println!("cascade {scope} {name:?} {text}");
}

fn about(frame: &WebFrameMain) -> Json {
    json!({
        "name": frame.name(),
        "url": frame.url(),
        "origin": frame.origin(),
        "detached": frame.is_detached(),
        "routingId": frame.routing_id(),
        "processId": frame.process_id(),
        "treeId": frame.frame_tree_node_id(),
        "parent": frame.parent().map(|parent| parent.name()),
        "isMain": frame.top().as_ref() == Some(frame),
    })
}

fn tree(frame: &WebFrameMain) -> Json {
    let inside: Vec<_> = frame.frames().iter().map(tree).collect();
    json!([frame.name(), inside])
}
