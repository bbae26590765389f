//! The headers that every answer has, a refusal too.
//!
//! | header | value | so that |
//! |---|---|---|
//! | `X-Content-Type-Options` | `nosniff` | no file is taken for another kind than its name says |
//! | `Cross-Origin-Resource-Policy` | `same-origin` | no other origin loads a file as a picture or a script |
//! | `Cross-Origin-Opener-Policy`, `Cross-Origin-Embedder-Policy` | none | unless the application wants isolated pages; then `same-origin`, at secure addresses only because browsers ignore it at others and complain, and `require-corp` |
//! | `Referrer-Policy` | `same-origin` | no other site learns the address; our own small pages leave none at all |
//! | `X-Frame-Options` | `SAMEORIGIN` | as `frame-ancestors` in the page's policy, which the application may change |
//! | `Cache-Control` | `no-store` | for what says nothing itself: files and pages say `no-cache` |
//!
//! No `Permissions-Policy`: browsers keep cameras and the like from frames of other origins already, and ask the user
//! before a page has them. No `Cross-Origin-Opener-Policy` otherwise: with it WebKit finds no way back to a page from another
//! site, and a site that opens a page has no more of it than its window's handle.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

/// Sets those that are missing. `isolated`: what the application wants; `secure`: whether the page's address is one for
/// which browsers keep their promises, loopback or `https`.
pub(super) fn protect(response: &mut Response, isolated: bool, secure: bool) {
    // Nothing is stored of it, and its headers are the protocol's own.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let mut set = |name, value| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(RESOURCE_POLICY, "same-origin");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "SAMEORIGIN");
    set(header::CACHE_CONTROL, "no-store");
    if isolated && secure {
        set(OPENER_POLICY, "same-origin");
    }
    if isolated {
        set(EMBEDDER_POLICY, "require-corp");
    }
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
