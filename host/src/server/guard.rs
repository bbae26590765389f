//! The guard: one function that every request passes, before anything of it is parsed or any route of ours sees it.
//!
//! Sources: Fetch §3.1 (`Origin`), Fetch Metadata (`Sec-Fetch-*`), RFC 6265bis (cookies ignore ports).

mod familiar;

use std::sync::Arc;

use axum::extract::{OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::ServerState;
use super::compression::{Wanted, compress};
use super::doors::{Closed, Door};
use super::enter::set_cookie;
use super::headers;
use super::page;
use super::rates::TooMuch;
use super::refusal::{Refusal, shown};
use super::route::Route;
use super::strangers::Stranger;
use crate::origin::{Authority, Origin};
use crate::secret::{Cookie, Pass, Stale, hex, unix_seconds};

pub(crate) use self::familiar::Familiar;

/// A request that came in; a request extension behind the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The path at which the router is nested: empty, or with a slash at its start and none at its end.
    pub(crate) mount: String,
    pub(crate) door: Door,
    /// The page's origin; `None` for a GET, which has none at its own origin.
    pub(crate) origin: Option<Origin>,
    /// The cookie's name at this port and mount.
    pub(crate) cookie: String,
    /// Whether the browser has a good cookie. Always true, except on the way in.
    pub(crate) known: bool,
    /// That cookie.
    pub(crate) pass: Option<Cookie>,
    /// Whether it may have one that it kept back, because the request comes from another site.
    pub(crate) may_be_known: bool,
}

/// What the guard has decided of a request that it lets in.
#[derive(Clone, Debug)]
struct Admitted {
    visit: Arc<Visit>,
    /// Whether the page's address is one for which browsers keep their promises, loopback or `https`.
    secure: bool,
    /// Whether what goes to the browser is to be compressed.
    compressed: bool,
}

/// The middleware in front of everything.
pub(crate) async fn guard(
    State(state): State<Arc<ServerState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let now = unix_seconds();
    let verdict = decide(&state, &parts, now);
    let (secure, compressed) = match &verdict {
        Ok(admitted) => (admitted.secure, admitted.compressed),
        Err(_) => (is_at_loopback(&parts), false),
    };
    let verdict = verdict.map(|admitted| admitted.visit);
    request = Request::from_parts(parts, body);
    let mut response = match verdict.and_then(|visit| welcome(&state, visit, &mut request, now)) {
        Ok(next_cookie) => {
            let mut response = if compressed {
                request.extensions_mut().insert(Wanted);
                compress(request, next).await
            } else {
                next.run(request).await
            };
            if let Some(cookie) = next_cookie {
                response.headers_mut().append(header::SET_COOKIE, cookie);
                page::never_stored(&mut response);
            }
            response
        }
        Err(refusal) => turn_away(&state, &request, &refusal),
    };
    headers::protect(&mut response, state.config.isolated, secure);
    response
}

/// Judges a request, unless one like it was let in before.
fn decide(state: &ServerState, request: &Parts, now: u64) -> Result<Admitted, Refusal> {
    if let Some(admitted) = state.familiar.find(request, state.own(), &state.cookies, now) {
        return Ok(admitted);
    }
    let visit = judge(state, request, now)?;
    let at_loopback = is_at_loopback(request);
    let secure = visit.door.https || at_loopback;
    // A proxy may say another host than the browser did; the origin is the browser's word.
    let is_near = visit.origin.as_ref().map_or(at_loopback, |origin| origin.host.is_loopback());
    let compressed = state.config.compression.is_for(is_near);
    let admitted = Admitted { visit: Arc::new(visit), secure, compressed };
    state.familiar.keep(request, state.own(), &admitted);
    Ok(admitted)
}

fn is_at_loopback(request: &Parts) -> bool {
    host(request).is_ok_and(|host| host.host.is_loopback())
}

/// Gives the request what those behind the guard need; the browser's next cookie, if it is time for one.
fn welcome(
    state: &ServerState,
    visit: Arc<Visit>,
    request: &mut Request,
    now: u64,
) -> Result<Option<HeaderValue>, Refusal> {
    let next_cookie = next_cookie(state, &visit, now);
    let route = Route::of(request.uri().path());
    let extensions = request.extensions_mut();
    if let Some(cookie) = visit.pass {
        if let Some(stranger) = extensions.remove::<Stranger>() {
            stranger.is_none();
        }
        if route == Route::Socket {
            let place = state.rates.socket(cookie.browser).map_err(|too_much| match too_much {
                TooMuch::Attempts => Refusal::TooManyAttempts,
                TooMuch::Sockets => Refusal::TooManySockets,
            })?;
            extensions.insert(Arc::new(place));
        }
        if route == Route::Sync {
            let most = state.limits.sync_body_bytes();
            extensions.insert(state.rates.room(cookie.browser, most));
        }
        extensions.insert(Pass::new(cookie, state.cookies.clone()));
    }
    extensions.insert(visit);
    Ok(next_cookie)
}

