//! What browsers show as a page of its own: with the renderer in it, and the policy that says what may run in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::inline::{Kind, inline};
use super::{encoding, html};
use crate::secret::{hex, random};
use crate::server::ServerState;

/// A page, with the bootstrap script as the first thing that runs in it. `raw` is the path at which it was asked for.
pub(super) fn page(bytes: Vec<u8>, raw: &str, state: &ServerState) -> Response {
    let Ok(nonce) = random::<16>().map(|bytes| hex(&bytes)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let policy = &state.config.policy;
    let up = "../".repeat(raw.matches('/').count().saturating_sub(1));
    // A module comes too late to run a preload script before the page's own.
    let enough = if state.preferences.any_preload() { html::Own::Script } else { html::Own::Any };
    let nonce = if policy.has_nonce() { nonce.as_str() } else { "" };
    let bytes = html::with_script(bytes, &format!("{up}_exciton/electron.js"), enough, nonce);
    // An encoding of which the page itself says nothing is left to the browser.
    let (text, charset) = encoding::text(&bytes);
    let kind = match charset {
        Some(charset) => format!("text/html; charset={charset}"),
        None => "text/html".to_owned(),
    };
    let policy = policy.value(&inline(&text, Kind::Html), nonce);
    // Asked for again each time, but not `no-store`: Chromium would keep the page out of its back/forward cache.
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache".to_owned())];
    let mut response = (headers, bytes).into_response();
    protect(&mut response, policy);
    response
}

/// Whether a browser may show such a file as a page with scripts, though it isn't HTML.
pub(super) fn is_xml(kind: &HeaderValue) -> bool {
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.ends_with("+xml") || essence.ends_with("/xml")
}

/// The policy for such a file, of which `text` is what is known.
pub(super) fn protect_xml(response: &mut Response, text: &[u8], state: &ServerState) {
    let inline = inline(&String::from_utf8_lossy(text), Kind::Xml);
    protect(response, state.config.policy.value(&inline, ""));
}

/// Whether the browser could show the answer as a page: of any other destination it ignores the policy.
pub(super) fn may_be_shown(headers: &HeaderMap) -> bool {
    let dest = headers.get("sec-fetch-dest").map(HeaderValue::as_bytes);
    dest.is_none_or(|dest| PAGES.contains(&dest))
}

/// The file as long as it is now: one that grows while it is read has an end, too.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn protect(response: &mut Response, policy: Option<String>) {
    // It is printable ASCII, which is always a header's value.
    let value = policy.and_then(|policy| HeaderValue::try_from(policy).ok());
    if let Some(value) = value {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// Fetch §2.2.5, the destinations that are documents.
const PAGES: &[&[u8]] = &[b"document", b"iframe", b"frame", b"embed", b"object"];
