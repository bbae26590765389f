//! Refusals: what the guard says to those who don't come in, with the setting that would change it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page;
use super::route::Route;

/// Why a request is refused. Texts from the request are cut short and escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No `Host`, several, or none that could be read.
    BadHost,
    /// An `Origin` that could not be read, or several.
    BadOrigin,
    /// Not an address of this application.
    UnknownHost(String),
    /// `Origin: null`: a sandboxed frame, a file, a redirect across sites.
    NullOrigin,
    /// No `Origin` where every browser sends one.
    NoOrigin,
    /// A page of another origin.
    UnknownOrigin(String),
    /// The browser says that another site's page asks.
    CrossSite,
    /// A browser that guesses what its user may open next.
    Prefetch,
    /// A method that the route doesn't have.
    Method(Route),
    /// `sync` without its own header.
    NoMark,
    /// `sync` with a type that a foreign form could send.
    ContentType,
    /// No cookie.
    NoCookie,
    /// A cookie that is too old, or not signed with this application's key.
    StaleCookie,
    /// A cookie whose browser was shut out.
    ShutOut,
    /// A browser that opens sockets too often.
    TooManyAttempts,
    /// A browser that has too many sockets open.
    TooManySockets,
    /// Wrong tickets, too many of them.
    TooManyTickets,
    /// A ticket that was used, is too old, or never was.
    StaleTicket,
}

impl Refusal {
    /// THE table: what each refusal is told as.
    fn row(&self) -> (StatusCode, String) {
        let (status, text) = match self {
            Self::BadHost => {
                (StatusCode::BAD_REQUEST, "The request has no Host header that could be read.")
            }
            Self::BadOrigin => {
                (StatusCode::BAD_REQUEST, "The request's Origin header could not be read.")
            }
            Self::UnknownHost(host) => {
                return (
                    StatusCode::FORBIDDEN,
                    format!(
                        "{host} is not an address of this application. If it is meant to be one, name it: {NAMING}."
                    ),
                );
            }
            Self::NullOrigin => (
                StatusCode::FORBIDDEN,
                "Pages with an opaque origin (Origin: null) are not let in: sandboxed frames, files, data URLs.",
            ),
            Self::NoOrigin => (
                StatusCode::FORBIDDEN,
                "The request has no Origin header, which every browser sends here.",
            ),
            Self::UnknownOrigin(origin) => {
                return (
                    StatusCode::FORBIDDEN,
                    format!(
                        "Pages of {origin} are not let in at this address. If they are this application's own, name the origin: {NAMING}."
                    ),
                );
            }
            Self::CrossSite => (StatusCode::FORBIDDEN, "Pages of other sites are not let in."),
            Self::Prefetch => {
                (StatusCode::FORBIDDEN, "Links that let somebody in are not fetched in advance.")
            }
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "This address has no such method."),
            Self::NoMark => (StatusCode::BAD_REQUEST, "The request has no header x-exciton: 1."),
            Self::ContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be application/json or application/octet-stream.",
            ),
            Self::NoCookie => (
                StatusCode::UNAUTHORIZED,
                "This browser has not come in yet, or its cookie was deleted.",
            ),
            Self::StaleCookie => (
                StatusCode::UNAUTHORIZED,
                "This browser's cookie is too old, or the application has another key now.",
            ),
            Self::ShutOut => {
                (StatusCode::UNAUTHORIZED, "The application has shut this browser out.")
            }
            Self::TooManyAttempts => (
                StatusCode::TOO_MANY_REQUESTS,
                "This browser opens connections too often (DoorLimits::socket_attempts).",
            ),
            Self::TooManySockets => (
                StatusCode::SERVICE_UNAVAILABLE,
                "This browser has too many connections open (DoorLimits::sockets).",
            ),
            Self::TooManyTickets => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many links were tried that let nobody in (DoorLimits::wrong_tickets).",
            ),
            Self::StaleTicket => (
                StatusCode::UNAUTHORIZED,
                "This link was used already, or it is older than ten minutes, or the application was restarted since.",
            ),
        };
        (status, text.to_owned())
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.row().0
    }

    /// The answer: a page for those who see one, JSON for `sync`, else a line of text.
    pub(crate) fn respond(&self, route: Route, page_wanted: bool) -> Response {
        let (status, mut text) = self.row();
        if status == StatusCode::UNAUTHORIZED {
            text = format!("{text} {ENTERING}");
        }
        let mut response = if route == Route::Sync {
            let body = serde_json::json!({ "error": { "name": "NotLetIn", "message": text } });
            (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
        } else if route == Route::Script && status == StatusCode::UNAUTHORIZED {
            page::in_place_of_the_page("Come in", &text)
        } else if page_wanted {
            page::message(
                status,
                if status == StatusCode::UNAUTHORIZED { "Come in" } else { "Not let in" },
                &text,
            )
        } else {
            (status, text + "\n").into_response()
        };
        page::never_stored(&mut response);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Self::Method(route) = self {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(route.allow()));
        }
        response
    }
}

/// A text of the request as it may be shown: short, printable, in quotes.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

const NAMING: &str = "--origin, App::origins";
const ENTERING: &str = "For a fresh link press Enter in the terminal where the application runs, or ask whoever runs it \
                        (App::invite gives one), and open it in this browser.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_request_is_cut_short_and_escaped() {
        assert_eq!(shown("a\u{202e}\"<"), r#""a\u{202e}\"<""#);
        assert!(shown(&"x".repeat(10_000)).len() < 100);
    }

    #[test]
    fn every_refusal_that_a_setting_changes_names_it() {
        for refusal in
            [Refusal::UnknownHost("\"a\"".into()), Refusal::UnknownOrigin("\"b\"".into())]
        {
            let (_, text) = refusal.row();
            assert!(text.contains("--origin") && text.contains("App::origins"), "{text}");
        }
    }
}
