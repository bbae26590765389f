//! Electron's own cases for its inter-process communication, by their numbers. `cases.txt` says for each which test it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::Duration;

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, in_each_engine};
use serde_json::Value;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/electron_ipc");

async fn host() -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", PAGES])
        .env("E2E_LIMITS", "{\"graceClosed\": 500, \"graceLost\": 500, \"graceBye\": 500}")
        .start()
        .await
        .unwrap()
}

async fn open(engine: Engine, host: &HostProcess) -> Browser {
    let browser = Browser::open(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("window.runCases !== undefined", LIMIT).await.unwrap();
    browser
}

#[tokio::test]
async fn every_case_of_the_page_passes() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = open(engine, &host).await;
        // In a task of the page's own, as its other scripts run.
        browser.run_in_page("setTimeout(() => runCases())").await.unwrap();
        browser.wait_until("window.results !== undefined", LIMIT).await.unwrap();
        let results = browser.eval("window.results").await.unwrap();
        let results = results.as_object().unwrap();
        let failed: Vec<(&String, &Value)> =
            results.iter().filter(|(_, result)| *result != "passed").collect();
        assert!(failed.is_empty(), "in {engine}: {failed:#?}");
        assert!(results.len() >= 24, "only {} cases", results.len());
    })
    .await;
}

#[tokio::test]
async fn case_01_a_page_that_ends_while_it_waits_for_an_answer_crashes_nothing() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = open(engine, &host).await;
        browser
            .run_in_page("setTimeout(() => require('electron').ipcRenderer.sendSync('sync-never'))")
            .await
            .unwrap();
        host.wait_line("sync-never was called", LIMIT).await.unwrap();
        // It is killed, blocked as it is.
        drop(browser);
        host.wait_line("all closed", LIMIT).await.unwrap();
        let mut host = host;
        host.restart().await.unwrap();
        let browser = open(engine, &host).await;
        let answer = "require('electron').ipcRenderer.sendSync('echo-sync', 'alive')";
        assert_eq!(browser.eval(answer).await.unwrap(), "alive");
    })
    .await;
}

/// The cases of message ports.
const TO_COME: [u32; 36] = [
    30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
    54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 66, 74,
];

/// What is not there in a browser, and so has no test.
const ABSENT: &str = "absent:";

#[test]
fn each_case_has_a_test_or_says_why_it_has_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("cases.txt")).unwrap();
    let mut numbers = Vec::new();
    for line in table.lines() {
        let (number, tests) = line.split_once(' ').unwrap();
        numbers.push(number.parse::<u32>().unwrap());
        if let Some(why) = tests.strip_prefix(ABSENT) {
            assert!(why.trim().len() > 20, "{line}: say what happens instead");
            continue;
        }
        for test in tests.split_whitespace() {
            let (file, name) = test.split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join("..").join(file));
            let text = text.unwrap_or_else(|error| panic!("{line}: {file}: {error}"));
            let is_there = [format!("fn {name}("), format!("async {name}("), format!("'{name}'(")];
            assert!(is_there.iter().any(|start| text.contains(start)), "{line}: no {name}");
        }
    }
    let all: Vec<u32> = (1..=81).filter(|number| !TO_COME.contains(number)).collect();
    assert_eq!(numbers, all, "each number once, in order");
}
