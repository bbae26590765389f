//! Synchronous requests whose like was let in before. A page makes many, and they differ in nothing but their bodies.
//!
//! A request with the head of one that was let in, byte for byte, is let in for the same reasons. What a head doesn't say is
//! asked each time: where the application listens, and whether the cookie is still good. Nothing is remembered of a request
//! that was refused.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::extract::OriginalUri;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, Version, header};

use super::Admitted;
use crate::secret::Cookies;
use crate::server::lock;
use crate::server::route::SYNC;

/// The heads that were let in last.
#[derive(Default)]
pub(crate) struct Familiar(Mutex<VecDeque<Head>>);

/// A head, and what came of it.
struct Head {
    own: Option<SocketAddr>,
    version: Version,
    /// The path before the mount was stripped.
    outer: String,
    headers: Vec<(HeaderName, Vec<u8>)>,
    admitted: Admitted,
}

impl Familiar {
    /// What came of a request with the same head, if its cookie is as good as it was then.
    pub(super) fn find(
        &self,
        request: &Parts,
        own: Option<SocketAddr>,
        cookies: &Cookies,
        now: u64,
    ) -> Option<Admitted> {
        if !may_be(request) {
            return None;
        }
        let mut heads = lock(&self.0);
        let at = heads.iter().position(|head| head.is_of(request, own))?;
        let admitted = &heads[at].admitted;
        let is_good = admitted.visit.pass.is_some_and(|cookie| cookies.is_good_at(&cookie, now));
        if is_good {
            return Some(admitted.clone());
        }
        heads.remove(at);
        None
    }

    /// Remembers a request that was let in.
    pub(super) fn keep(&self, request: &Parts, own: Option<SocketAddr>, admitted: &Admitted) {
        let size: usize = listed(&request.headers).map(|(_, value)| value.len()).sum();
        if !may_be(request) || size > MOST_BYTES || outer(request).len() > MOST_BYTES {
            return;
        }
        let head = Head {
            own,
            version: request.version,
            outer: outer(request).to_owned(),
            headers: listed(&request.headers)
                .map(|(name, value)| (name.clone(), value.to_vec()))
                .collect(),
            admitted: admitted.clone(),
        };
        let mut heads = lock(&self.0);
        heads.push_front(head);
        heads.truncate(MOST);
    }
}

impl Head {
    fn is_of(&self, request: &Parts, own: Option<SocketAddr>) -> bool {
        let mut mine = self.headers.iter();
        let mut theirs = listed(&request.headers);
        // How much of a cookie is right must not show in the time: it is looked at last, and to its end.
        let mut cookies_differ = 0;
        self.own == own
            && self.version == request.version
            && self.outer == outer(request)
            && mine.len() == listed(&request.headers).count()
            && mine.all(|(name, value)| {
                theirs.next().is_some_and(|(other, given)| {
                    if name == header::COOKIE && value.len() == given.len() {
                        let pairs = value.iter().zip(given);
                        cookies_differ |= pairs.fold(0, |all, (one, other)| all | (one ^ other));
                        return name == other;
                    }
                    name == other && value == given
                })
            })
            && std::hint::black_box(cookies_differ) == 0
    }
}

/// Whether the request is one that heads are remembered of: that of a page, at the place where pages find it.
fn may_be(request: &Parts) -> bool {
    let uri = &request.uri;
    request.method == Method::PUT && uri.authority().is_none() && uri.path() == SYNC
}

fn outer(request: &Parts) -> &str {
    request.extensions.get::<OriginalUri>().map_or(request.uri.path(), |uri| uri.0.path())
}

/// The headers, but for how long the body is.
fn listed(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &[u8])> {
    let all = headers.iter().map(|(name, value)| (name, value.as_bytes()));
    all.filter(|(name, _)| *name != header::CONTENT_LENGTH)
}

/// Heads that are remembered: those of as many pages that call one after the other.
const MOST: usize = 16;
/// Bytes of a head that is remembered.
const MOST_BYTES: usize = 4 * 1_024;
