//! The development loop: the page comes from `trunk serve`, which hands what it asks of the host on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::Duration;

use exciton_e2e::{
    Browser, HostCommand, HostProcess, PATIENT, PageServer, Proxy, TrunkServe, binary,
    in_each_engine, run_plain,
};
use serde_json::json;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder of the tutorial's page.
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/electron-tutorial/ui");

/// What the host puts into the pages that it serves, and a page of Trunk's has itself.
const SCRIPT: &str = "<script src=\"_exciton/electron.js\"></script>";

/// Trunk needs the host's address, and the host needs Trunk's: a proxy between them has one before either.
struct Development {
    trunk: TrunkServe,
    host: HostProcess,
    _proxy: Proxy,
}

impl Development {
    async fn start(program: &Path, page: &str) -> Self {
        let proxy = Proxy::start(None).await.unwrap();
        let trunk = TrunkServe::start(page, proxy.address()).await.unwrap();
        let command = HostCommand::new(program).args(["--no-open", "--origin", trunk.origin()]);
        // The tests' own host hears of it; the tutorial's knows no such thing.
        let command = command.limits(PATIENT);
        let host = command.start().await.unwrap();
        proxy.set_host(host.address());
        Self { trunk, host, _proxy: proxy }
    }

    /// The way in, at Trunk's address.
    fn url(&self) -> String {
        self.host.url_at(self.trunk.origin())
    }
}

#[tokio::test]
async fn the_tutorials_page_works_through_trunk_serve() {
    let program = binary("electron-tutorial").unwrap();
    let page = std::fs::read_to_string(Path::new(UI).join("index.html")).unwrap();
    let page = page.replace("</title>", &format!("</title>{SCRIPT}"));
    assert!(page.contains(SCRIPT));
    in_each_engine(move |engine| {
        let (program, page) = (program.clone(), page.clone());
        async move {
            let development = Development::start(&program, &page).await;
            let complete = |lines: &[String]| said(lines).len() >= 2;
            let console = run_plain(engine, &development.url(), complete, LIMIT).await.unwrap();
            assert_eq!(said(&console), ["sync pong", "async pong"]);
            let stdout = development.host.stdout();
            let both = |lines: &[String]| {
                said(lines).last().is_some_and(|line| line == "async ping").then_some(())
            };
            stdout.wait("async ping", LIMIT, both).await.unwrap();
            assert_eq!(said(&stdout.all()), ["sync ping", "async ping"]);
        }
    })
    .await;
}

#[tokio::test]
async fn each_way_to_come_through_trunk_goes_on_or_says_what_to_do() {
    let program = Path::new(env!("CARGO_BIN_EXE_e2e-host")).to_owned();
    let script = include_str!("../pages/tabs/page.js");
    let page = format!("<!doctype html><title>first page</title>{SCRIPT}<script>{script}</script>");
    in_each_engine(move |engine| {
        let (program, page) = (program.clone(), page.clone());
        async move {
            let mut development = Development::start(&program, &page).await;
            let plain = format!("{}/", development.trunk.origin());
            let [browser, other] = Browser::open_all([engine, engine]).await.unwrap();

            browser.goto(&development.url()).await.unwrap();
            goes_on(&browser, 1).await;
            browser.reload().await.unwrap();
            goes_on(&browser, 1).await;
            browser.goto("about:blank").await.unwrap();
            browser.back().await.unwrap();
            goes_on(&browser, 1).await;

            // A bookmark in a second tab; a browser that has not come in.
            let first = browser.tab().await.unwrap();
            browser.new_tab().await.unwrap();
            browser.goto(&plain).await.unwrap();
            goes_on(&browser, 2).await;
            browser.switch_to(&first).await.unwrap();
            goes_on(&browser, 1).await;

            // A duplicated tab has the first one's storage, and a document before that was not its own.
            let storage = browser.eval("JSON.stringify({...sessionStorage})").await.unwrap();
            browser.new_tab().await.unwrap();
            browser.goto(&plain).await.unwrap();
            goes_on(&browser, 3).await;
            let copy = format!("Object.assign(sessionStorage, JSON.parse({storage}))");
            browser
                .run_in_page(&format!("{copy}; window.id = 0; location.reload()"))
                .await
                .unwrap();
            goes_on(&browser, 4).await;

            // A link that is followed from another site.
            let link = format!("<title>elsewhere</title><a href=\"{plain}\">there</a>");
            let elsewhere = PageServer::start(&[("/", &link)]).await.unwrap();
            browser.new_tab().await.unwrap();
            let url = elsewhere.url("/").replace("127.0.0.1", "localhost");
            browser.goto(&url).await.unwrap();
            browser.run_in_page("document.querySelector('a').click()").await.unwrap();
            goes_on(&browser, 5).await;
            browser.switch_to(&first).await.unwrap();
            goes_on(&browser, 1).await;

            other.goto(&plain).await.unwrap();
            other.wait_until("document.title === 'Come in'", LIMIT).await.unwrap();
            let told = "document.body.innerText.includes('press Enter in the terminal')";
            assert_eq!(other.eval(told).await.unwrap(), json!(true));

            development.host.kill();
            development.host.restart().await.unwrap();
            browser.wait_until("window.lost.length > 0", LIMIT).await.unwrap();
            let asked = "(call('again', 'who'), true)";
            assert_eq!(browser.eval(asked).await.unwrap(), json!(true));
            browser.wait_until("window.calls.again?.value > 0", LIMIT).await.unwrap();
        }
    })
    .await;
}

/// The page calls in both ways, and is `id`.
async fn goes_on(browser: &Browser, id: u64) {
    browser.wait_until(&format!("window.id === {id}"), LIMIT).await.unwrap();
    browser.run_in_page("window.synced = ipcRenderer.sendSync('who-sync')").await.unwrap();
    assert_eq!(browser.eval("window.synced").await.unwrap(), json!(id));
}

/// Without what Trunk's own script says of its socket, and the host of its addresses.
fn said(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line.ends_with(" pong") || line.ends_with(" ping"))
        .cloned()
        .collect()
}
