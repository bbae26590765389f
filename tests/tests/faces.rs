//! Several faces on one page: the classic script, the module and a Rust page's share one link.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, HostProcess, in_each_engine};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The folder of the pages.
const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/faces");

async fn host(pages: impl AsRef<Path>) -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page"])
        .arg(pages.as_ref())
        .env("E2E_EARLY", "2")
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn the_module_beside_the_classic_script_is_the_same_renderer_with_one_order() {
    in_each_engine(|engine| async move {
        let host = host(PAGES).await;
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
        let host = host(PAGES).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.new_tab().await.unwrap();
        browser.goto(&format!("{}/module.html", host.origin())).await.unwrap();
        browser.wait_until("window.heard?.includes('later')", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.ids").await.unwrap(), json!([2, 2]));
        assert_eq!(
            browser.eval("window.globals").await.unwrap(),
            json!(["undefined", "undefined"])
        );
        assert_eq!(
            browser.eval("window.heard").await.unwrap(),
            json!(["early 0", "early 1", "later"])
        );
    })
    .await;
}

#[tokio::test]
async fn a_rust_pages_face_shares_the_scripts_web_contents_and_its_order() {
    let pages = tempfile::tempdir().unwrap();
    std::fs::copy(Path::new(PAGES).join("rust.html"), pages.path().join("index.html")).unwrap();
    bundle_rust(&pages.path().join("beside"));
    let folder = pages.path().to_owned();
    in_each_engine(move |engine| {
        let folder = folder.clone();
        async move {
            let host = host(folder).await;
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(host.url()).await.unwrap();
            browser.wait_until("window.heard.includes('rust to all')", LIMIT).await.unwrap();
            browser.wait_until("window.rustId !== undefined", LIMIT).await.unwrap();
            assert_eq!(browser.eval("[scriptId, rustId]").await.unwrap(), json!([1, 1]));
            // Each message comes to both, before the next one to either.
            let heard = browser.eval("window.heard.slice(-2)").await.unwrap();
            assert_eq!(heard, json!(["script to all", "rust to all"]), "in {engine}");

            let notes = host.stdout().all();
            let notes: Vec<_> =
                notes.iter().filter_map(|line| line.strip_prefix("note 1 ")).collect();
            let numbers: Vec<_> = (0..18).map(|number| number.to_string()).collect();
            assert_eq!(notes, numbers, "in {engine}");
        }
    })
    .await;
}

/// Builds the page's Rust for browsers, with the tools that a page's author has.
fn bundle_rust(into: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "exciton-web", "--example", "beside"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    // Flags for the machine of the tests are none for a browser.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    assert!(cargo.status().unwrap().success(), "the page's Rust does not compile");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let wasm = target.join("wasm32-unknown-unknown/debug/examples/beside.wasm");
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(into).arg(wasm);
    assert!(bindgen.status().unwrap().success(), "wasm-bindgen made no bundle");
}
