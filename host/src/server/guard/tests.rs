//! Rows of a good request and one wrong thing in it: refused with it, and let in without it.

use super::*;
use crate::config::{Config, KeySource};
use crate::server::bootstrap::Renderer;
use axum::http::StatusCode;
use exciton_protocol::{Epoch, Limits};

const NOW: u64 = 1_800_000_000;
const OWN: &str = "127.0.0.1:8124";

/// How the application is found: its own listener ("" when nested), and its named addresses.
#[derive(Clone, Copy)]
struct Place {
    own: &'static str,
    named: &'static [&'static str],
    tls: bool,
}

const ALONE: Place = Place { own: OWN, named: &[], tls: false };
const TLS: Place = Place { tls: true, ..ALONE };
const TRUNK: Place = Place { named: &["http://127.0.0.1:8080"], ..ALONE };
const PROXY: Place = Place { named: &["https://app.example/tool"], ..ALONE };
const NESTED: Place = Place { own: "", ..ALONE };
const NESTED_NAMED: Place = Place { named: &["https://app.example"], ..NESTED };

fn state(place: Place) -> ServerState {
    let config = Config {
        name: "test".into(),
        key: KeySource::Given([7; 32]),
        tls: place
            .tls
            .then(|| crate::Certificate::Pem { chain: String::new(), key: String::new() }),
        origins: place.named.iter().map(|text| text.parse().unwrap()).collect(),
        ..Config::default()
    };

    let renderer = Renderer { script: "", module: "", bridge: "", attendance: "" };
    let state = ServerState::new(config, Epoch::from_bits(1), Limits::default(), renderer).unwrap();
    if !place.own.is_empty() {
        state.listening(place.own.parse().unwrap());
    }
    state
}

/// A request as lines: the method and the path (`outer|inner` when nested), then headers. `COOKIE` stands for a valid value.
fn judge_text(place: Place, request: &[&str]) -> Result<Visit, Refusal> {
    let state = state(place);
    let cookie = state.cookies.issue(false, NOW - 60).unwrap();
    let (method, path) = request[0].split_once(' ').unwrap();
    let (outer, inner) = path.split_once('|').unwrap_or(("", path));
    let mut builder = axum::http::Request::builder().method(method).uri(inner);
    for line in &request[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value.replace("COOKIE", &cookie));
    }
    let (mut parts, ()) = builder.body(()).unwrap().into_parts();
    parts.extensions.insert(OriginalUri(format!("{outer}{inner}").parse().unwrap()));
    judge(&state, &parts, NOW)
}

/// `good` is let in; with `wrong` in place of its lines of the same name (or without that line, if `wrong` ends in a colon;
/// one more, if it starts with a plus) it is refused with `status` and a text that has `word`.
#[track_caller]
fn check(place: Place, good: &[&str], wrong: &str, status: u16, word: &str) {
    if let Err(refusal) = judge_text(place, good) {
        panic!("{good:?} is refused: {refusal:?}");
    }
    let mut bad: Vec<&str> = good.to_vec();
    if let Some(more) = wrong.strip_prefix('+') {
        bad.push(more);
    } else if wrong.contains(": ") || wrong.ends_with(':') {
        let name = wrong.split(':').next().unwrap();
        bad.retain(|line| line.split(": ").next() != Some(name));
        bad.extend(wrong.contains(": ").then_some(wrong));
    } else {
        bad[0] = wrong;
    }
    assert_ne!(bad, good, "{wrong}: nothing is wrong");
    let refusal = judge_text(place, &bad).expect_err(&format!("{bad:?} is let in"));
    assert_eq!(refusal.status(), StatusCode::from_u16(status).unwrap(), "{bad:?}: {refusal:?}");
    assert!(format!("{refusal:?}").contains(word), "{bad:?}: {refusal:?}, not {word}");
}

