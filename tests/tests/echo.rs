//! The echo example: a main process to try any page with.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, HostCommand, HostProcess, binary, in_each_engine};
use serde_json::json;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn host() -> HostProcess {
    HostCommand::new(binary("echo").unwrap())
        .args(["--no-open", "--ephemeral", "--page"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/pages/echo"))
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn echo_gives_each_value_back_in_each_way_and_failures_say_what_they_are() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.done === true", LIMIT).await.unwrap();
        let seen = "[synced, repliesAfterSync, invoked, replied, after]";
        let expected = json!([true, 0, true, true, "still there"]);
        assert_eq!(browser.eval(seen).await.unwrap(), expected);
        let failed = "Error invoking remote method 'fail': Error: some error";
        assert_eq!(browser.eval("window.failed").await.unwrap(), failed);
        for name in ["panicked", "syncPanicked"] {
            let text = browser.eval(&format!("window.{name}")).await.unwrap();
            assert!(text.as_str().unwrap().contains("panic"), "{name}: {text}");
        }
        let lines = host.stdout().all();
        assert_eq!(lines[1..], [r#"[1,"two",{"three":[3]}]"#, "[]"]);
    })
    .await;
}

#[tokio::test]
async fn a_port_gives_back_what_it_gets_and_the_ports_that_come_with_it() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.done === true", LIMIT).await.unwrap();
        browser.run_in_page("echoAtPorts().then((seen) => (window.atPorts = seen))").await.unwrap();
        browser.wait_until("window.atPorts !== undefined", LIMIT).await.unwrap();
        let expected = json!({
            "replied": ["with a port", 0],
            "value": true,
            "there": "there",
            "back": "and back",
        });
        assert_eq!(browser.eval("window.atPorts").await.unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_more_than_may_wait_arrives_whole_and_in_order() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.done === true", LIMIT).await.unwrap();
        // 160 MB, while 64 MiB may wait.
        browser.run_in_page("ipcRenderer.send('flood', 1600, 100000)").await.unwrap();
        browser.wait_until("window.flood.count >= 1600", LIMIT).await.unwrap();
        let expected = json!({"count": 1600, "inOrder": true, "lengths": [100_000]});
        assert_eq!(browser.eval("window.flood").await.unwrap(), expected);

        browser.run_in_page("flood.count = 0; flood.lengths = []").await.unwrap();
        browser.run_in_page("ipcRenderer.send('flood', 50000, 0)").await.unwrap();
        browser.wait_until("window.flood.count >= 50000", LIMIT).await.unwrap();
        let expected = json!({"count": 50_000, "inOrder": true, "lengths": [0]});
        assert_eq!(browser.eval("window.flood").await.unwrap(), expected);
    })
    .await;
}
