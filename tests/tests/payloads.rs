//! Payloads of every size around the wire's bounds, as text, bytes and objects, by every way there is, and back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, in_each_engine};
use serde_json::Value;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(180);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/payloads");

/// In units of text, bytes, or units of an object's JSON: around 64 KiB, and of one part and of several.
const SIZES: [u32; 7] = [0, 1, 65_535, 65_536, 65_537, 262_147, 3_145_729];

/// Four forms, three ways.
const EACH: usize = 12;

async fn open(engine: Engine) -> (HostProcess, Browser) {
    let program = env!("CARGO_BIN_EXE_e2e-host");
    let command = HostCommand::new(program).args(["--no-open", "--ephemeral", "--page", PAGES]);
    let host = command.start().await.unwrap();
    let browser = Browser::open_unwatched(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("document.title === 'payloads'", LIMIT).await.unwrap();
    (host, browser)
}

async fn outcome(browser: &Browser, script: &str) -> Value {
    browser.run_in_page(&format!("delete window.outcome; {script}")).await.unwrap();
    browser.wait_until("window.outcome !== undefined", LIMIT).await.unwrap();
    let outcome = browser.eval("window.outcome").await.unwrap();
    assert_eq!(outcome["failed"], Value::Null, "{script}");
    outcome
}

#[tokio::test]
async fn every_form_and_size_comes_back_as_it_went_by_every_way() {
    in_each_engine(|engine| async move {
        let (_host, browser) = open(engine).await;
        let outcome = outcome(&browser, &format!("run({SIZES:?})")).await;
        eprintln!("payloads in {engine}, the slowest in ms: {}", outcome["slowest"]);
        assert_eq!(outcome["compared"], EACH * SIZES.len());
    })
    .await;
}

#[tokio::test]
async fn sixty_four_megabytes_come_back_under_the_limits_that_are_default() {
    in_each_engine(|engine| async move {
        let (_host, browser) = open(engine).await;
        for way in ["invoke", "send"] {
            let outcome = outcome(&browser, &format!("runBuffer({}, '{way}')", 64 << 20)).await;
            eprintln!("64 MiB by {way} in {engine}: {} ms", outcome["took"]);
        }
    })
    .await;
}

#[tokio::test]
async fn bytes_go_as_they_were_when_they_were_given() {
    in_each_engine(|engine| async move {
        let (_host, browser) = open(engine).await;
        for size in [1_000, 300_000, 600_000, 3 << 20] {
            let outcome = outcome(&browser, &format!("runChanged({size}, 6)")).await;
            assert_eq!(outcome["compared"], 12);
        }
    })
    .await;
}
