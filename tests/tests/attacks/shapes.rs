//! Requests of the wrong shape: methods, types, targets, and what a parser may be fooled by.

use crate::attempt::{Row, make_all, row};
use crate::request::Base::{Alive, Boot, Enter, File, Page, Script, Socket, Sync};
use crate::request::Request;
use crate::request::Wrong::{Add, Bytes, Change, Drop, Line, Method, Set};

pub const METHODS: &[Row] = &[
    row(&[Page, File, Boot, Alive, Script], "POST", Method("POST"), 405),
    row(&[Page, File, Socket, Enter], "PUT", Method("PUT"), 405),
    row(&[Page, Sync], "DELETE", Method("DELETE"), 405),
    row(&[Page, Sync], "PATCH", Method("PATCH"), 405),
    row(&[Page, Sync, Socket, Enter], "OPTIONS", Method("OPTIONS"), 405),
    row(&[Page, Sync], "TRACE", Method("TRACE"), 405),
    row(&[Page], "a method of their own", Method("EVIL"), 405),
    row(&[Page], "a method in small letters", Method("get"), 405),
    row(&[Sync], "POST", Method("POST"), 405),
    row(&[Sync], "GET", Method("GET"), 405),
    row(&[Sync], "HEAD", Method("HEAD"), 405),
    row(&[Socket], "HEAD", Method("HEAD"), 405),
    row(&[Enter], "HEAD", Method("HEAD"), 405),
    row(&[Enter], "POST", Method("POST"), 405),
    row(&[Page], "CONNECT", Line("CONNECT 127.0.0.1:{port} HTTP/1.1"), 405),
    row(&[Page], "OPTIONS for everything", Line("OPTIONS * HTTP/1.1"), 405),
    row(&[Sync], "POST that wants to be PUT", Change(overridden), 405),
    row(&[Page], "POST that wants to be GET", Change(overridden), 405),
];

pub const SYNCS: &[Row] = &[
    row(&[Sync], "without its mark", Drop("x-exciton"), 400),
    row(&[Sync], "with another mark", Set("x-exciton", "2"), 400),
    row(&[Sync], "with two marks", Add("x-exciton", "1"), 400),
    row(&[Sync], "as plain text", Set("content-type", "text/plain"), 415),
    row(&[Sync], "as a form", Set("content-type", "application/x-www-form-urlencoded"), 415),
    row(
        &[Sync],
        "as a form with parts",
        Set("content-type", "multipart/form-data; boundary=x"),
        415,
    ),
    row(
        &[Sync],
        "as text that looks like JSON",
        Set("content-type", "text/plain; application/json"),
        415,
    ),
    row(&[Sync], "without a type", Drop("content-type"), 415),
    row(&[Sync], "with two types", Add("content-type", "text/plain"), 415),
    row(&[Sync], "compressed", Change(compressed), 400),
    row(&[Sync], "cut off in its middle", Change(cut), 400),
    row(&[Sync], "with nothing in it", Change(|request| request.body.clear()), 400),
    row(&[Sync], "of another version", Change(other_version), 400),
    row(&[Sync], "of an earlier life of the host", Change(other_epoch), 410),
    row(&[Sync], "of a link that nobody began", Change(not_fresh), 410),
];

