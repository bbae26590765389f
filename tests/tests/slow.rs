//! A page that takes messages more slowly than they are sent: what may be dropped is dropped and told, and the rest waits.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Split, Way, behind_split, in_each_engine,
};
use serde_json::json;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

/// An application that quits has all the time that its pages take.
const LIMITS: &str = r#"{"drain": 60000}"#;

/// More than a window holds, in all.
const COUNT: u64 = 2_000;
const BYTES: u64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_page_misses_what_it_may_and_hears_how_much() {
    in_each_engine(|engine| async move {
        let (split, host, browser) = start(engine).await;
        split.sockets().stall(Way::ToPage);
        flood(&browser, &host, "latest").await;
        flood(&browser, &host, "log").await;
        split.sockets().resume(Way::ToPage);
        // What may be dropped comes behind what was sent after it.
        let last = COUNT - 1;
        let over = format!("seen.got.latest.at(-1) === {last} && seen.got.log.at(-1) === {last}");
        browser.wait_until(&over, LIMIT).await.unwrap();
        for (channel, kept) in [("latest", 1), ("log", 5)] {
            let got = browser.eval(&format!("seen.got.{channel}")).await.unwrap();
            let got: Vec<u64> = serde_json::from_value(got).unwrap();
            let dropped = browser.eval(&format!("seen.dropped.{channel}")).await.unwrap();
            let dropped = dropped.as_u64().unwrap_or_default();
            assert_eq!(
                got.len() as u64 + dropped,
                COUNT,
                "{engine} {channel}: none is unaccounted for"
            );
            assert!(dropped > COUNT / 2, "{engine} {channel}: {dropped}");
            assert!(got.is_sorted(), "{engine} {channel}");
            let latest: Vec<u64> = (COUNT - kept..COUNT).collect();
            assert!(got.ends_with(&latest), "{engine} {channel}: {:?}", &got[got.len() - 6..]);
        }
        assert_eq!(browser.eval("seen.lost").await.unwrap(), json!([]), "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_must_not_be_dropped_wait_for_a_slow_page() {
    in_each_engine(|engine| async move {
        let (split, _host, browser) = start(engine).await;
        split.sockets().throttle(Way::ToPage, 10_000_000);
        ask(&browser, "all").await;
        browser.wait_until("seen.done === 1", LIMIT).await.unwrap();
        let got = browser.eval("seen.got.all").await.unwrap();
        assert_eq!(got, json!((0..COUNT).collect::<Vec<_>>()), "{engine}");
        assert_eq!(browser.eval("seen.dropped").await.unwrap(), json!({}), "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_may_not_be_slow_is_cut_off_and_begins_anew() {
    in_each_engine(|engine| async move {
        let (split, host, browser) = start(engine).await;
        split.sockets().stall(Way::ToPage);
        flood(&browser, &host, "strict").await;
        split.sockets().resume(Way::ToPage);
        browser.wait_until("seen.lost.length > 0", LIMIT).await.unwrap();
        assert_eq!(browser.eval("seen.lost[0]").await.unwrap(), "too-slow", "{engine}");
        browser.wait_until("require('electron').connection.state === 'open'", LIMIT).await.unwrap();
        ask(&browser, "all").await;
        browser.wait_until(&format!("seen.got.all.length === {COUNT}"), LIMIT).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_quits_first_gives_its_pages_what_it_had_sent() {
    in_each_engine(|engine| async move {
        let (_split, mut host, browser) = start(engine).await;
        // Five windows' worth.
        let call = format!("require('electron').ipcRenderer.send('slow-quit', {COUNT}, {BYTES})");
        browser.run_in_page(&call).await.unwrap();
        assert!(host.wait_exit(LIMIT).await.unwrap().success());
        browser.wait_until("seen.lost.length > 0", LIMIT).await.unwrap();
        let seen = browser.eval("[seen.lost, seen.got.all.length]").await.unwrap();
        assert_eq!(seen, json!([["quit"], COUNT]), "{engine}");
        let state =
            "[require('electron').connection].map(({ state, reason }) => [state, reason])[0]";
        assert_eq!(browser.eval(state).await.unwrap(), json!(["closed", "quit"]), "{engine}");
    })
    .await;
}

async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("slow").limits(LIMITS);
    behind_split(engine, host).await.unwrap()
}

/// Lets the page ask for messages.
async fn ask(browser: &Browser, channel: &str) {
    let call = format!(
        "require('electron').ipcRenderer.send('slow-flood', '{channel}', {COUNT}, {BYTES})"
    );
    browser.run_in_page(&call).await.unwrap();
}

/// The same, until all of them are sent.
async fn flood(browser: &Browser, host: &HostProcess, channel: &str) {
    ask(browser, channel).await;
    host.wait_line(&format!("flooded {channel}"), LIMIT).await.unwrap();
}
