//! Answers in fewer bytes, for browsers that are to have them.

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tower::ServiceExt;
use tower_http::CompressionLevel;
use tower_http::compression::{Compression, Predicate};

/// A request's extension: what goes to its browser is to be compressed.
#[derive(Clone, Copy)]
pub(super) struct Wanted;

/// The answer of who stands behind the guard, in gzip where its browser takes that and it pays.
pub(super) async fn compress(request: Request, next: Next) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let compression = Compression::new(next).quality(CompressionLevel::Precise(LEVEL));
    // Its error can't be made.
    let Ok(response) = compression.compress_when(Pays).oneshot(request).await;
    let mut response = response.map(Body::new);
    tell_apart(&mut response, known.as_ref());
    response
}

/// What has other bytes has another tag (RFC 9110 §8.8.3.3): a weak one, which says no more than that it means the same.
fn tell_apart(response: &mut Response, known: Option<&HeaderValue>) {
    let headers = response.headers();
    let Some(tag) = headers.get(header::ETAG).map(HeaderValue::as_bytes) else { return };
    let weak = if tag.starts_with(b"W/") { tag.to_vec() } else { [b"W/", tag].concat() };
    let is_known = known.is_some_and(|known| {
        known.as_bytes().windows(weak.len()).any(|some| some == weak.as_slice())
    });
    // It was given the compressed one before.
    let is_confirmed = response.status() == StatusCode::NOT_MODIFIED && is_known;
    if !headers.contains_key(header::CONTENT_ENCODING) && !is_confirmed {
        return;
    }
    if let Ok(weak) = HeaderValue::from_bytes(&weak) {
        response.headers_mut().insert(header::ETAG, weak);
    }
    if is_confirmed {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Text that is long enough. What comes as a range, or as it lies compressed on the disk, tower-http leaves alone.
#[derive(Clone, Copy)]
struct Pays;

impl Predicate for Pays {
    fn should_compress<B: HttpBody>(&self, response: &axum::http::Response<B>) -> bool {
        // The answer to a HEAD has a length and no body.
        let said = response.headers().get(header::CONTENT_LENGTH);
        let said = said.and_then(|length| length.to_str().ok()?.parse().ok());
        let length = said.or_else(|| response.body().size_hint().exact());
        length.is_none_or(|length: u64| length >= WORTHWHILE) && is_text(response.headers())
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let (family, name) = kind.split_once('/').unwrap_or_default();
    match family {
        "text" => true,
        "application" | "image" => {
            matches!(name, "javascript" | "json" | "wasm" | "xml")
                || name.ends_with("+json")
                || name.ends_with("+xml")
        }
        _ => false,
    }
}

/// Below it an answer goes in one packet of the network however long it is.
const WORTHWHILE: u64 = 1_024;
/// Of 1 to 9: from here on smaller takes much longer.
const LEVEL: i32 = 3;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_text_are_told_from_what_is_compressed_already() {
        for (kind, is_one) in [
            ("text/html; charset=utf-8", true),
            ("text/javascript", true),
            ("application/json", true),
            ("application/manifest+json", true),
            ("application/wasm", true),
            ("image/svg+xml", true),
            ("application/xhtml+xml", true),
            ("application/octet-stream", false),
            ("application/zip", false),
            ("image/png", false),
            ("video/mp4", false),
            ("font/woff2", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(is_text(&headers), is_one, "{kind}");
        }
        assert!(!is_text(&HeaderMap::new()));
    }
}
