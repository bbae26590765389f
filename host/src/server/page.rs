//! The few small pages of our own: the way in, and what to do when something is refused or not there.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::secret::{hex, random};

/// A page that says something.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    html(status, title, &format!("<h1>{}</h1><p>{}</p>", escaped(title), escaped(text)), None)
}

/// `/_exciton/closed`: takes the place of a page whose window was closed, where the browser doesn't let it close its tab.
pub(super) async fn closed() -> Response {
    message(
        StatusCode::OK,
        "This window was closed",
        "The application has closed it. You can close this tab.",
    )
}

/// A page that replaces itself by `target`, a URL relative to this one. Without a script it shows a link.
pub(super) fn replace_by(target: &str, before: &str) -> Response {
    let body = format!("<noscript><a href=\"{}\">Go on</a></noscript>", escaped(target));
    let script = format!("{before}location.replace({});", js_text(target));
    html(StatusCode::OK, "Opening…", &body, Some(&script))
}

/// A script that puts a message in the place of the page that asked for the renderer: one of a development server, which
/// shows pages to everybody. Browsers run no script of another status than 200.
pub(super) fn in_place_of_the_page(title: &str, text: &str) -> Response {
    let (shown, said) = (escaped(title), escaped(text));
    let html =
        format!("<head><title>{shown}</title></head><body><h1>{shown}</h1><p>{said}</p></body>");
    // Once more when the rest of the page has been read.
    let script = format!(
        "{{const tell=()=>{{document.documentElement.innerHTML={}}};tell();addEventListener('DOMContentLoaded',tell)}}\n\
         throw new Error({});\n",
        js_text(&html),
        js_text(text)
    );
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script).into_response()
}

/// A page that asks for itself once more. Then it is this site that asks, and the browser sends the cookie if it has one.
pub(super) fn once_more(status: StatusCode) -> Response {
    // At another address first, or a URL with a fragment would only be scrolled to.
    let script = "const to = location.href; history.replaceState(null, '', location.pathname + '?once-more'); location.replace(to);";
    html(
        status,
        "Opening…",
        "<noscript>Open this address once more, by its address bar.</noscript>",
        Some(script),
    )
}

/// Neither kept by the browser nor by anything between.
pub(super) fn never_stored(response: &mut Response) {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn html(status: StatusCode, title: &str, body: &str, script: Option<&str>) -> Response {
    let Ok(nonce) = random::<16>().map(|bytes| hex(&bytes)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let script = script
        .map(|script| format!("<script nonce=\"{nonce}\">{script}</script>"))
        .unwrap_or_default();
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style nonce=\"{nonce}\">{STYLE}</style>{script}</head><body>{body}</body></html>\n",
        title = escaped(title),
    );
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
    ];
    (status, headers, text).into_response()
}

/// A text as HTML shows it, inside a double-quoted attribute too.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text as a script inside a page writes it.
pub(super) fn js_text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('<', "\\u003c")
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_place() {
        assert_eq!(escaped("<a href=\"&\">"), "&lt;a href=&quot;&amp;&quot;&gt;");
        assert_eq!(js_text("a\"</script>\n"), r#""a\"\u003c/script>\n""#);
    }

    #[test]
    fn our_pages_are_never_stored_and_leave_no_referrer() {
        let response = replace_by("../../index.html", "");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(response.status(), StatusCode::OK);
    }
}
