//! `/_exciton/enter/<ticket>`: exchanges a ticket for the cookie, once.
//!
//! The answer is a page that replaces itself, never a redirect: followed from another site (mail, chat), a redirect's target
//! would be asked for without the `SameSite=Strict` cookie that it set.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::State;
use axum::http::header::InvalidHeaderValue;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::ServerState;
use super::guard::{Visit, is_secure};
use super::page;
use super::refusal::Refusal;
use super::route::{self, Route};
use crate::secret::{LIFE, Landing, unix_seconds};

pub(super) async fn enter(
    State(state): State<Arc<ServerState>>,
    Extension(visit): Extension<Arc<Visit>>,
    uri: Uri,
) -> Response {
    let ticket = uri.path().strip_prefix(route::ENTER).unwrap_or_default();
    let now = Instant::now();
    if visit.known {
        // A bookmark, a restored session, a second window in the same browser: the ticket stays unused for who needs it.
        let landing = state.tickets().peek(ticket, now).unwrap_or_default();
        return arrive(landing, &state, &visit);
    }
    let Some((landing, cookie)) = exchange(&state, &visit, ticket, now) else {
        // A browser that asks for the same once more shows then that it has a cookie, or that it has none.
        if visit.may_be_known {
            return page::once_more(Refusal::StaleTicket.status());
        }
        let refusal =
            if state.rates.wrong_ticket() { Refusal::TooManyTickets } else { Refusal::StaleTicket };
        if state.rates.refused() {
            tracing::warn!(?refusal, "a ticket that is used, too old or unknown was shown");
        }
        return refusal.respond(Route::Enter, true);
    };
    let Some(cookie) = cookie else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    tracing::info!("a browser came in");
    let mut response = arrive(landing, &state, &visit);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

fn arrive(landing: Landing, state: &ServerState, visit: &Visit) -> Response {
    let landing = if landing == Landing::default() { state.start_page() } else { landing };
    // The tab's name waits for the page where the page keeps it itself.
    let before = landing.tab.map_or_else(String::new, |tab| {
        format!(
            "try{{sessionStorage.setItem({TAB_KEY},{})}}catch{{}}",
            page::js_text(&tab.to_string())
        )
    });
    // Nested, the mount with a slash at its end may be nobody's route.
    let path = if landing.path.is_empty() && !visit.mount.is_empty() {
        "index.html"
    } else {
        &landing.path
    };
    page::replace_by(&format!("../../{path}"), &before)
}

/// Takes a good ticket, and gives a cookie for it if one can be made.
fn exchange(
    state: &ServerState,
    visit: &Visit,
    ticket: &str,
    now: Instant,
) -> Option<(Landing, Option<HeaderValue>)> {
    // Who changes the key waits: a ticket of before gets no cookie of after.
    let mut tickets = state.tickets();
    let (landing, https) = tickets.spend(ticket, now)?;
    let secure = is_secure(visit, https);
    let value = state.cookies.issue(secure, unix_seconds()).ok();
    Some((landing, value.and_then(|value| set_cookie(visit, &value, secure).ok())))
}

/// The header that gives a browser its cookie.
pub(super) fn set_cookie(
    visit: &Visit,
    value: &str,
    secure: bool,
) -> Result<HeaderValue, InvalidHeaderValue> {
    let path = visit.door.path.as_deref().unwrap_or(&visit.mount);
    // A path that would end the attribute is no path for a cookie.
    let path = if path.is_empty() || path.contains([';', ',', '"']) { "/" } else { path };
    let secure = if secure { "; Secure" } else { "" };
    let mut header = HeaderValue::try_from(format!(
        "{}={value}; Path={path}; Max-Age={LIFE}; HttpOnly; SameSite=Strict{secure}",
        visit.cookie
    ))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The key of `sessionStorage` under which a page keeps its tab's id, as a script of the way in has it: the page's own
/// is made of the same URL of our routes.
const TAB_KEY: &str = "'exciton:'+new URL('../',location.href)+'tab'";
