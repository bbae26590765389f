//! Windows and pages from the main process' side: what happens to them is printed, what they shall do is invoked.

use exciton::{
    App, BrowserWindow, Event, ExecuteError, IpcMainInvokeEvent, Result, Value, WebContents,
    WindowOptions,
};
use serde_json::json;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Set, all events are printed.
const EVENTS: &str = "E2E_EVENTS";

/// Names of events that are prevented.
#[derive(Clone, Default)]
struct Prevented(Arc<Mutex<HashSet<String>>>);

impl Prevented {
    fn set(&self, name: String, on: bool) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if on {
            names.insert(name)
        } else {
            names.remove(&name)
        };
    }

    fn apply(&self, name: &str, event: &Event) {
        let is_prevented = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name);
        if is_prevented {
            event.prevent_default();
        }
        // Last: who reads it may change his mind at once.
        println!("{name}");
    }
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let prevented = Prevented::default();
    if std::env::var_os(EVENTS).is_some() {
        app.on_web_contents_created(tell_of_page);
        let of_windows = prevented.clone();
        app.on_browser_window_created(move |window| tell_of_window(&window, &of_windows));
        let of_app = prevented.clone();
        app.on_before_quit(move |event| of_app.apply("before-quit", event));
        let of_app = prevented.clone();
        app.on_will_quit(move |event| of_app.apply("will-quit", event));
        app.on_quit(|code| println!("quit {code}"));
    }
    let ipc_main = app.ipc_main();
    ipc_main.handle("prevent", move |_event: IpcMainInvokeEvent, name: String, on: bool| {
        prevented.set(name, on);
    })?;
    let host = app.clone();
    ipc_main.handle("execute", move |_event: IpcMainInvokeEvent, id: u32, code: String| {
        let page = host.web_contents_from_id(id);
        async move { execute(page.ok_or("no such page")?, &code).await }
    })?;
    let host = app.clone();
    ipc_main.handle("facts", move |_event: IpcMainInvokeEvent, id: u32| {
        let page = host.web_contents_from_id(id).ok_or("no such page")?;
        let window = host.window_of(&page).map(|window| window.id());
        Ok::<_, &str>(json!({
            "url": page.get_url(), "title": page.get_title(), "loading": page.is_loading(),
            "destroyed": page.is_destroyed(), "window": window,
        }))
    })?;
    let host = app.clone();
    ipc_main.handle(
        "do",
        move |_event: IpcMainInvokeEvent, id: u32, what: String, with: Value| {
            let page = host.web_contents_from_id(id).ok_or("no such page")?;
            act(&host, &page, &what, &with)
        },
    )?;
    let host = app.clone();
    ipc_main.handle("new-window", move |_event: IpcMainInvokeEvent| -> Result<u32> {
        Ok(BrowserWindow::new(&host, WindowOptions::new())?.id())
    })?;
    let host = app.clone();
    ipc_main.handle("statistics", move |_event: IpcMainInvokeEvent| statistics(&host))?;
    Ok(())
}

/// The counts, as a page and a test read them.
pub(crate) fn statistics(app: &App) -> serde_json::Value {
    let counts = app.statistics();
    json!({
        "windows": counts.windows, "webContents": counts.web_contents, "links": counts.links,
        "frames": counts.frames, "sockets": counts.sockets, "invokes": counts.pending_invokes,
        "scripts": counts.pending_scripts, "listeners": counts.listeners,
        "ports": counts.message_ports, "farewells": counts.pending_farewells,
    })
}

async fn execute(page: WebContents, code: &str) -> Result<serde_json::Value> {
    Ok(match page.execute_javascript::<Value>(code).await {
        Ok(value) => json!({ "value": value }),
        Err(ExecuteError::Threw(error)) => json!({
            "threw": { "name": error.name, "message": error.message, "stack": error.stack.is_some() }
        }),
        Err(other) => json!({ "error": other.to_string() }),
    })
}

fn act(app: &App, page: &WebContents, what: &str, with: &Value) -> Result<()> {
    let text = match with {
        Value::String(text) => text.to_string_lossy().into_owned(),
        _ => String::new(),
    };
    let window = || app.window_of(page).ok_or("no window");
    match what {
        "load-url" => page.load_url(&text)?,
        "load-file" => page.load_file(&text)?,
        "reload" => page.reload()?,
        "close" => page.close(),
        "close-window" => window()?.close(),
        "destroy" => window()?.destroy(),
        "set-title" => window()?.set_title(&text)?,
        "focus" => window()?.focus()?,
        "watch-console" => {
            let id = page.on_console_message(|page, line| {
                println!("console {} {}: {}", page.id(), line.level, line.message);
            });
            println!("watching {id:?}");
        }
        "quit" => {
            let app = app.clone();
            std::thread::spawn(move || {
                app.quit();
                println!("asked to quit");
            });
        }
        "exit" => {
            let app = app.clone();
            std::thread::spawn(move || app.exit(7));
        }
        _ => return Err(format!("{what} is nothing to do").into()),
    }
    Ok(())
}

fn tell_of_page(page: WebContents) {
    page.on_did_navigate(|page, url| println!("did-navigate {} {}", page.id(), path(&url)));
    page.on_did_navigate_in_page(|page, url| {
        println!("did-navigate-in-page {} {}", page.id(), path(&url));
    });
    page.on_dom_ready(|page| println!("dom-ready {}", page.id()));
    page.on_did_finish_load(|page| println!("did-finish-load {}", page.id()));
    page.on_page_title_updated(|page, title| println!("title {} {title}", page.id()));
    page.on_render_process_gone(|page, details| {
        println!("render-process-gone {} {}", page.id(), details.reason);
    });
    page.on_destroyed(|page| println!("destroyed {}", page.id()));
}

fn tell_of_window(window: &BrowserWindow, prevented: &Prevented) {
    let (id, page) = (window.id(), window.web_contents().id());
    let opener = window.opener().map_or(0, |opener| opener.id());
    println!("window {id} of {page} by {opener}");
    window.on_ready_to_show(|window| println!("ready-to-show {}", window.id()));
    let prevented = prevented.clone();
    window.on_close(move |event, _| prevented.apply("close", event));
    window.on_closed(move || println!("closed {id}"));
}

/// What comes behind the origin.
fn path(url: &str) -> &str {
    url.splitn(4, '/').nth(3).unwrap_or(url)
}
