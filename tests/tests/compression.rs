//! Compression, where it is on: browsers inflate what the host says and it inflates what they say, in fewer bytes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, Split, behind_split, in_each_engine};
use serde_json::{Value, json};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(180);

async fn open(
    engine: Engine,
    change: fn(HostCommand) -> HostCommand,
) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("payloads");
    behind_split(engine, change(host)).await.unwrap()
}

async fn outcome(browser: &Browser, script: &str) -> Value {
    browser.run_in_page(&format!("delete window.outcome; {script}")).await.unwrap();
    browser.wait_until("window.outcome !== undefined", LIMIT).await.unwrap();
    browser.eval("window.outcome").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_and_size_comes_back_as_it_went_compressed() {
    in_each_engine(|engine| async move {
        let (_split, _host, browser) = open(engine, HostCommand::compressed).await;
        let outcome = outcome(&browser, "run([0, 1, 511, 512, 65537, 262147, 3145729])").await;
        assert_eq!((&outcome["failed"], &outcome["compared"]), (&Value::Null, &json!(84)));
    })
    .await;
}

/// Bytes that went to the host and to the page by the socket, and to the page by requests.
async fn bytes(engine: Engine, change: fn(HostCommand) -> HostCommand) -> [u64; 3] {
    let (split, _host, browser) = open(engine, change).await;
    let page = split.requests().stats().to_page;
    let before = split.sockets().stats();
    let script = format!(
        "WAYS.invoke(nested({SIZE})).then((echo) => {{
            window.outcome = same(nested({SIZE}), echo) && same(nested({SIZE}), WAYS.sendSync(nested({SIZE})))
        }})"
    );
    let requests = split.requests().stats().to_page;
    assert_eq!(outcome(&browser, &script).await, json!(true));
    let after = split.sockets().stats();
    assert!(page > 0);
    [
        after.to_host - before.to_host,
        after.to_page - before.to_page,
        split.requests().stats().to_page - requests,
    ]
}

const SIZE: u64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compressed_has_fewer_bytes_and_loopback_has_as_many_as_ever() {
    in_each_engine(|engine| async move {
        let few = bytes(engine, HostCommand::compressed).await;
        assert!(few.iter().all(|bytes| *bytes < SIZE / 4), "{engine}: {few:?}");
        let all = bytes(engine, |host| host).await;
        assert!(all.iter().all(|bytes| *bytes > SIZE), "{engine}: {all:?}");
    })
    .await;
}
