//! What is remembered of a page's synchronous requests, and what ends it.

use super::*;
use crate::secret::LIFE;

/// A host that has let the request in, and what it remembers of it.
fn known(cookie: &str, state: &ServerState) -> Parts {
    let parts = parts(cookie, SYNC);
    assert!(decide(state, &parts, NOW).is_ok());
    assert!(remembers(state, &parts, NOW));
    parts
}

fn remembers(state: &ServerState, parts: &Parts, now: u64) -> bool {
    state.familiar.find(parts, state.own(), &state.cookies, now).is_some()
}

#[test]
fn a_body_of_another_length_changes_nothing_and_every_other_byte_does() {
    let state = state(ALONE);
    let cookie = state.cookies.issue(false, NOW - 60).unwrap();
    let good = known(&cookie, &state);
    let mut longer = good.clone();
    longer.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("77"));
    assert!(remembers(&state, &longer, NOW));
    for (name, value) in &good.headers {
        for at in 0..value.len() {
            let mut other = good.clone();
            let mut bytes = value.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            other.headers.insert(name, HeaderValue::from_bytes(&bytes).unwrap());
            assert!(!remembers(&state, &other, NOW), "{name}, byte {at}");
        }
        let mut other = good.clone();
        other.headers.remove(name);
        assert!(!remembers(&state, &other, NOW), "without {name}");
        let mut other = good.clone();
        other.headers.append(name, value.clone());
        assert!(!remembers(&state, &other, NOW), "{name} twice");
    }
    let mut other = good.clone();
    other.headers.append("x-more", HeaderValue::from_static("1"));
    assert!(!remembers(&state, &other, NOW));
    let mut other = good.clone();
    other.method = Method::POST;
    assert!(!remembers(&state, &other, NOW));
    for target in ["/_exciton/sync/", "/_exciton/socket", "http://127.0.0.1:8124/_exciton/sync"] {
        let mut other = good.clone();
        other.uri = target.parse().unwrap();
        assert!(!remembers(&state, &other, NOW), "{target}");
    }
    let mut other = good;
    other.extensions.insert(OriginalUri("/app/_exciton/sync".parse().unwrap()));
    assert!(!remembers(&state, &other, NOW));
}

#[test]
fn a_cookie_that_is_no_longer_good_is_known_in_vain() {
    type End = fn(&ServerState, &Cookie);
    let ends: [(&str, u64, End); 3] = [
        ("its age", NOW - 60 + LIFE + 1, |_, _| ()),
        ("another key", NOW, |state, _| state.rotate(&[9; 32]).unwrap()),
        ("shut out", NOW, |state, cookie| state.revoke(cookie.browser).unwrap()),
    ];
    for (what, now, end) in ends {
        let state = state(ALONE);
        let value = state.cookies.issue(false, NOW - 60).unwrap();
        let cookie = state.cookies.check(&value, NOW).unwrap();
        let parts = known(&value, &state);
        end(&state, &cookie);
        assert!(!remembers(&state, &parts, now), "{what}");
        let refusal = decide(&state, &parts, now).expect_err(what);
        assert_eq!(Some(refusal), judge(&state, &parts, now).err(), "{what}");
    }
}

#[test]
fn where_the_application_listens_is_asked_each_time() {
    let state = state(NESTED);
    let cookie = state.cookies.issue(false, NOW - 60).unwrap();
    let parts = known(&cookie, &state);
    state.listening("127.0.0.1:8125".parse().unwrap());
    assert!(!remembers(&state, &parts, NOW));
    assert!(decide(&state, &parts, NOW).is_err());
}

#[test]
fn so_many_heads_are_known_and_none_that_is_refused() {
    let state = state(ALONE);
    let cookie = state.cookies.issue(false, NOW - 60).unwrap();
    let first = known(&cookie, &state);
    for number in 0..16 {
        assert!(remembers(&state, &first, NOW), "{number}");
        let mut next = first.clone();
        next.headers.append("x-page", HeaderValue::from(number));
        assert!(decide(&state, &next, NOW).is_ok());
    }
    assert!(!remembers(&state, &first, NOW));
    let mut foreign = first;
    foreign.headers.insert(header::ORIGIN, HeaderValue::from_static("http://other.example"));
    assert!(decide(&state, &foreign, NOW).is_err());
    assert!(!remembers(&state, &foreign, NOW));
}