const PAGE: &[&str] = &[
    "GET /",
    "host: 127.0.0.1:8124",
    "cookie: exciton-8124=COOKIE",
    "accept: text/html",
    "sec-fetch-site: none",
    "sec-fetch-mode: navigate",
    "sec-fetch-dest: document",
];
const FILE: &[&str] = &[
    "GET /a.js",
    "host: 127.0.0.1:8124",
    "cookie: a=b; exciton-8124=COOKIE; c=d",
    "sec-fetch-site: same-origin",
    "sec-fetch-mode: no-cors",
    "sec-fetch-dest: script",
    "referer: http://127.0.0.1:8124/",
];
/// As WebKit asks, without Fetch Metadata.
const BARE_FILE: &[&str] = &[
    "GET /a.js",
    "host: 127.0.0.1:8124",
    "cookie: exciton-8124=COOKIE",
    "referer: http://127.0.0.1:8124/ui/",
];
const SOCKET: &[&str] = &[
    "GET /_exciton/socket",
    "host: 127.0.0.1:8124",
    "origin: http://127.0.0.1:8124",
    "cookie: exciton-8124=COOKIE",
    "sec-fetch-site: same-origin",
    "sec-fetch-mode: websocket",
];
const SYNC: &[&str] = &[
    "PUT /_exciton/sync",
    "host: 127.0.0.1:8124",
    "origin: http://127.0.0.1:8124",
    "cookie: exciton-8124=COOKIE",
    "sec-fetch-site: same-origin",
    "x-exciton: 1",
    "content-type: application/json",
];
const ALIVE: &[&str] = &[
    "GET /_exciton/alive",
    "host: 127.0.0.1:8124",
    "cookie: exciton-8124=COOKIE",
    "sec-fetch-site: same-origin",
    "sec-fetch-mode: cors",
];
const ENTER: &[&str] = &[
    "GET /_exciton/enter/00112233445566778899aabbccddeeff",
    "host: 127.0.0.1:8124",
    "sec-fetch-site: cross-site",
    "sec-fetch-mode: navigate",
    "sec-fetch-dest: document",
];

#[test]
fn every_route_refuses_a_host_that_is_not_ours() {
    for good in [PAGE, FILE, BARE_FILE, SOCKET, SYNC, ALIVE, ENTER] {
        for wrong in [
            "evil.example",
            "evil.example:8124",
            "127.0.0.1",
            "127.0.0.1:8125",
            "127.0.0.1.evil.example:8124",
            "192.168.0.1:8124",
        ] {
            check(ALONE, good, &format!("host: {wrong}"), 403, "UnknownHost");
        }
        for wrong in [
            "host:",
            "+host: 127.0.0.1:8124",
            "host: a@127.0.0.1:8124",
            "host: 127.0.0.1:8124, b",
            "host: 127.0.0.1:08124",
            "host: 2130706433:8124",
            "host: 127.0.0.1:8124@evil.example",
            "host: 127.0.0.1.:8124",
            "host: localhost.:8124",
            "host: [::1%lo]:8124",
            "host: [::1%25eth0]:8124",
            "host: ::1:8124",
            "host: [::1:8124",
            "host: 127.0.0.1:8124/",
            "host: 127.0.0.1:",
            "host: 127.0.0.1:8124 evil.example",
            "host: 0x7f.0.0.1:8124",
            "host: 127.1:8124",
            "host: http://127.0.0.1:8124",
        ] {
            check(ALONE, good, wrong, 400, "BadHost");
        }
    }
}

#[test]
fn every_route_refuses_an_origin_that_is_not_ours() {
    for good in [PAGE, FILE, BARE_FILE, SOCKET, SYNC, ALIVE, ENTER] {
        for wrong in [
            "http://evil.example",
            "http://127.0.0.1:8125",
            "http://127.0.0.1",
            "https://127.0.0.1:8124",
            "http://localhost:8124",
            "http://127.0.0.1.evil.example:8124",
            "http://evil.example:8124",
        ] {
            check(ALONE, good, &format!("origin: {wrong}"), 403, "UnknownOrigin");
        }
        check(ALONE, good, "origin: null", 403, "NullOrigin");
        for wrong in [
            "file://",
            "http://127.0.0.1:8124/",
            "127.0.0.1:8124",
            "http://u@127.0.0.1:8124",
            "NULL",
            "*",
            "http://127.0.0.1:8124 http://evil.example",
        ] {
            check(ALONE, good, &format!("origin: {wrong}"), 400, "BadOrigin");
        }
    }
    for good in [PAGE, FILE, BARE_FILE, ALIVE, ENTER] {
        let mut twice = good.to_vec();
        twice.extend(["origin: http://127.0.0.1:8124"; 2]);
        assert!(judge_text(ALONE, &twice[..twice.len() - 1]).is_ok(), "{good:?}");
        assert_eq!(judge_text(ALONE, &twice).map(drop), Err(Refusal::BadOrigin), "{good:?}");
    }
    for good in [SOCKET, SYNC] {
        check(ALONE, good, "+origin: http://127.0.0.1:8124", 400, "BadOrigin");
        check(ALONE, good, "origin:", 403, "NoOrigin");
    }
}

