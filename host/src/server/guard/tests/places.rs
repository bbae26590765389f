//! The ways in which an application is found: by itself, behind a proxy, nested in another one.

use super::*;

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
