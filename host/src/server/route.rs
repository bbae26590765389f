//! The routes below the mount, as the guard sees them.

use axum::http::Method;

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The WebSocket.
    Socket,
    /// The synchronous request.
    Sync,
    /// The probe before a socket is tried again.
    Alive,
    /// The facts for a page that has no bootstrap script; the preferences of one page.
    Boot,
    /// The renderer, as a script or a module; a preload script.
    Script,
    /// Where a page goes whose window was closed.
    Closed,
    /// The way in.
    Enter,
    /// A page, or a file beside it.
    Page,
}

impl Route {
    /// The route of a path, the mount stripped. What isn't known here is a page, which always needs a cookie.
    pub(crate) fn of(path: &str) -> Self {
        match path {
            SOCKET => Self::Socket,
            SYNC => Self::Sync,
            ALIVE => Self::Alive,
            BOOT | PREFERENCES => Self::Boot,
            SCRIPT | MODULE => Self::Script,
            CLOSED => Self::Closed,
            _ if path.starts_with(PRELOAD) => Self::Script,
            _ if path.starts_with(ENTER) => Self::Enter,
            _ => Self::Page,
        }
    }

    /// The methods of the route, as `Allow` names them.
    pub(crate) const fn allow(self) -> &'static str {
        match self {
            Self::Socket | Self::Enter => "GET",
            Self::Sync => "PUT",
            Self::Alive | Self::Boot | Self::Script | Self::Closed | Self::Page => "GET, HEAD",
        }
    }

    pub(crate) fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

pub(crate) const SOCKET: &str = "/_exciton/socket";
pub(crate) const SYNC: &str = "/_exciton/sync";
pub(crate) const ALIVE: &str = "/_exciton/alive";
pub(crate) const BOOT: &str = "/_exciton/boot";
pub(crate) const SCRIPT: &str = "/_exciton/electron.js";
pub(crate) const MODULE: &str = "/_exciton/electron.mjs";
pub(crate) const CLOSED: &str = "/_exciton/closed";
/// A tab may be named in its query.
pub(crate) const PREFERENCES: &str = "/_exciton/preferences";
/// A key and a name follow.
pub(crate) const PRELOAD: &str = "/_exciton/preload/";
/// A ticket follows.
pub(crate) const ENTER: &str = "/_exciton/enter/";
/// Nothing of the application's own is served below.
pub(crate) const RESERVED: &str = "_exciton";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_path_is_a_route_of_ours() {
        for (path, route) in [
            ("/_exciton/socket", Route::Socket),
            ("/_exciton/sync", Route::Sync),
            ("/_exciton/enter/00", Route::Enter),
            ("/_exciton/preload/00/a.js", Route::Script),
            ("/_exciton/socket/", Route::Page),
            ("/_exciton/%73ync", Route::Page),
            ("//_exciton/sync", Route::Page),
            ("/_exciton/enter", Route::Page),
            ("/a/_exciton/enter/00", Route::Page),
            ("/", Route::Page),
            ("", Route::Page),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn each_route_has_its_methods() {
        assert!(Route::Sync.allows(&Method::PUT) && !Route::Sync.allows(&Method::POST));
        assert!(Route::Page.allows(&Method::HEAD) && !Route::Enter.allows(&Method::HEAD));
        assert!(!Route::Page.allows(&Method::OPTIONS) && !Route::Socket.allows(&Method::CONNECT));
    }
}
