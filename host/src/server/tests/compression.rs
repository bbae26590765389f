//! Who gets answers compressed, which ones, and what they say of themselves.

use std::io::Read;

use flate2::read::GzDecoder;

use super::*;
use crate::compression::Compression;

const TEXT: &str = "let a = 'a text that is said again and again';\n";

/// An answer, and its body as it came.
struct Came {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Came {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as it was before it was compressed.
    fn text(&self) -> String {
        let mut text = String::new();
        match self.header("content-encoding") {
            "gzip" => GzDecoder::new(self.body.as_slice()).read_to_string(&mut text).unwrap(),
            "" => self.body.as_slice().read_to_string(&mut text).unwrap(),
            other => panic!("{other}"),
        };
        text
    }
}

fn site(compression: Compression) -> Site {
    let site = Site::with(|config| {
        config.compression = compression;
        config.origins = vec!["http://app.example:8124".parse().unwrap()];
    });
    for name in ["long.js", "long.html", "long.bin"] {
        fs::write(site.folder.path().join(name), TEXT.repeat(100)).unwrap();
    }
    site
}

async fn ask(site: &Site, request: &[&str]) -> Came {
    let (method, path) = request[0].split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(path).header("cookie", &site.cookie);
    for line in &request[1..] {
        let (name, value) = line.split_once(": ").unwrap();
        builder = builder.header(name, value);
    }
    let response = site.router.clone().oneshot(builder.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    Came { status: parts.status, headers: parts.headers, body }
}

const NEAR: &str = "host: 127.0.0.1:8124";
const FAR: &str = "host: app.example:8124";
const GZIP: &str = "accept-encoding: gzip, deflate, br, zstd";

#[tokio::test]
async fn who_comes_from_afar_gets_text_compressed() {
    let site = site(Compression::Remote);
    for path in ["/long.js", "/long.html"] {
        let came = ask(&site, &[&format!("GET {path}"), FAR, GZIP]).await;
        assert_eq!((came.status, came.header("content-encoding")), (StatusCode::OK, "gzip"));
        assert_eq!(came.header("vary").to_ascii_lowercase(), "accept-encoding", "{path}");
        assert!(came.body.len() < TEXT.len() * 10, "{path}: {}", came.body.len());
        assert!(came.text().contains(&TEXT.repeat(100)), "{path}");
        for name in ["content-length", "accept-ranges"] {
            assert_eq!(came.header(name), "", "{path}");
        }
    }
}

#[tokio::test]
async fn on_loopback_every_answer_is_as_it_was() {
    let (with, without) = (site(Compression::Remote), site(Compression::Off));
    for path in ["/long.js", "/long.html", "/long.bin", "/a.js", "/_exciton/electron.js"] {
        let request = format!("GET {path}");
        let one = ask(&with, &[&request, NEAR, GZIP]).await;
        let other = ask(&without, &[&request, NEAR]).await;
        let names = |came: &Came| {
            let mut names: Vec<String> = came.headers.keys().map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(names(&one), names(&other), "{path}");
        assert_eq!((one.header("content-encoding"), one.header("vary")), ("", ""), "{path}");
        assert_eq!(one.header("content-length"), other.header("content-length"), "{path}");
    }
}

#[tokio::test]
async fn always_and_off_are_for_all() {
    for (compression, host, encoding) in [
        (Compression::Always, NEAR, "gzip"),
        (Compression::Always, FAR, "gzip"),
        (Compression::Off, NEAR, ""),
        (Compression::Off, FAR, ""),
    ] {
        let came = ask(&site(compression), &["GET /long.js", host, GZIP]).await;
        assert_eq!(came.header("content-encoding"), encoding, "{compression:?}, {host}");
    }
}

#[tokio::test]
async fn who_asks_for_no_compression_or_gains_nothing_gets_none() {
    let site = site(Compression::Remote);
    for (path, accepts) in [
        ("/long.js", "accept-encoding: identity"),
        ("/long.js", "accept-encoding: gzip;q=0"),
        ("/long.js", "accept-encoding: br"),
        ("/long.js", "accept: */*"),
        ("/long.bin", GZIP),
        ("/a.js", GZIP),
    ] {
        let came = ask(&site, &[&format!("GET {path}"), FAR, accepts]).await;
        assert_eq!((came.status, came.header("content-encoding")), (StatusCode::OK, ""), "{path}");
        let whole = fs::read(site.folder.path().join(&path[1..])).unwrap();
        assert_eq!(came.body, whole, "{path}, {accepts}");
    }
}

#[tokio::test]
async fn a_compressed_file_has_a_tag_of_its_own_and_is_known_by_it() {
    let site = site(Compression::Remote);
    let plain = ask(&site, &["GET /long.js", FAR]).await;
    let packed = ask(&site, &["GET /long.js", FAR, GZIP]).await;
    let (strong, weak) = (plain.header("etag"), packed.header("etag"));
    assert!(strong.starts_with('"'), "{strong}");
    assert_eq!(weak, format!("W/{strong}"));
    for (known, answered) in [(strong, strong), (weak, weak)] {
        let known = format!("if-none-match: {known}");
        let came = ask(&site, &["GET /long.js", FAR, GZIP, &known]).await;
        assert_eq!((came.status, came.header("etag")), (StatusCode::NOT_MODIFIED, answered));
        assert!(came.body.is_empty());
    }
}

#[tokio::test]
async fn a_range_is_one_of_the_file_as_it_is() {
    let site = site(Compression::Remote);
    let came = ask(&site, &["GET /long.js", FAR, GZIP, "range: bytes=4-2047"]).await;
    assert_eq!(came.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(came.header("content-encoding"), "");
    assert_eq!(came.body, &TEXT.repeat(100).as_bytes()[4..2048]);
}

#[tokio::test]
async fn a_head_says_what_a_get_would() {
    let site = site(Compression::Remote);
    let (get, head) = (
        ask(&site, &["GET /long.js", FAR, GZIP]).await,
        ask(&site, &["HEAD /long.js", FAR, GZIP]).await,
    );
    for name in ["content-encoding", "content-type", "content-length", "etag", "vary"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}
