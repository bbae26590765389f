//! What the pages that try Electron's own cases call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use exciton::{App, Error, HandleError, IpcMainEvent, IpcMainInvokeEvent, Result, Value};

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.on("answered-twice", |event: IpcMainEvent| event.set_return_value("first"));
    ipc_main.on("answered-twice", |event: IpcMainEvent| event.set_return_value("second"));
    ipc_main.on("reply-to", |event: IpcMainEvent, value: Value| event.reply("replied", (value,)));
    ipc_main.on("order-me", |event: IpcMainEvent, value: Value| async move {
        // The page's script runs in its place, before the answer.
        let page = event.sender();
        let title = page.execute_javascript::<String>("document.title = 'ordered'").await;
        title.map_err(|error| error.to_string())?;
        event.reply("replied", (value,)).map_err(|error| error.to_string())
    });
    ipc_main.on("echo-sync", |event: IpcMainEvent, value: Value| event.set_return_value(value));
    ipc_main.handle("echo-value", |_event, value: Value| value)?;
    observe(app)?;
    scratch(app)?;
    handlers(app)?;
    order(app)
}

/// Which channels the application hears of, for each page.
fn observe(app: &App) -> Result<()> {
    let observed: Arc<Mutex<HashMap<u32, Vec<String>>>> = Arc::default();
    let log = observed.clone();
    app.on_web_contents_created(move |page| {
        for is_sync in [false, true] {
            let (log, id) = (log.clone(), page.id());
            let observer = move |_event: IpcMainEvent, channel: &str, _args: &[Value]| {
                lock(&log).entry(id).or_default().push(channel.to_owned());
            };
            if is_sync {
                page.on_ipc_message_sync(observer);
            } else {
                page.on_ipc_message(observer);
            }
        }
    });
    app.ipc_main().handle("observed", move |event: IpcMainInvokeEvent| {
        lock(&observed).remove(&event.sender().id()).unwrap_or_default()
    })?;
    Ok(())
}

/// Two channels, of which one or all lose their listeners again.
fn scratch(app: &App) -> Result<()> {
    app.ipc_main().handle("scratch", |event: IpcMainInvokeEvent, removed: Option<String>| {
        let ipc = event.sender().main_frame().ipc();
        for channel in ["scratch-a", "scratch-b"] {
            ipc.remove_all_listeners(channel);
            ipc.on(channel, move |event: IpcMainEvent| event.set_return_value(channel));
        }
        ipc.remove_all_listeners(removed.as_deref());
    })?;
    Ok(())
}

fn handlers(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    ipc_main.handle("add-now", |_event, a: i64, b: i64| a + b)?;
    ipc_main.handle("add-later", |_event, a: i64, b: i64| async move {
        tokio::task::yield_now().await;
        a + b
    })?;
    ipc_main.handle("fail-now", |_event| Err::<(), _>("some error"))?;
    ipc_main.handle("fail-later", |_event| async {
        tokio::task::yield_now().await;
        let error = Error::new("some error").with_name("RangeError");
        Err::<(), _>(error.with_code("E_SOME").with_data([1, 2]))
    })?;
    let table = ipc_main.clone();
    ipc_main.handle("add-and-remove", move |_event, channel: String| {
        table.handle(&channel, |_event| ())?;
        table.remove_handler(&channel);
        Ok::<_, Error>("while it was there")
    })?;
    let table = ipc_main.clone();
    ipc_main.handle("second-handler", move |_event, channel: String| {
        let refused: Result<(), HandleError> = table.handle(&channel, |_event| ());
        refused.map_or_else(|error| error.to_string(), |()| "it was taken".to_owned())
    })?;
    Ok(())
}

fn order(app: &App) -> Result<()> {
    let ipc_main = app.ipc_main();
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let (messages, invokes) = (log.clone(), log.clone());
    ipc_main.on("ordered", move |event: IpcMainEvent, text: String| {
        lock(&messages).push(text);
        event.set_return_value("heard")
    });
    ipc_main.handle("ordered", move |_event, text: String| lock(&invokes).push(text))?;
    ipc_main.handle("ordered-log", move |_event| std::mem::take(&mut *lock(&log)))?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
