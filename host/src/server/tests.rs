//! The router as a whole, alone and nested, over whole requests.

#![allow(clippy::unwrap_used)]

mod compression;
mod entering;
mod files;
mod policies;

use std::fs;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::put;
use axum::{Extension, middleware};
use exciton_protocol::TabId;
use tower::ServiceExt;

use super::guard::Visit;
use super::*;
use crate::config::{Files, KeySource};

/// A router over a folder with a few files, and what the answers were.
struct Site {
    state: Arc<ServerState>,
    router: Router,
    folder: tempfile::TempDir,
    mount: &'static str,
    cookie: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

const PAGE: &str = "<!doctype html><head><title>a</title></head>";

impl Site {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::Builder::new().prefix("site").tempdir().unwrap();
        fs::create_dir_all(folder.path().join("ui/deep")).unwrap();
        for (file, text) in [
            ("index.html", PAGE),
            ("ui/index.html", PAGE),
            ("ui/deep/a b.html", PAGE),
            ("a.js", "let a;"),
            (".env", "secret"),
        ] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        let mut config = Config {
            name: "test".into(),
            files: Files::Folder(folder.path().to_path_buf()),
            key: KeySource::Given([7; 32]),
            ..Config::default()
        };
        change(&mut config);
        let renderer = Renderer {
            script: "script()",
            module: "module()",
            bridge: "bridge();",
            attendance: "attend();",
        };
        let state =
            ServerState::new(config, Epoch::from_bits(0xabc), Limits::default(), renderer).unwrap();
        state.listening("127.0.0.1:8124".parse().unwrap());
        let state = Arc::new(state);
        let mounted =
            |Extension(visit): Extension<Arc<Visit>>| async move { format!("{:?}", visit.mount) };
        let live = Router::new().route(SYNC, put(mounted)).route(SOCKET, any(mounted));
        let cookie =
            format!("exciton-8124={}", state.cookies.issue(false, secret::unix_seconds()).unwrap());
        Self { router: router(state.clone(), live), state, folder, mount: "", cookie }
    }

    /// The same site within another application, with `wrap` around its router.
    fn nested(mount: &'static str, wrap: impl FnOnce(Router) -> Router) -> Self {
        let mut site = Self::new();
        let name = format!(
            "exciton-8124-{}",
            secret::hex(&<sha2::Sha256 as sha2::Digest>::digest(mount.as_bytes())[..4])
        );
        site.cookie = site.cookie.replacen("exciton-8124", &name, 1);
        site.router = wrap(site.router);
        site.mount = mount;
        site
    }

    async fn ask(&self, request: &[&str]) -> Answer {
        let (method, path) = request[0].split_once(' ').unwrap();
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.mount))
            .header("host", "127.0.0.1:8124");
        for line in &request[1..] {
            let (name, value) = line.split_once(": ").unwrap();
            builder = builder.header(name, value);
        }
        let response =
            self.router.clone().oneshot(builder.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Asks as a browser that has come in.
    async fn get(&self, path: &str) -> Answer {
        self.ask(&[&format!("GET {path}"), &format!("cookie: {}", self.cookie)]).await
    }
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[tokio::test]
async fn every_page_gets_the_script_by_a_relative_url() {
    let site = Site::new();
    for (path, src) in [
        ("/", "_exciton/electron.js"),
        ("/index.html?a=b", "_exciton/electron.js"),
        ("/ui/", "../_exciton/electron.js"),
        ("/ui/deep/a%20b.html", "../../_exciton/electron.js"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            answer.text.contains(&format!("<head><script src=\"{src}\" nonce=\"")),
            "{path}: {}",
            answer.text
        );
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    }
}

#[tokio::test]
async fn a_folder_without_its_slash_leads_to_itself_with_one() {
    let answer = Site::new().get("/ui?a=b").await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(answer.header(header::LOCATION), "./ui/?a=b");
}

#[tokio::test]
async fn files_are_served_as_they_are_with_conditions_and_ranges() {
    let site = Site::new();
    let answer = site.get("/a.js").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "let a;"));
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-cache");
    let since = format!("if-modified-since: {}", answer.header(header::LAST_MODIFIED));
    let cookie = format!("cookie: {}", site.cookie);
    let answer = site.ask(&["GET /a.js", &cookie, &since]).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let answer = site.ask(&["GET /a.js", &cookie, "range: bytes=4-4"]).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::PARTIAL_CONTENT, "a"));
}

