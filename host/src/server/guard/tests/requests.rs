//! Methods, and what browsers say of a request: where it comes from, and what for.

use super::*;

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
