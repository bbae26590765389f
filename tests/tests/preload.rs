//! Preload scripts: they run before the page's own, and the page sees what they expose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{
    Browser, HostCommand, HostProcess, PATIENT, Proxy, TrunkServe, in_each_engine, run_plain,
};
use serde_json::json;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/preload");

fn command(preferences: &str) -> HostCommand {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .pages("preload")
        .limits(PATIENT)
        .env("E2E_PREFERENCES", preferences)
}

async fn host(preferences: &str) -> HostProcess {
    command(preferences).start().await.unwrap()
}

/// The page of `preload.js` calls in each way, and is `id`.
async fn works(browser: &Browser, id: u64) {
    browser.wait_until(&format!("window.id === {id}"), LIMIT).await.unwrap();
    browser.wait_until("window.pushed.includes('to the page')", LIMIT).await.unwrap();
    let first = browser.eval("window.first").await.unwrap();
    let nothing = "undefined";
    assert_eq!(first, json!(["object", nothing, nothing, nothing, nothing, nothing]));
}

#[tokio::test]
async fn the_page_of_a_preload_script_sees_what_it_exposes_and_no_more() {
    in_each_engine(|engine| async move {
        let host = host(r#"{"preload":"preload.js"}"#).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        works(&browser, 1).await;
        host.wait_line("note 1 from the page", LIMIT).await.unwrap();
        let about = browser.eval("window.api.about").await.unwrap();
        let expected =
            json!({"type": "renderer", "isolated": true, "file": "/preload.js", "folder": "/"});
        assert_eq!(about, expected);
        let versions = "[...document.querySelectorAll('span')].map((span) => span.innerText)";
        let release = env!("CARGO_PKG_VERSION");
        assert_eq!(browser.eval(versions).await.unwrap(), json!([release, release, "undefined"]));
        let frozen = "Object.isFrozen(api) && Object.isFrozen(api.about)";
        assert_eq!(browser.eval(frozen).await.unwrap(), json!(true));

        browser.reload().await.unwrap();
        works(&browser, 1).await;
        // A bookmark in a second tab is a page of no window.
        browser.new_tab().await.unwrap();
        browser.goto(&host.origin()).await.unwrap();
        works(&browser, 2).await;
    })
    .await;
}

#[tokio::test]
async fn two_windows_have_two_preload_scripts_and_their_duplicates_too() {
    in_each_engine(|engine| async move {
        let host = host(r#"{"preload":"preload.js"}"#).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        works(&browser, 1).await;
        let first = browser.tab().await.unwrap();
        let open = "api.openWindow('/second.html', {preload: 'second.js'}).then((id) => (window.opened = id))";
        browser.run_in_page(open).await.unwrap();
        browser.wait_until("window.opened === 2", LIMIT).await.unwrap();

        // The printed address leads to the window that was opened last.
        browser.new_tab().await.unwrap();
        browser.goto(host.url()).await.unwrap();
        let second = json!(["undefined", "object"]);
        browser.wait_until("window.id === 2", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.seen").await.unwrap(), second);
        browser.reload().await.unwrap();
        browser.wait_until("window.id === 2", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.seen").await.unwrap(), second);

        browser.switch_to(&first).await.unwrap();
        browser.reload().await.unwrap();
        works(&browser, 1).await;

        // A duplicated tab begins with a copy of the storage.
        let storage = browser.eval("JSON.stringify({...sessionStorage})").await.unwrap();
        browser.new_tab().await.unwrap();
        browser.goto(&host.origin()).await.unwrap();
        browser.wait_until("document.title === 'preload'", LIMIT).await.unwrap();
        let copy = format!("Object.assign(sessionStorage, JSON.parse({storage}))");
        browser.run_in_page(&format!("{copy}; delete window.id; location.reload()")).await.unwrap();
        works(&browser, 4).await;
        browser.reload().await.unwrap();
        works(&browser, 4).await;
    })
    .await;
}

#[tokio::test]
async fn without_isolation_the_script_leaves_on_window_what_it_likes() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        for (integrated, seen) in [
            ("null", json!(["undefined", "object", "undefined", "undefined"])),
            ("true", json!(["undefined", "object", "function", "object"])),
        ] {
            let host = host(&format!(
                r#"{{"preload":"open.js","contextIsolation":false,"nodeIntegration":{integrated}}}"#
            ))
            .await;
            // Its start page has no api; the one that is asked for here does.
            browser.goto(host.url()).await.unwrap();
            browser.wait_until("document.title === 'preload'", LIMIT).await.unwrap();
            browser.goto(&format!("{}/open.html", host.origin())).await.unwrap();
            browser.wait_until("window.id === 1", LIMIT).await.unwrap();
            assert_eq!(browser.eval("window.seen").await.unwrap(), seen);
            let preload = "[preload.isolated, preload.error]";
            let sentence = "contextBridge API can only be used when contextIsolation is enabled";
            assert_eq!(browser.eval(preload).await.unwrap(), json!([false, sentence]));
        }
    })
    .await;
}

#[tokio::test]
async fn frames_modules_and_strict_policies_change_nothing() {
    in_each_engine(|engine| async move {
        let host = host(r#"{"preload":"preload.js"}"#).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        works(&browser, 1).await;

        browser.goto(&format!("{}/frames.html", host.origin())).await.unwrap();
        browser.wait_until("window[0]?.seen !== undefined", LIMIT).await.unwrap();
        let seen = browser.eval("[window.own, ...window[0].seen]").await.unwrap();
        assert_eq!(seen, json!(["object", "undefined", "undefined", "undefined"]));

        browser.goto(&format!("{}/module.html", host.origin())).await.unwrap();
        browser.wait_until("window.imported !== undefined", LIMIT).await.unwrap();
        let seen = browser.eval("[window.own, window.imported]").await.unwrap();
        let refused = "This window keeps its page apart from electron: what its preload script exposes is on window";
        assert_eq!(seen, json!(["object", refused]));

        browser.goto(&format!("{}/policy.html", host.origin())).await.unwrap();
        browser.wait_until("window.evaluated !== undefined", LIMIT).await.unwrap();
        let seen = browser.eval("[...window.seen, window.evaluated]").await.unwrap();
        assert_eq!(seen, json!(["object", "undefined", "EvalError"]));
    })
    .await;
}

#[tokio::test]
async fn a_script_that_is_none_or_throws_is_named_and_stops_nothing_else() {
    in_each_engine(|engine| async move {
        for (script, page, error) in [
            ("broken.js", "undefined undefined", "SyntaxError: "),
            ("throws.js", "object undefined", "RangeError: thrown by the preload script"),
        ] {
            let pages = tempfile::tempdir().unwrap();
            let from = std::path::Path::new(PAGES);
            std::fs::copy(from.join("still.html"), pages.path().join("index.html")).unwrap();
            let preload = json!({ "preload": from.join(script) }).to_string();
            let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
                .args(["--no-open", "--page"])
                .arg(pages.path())
                .env("E2E_PREFERENCES", preload);
            let host = command.clone().start().await.unwrap();
            let goes_on = format!("the page goes on: {page}");
            let complete = |lines: &[String]| lines.contains(&goes_on);
            let console = run_plain(engine, host.url(), complete, LIMIT).await.unwrap();
            let named = format!("error: Unable to load preload script: /{script}");
            let at = console.iter().position(|line| *line == named);
            // The error itself is next.
            let next = at.and_then(|at| console.get(at + 1)).map(String::as_str);
            assert!(next.is_some_and(|line| line.starts_with("error: ")), "{engine}: {console:?}");

            // The browser above has gone with its lines, perhaps before the page could tell.
            let host = command.start().await.unwrap();
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(host.url()).await.unwrap();
            let told = format!("preload error /{script} {error}");
            host.wait_line(&told, LIMIT).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_window_whose_preload_script_is_not_there_does_not_open() {
    let mut host = host(r#"{"preload":"none.js"}"#).await;
    assert!(!host.wait_exit(LIMIT).await.unwrap().success());
    let named = format!("{PAGES}/none.js");
    let said = |lines: &[String]| lines.iter().any(|line| line.contains(&named)).then_some(());
    host.stderr().wait(&named, LIMIT, said).await.unwrap();
}

#[tokio::test]
async fn the_page_of_a_development_server_has_the_preload_script_too() {
    let read = |name: &str| std::fs::read_to_string(format!("{PAGES}/{name}")).unwrap();
    let script = "<title>preload</title><script src=\"_exciton/electron.js\"></script>";
    let renderer = format!("<script>{}</script>", read("renderer.js"));
    let page = read("index.html")
        .replace("<title>preload</title>", script)
        .replace("<script src=\"renderer.js\"></script>", &renderer);
    assert!(page.contains(script) && page.contains(&renderer));
    in_each_engine(move |engine| {
        let page = page.clone();
        async move {
            let proxy = Proxy::start(None).await.unwrap();
            let trunk = TrunkServe::start(&page, proxy.address()).await.unwrap();
            let command = command(r#"{"preload":"preload.js"}"#);
            let host = command.args(["--origin", trunk.origin()]).start().await.unwrap();
            proxy.set_host(host.address());
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(&host.url_at(trunk.origin())).await.unwrap();
            works(&browser, 1).await;
            browser.reload().await.unwrap();
            works(&browser, 1).await;
        }
    })
    .await;
}
