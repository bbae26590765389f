//! Cuts: a network that breaks two hundred times while messages go both ways loses none, doubles none, and keeps order.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Proxy, Split, Way, behind_split, in_each_engine,
    seeded,
};
use fastrand::Rng;
use serde_json::{Value, json};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

const CUTS: u32 = 200;
const COMPRESSED_CUTS: u32 = 60;
/// With as many pushes, 20,000 messages in all.
const CALLS_PER_CUT: u32 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_cuts_lose_nothing_double_nothing_and_keep_the_order() {
    in_each_engine(|engine| async move {
        let mut random = seeded(&format!("cuts in {engine}"));
        let (split, _host, browser) = start(engine).await;
        for round in 0..CUTS {
            cut_once(&browser, &split, &mut random, round * CALLS_PER_CUT).await;
        }
        unlimited(&split);
        check(&browser, &split, CUTS * CALLS_PER_CUT).await;
        let states = browser.eval("window.seen.states").await.unwrap();
        let times = |wanted: &str| {
            states.as_array().unwrap().iter().filter(|state| **state == json!(wanted)).count()
        };
        // A page whose task holds it up may be back before anybody hears that it was gone.
        assert!(times("reconnecting") > CUTS as usize / 2, "{engine}: {}", times("reconnecting"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cuts_amid_compressed_messages_lose_nothing_either() {
    in_each_engine(|engine| async move {
        let mut random = seeded(&format!("cuts amid compressed messages in {engine}"));
        let (split, _host, browser) = start_with(engine, HostCommand::compressed).await;
        for round in 0..COMPRESSED_CUTS {
            cut_once(&browser, &split, &mut random, round * CALLS_PER_CUT).await;
        }
        unlimited(&split);
        check(&browser, &split, COMPRESSED_CUTS * CALLS_PER_CUT).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_cuts_in_a_row_without_a_message_between_them_harm_nothing() {
    in_each_engine(|engine| async move {
        let mut random = seeded(&format!("three cuts in {engine}"));
        let (split, _host, browser) = start(engine).await;
        let mut called = 0;
        for _ in 0..20 {
            calls(&browser, &mut random, called, false).await;
            for _ in 0..3 {
                let before = split.sockets().stats().accepted;
                split.sockets().cut();
                // Each time the page has come back, and said nothing but that.
                split.sockets().wait(LIMIT, |stats| stats.accepted > before).await.unwrap();
            }
            called += CALLS_PER_CUT;
        }
        check(&browser, &split, called).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synchronous_requests_that_are_cut_run_once_and_return_their_own_answer() {
    in_each_engine(|engine| async move {
        let mut random = seeded(&format!("cut requests in {engine}"));
        let (split, _host, browser) = start(engine).await;
        let mut called = 0;
        for _ in 0..40 {
            let way = if random.bool() { Way::ToHost } else { Way::ToPage };
            // A request has a head of some 700 bytes, and a short answer one of some 200.
            let most = if way == Way::ToHost { 4_000 } else { 400 };
            split.requests().cut_after(way, random.u64(1..most));
            calls(&browser, &mut random, called, true).await;
            called += CALLS_PER_CUT;
            // Firefox answers the test while the page is blocked; the next cut is for the next request.
            browser.wait_until(&format!("seen.called === {called}"), LIMIT).await.unwrap();
        }
        unlimited(&split);
        check(&browser, &split, called).await;
        assert!(split.requests().stats().cuts > 10, "{:?}", split.requests().stats());
    })
    .await;
}

async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    start_with(engine, |host| host).await
}

async fn start_with(
    engine: Engine,
    change: fn(HostCommand) -> HostCommand,
) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("cuts");
    behind_split(engine, change(host)).await.unwrap()
}

/// Calls both ways, and one cut amid them: of the socket at any byte, or between two frames.
async fn cut_once(browser: &Browser, split: &Split, random: &mut Rng, from: u32) {
    let sockets = split.sockets();
    // Not a connection that is being made: the cut shall hit what carries messages.
    browser.wait_until(CONNECTED, LIMIT).await.unwrap();
    let before = sockets.stats().cuts;
    let way = if random.bool() { Way::ToHost } else { Way::ToPage };
    sockets.cut_after(way, random.u64(1..3_000));
    let with_sync = random.u8(..) < 64;
    calls(browser, random, from, with_sync).await;
    // The rest of the budget is for nobody.
    if sockets.wait(PATIENCE, |stats| stats.cuts > before).await.is_err() {
        sockets.cut();
    }
}

const CONNECTED: &str = "['open', 'catching-up'].includes(require('electron').connection.state)";

/// With a budget that more bytes may still spend.
const PATIENCE: Duration = Duration::from_millis(50);

/// So many calls of the page in one task, and as many pushes, which the first of them asks for.
async fn calls(browser: &Browser, random: &mut Rng, from: u32, with_sync: bool) {
    let mut kinds: String =
        (0..CALLS_PER_CUT).map(|_| if random.u8(..) < 160 { 's' } else { 'i' }).collect();
    if with_sync {
        kinds.pop();
        kinds.insert(random.usize(..kinds.len()), 'y');
    }
    let bytes = random.u32(..200);
    let script = format!(
        "setTimeout(() => {{
            require('electron').ipcRenderer.send('cuts-push-me', {from}, {CALLS_PER_CUT});
            round('{kinds}', {bytes});
        }})"
    );
    browser.run_in_page(&script).await.unwrap();
}

fn unlimited(split: &Split) {
    let no_more = |proxy: &Proxy| proxy.cut_after(Way::ToHost, u64::MAX);
    no_more(split.sockets());
    no_more(split.requests());
}

/// Each message exactly once and in order, each call with its own answer, and never another link.
async fn check(browser: &Browser, split: &Split, count: u32) {
    let engine = browser.engine();
    let over = format!(
        "seen.called === {count} && seen.open === 0 && seen.pushed.length >= {count} || seen.lost.length > 0"
    );
    let waited = browser.wait_until(&over, LIMIT).await;
    let seen =
        browser.eval("[seen.wrong, seen.lost, seen.called, seen.open, seen.pushed.length]").await;
    let seen = seen.unwrap();
    let (sockets, requests) = (split.sockets().stats(), split.requests().stats());
    assert!(
        waited.is_ok(),
        "{engine}: wrong, lost, called, open, pushed: {seen}; {sockets:?} {requests:?}"
    );
    assert_eq!((&seen[0], &seen[1]), (&json!([]), &json!([])), "{engine}");
    let numbers: Vec<u32> = (0..count).collect();
    let pushed = browser.eval("seen.pushed").await.unwrap();
    same(&format!("{engine}: pushes"), &pushed, &numbers);
    browser
        .run_in_page("require('electron').ipcRenderer.invoke('cuts-log').then((log) => (window.heard = log))")
        .await
        .unwrap();
    browser.wait_until("window.heard", LIMIT).await.unwrap();
    same(&format!("{engine}: calls"), &browser.eval("window.heard").await.unwrap(), &numbers);
}

fn same(what: &str, got: &Value, wanted: &[u32]) {
    let got: Vec<u32> = serde_json::from_value(got.clone()).unwrap();
    if let Some(at) = (0..got.len().max(wanted.len())).find(|at| got.get(*at) != wanted.get(*at)) {
        panic!("{what} differ at {at}: {:?} in place of {:?}", got.get(at), wanted.get(at));
    }
}
