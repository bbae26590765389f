//! Who comes to another address, or from another page: `Host`, `Origin`, `Referer`, Fetch Metadata.

use crate::attempt::{Row, make_all, row};
use crate::request::Base::Socket;
use crate::request::Base::{self, Alive, BareFile, Boot, Enter, File, Page, Script, Sync};
use crate::request::LIVE;
use crate::request::Wrong::{Add, Bytes, Drop, Line, Set};

/// One of each way to be served.
const ALL: &[Base] = &[Page, File, Socket, Sync, Enter];

pub const HOSTS: &[Row] = &[
    row(ALL, "a name that was pointed here", Set("host", "evil.example:{port}"), 403),
    row(&[Page, Socket], "another port", Set("host", "127.0.0.1:{other}"), 403),
    row(&[Page, Socket], "no port", Set("host", "127.0.0.1"), 403),
    row(
        &[Page, Sync],
        "ours as a label of theirs",
        Set("host", "127.0.0.1.evil.example:{port}"),
        403,
    ),
    row(&[Page], "a subdomain of localhost", Set("host", "evil.localhost:{port}"), 403),
    row(
        &[Page],
        "localhost as a label of theirs",
        Set("host", "localhost.evil.example:{port}"),
        403,
    ),
    row(&[Page], "an address of the network", Set("host", "192.168.0.1:{port}"), 403),
    row(&[Page, Socket], "0.0.0.0", Set("host", "0.0.0.0:{port}"), 403),
    row(&[Page], "another loopback address", Set("host", "127.0.0.2:{port}"), 403),
    row(&[Page], "IPv6 for any", Set("host", "[::]:{port}"), 403),
    row(&[Page], "IPv4 inside IPv6", Set("host", "[::ffff:127.0.0.1]:{port}"), 403),
    row(ALL, "none", Drop("host"), 400),
    row(ALL, "twice", Add("host", "127.0.0.1:{port}"), 400),
    row(&[Page], "two in one", Set("host", "127.0.0.1:{port}, evil.example"), 400),
    row(&[Page, Enter], "a user name", Set("host", "u@127.0.0.1:{port}"), 400),
    row(&[Page], "a dot behind", Set("host", "127.0.0.1.:{port}"), 400),
    row(&[Page], "a dot behind the name", Set("host", "localhost.:{port}"), 400),
    row(&[Page, Socket], "a decimal address", Set("host", "2130706433:{port}"), 400),
    row(&[Page], "an octal address", Set("host", "0177.0.0.1:{port}"), 400),
    row(&[Page], "a hexadecimal address", Set("host", "0x7f000001:{port}"), 400),
    row(&[Page], "a short address", Set("host", "127.1:{port}"), 400),
    row(&[Page], "an open bracket", Set("host", "[::1:{port}"), 400),
    row(&[Page], "a zone", Set("host", "[::1%25lo]:{port}"), 400),
    row(&[Page], "a port with a zero in front", Set("host", "127.0.0.1:0{port}"), 400),
    row(&[Page], "no number for a port", Set("host", "127.0.0.1:"), 400),
    row(&[Page], "empty", Set("host", ""), 400),
    row(&[Page], "a path", Set("host", "127.0.0.1:{port}/"), 400),
    row(&[Page], "a letter that isn't ASCII", Set("host", "löcalhost:{port}"), 400),
    row(
        &[Page, Sync],
        "a target that names another host",
        Line("PUT http://evil.example/_exciton/sync HTTP/1.1"),
        400,
    ),
    row(&[Page], "HTTP 1.0 without one", Bytes(without_host_in_1_0), 400),
    row(&[Page], "theirs with ours forwarded", Bytes(forwarded), 403),
];

pub const ORIGINS: &[Row] = &[
    row(ALL, "null", Set("origin", "null"), 403),
    row(ALL, "a foreign one", Set("origin", "http://evil.example"), 403),
    row(ALL, "another port", Set("origin", "http://127.0.0.1:{other}"), 403),
    row(LIVE, "no port", Set("origin", "http://127.0.0.1"), 403),
    row(LIVE, "https", Set("origin", "https://127.0.0.1:{port}"), 403),
    row(LIVE, "localhost for 127.0.0.1", Set("origin", "http://localhost:{port}"), 403),
    row(LIVE, "another loopback address", Set("origin", "http://127.0.0.2:{port}"), 403),
    row(LIVE, "ours and more", Set("origin", "http://127.0.0.1.evil.example:{port}"), 403),
    row(LIVE, "a subdomain of ours", Set("origin", "http://evil.localhost:{port}"), 403),
    row(LIVE, "ours behind theirs", Set("origin", "http://evil-127.0.0.1:{port}"), 400),
    row(LIVE, "a port with more", Set("origin", "http://127.0.0.1:{port}.evil.example"), 400),
    row(LIVE, "ours as a user name", Set("origin", "http://127.0.0.1:{port}@evil.example"), 400),
    row(LIVE, "a path", Set("origin", "http://127.0.0.1:{port}/"), 400),
    row(LIVE, "no scheme", Set("origin", "127.0.0.1:{port}"), 400),
    row(LIVE, "capitals", Set("origin", "HTTP://127.0.0.1:{port}"), 400),
    row(LIVE, "NULL in capitals", Set("origin", "NULL"), 400),
    row(LIVE, "a file", Set("origin", "file://"), 400),
    row(LIVE, "an extension", Set("origin", "chrome-extension://abcdefghijklmnop"), 400),
    row(LIVE, "a wildcard", Set("origin", "*"), 400),
    row(LIVE, "empty", Set("origin", ""), 400),
    row(LIVE, "two in one", Set("origin", "http://127.0.0.1:{port} http://evil.example"), 400),
    row(LIVE, "twice", Add("origin", "http://127.0.0.1:{port}"), 400),
    row(LIVE, "none", Drop("origin"), 403),
];

