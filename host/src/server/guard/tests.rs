//! Rows of a good request and one wrong thing in it: refused with it, and let in without it.

mod addresses;
mod familiar;
mod places;
mod requests;
mod secrets;

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
    ask(&state, &cookie, request)
}

/// Asks twice: what is remembered of the first changes nothing.
#[track_caller]
fn ask(state: &ServerState, cookie: &str, request: &[&str]) -> Result<Visit, Refusal> {
    let parts = parts(cookie, request);
    let [first, again] = [(); 2].map(|()| decide(state, &parts, NOW));
    let [first, again] =
        [first, again].map(|decided| decided.map(|admitted| (*admitted.visit).clone()));
    assert_eq!(first, again, "{request:?}");
    assert_eq!(first, judge(state, &parts, NOW), "{request:?}");
    first
}

fn parts(cookie: &str, request: &[&str]) -> Parts {
    let (method, path) = request[0].split_once(' ').unwrap();
    let (outer, inner) = path.split_once('|').unwrap_or(("", path));
    let mut builder = axum::http::Request::builder().method(method).uri(inner);
    for line in &request[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value.replace("COOKIE", cookie));
    }
    let (mut parts, ()) = builder.body(()).unwrap().into_parts();
    parts.extensions.insert(OriginalUri(format!("{outer}{inner}").parse().unwrap()));
    parts
}

/// `good` is let in; with `wrong` in place of its lines of the same name (or without that line, if `wrong` ends in a colon;
/// one more, if it starts with a plus) it is refused with `status` and a text that has `word`, by the same host.
#[track_caller]
fn check(place: Place, good: &[&str], wrong: &str, status: u16, word: &str) {
    let state = state(place);
    let cookie = state.cookies.issue(false, NOW - 60).unwrap();
    if let Err(refusal) = ask(&state, &cookie, good) {
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
    let refusal = ask(&state, &cookie, &bad).expect_err(&format!("{bad:?} is let in"));
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
