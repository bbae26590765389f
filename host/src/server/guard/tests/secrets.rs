//! Cookies and the way in: who has shown that he belongs here.

use super::*;

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
fn a_link_that_lets_in_is_not_fetched_in_advance() {
    for wrong in
        ["+sec-purpose: prefetch", "+sec-purpose: prefetch;prerender", "+purpose: prefetch"]
    {
        check(ALONE, ENTER, wrong, 403, "Prefetch");
    }
}
