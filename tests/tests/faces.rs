//! Several faces on one page: the classic script, the module and a Rust page's share one link.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, HostProcess, in_each_engine};
use serde_json::json;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(30);

async fn host() -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", concat!(env!("CARGO_MANIFEST_DIR"), "/pages/faces")])
        .env("E2E_EARLY", "2")
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_module_beside_the_classic_script_is_the_same_renderer_with_one_order() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.heard.includes('module to both')", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.isSame").await.unwrap(), true);
        assert_eq!(browser.eval("window.ids").await.unwrap(), json!([1, 1, 1]));
        let heard = ["early 0", "early 1", "to both"]
            .map(|text| [format!("classic {text}"), format!("module {text}")]);
        assert_eq!(browser.eval("window.heard").await.unwrap(), json!(heard.as_flattened()));

        let notes = host.stdout().all();
        let notes: Vec<_> = notes.iter().filter_map(|line| line.strip_prefix("note 1 ")).collect();
        let numbers: Vec<_> = (0..30).map(|number| number.to_string()).collect();
        assert_eq!(notes[0], "classic at parse time");
        assert_eq!(notes[1..], numbers);
    })
    .await;
}

#[tokio::test]
async fn a_page_with_the_module_alone_needs_no_classic_script() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.new_tab().await.unwrap();
        browser.goto(&format!("{}/module.html", host.origin())).await.unwrap();
        browser.wait_until("window.heard?.includes('later')", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.ids").await.unwrap(), json!([2, 2]));
        assert_eq!(browser.eval("window.globals").await.unwrap(), json!(["undefined", "undefined"]));
        assert_eq!(browser.eval("window.heard").await.unwrap(), json!(["early 0", "early 1", "later"]));
    })
    .await;
}
