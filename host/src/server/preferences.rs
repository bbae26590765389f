//! Which preferences a page has, and the preload script that they name.
//!
//! Preferences belong to a window, and a request for a script doesn't say which one it comes from. If all windows have the
//! same, that doesn't matter; else the page asks, with the name of its tab.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::{Path as Segments, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use exciton_protocol::TabId;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{ServerState, lock};
use crate::secret::hex;
use crate::web_preferences::WebPreferences;

/// Knows the windows of the application.
pub(crate) trait Windows: Send + Sync {
    /// The preferences of the window, or of the duplicate of one, in that tab.
    fn preferences_of(&self, tab: TabId) -> Option<Arc<WebPreferences>>;

    /// The preferences of all windows.
    fn all_preferences(&self) -> Vec<Arc<WebPreferences>>;
}

/// The preferences of all pages.
#[derive(Default)]
pub(crate) struct Preferences {
    windows: OnceLock<Arc<dyn Windows>>,
    /// Those of the window that the start address leads to, also when it has been closed. They are those of a page that
    /// is in no window: a second tab, a colleague's.
    start: Mutex<Option<Arc<WebPreferences>>>,
}

/// Preferences as a page reads them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    context_isolation: bool,
    /// `null` if the application left it open.
    node_integration: Option<bool>,
    preload: Option<Script>,
}

#[derive(Serialize)]
struct Script {
    /// Relative to the routes of `_exciton`.
    url: String,
    /// What the script sees as `__filename`.
    file: String,
}

impl Preferences {
    /// Says who knows the windows.
    pub(crate) fn set_windows(&self, windows: Arc<dyn Windows>) {
        // An application is made once, and its windows with it.
        let _ = self.windows.set(windows);
    }

    /// The start address leads to the window in that tab.
    pub(super) fn set_start(&self, tab: TabId) {
        if let Some(preferences) = self.windows.get().and_then(|all| all.preferences_of(tab)) {
            *lock(&self.start) = Some(preferences);
        }
    }

    fn of(&self, tab: Option<TabId>) -> Arc<WebPreferences> {
        let own = tab.and_then(|tab| self.windows.get()?.preferences_of(tab));
        own.or_else(|| lock(&self.start).clone()).unwrap_or_default()
    }

    fn all(&self) -> Vec<Arc<WebPreferences>> {
        let mut all =
            self.windows.get().map(|windows| windows.all_preferences()).unwrap_or_default();
        all.extend(lock(&self.start).clone());
        all
    }

    /// Those of every page, if they are all the same.
    pub(super) fn common(&self, state: &ServerState) -> Option<Told> {
        let all = self.all();
        let first = all.first().cloned().unwrap_or_default();
        all.iter().all(|one| one.looks_like(&first)).then(|| Told::new(&first, state))
    }

    /// Whether any page has a preload script.
    pub(super) fn any_preload(&self) -> bool {
        self.all().iter().any(|one| one.preload.is_some())
    }
}

impl Told {
    fn new(preferences: &WebPreferences, state: &ServerState) -> Self {
        let script = |path: &Path| {
            let file = state.assets.preload_name(path);
            let name = file.rsplit('/').next().unwrap_or_default();
            let url =
                format!("preload/{}/{}", key(path), super::assets::to_url([name].into_iter()));
            Script { url, file }
        };
        Self {
            context_isolation: preferences.is_context_isolated(),
            node_integration: preferences.node_integration,
            preload: preferences.preload.as_deref().map(script),
        }
    }
}

/// `/_exciton/preferences?tab=<id>`: those of one page.
pub(super) async fn preferences(State(state): State<Arc<ServerState>>, uri: Uri) -> Response {
    let named = uri.query().and_then(|query| query.strip_prefix("tab="));
    let tab = named.and_then(|tab| TabId::parse(tab).ok());
    let told = Told::new(&state.preferences.of(tab), &state);
    // Plain texts can't fail to be written.
    fresh("application/json", serde_json::to_string(&told).unwrap_or_default())
}

/// `/_exciton/preload/<key>/<name>`: the script, as a function that the renderer calls. A script of its own, so that what
/// is wrong with its syntax stops nothing else; its name is there for who reads a browser's console.
pub(super) async fn preload(
    State(state): State<Arc<ServerState>>,
    Segments((wanted, _name)): Segments<(String, String)>,
) -> Response {
    let path = state.preferences.all().into_iter().find_map(|one| {
        let path = one.preload.clone()?;
        (key(&path) == wanted).then_some(path)
    });
    let Some(path) = path else { return fresh(SCRIPT, refused("no window has it any more")) };
    let assets = state.assets.clone();
    let read = tokio::task::spawn_blocking(move || assets.read_preload(&path)).await;
    let text = match read {
        Ok(Ok(bytes)) => wrapped(&String::from_utf8_lossy(&bytes)),
        // The page may be another machine's: only the log names the whole path.
        Ok(Err(error)) => {
            tracing::error!(%error, "a preload script can't be read");
            refused("the main process can't read it; its log says why")
        }
        Err(_) => refused("the main process is ending"),
    };
    fresh(SCRIPT, text)
}

/// The names that Node gives a module are the inner function's parameters, so that the script may declare the others
/// itself. Its first line stays the first one.
fn wrapped(source: &str) -> String {
    let source = source.trim_start_matches('\u{feff}');
    let shebang = if source.starts_with("#!") { "//" } else { "" };
    format!(
        "{SLOT}?.((process, global, setImmediate, clearImmediate) => function (exports, require, module, __filename, __dirname) {{{shebang}{source}\n}});\n"
    )
}

fn refused(why: &str) -> String {
    format!("{SLOT}?.(null, {});\n", super::page::js_text(why))
}

/// Names a script in its URL, without saying where it lies.
fn key(path: &Path) -> String {
    hex(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8])
}

fn fresh(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Where the renderer waits for the script.
const SLOT: &str = "globalThis[Symbol.for('exciton.preload')]";

#[cfg(test)]
mod tests;
