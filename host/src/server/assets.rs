//! The application's pages and the files beside them, from its folder or out of the binary.

mod document;
mod encoding;
mod html;
mod inline;
mod path;
mod preload;
mod source;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::ServerState;
use super::guard::Visit;
use super::page;
use super::refusal::{Refusal, shown};
use super::route::Route;
use crate::secret::hex;
use path::AssetPath;
pub(super) use path::to_url;
use source::Found;

pub(crate) use source::Assets;
pub use source::LoadFileError;

/// Everything that is no route of ours.
pub(super) async fn serve(
    State(state): State<Arc<ServerState>>,
    Extension(visit): Extension<Arc<Visit>>,
    request: Request,
) -> Response {
    if !visit.known {
        // The way in without a ticket that could be one.
        return Refusal::StaleTicket.respond(Route::Enter, true);
    }
    let raw = request.uri().path().to_owned();
    if raw == "/" && lacks_slash(&request, &visit) {
        // By its name: axum's `nest` has no route for the mount with a slash at its end, `nest_service` has.
        return leads_to(&visit.mount, "index.html", request.uri());
    }
    let Some(path) = AssetPath::parse(&raw) else { return not_there(&raw) };
    let assets = state.assets.clone();
    let wanted = path.clone();
    let found =
        tokio::task::spawn_blocking(move || assets.find(&wanted)).await.unwrap_or(Found::Nothing);
    match found {
        Found::Folder => leads_to(&raw, "", request.uri()),
        Found::Nothing if path.is_start() && !state.start_page().path.is_empty() => {
            page::replace_by(&format!("./{}", state.start_page().path), "")
        }
        Found::Nothing => not_there(&raw),
        Found::File(file) if html::is_html(&file) => {
            blocking(move || match document::read(&file) {
                Ok(bytes) => document::page(bytes, &raw, &state),
                Err(_) => not_there(&raw),
            })
            .await
        }
        Found::File(file) => from_disk(file, request, state).await,
        Found::Bytes(name, bytes) if html::is_html(name.as_ref().as_ref()) => {
            blocking(move || document::page(bytes.to_vec(), &raw, &state)).await
        }
        Found::Bytes(name, bytes) => {
            let mut response = from_memory(&name, bytes, request.method(), request.headers());
            if document::is_xml(&content_type(name.as_ref().as_ref())) {
                document::protect_xml(&mut response, bytes, &state);
            }
            response
        }
    }
}

/// Work that may take its time, on a thread that may wait.
async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn from_disk(file: PathBuf, request: Request, state: Arc<ServerState>) -> Response {
    let kind = content_type(&file);
    let may_be_page = document::is_xml(&kind).then(|| document::may_be_shown(request.headers()));
    // ServeFile knows ranges, dates and conditions; it can't fail, it answers.
    let Ok(response) = ServeFile::new(&file).oneshot(request).await;
    let mut response = response.map(Body::new);
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let Some(shown) = may_be_page else { return response };
    blocking(move || {
        let text = if shown { document::read(&file).unwrap_or_default() } else { Vec::new() };
        document::protect_xml(&mut response, &text, &state);
        response
    })
    .await
}

fn from_memory(name: &str, bytes: &'static [u8], method: &Method, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&Sha256::digest(bytes)[..8]));
    let known =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let fresh = known
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().trim_start_matches("W/") == tag);
    let common = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, tag.as_str())];
    if fresh {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let range = headers.get(header::RANGE).filter(|_| method == Method::GET);
    let range = range.and_then(|range| one_range(range.to_str().ok()?, bytes.len()));
    let mut response = (common, Body::from(Bytes::from_static(bytes))).into_response();
    if let Some((first, last)) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        *response.body_mut() = Body::from(Bytes::from_static(&bytes[first..=last]));
        let text = format!("bytes {first}-{last}/{}", bytes.len());
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
    }
    response.headers_mut().insert(header::CONTENT_TYPE, content_type(name.as_ref()));
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// The first and last byte of a `Range` that names one range within `length` bytes. Any other range may be ignored
/// (RFC 9110 §14.2), and is.
fn one_range(text: &str, length: usize) -> Option<(usize, usize)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => {
            (length.saturating_sub(suffix.parse().ok().filter(|&n: &usize| n > 0)?), end)
        }
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

/// By the name alone: browsers are told not to guess.
fn content_type(name: &std::path::Path) -> HeaderValue {
    let guess = mime_guess::from_path(name).first_or_octet_stream();
    // RFC 9239 §6: one type for scripts and modules.
    let kind = if guess.subtype() == "javascript" {
        "text/javascript".to_owned()
    } else {
        guess.to_string()
    };
    let kind = if kind.starts_with("text/") { kind + "; charset=utf-8" } else { kind };
    HeaderValue::try_from(kind).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Whether the router's own start page was asked for without the slash that relative URLs need.
fn lacks_slash(request: &Request, visit: &Visit) -> bool {
    let original = request.extensions().get::<axum::extract::OriginalUri>();
    !visit.mount.is_empty() && original.is_some_and(|uri| uri.0.path() == visit.mount)
}

/// A redirect from a folder's address to one below it, relative to `folder`.
fn leads_to(folder: &str, below: &str, uri: &Uri) -> Response {
    let last = folder.rsplit('/').next().unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let target = format!("./{last}/{below}{query}");
    let headers = [(header::LOCATION, target), (header::CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
}

fn not_there(raw: &str) -> Response {
    page::message(
        StatusCode::NOT_FOUND,
        "Not there",
        &format!("This application has no file at {}.", shown(raw)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_types_that_browsers_insist_on() {
        for (name, kind) in [
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.mjs", "text/javascript; charset=utf-8"),
            ("a.wasm", "application/wasm"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.json", "application/json"),
            ("a.svg", "image/svg+xml"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("a.mp4", "video/mp4"),
            ("a.unheard-of", "application/octet-stream"),
            ("a", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name.as_ref()), kind, "{name}");
        }
    }

    #[test]
    fn one_range_is_answered_and_any_other_ignored() {
        for (text, range) in [
            ("bytes=0-0", Some((0, 0))),
            ("bytes=2-", Some((2, 9))),
            ("bytes=2-100", Some((2, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-100", Some((0, 9))),
            ("bytes=-0", None),
            ("bytes=10-", None),
            ("bytes=3-2", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("bytes=x-1", None),
        ] {
            assert_eq!(one_range(text, 10), range, "{text}");
        }
        assert_eq!(one_range("bytes=0-0", 0), None);
    }
}
