//! What a page knows from its first moment: the epoch above all, so that no packet is ever sent to another life of the host.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use exciton_protocol::{Epoch, Limits, VERSION};
use serde::Serialize;

use super::ServerState;
use super::guard::Visit;
use super::preferences::Told;

/// The renderer's files.
#[derive(Clone, Copy)]
pub(crate) struct Renderer {
    /// `electron.js`, a classic script.
    pub(crate) script: &'static str,
    /// `electron.mjs`, a module.
    pub(crate) module: &'static str,
    /// `bridge.js`, a classic script: for windows with a preload script.
    pub(crate) bridge: &'static str,
    /// `attendance.js`: for pages that do something about their connection.
    pub(crate) attendance: &'static str,
}

/// The facts, as a page reads them.
#[derive(Serialize)]
struct Facts<'a> {
    /// The wire's version.
    version: u32,
    epoch: Epoch,
    limits: &'a Limits,
    /// Of the main process' own library.
    release: &'static str,
    /// Those of every page; `null` if windows differ, and a page has to ask.
    preferences: Option<Told>,
    /// Where the routes of `_exciton` are: a URL relative to the page's own, with a slash at its end.
    base: String,
    /// Somebody listens to the consoles of pages.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    console: bool,
    /// The page shows it when it is not connected.
    banner: bool,
    /// The page loads again when the host was restarted.
    reload: bool,
}

/// `/_exciton/electron.js`: blocks its page until it has run, so that `require('electron')` works in the next script.
pub(super) async fn script(
    State(state): State<Arc<ServerState>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Response {
    let facts = facts(&state, &visit);
    let mut text = prelude(&facts, "globalThis.document?.currentScript?.src");
    if state.preferences.any_preload() {
        text.push_str(state.renderer.bridge);
    }
    text.push_str(attendance(&state));
    text.push_str(state.renderer.script);
    fresh("text/javascript; charset=utf-8", text)
}

/// `/_exciton/electron.mjs`: the same as a module.
pub(super) async fn module(
    State(state): State<Arc<ServerState>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Response {
    let facts = facts(&state, &visit);
    let text = prelude(&facts, "import.meta.url") + attendance(&state) + state.renderer.module;
    fresh("text/javascript; charset=utf-8", text)
}

/// `/_exciton/boot`: the facts alone, for a page whose host could not put the script in.
pub(super) async fn boot(
    State(state): State<Arc<ServerState>>,
    Extension(visit): Extension<Arc<Visit>>,
) -> Response {
    fresh("application/json", facts(&state, &visit))
}

fn attendance(state: &ServerState) -> &'static str {
    let is_wanted = state.config.banner || state.config.reload;
    if is_wanted { state.renderer.attendance } else { "" }
}

fn facts(state: &ServerState, visit: &Visit) -> String {
    let base = format!("{}/", visit.door.path.as_deref().unwrap_or(&visit.mount));
    let console = state.console_wanted.load(std::sync::atomic::Ordering::Relaxed);
    let facts = Facts {
        version: VERSION,
        epoch: state.epoch,
        limits: &state.limits,
        release: env!("CARGO_PKG_VERSION"),
        preferences: state.preferences.common(state),
        base,
        console,
        banner: state.config.banner,
        reload: state.config.reload,
    };
    // Numbers and plain texts can't fail to be written.
    serde_json::to_string(&facts).unwrap_or_default()
}

/// Leaves the facts where every renderer on the page finds them. The script's own address tells its base best: a proxy may
/// have changed the path that the host sees.
fn prelude(facts: &str, own_url: &str) -> String {
    format!(
        "globalThis[Symbol.for('exciton.boot')] ??= {facts};\n\
         if ({own_url}) globalThis[Symbol.for('exciton.boot')].base = new URL('..', {own_url}).href;\n"
    )
}

fn fresh(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text).into_response()
}
