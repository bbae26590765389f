//! A machine that goes to sleep amid messages: its browser is stopped, and time passes for the host alone.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, SimulatedBrowser, SimulatedPage, Split, Way,
    in_each_engine,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// What passes at once, in seconds: less than a page may be silent.
const STEP: u64 = 10;

/// How long a sleep may last, in seconds: the silence after which the host takes a connection for dead, and the grace.
const SILENCE: u64 = 65;
const GRACE: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_sleep_within_the_grace_loses_nothing() {
    in_each_engine(|engine| async move {
        let Stage { split, browser, page, mut awake, host: _host } =
            Stage::start(engine, "cuts").await;
        let ask = "require('electron').ipcRenderer.send('cuts-push-me', seen.called, 5)";
        let begin = format!("window.going = setInterval(() => {{ {ask}; round('sisis', 50) }}, 5)");
        browser.run_in_page(&begin).await.unwrap();
        let mut pushed = 0;
        // One that the host doesn't notice, and one that it does.
        for slept in [SILENCE - 2 * STEP, SILENCE + GRACE - 2 * STEP] {
            let called = browser.eval("seen.called").await.unwrap().as_u64().unwrap();
            let more = format!("seen.called > {called} + 200 && seen.open < 50");
            browser.wait_until(&more, LIMIT).await.unwrap();
            let sockets = split.sockets().stats().accepted;
            browser.freeze();
            for _ in 0..slept / STEP {
                pass_time(&mut awake).await;
                let told = awake.invoke::<bool>("push-to", (page, format!("{pushed}")));
                let told = told.await.unwrap();
                assert!(told, "{engine}: the page is given up after less than {slept} s");
                pushed += 1;
            }
            browser.thaw();
            let awake = format!("seen.called > {called} + 400 && seen.late.length === {pushed}");
            browser.wait_until(&awake, LIMIT).await.unwrap();
            let again = split.sockets().stats().accepted - sockets;
            assert_eq!(again > 0, slept > SILENCE, "{engine}: {again} connections after {slept} s");
        }
        browser.run_in_page("clearInterval(going)").await.unwrap();
        let through =
            "seen.open === 0 && seen.pushed.length >= seen.called || seen.lost.length > 0";
        browser.wait_until(through, LIMIT).await.unwrap();
        let log = "require('electron').ipcRenderer.invoke('cuts-log')";
        browser.run_in_page(&format!("{log}.then((log) => (window.heard = log))")).await.unwrap();
        browser.wait_until("window.heard", LIMIT).await.unwrap();
        let seen = browser.eval("[seen.lost, seen.wrong, seen.late]").await.unwrap();
        let late: Vec<String> = (0..pushed).map(|number| number.to_string()).collect();
        assert_eq!(seen, json!([[], [], late]), "{engine}");
        // Each once, and in order.
        let called = browser.eval("seen.called").await.unwrap().as_u64().unwrap();
        let all = json!((0..called).collect::<Vec<_>>());
        for numbers in ["window.heard", "seen.pushed"] {
            assert!(browser.eval(numbers).await.unwrap() == all, "{engine}: {numbers}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_slept_past_the_grace_is_told_what_came_of_its_calls_and_goes_on() {
    in_each_engine(|engine| async move {
        let Stage { split, browser, page, mut awake, host } = Stage::start(engine, "killed").await;
        let begin = "window.sameDocument = true;
            window.states = [];
            connection.on('change', (state, reason) => states.push([state, reason]));
            ipcRenderer.invoke('hold', 'over night').catch((error) => (window.held = error));
            begin()";
        browser.run_in_page(begin).await.unwrap();
        browser
            .wait_until("seen.fate.filter((fate) => fate === 'answered').length > 50", LIMIT)
            .await
            .unwrap();
        // What the page says last stays in the network.
        split.sockets().stall(Way::ToHost);
        let called = browser.eval("seen.fate.length").await.unwrap().as_u64().unwrap() as usize;
        browser.wait_until(&format!("seen.fate.length > {called} + 50"), LIMIT).await.unwrap();
        browser.freeze();
        for _ in 0..=(SILENCE + GRACE) / STEP {
            pass_time(&mut awake).await;
        }
        let pages: Vec<u32> = awake.invoke("pages", ()).await.unwrap();
        assert!(!pages.contains(&page), "{engine}: the page is still waited for");
        split.sockets().resume(Way::ToHost);
        browser.thaw();
        browser.wait_until("seen.lost.length > 0 && window.held", LIMIT).await.unwrap();
        let more = "seen.fate.slice(-100).filter((fate) => fate === 'answered').length > 25";
        browser.wait_until(more, LIMIT).await.unwrap();
        browser.run_in_page("stop()").await.unwrap();
        browser.wait_until("!seen.fate.includes('open')", LIMIT).await.unwrap();
        let idle = "require('electron').connection.queuedBytes === 0";
        browser.wait_until(idle, LIMIT).await.unwrap();

        let seen = browser.eval("[seen.lost, seen.wrong, window.sameDocument]").await.unwrap();
        assert_eq!(seen, json!([["expired"], [], true]), "{engine}");
        let states = browser.eval("states").await.unwrap();
        let said = states.as_array().unwrap().contains(&json!(["reconnecting", "expired"]));
        assert!(
            said && browser.eval("states.at(-1)").await.unwrap() == json!(["open", null]),
            "{engine}: {states}"
        );
        let held = browser.eval("[held.code, held.mayHaveRun, String(held)]").await.unwrap();
        assert_eq!((&held[0], &held[1]), (&json!("EXPIRED"), &json!(true)), "{engine}: {held}");
        check_fates(&host, &browser, called..called + 50).await;
    })
    .await;
}

/// What the page says of each of its calls is true; it can't know what came of those that were under way.
async fn check_fates(host: &HostProcess, browser: &Browser, under_way: Range<usize>) {
    let engine = browser.engine();
    let mut ran: HashMap<u32, usize> = HashMap::new();
    for line in host.stdout().all() {
        if let Some(number) = line.strip_prefix("ran ") {
            *ran.entry(number.parse().unwrap()).or_default() += 1;
        }
    }
    let fate = browser.eval("seen.fate").await.unwrap();
    let fate = fate.as_array().unwrap();
    for (number, fate) in (0..).zip(fate) {
        let times = ran.get(&number).copied().unwrap_or_default();
        let is_true = match fate {
            Value::Bool(true) => times <= 1,
            Value::Bool(false) => times == 0,
            _ => times == 1,
        };
        assert!(is_true, "{engine}: call {number} is told to be {fate}, and ran {times} times");
    }
    let unknown = &fate[under_way];
    assert!(unknown.iter().all(|fate| *fate == true), "{engine}: of those under way: {unknown:?}");
}

/// A host, a page of it in a browser that can sleep, and one that stays awake and is not in the way of the network.
struct Stage {
    split: Split,
    host: HostProcess,
    browser: Browser,
    awake: SimulatedPage,
    /// The id of the page that can sleep.
    page: u32,
}

impl Stage {
    async fn start(engine: Engine, pages: &str) -> Stage {
        let split = Split::start(None).await.unwrap();
        let pages = format!("{}/pages/{pages}", env!("CARGO_MANIFEST_DIR"));
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
            .args(["--no-open", "--ephemeral", "--page", &pages, "--origin", &split.origin()])
            .start()
            .await
            .unwrap();
        split.set_host(host.address());
        let awake = SimulatedBrowser::enter(host.url()).await.unwrap().open().await.unwrap();
        let url = host.wait_line("Also at ", LIMIT).await.unwrap();
        let browser = Browser::open_unwatched(engine).await.unwrap();
        browser.goto(&url["Also at ".len()..]).await.unwrap();
        browser.wait_until("require('electron').connection.state === 'open'", LIMIT).await.unwrap();
        let page = "require('electron').ipcRenderer.sendSync('who-sync')";
        let page = browser.eval(page).await.unwrap().as_u64().unwrap();
        let late = "seen.late = []; require('electron').ipcRenderer.on('pushed', (_event, text) => seen.late.push(text))";
        browser.run_in_page(late).await.unwrap();
        Stage { split, host, browser, awake, page: u32::try_from(page).unwrap() }
    }
}

/// A step of time passes for the host. The page that is awake is heard of meanwhile.
async fn pass_time(awake: &mut SimulatedPage) {
    awake.invoke::<()>("pass-time", (STEP,)).await.unwrap();
}
