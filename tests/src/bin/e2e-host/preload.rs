//! Windows with a preload script.

use exciton::{App, BrowserWindow, IpcMainInvokeEvent, Result, WebPreferences, WindowOptions};
use serde::Deserialize;

use crate::access;

/// The preferences of the first window, as JSON; none unless set.
const PREFERENCES: &str = "E2E_PREFERENCES";

/// Preferences as Electron writes them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    preload: Option<String>,
    context_isolation: Option<bool>,
    node_integration: Option<bool>,
    allow: Option<access::List>,
}

impl Wanted {
    fn options(self) -> WindowOptions {
        let mut preferences = WebPreferences::new();
        preferences.preload = self.preload.map(Into::into);
        preferences.context_isolation = self.context_isolation;
        preferences.node_integration = self.node_integration;
        preferences.allow = self.allow.as_ref().map(access::allow);
        WindowOptions::new().web_preferences(preferences)
    }
}

/// The first window's options.
pub(crate) fn options() -> Result<WindowOptions> {
    match std::env::var(PREFERENCES) {
        Ok(json) => Ok(serde_json::from_str::<Wanted>(&json)?.options()),
        Err(_) => Ok(WindowOptions::new()),
    }
}

/// Registers the listeners.
pub(crate) fn listen(app: &App) -> Result<()> {
    let host = app.clone();
    let open = move |_event: IpcMainInvokeEvent, page: String, wanted: Wanted| -> Result<u32> {
        let window = BrowserWindow::new(&host, wanted.options())?;
        window.load_url(&page)?;
        Ok(window.web_contents().id())
    };
    app.ipc_main().handle("open-window", open)?;
    app.on_web_contents_created(|page| {
        page.on_preload_error(|_page, preload, error| println!("preload error {preload} {error}"));
    });
    Ok(())
}
