//! Electron's own cases for its inter-process communication, by their numbers. `cases.txt` says for each which test it is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ops::RangeInclusive;
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

/// What is not there in a browser, and so has no test.
const ABSENT: &str = "absent:";

#[test]
fn each_case_has_a_test_or_says_why_it_has_none() {
    let table = read("tests/cases.txt").unwrap();
    assert_eq!(complaints(&table, 1..=81, read), Vec::<String>::new());
}

fn read(path: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join(path)).ok()
}

/// What is wrong with a table of `number file::test file::test …` or `number absent: reason`. `read` gives a file's text.
fn complaints(
    table: &str,
    wanted: RangeInclusive<u32>,
    read: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut numbers = Vec::new();
    for line in table.lines() {
        let (number, tests) = line.split_once(' ').unwrap_or((line, ""));
        numbers.push(number.parse::<u32>().unwrap_or_default());
        if let Some(why) = tests.strip_prefix(ABSENT) {
            if why.trim().len() <= 20 {
                found.push(format!("{line}: say what happens instead"));
            }
            continue;
        }
        if tests.trim().is_empty() {
            found.push(format!("{line}: no test"));
        }
        for test in tests.split_whitespace() {
            let is_there = test.split_once("::").is_some_and(|(file, name)| {
                read(file).is_some_and(|text| {
                    if file.ends_with(".rs") {
                        tests_rust(&text, name)
                    } else {
                        tests_js(&text, name)
                    }
                })
            });
            if !is_there {
                found.push(format!("{line}: {test} is not there, or is no test"));
            }
        }
    }
    if !numbers.iter().copied().eq(wanted.clone()) {
        found.push(format!("each number of {wanted:?} once, in order: {numbers:?}"));
    }
    found
}

/// A function that is a test, or carries one: an example that must not compile.
fn tests_rust(text: &str, name: &str) -> bool {
    let start = format!("fn {name}(");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|line| line.contains(&start)) else { return false };
    let above = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with("///") || line.starts_with('#'));
    let marks = ["#[test]", "#[tokio::test", "/// ```compile_fail"];
    above.into_iter().any(|line| marks.iter().any(|mark| line.starts_with(mark)))
}

/// A method of a page's cases, or a name in quotation marks with a function.
fn tests_js(text: &str, name: &str) -> bool {
    [format!("async {name}("), format!("'{name}'(")].iter().any(|start| text.contains(start))
}

#[test]
fn a_table_with_a_mistake_is_complained_of() {
    let files = |path: &str| {
        match path {
        "a.rs" => Some(
            "#[test]\nfn tested() {}\n\nfn helper() {}\n\n#[tokio::test]\nasync fn later() {}\n\n\
             /// ```compile_fail\n/// f();\n/// ```\nfn refused() {}\n\n/// ```\n/// f();\n/// ```\nfn compiles() {}"
                .to_owned(),
        ),
        "a.js" => Some("const cases = { async tested() {}, 'quoted'() {} };".to_owned()),
        _ => None,
    }
    };
    let count = |table: &str| complaints(table, 1..=2, files).len();
    assert_eq!(count("1 a.rs::tested a.js::tested\n2 a.rs::later"), 0);
    assert_eq!(count("1 a.rs::refused\n2 a.js::quoted"), 0);
    assert_eq!(count("1 a.rs::tested\n2 absent: a browser has no such thing"), 0);
    for wrong in [
        "a.rs::helper",
        "a.rs::compiles",
        "a.rs::test",
        "a.js::helper",
        "b.rs::tested",
        "tested",
        "",
        "absent:",
        "absent: short",
        "a.rs::tested a.rs::helper",
    ] {
        assert_eq!(count(&format!("1 a.rs::tested\n2 {wrong}")), 1, "{wrong}");
    }
    for numbers in
        ["1 a.rs::tested", "1 a.rs::tested\n3 a.rs::tested", "2 a.rs::tested\n1 a.rs::tested"]
    {
        assert_eq!(count(numbers), 1, "{numbers}");
    }
}
