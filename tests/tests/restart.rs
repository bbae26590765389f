//! A host that is killed and started again on its port: open pages find it again, and nothing runs twice.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, HostProcess, in_each_engine};
use serde_json::{Value, json};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn host() -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", concat!(env!("CARGO_MANIFEST_DIR"), "/pages/tabs")])
        .start()
        .await
        .unwrap()
}

/// A browser with a page that has been in contact, and is the same document ever after.
async fn page(engine: exciton_e2e::Engine, host: &HostProcess) -> Browser {
    let browser = Browser::open(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("window.id === 1", LIMIT).await.unwrap();
    browser.run_in_page("window.sameDocument = true").await.unwrap();
    browser
}

/// Lets the page call the host, and returns what it has in the end: `{value}` or `{error, code, mayHaveRun}`.
async fn outcome(browser: &Browser, name: &str) -> Value {
    browser.wait_until(&format!("window.calls.{name}"), LIMIT).await.unwrap();
    browser.eval(&format!("window.calls.{name}")).await.unwrap()
}

fn notes(host: &HostProcess) -> Vec<String> {
    let notes = host.stdout().all();
    notes
        .iter()
        .filter_map(|line| line.strip_prefix("note ")?.split_once(' '))
        .map(|(_, note)| note.to_owned())
        .collect()
}

/// Send, invoke and sendSync work with the host that is there now, in the document of before.
async fn goes_on(browser: &Browser, host: &HostProcess) {
    browser
        .run_in_page("delete calls.again; call('again', 'who'); ipcRenderer.send('note', 'anew')")
        .await
        .unwrap();
    let answer = outcome(browser, "again").await;
    assert!(answer["value"].as_u64() > Some(0), "{answer} in {}", browser.engine());
    browser.run_in_page("window.id = ipcRenderer.sendSync('who-sync')").await.unwrap();
    assert_eq!(browser.eval("window.id").await.unwrap(), answer["value"]);
    browser.run_in_page("ipcRenderer.send('push-me', 'anew')").await.unwrap();
    browser.wait_until("window.pushed.includes('anew')", LIMIT).await.unwrap();
    host.wait_line(&format!("note {} anew", answer["value"]), LIMIT).await.unwrap();
    assert_eq!(browser.eval("window.sameDocument").await.unwrap(), true);
}

#[tokio::test]
async fn an_open_page_goes_on_with_a_host_that_was_killed_and_started_again() {
    in_each_engine(|engine| async move {
        let mut host = host().await;
        let browser = page(engine, &host).await;
        browser
            .run_in_page("ipcRenderer.send('note', 'before'); call('held', 'hold', 'for ever')")
            .await
            .unwrap();
        host.wait_line("held 1 for ever", LIMIT).await.unwrap();
        // What the host has and what it lacks: the page hears of an acknowledgement only later.
        browser.run_in_page("ipcRenderer.send('note', 'last')").await.unwrap();
        host.wait_line("note 1 last", LIMIT).await.unwrap();
        host.kill();
        host.wait_exit(LIMIT).await.unwrap();
        let before = notes(&host);

        // While nobody is there, calls wait.
        browser
            .run_in_page("call('away', 'who'); ipcRenderer.send('note', 'into the void')")
            .await
            .unwrap();
        assert_eq!(
            browser.eval("window.calls.held ?? window.calls.away ?? null").await.unwrap(),
            Value::Null
        );
        host.restart().await.unwrap();

        browser.wait_until("window.lost.length > 0", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.lost[0].why").await.unwrap(), "host-restarted");
        let held = outcome(&browser, "held").await;
        assert_eq!(
            (&held["code"], &held["mayHaveRun"]),
            (&json!("HOST_RESTARTED"), &json!(true)),
            "{held}"
        );
        let text = held["error"].as_str().unwrap();
        assert!(text.contains("restarted") && text.contains("may have run"), "{text}");
        let away = outcome(&browser, "away").await;
        assert_eq!(away["code"], "HOST_RESTARTED", "{away}");
        // Both went or neither did, and none is lost without a word.
        let lost = browser.eval("window.lost[0]").await.unwrap();
        let (unknown, unsent) = (lost["unknown"].as_u64(), lost["unsent"].as_u64());
        let left = away["mayHaveRun"] == true;
        assert!(if left { unknown >= Some(2) } else { unsent == Some(2) }, "{away} {lost}");
        goes_on(&browser, &host).await;

        // Once, and in one life of the host only.
        assert_eq!(before, ["before", "last"]);
        assert_eq!(notes(&host), ["anew"]);
        assert_eq!(browser.eval("window.lost.length").await.unwrap(), 1);
        assert!(!host.stdout().all().iter().any(|line| line.starts_with("held")), "in {engine}");
    })
    .await;
}

#[tokio::test]
async fn a_synchronous_call_says_that_the_host_was_restarted_and_the_next_one_works() {
    in_each_engine(|engine| async move {
        let mut host = host().await;
        let browser = page(engine, &host).await;
        host.kill();
        host.wait_exit(LIMIT).await.unwrap();
        let call = "try { window.answer = ipcRenderer.sendSync('who-sync') } catch (error) {
            (window.errors ??= []).push([error.code, error.mayHaveRun, error.message])
        }";
        browser.run_in_page(call).await.unwrap();
        let error = browser.eval("window.errors[0]").await.unwrap();
        assert_eq!((&error[0], &error[1]), (&json!("UNREACHABLE"), &json!(true)), "{error} in {engine}");

        // The page is blocked from here on, so that it is the call that finds the other host; WebDriver waits a minute.
        let until = format!("const end = Date.now() + 50000; do {{ {call} }} while (!window.answer && Date.now() < end)");
        let calling = browser.run_in_page(&until);
        let (called, restarted) = tokio::join!(calling, host.restart());
        restarted.unwrap();
        called.unwrap();
        assert!(browser.eval("window.answer").await.unwrap().as_u64() > Some(0), "in {engine}");
        // Whether it may have run depends on the tries before it, of which nobody knows how far they came.
        let last = browser.eval("window.errors.at(-1)").await.unwrap();
        assert_eq!(last[0], "HOST_RESTARTED", "{last} in {engine}");
        assert!(last[1].is_boolean(), "{last} in {engine}");
        goes_on(&browser, &host).await;
        assert_eq!(browser.eval("window.lost.map(({ why }) => why)").await.unwrap(), json!(["host-restarted"]));
    })
    .await;
}

#[tokio::test]
async fn a_host_that_quits_tells_its_pages_which_go_on_with_the_next_one() {
    in_each_engine(|engine| async move {
        let mut host = host().await;
        let browser = page(engine, &host).await;
        browser.run_in_page("call('held', 'hold', 'for ever')").await.unwrap();
        host.wait_line("held 1 for ever", LIMIT).await.unwrap();
        host.interrupt();
        // Before any other host is there.
        let held = outcome(&browser, "held").await;
        assert_eq!((&held["code"], &held["mayHaveRun"]), (&json!("QUIT"), &json!(true)), "{held}");
        assert_eq!(browser.eval("window.lost[0].why").await.unwrap(), "quit");
        assert!(host.wait_exit(LIMIT).await.unwrap().success());
        host.restart().await.unwrap();
        goes_on(&browser, &host).await;
    })
    .await;
}
