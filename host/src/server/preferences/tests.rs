//! The rules by which pages get their preferences and their preload script, over whole requests.

#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use exciton_protocol::{Epoch, Limits};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::config::{Config, Files, KeySource};
use crate::secret::{Landing, unix_seconds};

/// Windows in tabs 1, 2, …, in the order of their preferences.
struct Fixed(Vec<Arc<WebPreferences>>);

impl Windows for Fixed {
    fn preferences_of(&self, tab: TabId) -> Option<Arc<WebPreferences>> {
        let mut tabs = (1..).map(TabId::from_bits).zip(&self.0);
        tabs.find_map(|(one, preferences)| (one == tab).then(|| preferences.clone()))
    }

    fn all_preferences(&self) -> Vec<Arc<WebPreferences>> {
        self.0.clone()
    }
}

struct Site {
    state: Arc<ServerState>,
    router: Router,
    cookie: String,
    folder: tempfile::TempDir,
}

impl Site {
    fn new(windows: impl IntoIterator<Item = WebPreferences>) -> Self {
        let folder = tempfile::Builder::new().prefix("preload").tempdir().unwrap();
        for (file, text) in [
            ("preload.js", "const a = 1; // the end"),
            ("other script.js", "\u{feff}#!/usr/bin/env node\nreturn"),
            ("module.html", "<script type=module>import '/_exciton/electron.mjs'</script>"),
        ] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        let config = Config {
            name: "test".into(),
            files: Files::Folder(folder.path().to_path_buf()),
            key: KeySource::Given([7; 32]),
            ..Config::default()
        };
        let renderer = crate::server::Renderer {
            script: "script()",
            module: "module()",
            bridge: "bridge();",
            attendance: "",
        };
        let epoch = Epoch::from_bits(0xabc);
        let state = ServerState::new(config, epoch, Limits::default(), renderer).unwrap();
        state.listening("127.0.0.1:8124".parse().unwrap());
        let windows = windows.into_iter().map(Arc::new).collect();
        state.preferences.set_windows(Arc::new(Fixed(windows)));
        let state = Arc::new(state);
        let cookie =
            format!("exciton-8124={}", state.cookies.issue(false, unix_seconds()).unwrap());
        let router = crate::server::router(state.clone(), Router::new());
        Self { router, cookie, folder, state }
    }

    fn starts_in(self, tab: u128) -> Self {
        let landing = Landing { path: "index.html".into(), tab: Some(TabId::from_bits(tab)) };
        self.state.set_start_page(landing);
        self
    }

