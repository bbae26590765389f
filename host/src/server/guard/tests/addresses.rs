//! Hosts and origins: how they are written, and whose they are.

use super::*;

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
fn a_host_counts_however_it_is_written() {
    for (host, written) in [("LocalHost:8124", "localhost"), ("[0:0:0:0:0:0:0:1]:8124", "[::1]")] {
        let good = [SOCKET[0], &format!("host: {host}"), SOCKET[3]].map(ToOwned::to_owned);
        let origin = format!("origin: http://{written}:8124");
        let good: Vec<&str> = good.iter().map(String::as_str).chain([origin.as_str()]).collect();
        check(ALONE, &good, "origin: http://127.0.0.1:8124", 403, "UnknownOrigin");
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