fn turn_away(state: &ServerState, request: &Request, refusal: &Refusal) -> Response {
    let route = Route::of(request.uri().path());
    let status = refusal.status().as_u16();
    // Any page on the web can have itself refused as often as it likes: it mustn't fill the disk.
    if state.rates.refused() {
        tracing::warn!(?route, status, ?refusal, "not let in");
    } else {
        tracing::trace!(?route, status, ?refusal, "not let in");
    }
    let asker = Asker::of(request.method(), request.headers());
    if asker.may_be_known() && *refusal == Refusal::NoCookie && route == Route::Page {
        page::once_more(refusal.status())
    } else {
        refusal.respond(route, asker.wants_page)
    }
}

/// The decision: from the address inwards, so that a stranger learns nothing about what lies behind.
pub(crate) fn judge(state: &ServerState, request: &Parts, now: u64) -> Result<Visit, Refusal> {
    let route = Route::of(request.uri.path());
    let headers = &request.headers;
    let asker = Asker::of(&request.method, headers);
    let host = host(request)?;
    let origin = origin(headers)?;
    let door =
        state.doors().admit(&host, origin.as_ref()).map_err(|closed| match (closed, &origin) {
            (Closed::Origin, Some(origin)) => Refusal::UnknownOrigin(shown(&origin.to_string())),
            _ => Refusal::UnknownHost(shown(&host_text(request))),
        })?;
    if !route.allows(&request.method) {
        return Err(Refusal::Method(route));
    }
    if !asker.is_of_this_site(state, headers, &host) {
        // A page that is fetched in advance nobody has followed yet; the way in says so itself.
        let leads_in = match route {
            Route::Page => !asker.prefetches,
            route => route == Route::Enter,
        };
        let follows_a_link = asker.is_top_level_navigation && leads_in;
        if !follows_a_link {
            return Err(Refusal::CrossSite);
        }
    }
    if origin.is_none() && matches!(route, Route::Socket | Route::Sync) {
        return Err(Refusal::NoOrigin);
    }
    let mount = mount(request);
    let cookie = cookie_name(state, &host, &door, &mount);
    let pass = match pass(state, headers, &cookie, now) {
        Ok(pass) => Some(pass),
        Err(_) if route == Route::Enter => None,
        Err(refusal) => return Err(refusal),
    };
    match route {
        Route::Enter if asker.prefetches => return Err(Refusal::Prefetch),
        Route::Sync => check_sync(headers)?,
        _ => {}
    }
    let known = pass.is_some();
    let may_be_known = !known && asker.may_be_known();
    Ok(Visit { mount, door, origin, cookie, known, pass, may_be_known })
}

/// What a request's headers say of who asks.
struct Asker {
    /// `Sec-Fetch-Site`; `None` where a browser leaves it out, as WebKit does on synchronous requests.
    site: Option<String>,
    is_top_level_navigation: bool,
    /// Somebody looks at the answer.
    wants_page: bool,
    prefetches: bool,
}

