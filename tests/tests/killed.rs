//! A host that is killed amid messages: the page says of each whether it may have run, and goes on with the next host.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, HostProcess, in_each_engine};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/killed");

const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_twice_and_of_every_call_the_page_says_the_truth() {
    in_each_engine(|engine| async move {
        let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
        let mut host = command.args(["--no-open", "--page", PAGES]).start().await.unwrap();
        let browser = Browser::open_unwatched(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.run_in_page("window.sameDocument = true; begin()").await.unwrap();
        let mut ran: HashMap<u32, usize> = HashMap::new();
        for kill in 1..=KILLS {
            let called = browser.eval("seen.fate.length").await.unwrap().as_u64().unwrap();
            let more = format!(
                "seen.fate.slice({called}).filter((fate) => fate === 'answered').length > 50"
            );
            browser.wait_until(&more, LIMIT).await.unwrap();
            host.kill();
            host.wait_exit(LIMIT).await.unwrap();
            count(&host, &mut ran);
            host.restart().await.unwrap();
            let up = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
            browser.wait_until(&format!("seen.lost.length === {kill}"), LIMIT).await.unwrap();
            let told = browser.eval("seen.lostAt").await.unwrap().as_f64().unwrap();
            eprintln!("{engine}: told {:.0} ms after the next host was up", told - up as f64);
        }
        browser.run_in_page("stop()").await.unwrap();
        browser.wait_until("!seen.fate.includes('open')", LIMIT).await.unwrap();
        browser
            .wait_until("require('electron').connection.queuedBytes === 0", LIMIT)
            .await
            .unwrap();
        count(&host, &mut ran);

        let seen = browser.eval("[seen.lost, seen.wrong, window.sameDocument]").await.unwrap();
        assert_eq!(seen, json!([vec!["host-restarted"; KILLS], [], true]), "{engine}");
        let fate = browser.eval("seen.fate").await.unwrap();
        let mut unknown = 0;
        for (number, fate) in (0..).zip(fate.as_array().unwrap()) {
            let times = ran.get(&number).copied().unwrap_or_default();
            let is_true = match fate {
                Value::Bool(true) => times <= 1,
                Value::Bool(false) => times == 0,
                _ => times == 1,
            };
            assert!(is_true, "{engine}: call {number} is told to be {fate}, and ran {times} times");
            unknown += usize::from(fate.is_boolean());
        }
        assert!(unknown > 0, "{engine}: no call was under way");
    })
    .await;
}

/// Counts what this life of the host has run.
fn count(host: &HostProcess, ran: &mut HashMap<u32, usize>) {
    for line in host.stdout().all() {
        if let Some(number) = line.strip_prefix("ran ") {
            *ran.entry(number.parse().unwrap()).or_default() += 1;
        }
    }
}
