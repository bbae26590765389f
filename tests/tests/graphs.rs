//! Random values of every kind that structured clone knows, with shared objects and cycles, from a page to the main
//! process and back: what comes back is isomorphic, identity included.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use exciton_e2e::{Browser, Engine, HostCommand, in_each_engine, seeded};
use serde_json::Value;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(240);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/graphs");

/// Per engine.
const GRAPHS: u32 = 10_000;

/// Invokes under way at once.
const AT_ONCE: u32 = 50;

#[tokio::test]
async fn ten_thousand_graphs_come_back_as_they_went() {
    in_each_engine(echo).await;
}

async fn echo(engine: Engine) {
    let first = seeded(&format!("graphs in {engine}")).u32(..);
    let program = env!("CARGO_BIN_EXE_e2e-host");
    let command = HostCommand::new(program).args(["--no-open", "--ephemeral", "--page", PAGES]);
    let host = command.start().await.unwrap();
    let browser = Browser::open_unwatched(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("document.title === 'graphs'", LIMIT).await.unwrap();
    let began = Instant::now();
    browser.run_in_page(&format!("run({first}, {GRAPHS}, {AT_ONCE})")).await.unwrap();
    browser.wait_until("window.outcome !== undefined", LIMIT).await.unwrap();
    let outcome = browser.eval("window.outcome").await.unwrap();
    eprintln!("graphs in {engine} from seed {first}: {outcome} in {:.1?}", began.elapsed());
    assert_eq!(outcome["failed"], Value::Null);
    assert_eq!(outcome["echoed"], GRAPHS);
    assert!(outcome["theirs"].as_u64() > Some(u64::from(GRAPHS) / 10), "{outcome}");
}