/// Those that a page asks for with its own rights.
const FETCHED: &[Base] = &[File, Script, Boot, Alive, Socket, Sync];

pub const SITES: &[Row] = &[
    row(FETCHED, "another site's page", Set("sec-fetch-site", "cross-site"), 403),
    row(FETCHED, "another port's page", Set("sec-fetch-site", "same-site"), 403),
    row(&[File], "a word that nobody knows", Set("sec-fetch-site", "own"), 403),
    row(&[File], "two words", Add("sec-fetch-site", "cross-site"), 403),
    row(&[Page], "a frame on another site", Bytes(framed), 403),
    row(&[Page], "an object on another site", Bytes(as_object), 403),
    row(&[Page], "a picture on another site", Bytes(as_picture), 403),
    row(&[Page], "a prerender for another port's page", Bytes(in_advance), 403),
    row(&[Enter], "a frame with the way in", Set("sec-fetch-dest", "iframe"), 403),
    row(&[Enter], "a fetch of the way in", Set("sec-fetch-mode", "no-cors"), 403),
    row(&[Enter], "a prefetch", Add("sec-purpose", "prefetch"), 403),
    row(&[Enter], "a prerender", Add("sec-purpose", "prefetch;prerender"), 403),
    row(&[Enter], "an older prefetch", Add("purpose", "prefetch"), 403),
    row(
        &[BareFile],
        "referred from another port",
        Set("referer", "http://127.0.0.1:{other}/"),
        403,
    ),
    row(&[BareFile], "referred from localhost", Set("referer", "http://localhost:{port}/"), 403),
    row(
        &[BareFile],
        "referred from a path like ours",
        Set("referer", "http://evil.example/http://127.0.0.1:{port}/"),
        403,
    ),
    row(&[BareFile], "referred from nowhere", Set("referer", "about:blank"), 403),
];

fn without_host_in_1_0(request: &crate::request::Request) -> Vec<u8> {
    let mut request = request.clone();
    request.line = "GET /index.html HTTP/1.0".to_owned();
    request.headers.retain(|(name, _)| name != "host");
    request.bytes()
}

/// Nothing that a proxy could have written is believed.
fn forwarded(request: &crate::request::Request) -> Vec<u8> {
    let mut request = request.clone();
    let own = request.headers.iter().find(|(name, _)| name == "host").unwrap().1.clone();
    request.set("host", "evil.example");
    request.set("x-forwarded-host", &own);
    request.set("x-original-host", &own);
    request.set("x-forwarded-for", "127.0.0.1");
    request.set("forwarded", &format!("host=\"{own}\";for=127.0.0.1;proto=http"));
    request.bytes()
}

fn framed(request: &crate::request::Request) -> Vec<u8> {
    linked_as(request, "navigate", "iframe")
}

fn as_object(request: &crate::request::Request) -> Vec<u8> {
    linked_as(request, "navigate", "object")
}

fn as_picture(request: &crate::request::Request) -> Vec<u8> {
    linked_as(request, "no-cors", "image")
}

fn in_advance(request: &crate::request::Request) -> Vec<u8> {
    let mut request = request.clone();
    request.set("sec-fetch-site", "same-site");
    request.set("sec-purpose", "prefetch;prerender");
    request.bytes()
}

fn linked_as(request: &crate::request::Request, mode: &str, dest: &str) -> Vec<u8> {
    let mut request = request.clone();
    request.set("sec-fetch-site", "same-site");
    request.set("sec-fetch-mode", mode);
    request.set("sec-fetch-dest", dest);
    request.bytes()
}

#[tokio::test]
async fn nobody_comes_in_at_an_address_that_is_not_ours() {
    make_all(HOSTS).await;
}

#[tokio::test]
async fn nobody_comes_in_from_an_origin_that_is_not_ours() {
    make_all(ORIGINS).await;
}

#[tokio::test]
async fn no_page_of_another_site_gets_anything() {
    make_all(SITES).await;
}