#[test]
fn every_route_but_the_way_in_wants_a_valid_cookie() {
    let value = |key: u8, issued: u64| {
        let source = KeySource::Given([key; 32]);
        crate::secret::open(&source, "test").unwrap().0.issue(false, issued).unwrap()
    };
    assert_eq!(
        judge_text(ALONE, &[PAGE[0], PAGE[1], &format!("cookie: exciton-8124={}", value(7, NOW))])
            .map(|visit| visit.known),
        Ok(true)
    );
    for good in [PAGE, FILE, BARE_FILE, SOCKET, SYNC, ALIVE] {
        check(ALONE, good, "cookie:", 401, "NoCookie");
        for wrong in [
            "exciton-8125=COOKIE",
            "exciton=COOKIE",
            "Exciton-8124=COOKIE",
            "exciton-8124",
            "x=exciton-8124=COOKIE",
        ] {
            check(ALONE, good, &format!("cookie: {wrong}"), 401, "NoCookie");
        }
        for wrong in [
            String::new(),
            "x".into(),
            "COOKIE0".into(),
            value(8, NOW),
            value(7, NOW - crate::secret::LIFE - 1),
        ] {
            check(ALONE, good, &format!("cookie: exciton-8124={wrong}"), 401, "StaleCookie");
        }
    }
    let visit = judge_text(ALONE, ENTER).unwrap();
    assert!(!visit.known);
}

#[test]
fn a_valid_cookie_among_others_of_its_name_is_enough() {
    let request = [
        PAGE[0],
        PAGE[1],
        "cookie: exciton-8124=tossed",
        "cookie: exciton-8124=; exciton-8124=COOKIE",
    ];
    assert!(judge_text(ALONE, &request).unwrap().known);
}

#[test]
fn a_host_counts_however_it_is_written() {
    for (host, written) in [("LocalHost:8124", "localhost"), ("[0:0:0:0:0:0:0:1]:8124", "[::1]")] {
        let good = [SOCKET[0], &format!("host: {host}"), SOCKET[3]].map(ToOwned::to_owned);
        let origin = format!("origin: http://{written}:8124");
        let good: Vec<&str> = good.iter().map(String::as_str).chain([origin.as_str()]).collect();
        check(ALONE, &good, "origin: http://127.0.0.1:8124", 403, "UnknownOrigin");
    }
}

#[test]
fn a_browser_that_was_shut_out_and_a_key_of_before_let_nobody_in() {
    let state = state(ALONE);
    let value = state.cookies.issue(false, NOW).unwrap();
    let judged = || {
        let builder = axum::http::Request::builder().uri("/").header("host", OWN);
        let request = builder.header("cookie", format!("exciton-8124={value}")).body(()).unwrap();
        judge(&state, &request.into_parts().0, NOW)
    };
    let browser = judged().unwrap().pass.unwrap().browser;
    state.revoke(browser).unwrap();
    assert_eq!(judged().map(drop), Err(Refusal::ShutOut));
    assert_eq!(Refusal::ShutOut.status(), StatusCode::UNAUTHORIZED);
    state.rotate(&[8; 32]).unwrap();
    assert_eq!(judged().map(drop), Err(Refusal::StaleCookie));
}

#[test]
fn a_listener_with_a_certificate_is_on_https_alone() {
    let good: Vec<&str> = SOCKET
        .iter()
        .map(|line| line.strip_prefix("origin").map_or(*line, |_| "origin: https://127.0.0.1:8124"))
        .collect();
    check(TLS, &good, "origin: http://127.0.0.1:8124", 403, "UnknownOrigin");
    assert!(judge_text(TLS, &good).unwrap().door.https);
    assert!(judge_text(TLS, ENTER).unwrap().door.https);
}