impl Asker {
    fn of(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name: &str| {
            headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let gets = method == Method::GET || method == Method::HEAD;
        let (mode, dest) = (text("sec-fetch-mode"), text("sec-fetch-dest"));
        let html = text("accept").is_some_and(|types| types.contains("text/html"));
        let navigates = gets && mode.as_deref().map_or(html, |mode| mode == "navigate");
        let purpose = text("sec-purpose").or_else(|| text("purpose"));
        Self {
            site: headers.contains_key("sec-fetch-site").then(|| {
                let all: Vec<_> = headers
                    .get_all("sec-fetch-site")
                    .iter()
                    .map(|value| String::from_utf8_lossy(value.as_bytes()))
                    .collect();
                all.join(",")
            }),
            is_top_level_navigation: navigates
                && mode.is_some()
                && dest.as_deref() == Some("document"),
            wants_page: navigates,
            prefetches: purpose.is_some_and(|purpose| purpose.contains("prefetch")),
        }
    }

    /// Whether the page that asks, if any, is this application's own as far as the browser tells.
    fn is_of_this_site(&self, state: &ServerState, headers: &HeaderMap, host: &Authority) -> bool {
        match self.site.as_deref() {
            Some("same-origin" | "none") => true,
            Some(_) => false,
            None if self.wants_page => true,
            // A foreign page can leave the Referer out, but it can't put ours in.
            None => headers.get(header::REFERER).is_none_or(|referer| {
                let origin = referer.to_str().ok().and_then(Origin::of_url);
                origin.is_some_and(|origin| state.doors().admit(host, Some(&origin)).is_ok())
            }),
        }
    }

    /// Somebody followed a link on another site: a browser then leaves a Strict cookie out even if it has one.
    fn may_be_known(&self) -> bool {
        self.is_top_level_navigation && self.site.as_deref() == Some("cross-site")
    }
}

fn host(request: &Parts) -> Result<Authority, Refusal> {
    let header = single(&request.headers, header::HOST).map_err(|()| Refusal::BadHost)?;
    let target = request.uri.authority().map(|authority| authority.as_str());
    let text = match (header, target) {
        (Some(header), Some(target)) if header != target => return Err(Refusal::BadHost),
        (Some(text), _) | (None, Some(text)) => text,
        (None, None) => return Err(Refusal::BadHost),
    };
    Authority::parse(text).ok_or(Refusal::BadHost)
}

fn host_text(request: &Parts) -> String {
    let header = request
        .headers
        .get(header::HOST)
        .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    header.or_else(|| request.uri.authority().map(ToString::to_string)).unwrap_or_default()
}

fn origin(headers: &HeaderMap) -> Result<Option<Origin>, Refusal> {
    match single(headers, header::ORIGIN) {
        Ok(None) => Ok(None),
        Ok(Some("null")) => Err(Refusal::NullOrigin),
        Ok(Some(text)) => Origin::parse(text).map(Some).ok_or(Refusal::BadOrigin),
        Err(()) => Err(Refusal::BadOrigin),
    }
}

/// The one value of a header; an error if there are several, or it isn't printable ASCII.
fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, ()> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().map_err(drop)).transpose()?;
    if values.next().is_some() { Err(()) } else { Ok(value) }
}

/// The path that was stripped when the router was nested.
fn mount(request: &Parts) -> String {
    let original =
        request.extensions.get::<OriginalUri>().map_or(request.uri.path(), |uri| uri.0.path());
    let inner = request.uri.path();
    // Nested at /app, a request for /app comes with the path /.
    let mount = original.strip_suffix(inner).or_else(|| (inner == "/").then_some(original));
    mount.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// Cookies ignore ports, and one host may hold several applications of ours: so each has its own name.
fn cookie_name(state: &ServerState, host: &Authority, door: &Door, mount: &str) -> String {
    let usual = if door.https { 443 } else { 80 };
    let port = state.own().map_or_else(|| host.port.unwrap_or(usual), |own| own.port());
    let mut name = format!("exciton-{port}");
    if !mount.is_empty() {
        use sha2::Digest;
        name.push('-');
        name.push_str(&hex(&sha2::Sha256::digest(mount.as_bytes())[..4]));
    }
    name
}

/// The first good one of the cookies with that name: another path or another program on this host may have set more.
fn pass(state: &ServerState, headers: &HeaderMap, name: &str, now: u64) -> Result<Cookie, Refusal> {
    let mut refusal = Refusal::NoCookie;
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    for (_, value) in pairs.filter(|(key, _)| *key == name) {
        match state.cookies.check(value, now) {
            Ok(cookie) => return Ok(cookie),
            Err(Stale::Expired | Stale::Unsigned) => refusal = Refusal::StaleCookie,
            Err(Stale::Revoked) => refusal = Refusal::ShutOut,
        }
    }
    Err(refusal)
}

/// What a page of another origin could not send without asking first (Fetch, "CORS-safelisted request-header").
fn check_sync(headers: &HeaderMap) -> Result<(), Refusal> {
    if single(headers, MARK) != Ok(Some("1")) {
        return Err(Refusal::NoMark);
    }
    let kind = single(headers, header::CONTENT_TYPE).ok().flatten().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" | "application/octet-stream" => Ok(()),
        _ => Err(Refusal::ContentType),
    }
}

const MARK: HeaderName = HeaderName::from_static("x-exciton");

/// A known browser's next cookie, if it is time for one.
fn next_cookie(state: &ServerState, visit: &Visit, now: u64) -> Option<HeaderValue> {
    let cookie = visit.pass.as_ref()?;
    let value = state.cookies.renew(cookie, now)?;
    set_cookie(visit, &value, cookie.secure).ok()
}

/// Whether a visit's cookie must be `Secure`, given what the ticket was issued for.
pub(crate) fn is_secure(visit: &Visit, ticket_https: bool) -> bool {
    ticket_https || visit.door.https
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
