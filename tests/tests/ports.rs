//! Message ports between pages and the main process, in real browsers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, Split, in_each_engine};
use serde_json::json;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/ports");

async fn open(engine: Engine) -> (HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", PAGES])
        .env("E2E_LIMITS", r#"{"graceClosed": 2000, "graceBye": 500}"#)
        .start()
        .await
        .unwrap();
    let browser = Browser::open(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("window.caseNames", LIMIT).await.unwrap();
    (host, browser)
}

#[tokio::test]
async fn each_case_of_a_page_is_as_in_electron() {
    in_each_engine(|engine| async move {
        let (_host, browser) = open(engine).await;
        let names = browser.eval("window.caseNames").await.unwrap();
        let mut failed = Vec::new();
        for name in names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
            browser.run_in_page(&format!("runCase('{name}')")).await.unwrap();
            let outcome = match browser.wait_until("window.outcome", LIMIT).await {
                Ok(_) => browser.eval("window.outcome").await.unwrap(),
                Err(error) => error.to_string().into(),
            };
            if outcome != "passed" {
                failed.push(format!("{engine}, {name}: {outcome}"));
            }
        }
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn case_35_a_port_of_one_page_is_forwarded_to_another() {
    in_each_engine(|engine| async move {
        let (_host, browser) = open(engine).await;
        let (first, page) = (browser.tab().await.unwrap(), browser.url().await.unwrap());
        let second = browser.new_tab().await.unwrap();
        browser.goto(&page).await.unwrap();
        browser.wait_until("window.caseNames", LIMIT).await.unwrap();
        let takes = "ipcRenderer.on('port', ({ ports }) => {
            window.got = [];
            ports[0].onmessage = ({ data }) => { got.push(data); ports[0].postMessage(`heard ${data}`); };
        });
        ipcRenderer.send('port-here')";
        browser.run_in_page(takes).await.unwrap();
        browser.switch_to(&first).await.unwrap();
        let sends = "window.heard = [];
            window.mine = new MessageChannel();
            mine.port1.onmessage = ({ data }) => heard.push(data);
            mine.port1.postMessage(1);
            ipcRenderer.postMessage('port-forward', null, [mine.port2]);
            mine.port1.postMessage(2)";
        browser.run_in_page(sends).await.unwrap();
        browser.wait_until("heard.length === 2", LIMIT).await.unwrap();
        browser.run_in_page("mine.port1.postMessage(3)").await.unwrap();
        browser.wait_until("heard.length === 3", LIMIT).await.unwrap();
        let heard = json!(["heard 1", "heard 2", "heard 3"]);
        assert_eq!(browser.eval("heard").await.unwrap(), heard, "{engine}");
        browser.switch_to(&second).await.unwrap();
        assert_eq!(browser.eval("got").await.unwrap(), json!([1, 2, 3]), "{engine}");
    })
    .await;
}

#[tokio::test]
async fn case_39_a_page_that_goes_closes_its_ports_and_crashes_nothing() {
    in_each_engine(|engine| async move {
        let (host, browser) = open(engine).await;
        keeps(&browser, &host, "c39").await;
        browser.run_in_page("mine.port1.onclose = () => ipcRenderer.send('never')").await.unwrap();
        browser.reload().await.unwrap();
        host.wait_line("closed c39", LIMIT).await.unwrap();
        browser.wait_until("window.caseNames", LIMIT).await.unwrap();
        keeps(&browser, &host, "again").await;
    })
    .await;
}

#[tokio::test]
async fn ports_go_on_over_a_cut_in_order() {
    in_each_engine(|engine| async move {
        let split = Split::start(None).await.unwrap();
        let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
        let command = command.args(["--no-open", "--page", PAGES]).arg("--origin");
        let host = command.arg(split.origin()).start().await.unwrap();
        split.set_host(host.address());
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(&host.url_at(&split.origin())).await.unwrap();
        browser.wait_until("window.caseNames", LIMIT).await.unwrap();
        let begin = "window.heard = [];
            window.mine = new MessageChannel();
            mine.port1.onmessage = ({ data }) => heard.push(data);
            ipcRenderer.postMessage('port-echo', 'x', [mine.port2])";
        browser.run_in_page(begin).await.unwrap();
        for round in 0..10 {
            let posts =
                format!("for (let i = 0; i < 20; i++) mine.port1.postMessage({round} * 20 + i)");
            browser.run_in_page(&posts).await.unwrap();
            split.sockets().cut();
            browser.run_in_page("mine.port1.postMessage('cut')").await.unwrap();
        }
        browser.wait_until("heard.length >= 210", LIMIT).await.unwrap();
        let numbers = browser.eval("heard.filter((one) => one !== 'cut')").await.unwrap();
        assert_eq!(numbers, json!((0..200).collect::<Vec<_>>()), "{engine}");
        assert_eq!(browser.eval("heard.length").await.unwrap(), 210, "{engine}");
    })
    .await;
}

#[tokio::test]
async fn a_host_that_quits_closes_the_ports_of_its_pages() {
    in_each_engine(|engine| async move {
        let (mut host, browser) = open(engine).await;
        keeps(&browser, &host, "kept").await;
        browser.run_in_page("mine.port1.onclose = () => (window.closed39 = true)").await.unwrap();
        host.interrupt();
        browser.wait_until("window.closed39", LIMIT).await.unwrap();
        assert!(host.wait_exit(LIMIT).await.unwrap().success(), "{engine}");
    })
    .await;
}

/// The page hands a port over, which the host keeps and listens to.
async fn keeps(browser: &Browser, host: &HostProcess, name: &str) {
    let script = format!(
        "window.mine = new MessageChannel();
        ipcRenderer.postMessage('port-keep', '{name}', [mine.port2]);
        ipcRenderer.invoke('port', 'listen', ['{name}'], null);
        ipcRenderer.invoke('port', 'start', ['{name}'], null);
        mine.port1.postMessage('here')"
    );
    browser.run_in_page(&script).await.unwrap();
    host.wait_line(&format!("port {name} "), LIMIT).await.unwrap();
}