#[test]
fn nested_in_another_application_a_refusal_says_how_to_name_an_address() {
    for place in [NESTED, NESTED_NAMED] {
        let refusal = judge_text(place, &["GET /a|/", "host: tools.example"]).unwrap_err();
        let body = axum::body::to_bytes(refusal.respond(Route::Page, false).into_body(), 9_999);
        let body = futures_util::FutureExt::now_or_never(body).unwrap().unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for part in ["\"tools.example\" is not an address", "--origin", "App::origins"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn pages_of_other_sites_and_ports_may_only_link() {
    for site in ["same-site", "cross-site", "anything", ""] {
        let wrong = format!("sec-fetch-site: {site}");
        for good in [FILE, SOCKET, SYNC, ALIVE] {
            check(ALONE, good, &wrong, 403, "CrossSite");
        }
    }
    check(ALONE, FILE, "+sec-fetch-site: cross-site", 403, "CrossSite");
    // A link is followed; a frame, an object or a fetch is not.
    for good in [PAGE, ENTER] {
        let linked: Vec<&str> = good
            .iter()
            .map(|line| {
                if line.starts_with("sec-fetch-site") { "sec-fetch-site: cross-site" } else { line }
            })
            .collect();
        for wrong in [
            "sec-fetch-dest: iframe",
            "sec-fetch-dest: frame",
            "sec-fetch-dest: object",
            "sec-fetch-dest: embed",
            "sec-fetch-dest:",
            "sec-fetch-mode: no-cors",
            "sec-fetch-mode: cors",
        ] {
            check(ALONE, &linked, wrong, 403, "CrossSite");
        }
        if good == PAGE {
            check(ALONE, &linked, "+sec-purpose: prefetch;prerender", 403, "CrossSite");
        }
        for wrong in ["GET /_exciton/boot", "GET /_exciton/alive", "GET /_exciton/electron.js"] {
            check(ALONE, &linked, wrong, 403, "CrossSite");
        }
    }
}

#[test]
fn where_fetch_metadata_is_left_out_the_referer_speaks() {
    for wrong in [
        "http://127.0.0.1:8125/",
        "http://localhost:8124/",
        "https://evil.example/http://127.0.0.1:8124/",
        "about:blank",
        "x",
    ] {
        check(ALONE, BARE_FILE, &format!("referer: {wrong}"), 403, "CrossSite");
    }
    assert!(judge_text(ALONE, &BARE_FILE[..3]).is_ok());
}

#[test]
fn each_route_has_its_methods_and_no_others() {
    for (good, path, methods) in [
        (PAGE, "/", &["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get"][..]),
        (ALIVE, "/_exciton/alive", &["POST", "PUT", "OPTIONS"]),
        (SOCKET, "/_exciton/socket", &["POST", "PUT", "HEAD", "CONNECT"]),
        (SYNC, "/_exciton/sync", &["POST", "GET", "HEAD", "DELETE", "OPTIONS", "put"]),
        (ENTER, "/_exciton/enter/00112233445566778899aabbccddeeff", &["POST", "HEAD", "PUT"]),
    ] {
        for method in methods {
            check(ALONE, good, &format!("{method} {path}"), 405, "Method");
        }
    }
}

#[test]
fn the_synchronous_request_is_none_that_a_foreign_page_could_send_unasked() {
    for wrong in
        ["x-exciton:", "x-exciton: 0", "x-exciton: 1, 1", "+x-exciton: 1", "x-exciton: true"]
    {
        check(ALONE, SYNC, wrong, 400, "NoMark");
    }
    for wrong in [
        "content-type:",
        "content-type: text/plain",
        "content-type: text/plain; application/json",
        "content-type: multipart/form-data",
        "content-type: application/x-www-form-urlencoded",
        "content-type: application/jsonp",
        "+content-type: text/plain",
    ] {
        check(ALONE, SYNC, wrong, 415, "ContentType");
    }
    for kind in ["application/octet-stream", "Application/JSON; charset=utf-8"] {
        let request: Vec<String> = SYNC[..6]
            .iter()
            .map(ToString::to_string)
            .chain([format!("content-type: {kind}")])
            .collect();
        let request: Vec<&str> = request.iter().map(String::as_str).collect();
        assert!(judge_text(ALONE, &request).is_ok(), "{kind}");
    }
}

#[test]
fn a_link_that_lets_in_is_not_fetched_in_advance() {
    for wrong in
        ["+sec-purpose: prefetch", "+sec-purpose: prefetch;prerender", "+purpose: prefetch"]
    {
        check(ALONE, ENTER, wrong, 403, "Prefetch");
    }
}

#[test]
fn behind_trunk_the_origin_is_trunks_and_the_host_is_bare() {
    const PROXIED: &[&str] = &[
        "GET /_exciton/socket",
        "host: 127.0.0.1",
        "origin: http://127.0.0.1:8080",
        "cookie: exciton-8124=COOKIE",
        "sec-fetch-site: same-origin",
    ];
    for wrong in [
        "http://127.0.0.1",
        "http://127.0.0.1:8081",
        "http://localhost:8080",
        "https://127.0.0.1:8080",
        "http://evil.example:8080",
    ] {
        check(TRUNK, PROXIED, &format!("origin: {wrong}"), 403, "UnknownOrigin");
    }
    for wrong in ["127.0.0.1:8081", "evil.example", "0.0.0.0"] {
        check(TRUNK, PROXIED, &format!("host: {wrong}"), 403, "UnknownHost");
    }
    assert!(judge_text(TRUNK, SOCKET).is_ok() && judge_text(TRUNK, PAGE).is_ok());
    let refusal = judge_text(ALONE, PROXIED).unwrap_err();
    assert!(matches!(refusal, Refusal::UnknownHost(_)), "{refusal:?}");
}

#[test]
fn behind_a_proxy_the_named_address_is_ours_and_no_other() {
    const PUBLIC: &[&str] = &[
        "PUT /_exciton/sync",
        "host: app.example",
        "origin: https://app.example",
        "cookie: exciton-8124=COOKIE",
        "x-exciton: 1",
        "content-type: application/json",
    ];
    for wrong in [
        "http://app.example",
        "https://app.example:444",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://www.app.example",
    ] {
        check(PROXY, PUBLIC, &format!("origin: {wrong}"), 403, "UnknownOrigin");
    }
    for wrong in ["www.app.example", "app.example:80", "app.example.evil", "127.0.0.1"] {
        check(PROXY, PUBLIC, &format!("host: {wrong}"), 403, "UnknownHost");
    }
    let visit = judge_text(PROXY, PUBLIC).unwrap();
    assert!(visit.door.https);
    assert_eq!(visit.door.path.as_deref(), Some("/tool"));
    // A proxy that sends the listener's own host.
    let plain: Vec<&str> = PUBLIC
        .iter()
        .map(|line| if line.starts_with("host") { "host: 127.0.0.1:8124" } else { line })
        .collect();
    assert!(judge_text(PROXY, &plain).unwrap().door.https);
}

#[test]
fn nested_and_unnamed_only_loopback_is_let_in_each_host_with_itself() {
    for host in ["127.0.0.1:3000", "localhost:3000", "[::1]:3000"] {
        let host_line = format!("host: {host}");
        let origin = format!("origin: http://{host}");
        let good = [
            "GET /app|/_exciton/socket",
            &host_line,
            &origin,
            "cookie: exciton-3000-8f8f1d0f=COOKIE",
        ];
        let name = judge_text(NESTED, &["GET /app|/_exciton/enter/0", &host_line]).unwrap().cookie;
        let cookie = format!("cookie: {name}=COOKIE");
        let good = [good[0], good[1], good[2], &cookie];
        for wrong in [
            "origin: http://127.0.0.1:3001",
            "origin: http://127.0.0.2:3000",
            "origin: http://evil.example:3000",
        ] {
            check(NESTED, &good, wrong, 403, "UnknownOrigin");
        }
        for wrong in [
            "host: app.example:3000",
            "host: 192.168.0.1:3000",
            "host: 0.0.0.0:3000",
            "host: localhost.example:3000",
        ] {
            check(NESTED, &good, wrong, 403, "UnknownHost");
        }
        check(NESTED, &good, "cookie: exciton-3000=COOKIE", 401, "NoCookie");
        check(NESTED, &good, "GET /other|/_exciton/socket", 401, "NoCookie");
    }
}

#[test]
fn nested_and_named_loopback_is_no_address_of_ours() {
    const GOOD: &[&str] = &["GET /", "host: app.example", "cookie: exciton-443=COOKIE"];
    for wrong in ["127.0.0.1:3000", "localhost", "app.example:3000"] {
        check(NESTED_NAMED, GOOD, &format!("host: {wrong}"), 403, "UnknownHost");
    }
}

#[test]
fn an_absolute_target_must_agree_with_the_host() {
    let with = |target: &str| judge_text(ALONE, &[target, PAGE[1], PAGE[2]]);
    let original = |authority: &str| format!("GET http://{authority}/");
    // The test's own OriginalUri is not asked here.
    assert!(with(&original(OWN)).is_ok());
    assert_eq!(with(&original("evil.example")).unwrap_err(), Refusal::BadHost);
    assert_eq!(
        judge_text(ALONE, &[&original("evil.example"), PAGE[2]]).map(drop),
        Err(Refusal::UnknownHost("\"evil.example\"".into()))
    );
}

#[test]
fn the_mount_is_what_nesting_stripped() {
    for (path, mount) in
        [("|/a", ""), ("/app|/a", "/app"), ("/x/y|/", "/x/y"), ("/u/%20|/_exciton/alive", "/u/%20")]
    {
        let (outer, inner) = path.split_once('|').unwrap();
        let (mut parts, ()) =
            axum::http::Request::builder().uri(inner).body(()).unwrap().into_parts();
        parts.extensions.insert(OriginalUri(format!("{outer}{inner}").parse().unwrap()));
        assert_eq!(super::mount(&parts), mount, "{path}");
    }
    let (mut parts, ()) = axum::http::Request::builder().uri("/").body(()).unwrap().into_parts();
    assert_eq!(super::mount(&parts), "");
    parts.extensions.insert(OriginalUri("/app".parse().unwrap()));
    assert_eq!(super::mount(&parts), "/app");
}