#[tokio::test]
async fn a_head_request_gets_the_headers_alone() {
    let site = Site::new();
    let cookie = format!("cookie: {}", site.cookie);
    for path in ["/", "/a.js", "/none", "/_exciton/electron.js", "/_exciton/boot"] {
        let (head, get) =
            (site.ask(&[&format!("HEAD {path}"), &cookie]).await, site.get(path).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header(header::CONTENT_TYPE), get.header(header::CONTENT_TYPE), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_hidden_is_not_found() {
    let site = Site::new();
    for path in [
        "/none",
        "/.env",
        "/%2e%2e/x",
        "/..%2f..%2fetc/passwd",
        "/_exciton/none",
        "/_exciton",
        "/ui/none/",
        "//",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains("Not there"), "{path}");
        let folder = site.folder.path().display().to_string();
        assert!(!answer.text.contains(&folder), "{path}");
    }
}

#[tokio::test]
async fn without_a_start_page_of_its_own_the_window_is_the_start_page() {
    let site = Site::new();
    fs::remove_file(site.folder.path().join("index.html")).unwrap();
    assert_eq!(site.get("/").await.status, StatusCode::NOT_FOUND);
    site.state.set_start_page(Landing { path: "ui/index.html".into(), tab: None });
    let answer = site.get("/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("location.replace(\"./ui/index.html\")"), "{}", answer.text);
}

#[tokio::test]
async fn embedded_files_are_served_like_those_of_a_folder() {
    static DIR: include_dir::Dir<'_> =
        include_dir::include_dir!("$CARGO_MANIFEST_DIR/src/server/assets");
    let site = Site::with(|config| config.files = Files::Embedded(DIR.clone()));
    let answer = site.get("/html.rs").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.text.as_bytes(), DIR.get_file("html.rs").unwrap().contents());
    let cookie = format!("cookie: {}", site.cookie);
    let known = format!("if-none-match: \"a\", W/{}", answer.header(header::ETAG));
    let again = site.ask(&["GET /html.rs", &cookie, &known]).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let part = site.ask(&["GET /html.rs", &cookie, "range: bytes=0-2"]).await;
    assert_eq!((part.status, part.text.as_str()), (StatusCode::PARTIAL_CONTENT, "//!"));
    assert!(part.header(header::CONTENT_RANGE).starts_with("bytes 0-2/"));
}

#[tokio::test]
async fn the_facts_come_with_the_script_the_module_and_alone() {
    let site = Site::new();
    let boot = site.get("/_exciton/boot").await;
    let facts: serde_json::Value = serde_json::from_str(&boot.text).unwrap();
    assert_eq!(facts["version"], 1);
    assert_eq!(facts["epoch"], "0000000000000abc");
    assert_eq!(facts["limits"]["windowPackets"], Limits::default().window_packets);
    assert_eq!(facts["base"], "/");
    for (path, kind) in [("/_exciton/electron.js", "script"), ("/_exciton/electron.mjs", "module")]
    {
        let answer = site.get(path).await;
        assert!(
            answer.text.contains(&format!("Symbol.for('exciton.boot')] ??= {};", boot.text)),
            "{}",
            answer.text
        );
        assert!(answer.text.ends_with(&format!("{kind}()")), "{}", answer.text);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
    }
}

#[tokio::test]
async fn what_pages_do_about_their_connection_comes_only_where_it_is_wanted() {
    let paths = ["/_exciton/electron.js", "/_exciton/electron.mjs"];
    let plain = Site::new();
    let banner = Site::with(|config| config.banner = true);
    let reload = Site::with(|config| config.reload = true);
    for path in paths {
        assert!(!plain.get(path).await.text.contains("attend();"), "{path}");
        for (site, fact) in [(&banner, "\"banner\":true"), (&reload, "\"reload\":true")] {
            let text = site.get(path).await.text;
            assert!(text.contains("attend();") && text.contains(fact), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn alive_says_nothing_but_that() {
    let answer = Site::new().get("/_exciton/alive").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn the_live_routes_stand_behind_the_same_guard() {
    let site = Site::new();
    let cookie = format!("cookie: {}", site.cookie);
    let sync = [
        "PUT /_exciton/sync",
        &cookie,
        "origin: http://127.0.0.1:8124",
        "x-exciton: 1",
        "content-type: application/json",
    ];
    assert_eq!(site.ask(&sync).await.text, "\"\"");
    let refused = site.ask(&sync[..4]).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(refused.header(header::CONTENT_TYPE), "application/json");
    assert!(
        refused.text.starts_with(r#"{"error":{"name":"NotLetIn","message":"#),
        "{}",
        refused.text
    );
    let refused = site.ask(&["POST /_exciton/sync", &cookie]).await;
    assert_eq!(
        (refused.status, refused.header(header::ALLOW)),
        (StatusCode::METHOD_NOT_ALLOWED, "PUT")
    );
    assert_eq!(site.ask(&["GET /_exciton/socket", &cookie]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_router_works_under_any_path_and_behind_layers() {
    let layer = || {
        middleware::from_fn(|request: axum::extract::Request, next: middleware::Next| {
            next.run(request)
        })
    };
    for site in [
        Site::nested("/sub", |router| Router::new().nest("/sub", router)),
        Site::nested("/sub", |router| Router::new().nest_service("/sub", router)),
        Site::nested("/sub", |router| {
            Router::new().nest("/sub", router.layer(layer())).layer(layer())
        }),
        Site::nested("/sub", |router| {
            Router::new().nest("/sub", router).fallback(|| async { "outer" })
        }),
        Site::nested("/a/sub", |router| {
            Router::new().nest("/a", Router::new().nest("/sub", router))
        }),
        Site::nested("/ann/app", |router| Router::new().nest("/{user}/app", router)),
        Site::nested("/ann/app", |router| Router::new().nest_service("/{user}/app", router)),
    ] {
        let page = site.get("/ui/").await;
        assert!(
            page.text.contains("<script src=\"../_exciton/electron.js\" nonce="),
            "{}: {}",
            site.mount,
            page.text
        );
        let start = site.get("/index.html").await;
        assert!(
            start.text.contains("<script src=\"_exciton/electron.js\" nonce="),
            "{}: {}",
            site.mount,
            start.text
        );
        let bare = site.get("").await;
        let last = site.mount.rsplit('/').next().unwrap();
        assert_eq!(
            (bare.status, bare.header(header::LOCATION)),
            (StatusCode::PERMANENT_REDIRECT, format!("./{last}/index.html").as_str()),
            "{}",
            site.mount
        );
        assert!(
            site.get("/_exciton/boot")
                .await
                .text
                .contains(&format!("\"base\":\"{}/\"", site.mount)),
            "{}",
            site.mount
        );
        assert_eq!(site.get("/_exciton/alive").await.status, StatusCode::NO_CONTENT);

        let cookie = format!("cookie: {}", site.cookie);
        let socket =
            site.ask(&["GET /_exciton/socket", &cookie, "origin: http://127.0.0.1:8124"]).await;
        assert_eq!(socket.text, format!("{:?}", site.mount));

        let ticket = site.state.invite(Landing::default()).unwrap().ticket;
        let enter = site.ask(&[&format!("GET /_exciton/enter/{}", ticket.as_str())]).await;
        assert!(enter.text.contains("location.replace(\"../../index.html\")"), "{}", enter.text);
        let set = enter.header(header::SET_COOKIE);
        assert!(
            set.starts_with(site.cookie.split('=').next().unwrap())
                && set.contains(&format!("; Path={}; ", site.mount)),
            "{set}"
        );
        assert_eq!(
            site.ask(&["GET /ui/"]).await.status,
            StatusCode::UNAUTHORIZED,
            "{}",
            site.mount
        );
    }
}

#[tokio::test]
async fn with_a_slash_at_its_end_the_mount_is_the_start_page_where_axum_asks_for_it() {
    for site in [
        Site::nested("/sub", |router| Router::new().nest_service("/sub", router)),
        Site::nested("/sub", |router| Router::new().nest("/sub/", router)),
    ] {
        assert!(site.get("/").await.text.contains("<script src=\"_exciton/electron.js\" nonce="));
        assert!(
            site.get("/ui/").await.text.contains("<script src=\"../_exciton/electron.js\" nonce=")
        );
    }
}

#[test]
fn an_invitation_without_an_address_says_how_to_name_one() {
    let renderer = Renderer { script: "", module: "", bridge: "", attendance: "" };
    let state = ServerState::new(
        Config { key: KeySource::Ephemeral, ..Config::default() },
        Epoch::from_bits(1),
        Limits::default(),
        renderer,
    )
    .unwrap();
    let error = state.invite(Landing::default()).unwrap_err();
    assert!(error.to_string().contains("App::origins"), "{error}");
    state.listening("0.0.0.0:9".parse().unwrap());
    assert!(
        state
            .invite(Landing::default())
            .unwrap()
            .url
            .starts_with("http://127.0.0.1:9/_exciton/enter/")
    );
}