    async fn ask(&self, path: &str, cookie: &str) -> (StatusCode, String) {
        let request = Request::builder().uri(path).header("host", "127.0.0.1:8124");
        let request = request.header("cookie", cookie).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        if status == StatusCode::OK && path.starts_with("/_exciton/") {
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        }
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> String {
        let (status, text) = self.ask(path, &self.cookie).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// What every page is told with the script.
    async fn common(&self) -> Value {
        let facts: Value = serde_json::from_str(&self.get("/_exciton/boot").await).unwrap();
        facts["preferences"].clone()
    }

    /// What the page in a tab is told when it asks.
    async fn of(&self, query: &str) -> Value {
        serde_json::from_str(&self.get(&format!("/_exciton/preferences{query}")).await).unwrap()
    }
}

fn tab(bits: u128) -> String {
    format!("?tab={}", TabId::from_bits(bits))
}

fn preload(script: &str) -> WebPreferences {
    WebPreferences::new().preload(script)
}

fn files(told: &Value) -> &Value {
    &told["preload"]["file"]
}

#[tokio::test]
async fn the_bridge_comes_before_the_renderer_only_where_a_window_has_a_preload_script() {
    let with = Site::new([preload("preload.js")]).starts_in(1);
    let text = with.get("/_exciton/electron.js").await;
    assert!(text.ends_with("bridge();script()"), "{text}");
    let without = Site::new([WebPreferences::new()]).starts_in(1);
    let text = without.get("/_exciton/electron.js").await;
    assert!(text.ends_with("script()") && !text.contains("bridge();"), "{text}");
}

#[tokio::test]
async fn an_application_without_preload_scripts_leaves_the_defaults_to_its_pages() {
    let plain = json!({"contextIsolation": false, "nodeIntegration": null, "preload": null});
    assert_eq!(Site::new([]).common().await, plain);
    assert_eq!(Site::new([WebPreferences::new()]).starts_in(1).common().await, plain);
    assert!(!Site::new([]).get("/module.html").await.contains("electron.js"));
}

#[tokio::test]
async fn if_all_windows_have_the_same_preferences_the_script_brings_them() {
    let site = Site::new([preload("preload.js"), preload("preload.js")]).starts_in(2);
    let told = site.common().await;
    assert_eq!((&told["contextIsolation"], files(&told)), (&json!(true), &json!("/preload.js")));
    let script = site.get("/_exciton/electron.js").await;
    assert!(script.contains("\"contextIsolation\":true"), "{script}");
    assert!(script.contains(told["preload"]["url"].as_str().unwrap()), "{script}");
    assert!(site.get("/module.html").await.contains("_exciton/electron.js"));
}

#[tokio::test]
async fn if_windows_differ_each_page_asks_for_those_of_its_tab() {
    let open = preload("other script.js").context_isolation(false).node_integration(true);
    let site = Site::new([preload("preload.js"), open]).starts_in(1);
    assert_eq!(site.common().await, Value::Null);
    let first = site.of(&tab(1)).await;
    assert_eq!((files(&first), &first["contextIsolation"]), (&json!("/preload.js"), &json!(true)));
    let second = site.of(&tab(2)).await;
    assert_eq!(files(&second), &json!("/other script.js"));
    assert_eq!(second["contextIsolation"], json!(false));
    assert_eq!(second["nodeIntegration"], json!(true));
}

#[tokio::test]
async fn a_page_of_no_window_has_those_of_the_window_at_the_start_address() {
    let site = Site::new([preload("preload.js"), preload("other script.js")]).starts_in(2);
    for query in ["", "?tab=", "?tab=nonsense", &tab(7)] {
        assert_eq!(files(&site.of(query).await), &json!("/other script.js"), "{query}");
    }
}

#[tokio::test]
async fn a_script_is_served_as_a_function_of_its_own_by_a_name_that_says_no_path() {
    let site = Site::new([preload("preload.js"), preload("other script.js")]).starts_in(1);
    let url = site.of(&tab(1)).await["preload"]["url"].as_str().unwrap().to_owned();
    let script = site.get(&format!("/_exciton/{url}")).await;
    assert!(url.ends_with("/preload.js"), "{url}");
    assert_eq!(script.lines().count(), 2, "{script}");
    assert!(script.ends_with("__dirname) {const a = 1; // the end\n});\n"), "{script}");

    let url = site.of(&tab(2)).await["preload"]["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("/other%20script.js"), "{url}");
    let script = site.get(&format!("/_exciton/{url}")).await;
    assert!(script.contains("__dirname) {//#!/usr/bin/env node\nreturn\n});"), "{script}");
}

#[tokio::test]
async fn a_script_that_is_gone_or_no_windows_says_so_and_names_no_path() {
    let site = Site::new([preload("preload.js")]).starts_in(1);
    let url = site.common().await["preload"]["url"].as_str().unwrap().to_owned();
    std::fs::remove_file(site.folder.path().join("preload.js")).unwrap();
    let gone = site.get(&format!("/_exciton/{url}")).await;
    assert!(gone.contains("?.(null, \"the main process can't read it"), "{gone}");
    assert!(!gone.contains(&site.folder.path().display().to_string()), "{gone}");
    let unknown = site.get("/_exciton/preload/00/preload.js").await;
    assert!(unknown.contains("?.(null, \"no window has it"), "{unknown}");
}

#[tokio::test]
async fn strangers_get_neither_preferences_nor_scripts() {
    let site = Site::new([preload("preload.js")]).starts_in(1);
    let url = site.common().await["preload"]["url"].as_str().unwrap().to_owned();
    for path in ["/_exciton/preferences".to_owned(), format!("/_exciton/{url}")] {
        let (_, text) = site.ask(&path, "").await;
        assert!(
            !text.contains("const a = 1") && !text.contains("contextIsolation"),
            "{path}: {text}"
        );
    }
}
