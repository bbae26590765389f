//! What a request that came in carries on behind the guard: with which cookie, and whether that is still good.

use std::fmt;
use std::sync::Arc;

use super::cookie::{BrowserId, Cookie, Cookies};

/// A good cookie, and whom to ask whether it still is. A request extension.
#[derive(Clone)]
pub(crate) struct Pass {
    cookie: Cookie,
    cookies: Arc<Cookies>,
}

impl Pass {
    pub(crate) fn new(cookie: Cookie, cookies: Arc<Cookies>) -> Self {
        Self { cookie, cookies }
    }

    pub(crate) fn browser(&self) -> BrowserId {
        self.cookie.browser
    }

    /// The key may have been changed since, or the browser shut out.
    pub(crate) fn is_good(&self) -> bool {
        self.cookies.is_good(&self.cookie)
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pass({:?})", self.cookie.browser)
    }
}