pub const PARSERS: &[Row] = &[
    row(
        &[Page],
        "no HTTP at all",
        Bytes(|_| b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec()),
        400,
    ),
    row(
        &[Page],
        "HTTP 2 without asking",
        Bytes(|_| b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()),
        0,
    ),
    row(&[Page], "a version that isn't there", Line("GET /index.html HTTP/9.9"), 400),
    row(
        &[Page],
        "a space before the colon",
        Change(|request| rename(request, "accept", "accept ")),
        400,
    ),
    row(
        &[Page],
        "a header over two lines",
        Change(|request| request.set("accept", "text/html\r\n , x")),
        400,
    ),
    row(
        &[Page],
        "a zero byte in a header",
        Change(|request| request.set("accept", "text/html\0")),
        400,
    ),
    row(
        &[Page],
        "a return inside a header",
        Change(|request| request.set("accept", "text/html\rx: y")),
        400,
    ),
    row(&[Page], "a header without a name", Change(|request| rename(request, "accept", "")), 400),
    row(&[Page], "more headers than anybody sends", Change(many_headers), 431),
    row(
        &[Page],
        "a header without end",
        Change(|request| request.set("x", &"x".repeat(1 << 20))),
        431,
    ),
    row(
        &[Page],
        "a target without end",
        Change(|request| request.line = format!("GET /{} HTTP/1.1", "x".repeat(1 << 17))),
        414,
    ),
    row(&[Page], "a target with a space", Line("GET /index .html HTTP/1.1"), 400),
    row(&[Page], "a target with a zero byte", Line("GET /index.html\0 HTTP/1.1"), 400),
    row(&[Sync], "two lengths", Change(two_lengths), 400),
    row(
        &[Sync],
        "a length below nothing",
        Change(|request| request.set("content-length", "-1")),
        400,
    ),
    row(
        &[Sync],
        "a length with a sign",
        Change(|request| request.set("content-length", "+5")),
        400,
    ),
    row(
        &[Sync],
        "a coding that nobody knows",
        Change(|request| request.set("transfer-encoding", "evil")),
        400,
    ),
    row(
        &[Sync],
        "chunked, and then something else",
        Change(|request| request.set("transfer-encoding", "chunked, evil")),
        400,
    ),
    row(&[Sync], "a chunk whose length is none", Change(bad_chunk), 400),
];

pub const HANDSHAKES: &[Row] = &[
    row(&[Socket], "of an old version", Set("sec-websocket-version", "8"), 400),
    row(&[Socket], "without a version", Drop("sec-websocket-version"), 400),
    row(&[Socket], "without a key", Drop("sec-websocket-key"), 400),
    row(&[Socket], "to another protocol", Set("upgrade", "h2c"), 400),
    row(
        &[Socket],
        "that upgrades nothing",
        Change(|request| request.set("connection", "close")),
        400,
    ),
];

fn overridden(request: &mut Request) {
    let (method, target) = request.line.split_once(' ').unwrap();
    let (method, target) = (method.to_owned(), target.to_owned());
    request.line = format!("POST {target}");
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        request.set(name, &method);
    }
}

/// The first bytes of a stream that would become gigabytes: nothing unpacks it.
fn compressed(request: &mut Request) {
    request.set("content-encoding", "gzip");
    request.body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xec\xc1\x01\x01\x00\x00".to_vec();
}

fn cut(request: &mut Request) {
    request.body.truncate(request.body.len() / 2);
}

fn replaced(request: &mut Request, from: &str, to: &str) {
    let text = String::from_utf8(request.body.clone()).unwrap();
    request.body = text.replacen(from, to, 1).into_bytes();
}

fn other_version(request: &mut Request) {
    replaced(request, "\"version\":1", "\"version\":2");
}

fn other_epoch(request: &mut Request) {
    let text = String::from_utf8(request.body.clone()).unwrap();
    let at = text.find("\"epoch\":\"").unwrap() + 9;
    let other = if &text[at..at + 1] == "0" { "1" } else { "0" };
    request.body[at] = other.as_bytes()[0];
}

fn not_fresh(request: &mut Request) {
    replaced(request, "\"fresh\":true,", "");
}

fn rename(request: &mut Request, from: &str, to: &str) {
    let header = request.headers.iter_mut().find(|(name, _)| name == from).unwrap();
    header.0 = to.to_owned();
}

fn many_headers(request: &mut Request) {
    for number in 0..200 {
        request.headers.push((format!("x-{number}"), "x".to_owned()));
    }
}

fn two_lengths(request: &mut Request) {
    let length = request.body.len();
    request.headers.push(("content-length".into(), length.to_string()));
    request.headers.push(("content-length".into(), (length - 1).to_string()));
}

fn bad_chunk(request: &mut Request) {
    request.set("transfer-encoding", "chunked");
    request.body = b"zz\r\n{}\r\n0\r\n\r\n".to_vec();
}

#[tokio::test]
async fn no_route_has_another_method() {
    make_all(METHODS).await;
}

#[tokio::test]
async fn no_synchronous_request_is_one_that_a_form_could_send() {
    make_all(SYNCS).await;
}

#[tokio::test]
async fn no_request_fools_the_parser() {
    make_all(PARSERS).await;
}

#[tokio::test]
async fn no_handshake_opens_another_connection() {
    make_all(HANDSHAKES).await;
}
