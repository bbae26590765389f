//! Listeners that block, never finish or panic: what they hold up, and what they don't.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, HostCommand, HostProcess, SimulatedBrowser, in_each_engine};
use serde_json::Value;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(90);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/sync");

async fn start(browser: &Browser) -> HostProcess {
    let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
    let host = command.args(["--no-open", "--page", PAGES]).start().await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("document.title === 'entered'", LIMIT).await.unwrap();
    host
}

/// Runs a script in the page and waits for what it leaves in `window.told`.
async fn tell(browser: &Browser, script: &str) -> Value {
    browser.run_in_page(&format!("delete window.told; {script}")).await.unwrap();
    browser.wait_until("'told' in window", LIMIT).await.unwrap();
    browser.eval("window.told").await.unwrap()
}

#[tokio::test]
async fn a_listener_that_blocks_holds_up_the_further_calls_of_its_own_page_and_nothing_else() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = start(&browser).await;
        browser.goto(&format!("{}/blocked.html", host.origin())).await.unwrap();
        browser.run_in_page("invokeMany(100)").await.unwrap();
        browser.wait_until("window.settled === 100", LIMIT).await.unwrap();
        let page = browser.tab().await.unwrap();
        let other = browser.new_tab().await.unwrap();
        browser.goto(&format!("{}/other.html", host.origin())).await.unwrap();

        let compared = tell(&browser, "tell(compare(20, 5))").await;
        let (free, blocked) = (&compared["free"], &compared["blocked"]);
        let ratio = blocked.as_f64().unwrap() / free.as_f64().unwrap();
        eprintln!(
            "{engine}: p50 of an invoke {free} ms, beside a blocked page {blocked} ms: {ratio:.2}"
        );
        // Far from what one blocked call costs; a busy machine is no failure.
        assert!(ratio < 3.0, "{engine}: {compared}");

        browser.switch_to(&page).await.unwrap();
        browser.run_in_page("ipcRenderer.send('block-until'); invokeMany(20_000)").await.unwrap();
        // All before the blocking one is acknowledged, and nothing from it on.
        let acknowledged = "wire.consumed === wire.seqOf['block-until']";
        browser.wait_until(acknowledged, LIMIT).await.unwrap();

        // More than may be under way without an acknowledgement.
        browser.switch_to(&other).await.unwrap();
        let during = tell(&browser, "tell(pushToBlocked(20_000))").await;
        assert_eq!(during["blocked"], true, "{engine}: {during}");
        eprintln!(
            "{engine}: ten invokes beside a blocked listener took {} ms at most",
            during["most"]
        );
        browser.switch_to(&page).await.unwrap();
        browser.wait_until("window.pushed === 20_000", LIMIT).await.unwrap();
        assert_eq!(browser.eval(acknowledged).await.unwrap(), true, "{engine}");
        assert_eq!(browser.eval("window.settled").await.unwrap(), 100, "{engine}");
        // It doubts its connection again and again, and finds it good: so long nothing is acknowledged.
        browser.wait_until("wire.pings > 3", LIMIT).await.unwrap();
        assert_eq!(browser.eval(acknowledged).await.unwrap(), true, "{engine}");

        browser.switch_to(&other).await.unwrap();
        tell(&browser, "tell(ipcRenderer.invoke('release'))").await;
        browser.switch_to(&page).await.unwrap();
        browser.wait_until("window.settled === 20_100", LIMIT).await.unwrap();
        browser
            .wait_until("wire.consumed > wire.seqOf['block-until'] + 20_000", LIMIT)
            .await
            .unwrap();
        let sockets = "wire.sockets.map((socket) => socket.readyState)";
        assert_eq!(browser.eval(sockets).await.unwrap(), serde_json::json!([1]), "{engine}");
        let rest = browser.eval("[window.wrong, window.never, window.pushed]").await.unwrap();
        assert_eq!(rest, serde_json::json!([0, "pending", 20_000]), "{engine}");
    })
    .await;
}

/// Such a call is made by the task of the connection itself.
#[tokio::test]
async fn a_call_that_comes_alone_and_blocks_holds_up_no_connection() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = start(&browser).await;
        browser.goto(&format!("{}/blocked.html", host.origin())).await.unwrap();
        browser.run_in_page("invokeMany(1)").await.unwrap();
        browser.wait_until("window.settled === 1", LIMIT).await.unwrap();
        let page = browser.tab().await.unwrap();
        browser.run_in_page("ipcRenderer.send('block-until')").await.unwrap();

        let other = browser.new_tab().await.unwrap();
        browser.goto(&format!("{}/other.html", host.origin())).await.unwrap();
        let during = tell(&browser, "tell(pushToBlocked(20_000))").await;
        assert_eq!(during["blocked"], true, "{engine}: {during}");
        browser.switch_to(&page).await.unwrap();
        browser.wait_until("window.pushed === 20_000", LIMIT).await.unwrap();
        // It waits for an acknowledgement, doubts its connection, and is told that it is good.
        browser.wait_until("wire.pings > 3", LIMIT).await.unwrap();
        let acknowledged = "wire.consumed > wire.seqOf['block-until']";
        assert_eq!(browser.eval(acknowledged).await.unwrap(), false, "{engine}");
        browser.run_in_page("invokeMany(1)").await.unwrap();

        browser.switch_to(&other).await.unwrap();
        tell(&browser, "tell(ipcRenderer.invoke('release'))").await;
        browser.switch_to(&page).await.unwrap();
        browser.wait_until("window.settled === 2", LIMIT).await.unwrap();
        browser.wait_until(acknowledged, LIMIT).await.unwrap();
        let sockets = "wire.sockets.map((socket) => socket.readyState)";
        assert_eq!(browser.eval(sockets).await.unwrap(), serde_json::json!([1]), "{engine}");
    })
    .await;
}

/// Such a call is made by the task of the request itself, if those before took no time.
#[tokio::test]
async fn a_synchronous_call_that_blocks_after_swift_ones_holds_up_its_own_page_only() {
    let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
    let host = command.args(["--no-open", "--page", PAGES]).start().await.unwrap();
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let (mut page, mut other) = (browser.open().await.unwrap(), browser.open().await.unwrap());
    for value in ["one", "two", "three"] {
        let echo: String = page.send_sync("sync-echo", (value,)).await.unwrap();
        assert_eq!(echo, value);
    }
    let blocked = tokio::spawn(async move {
        let answer: Value = page.send_sync("block-until", ()).await.unwrap();
        (page, answer)
    });
    let entered = async { while !other.invoke::<bool>("is-blocked", ()).await.unwrap() {} };
    tokio::time::timeout(LIMIT, entered).await.unwrap();
    for number in 0..100_u32 {
        assert_eq!(other.invoke::<u32>("answer", (number,)).await.unwrap(), number);
        let echo: String = other.send_sync("sync-echo", (number.to_string(),)).await.unwrap();
        assert_eq!(echo, number.to_string());
    }
    assert!(!blocked.is_finished());
    other.invoke::<()>("release", ()).await.unwrap();
    let (mut page, answer) = blocked.await.unwrap();
    assert_eq!(answer, Value::Null);
    assert_eq!(page.invoke::<u32>("answer", (1,)).await.unwrap(), 1);
}

/// An async listener is called by the task that read the call, if the page's latest took no time, and must not block. If it
/// does all the same, the runtime may have no worker left that waits for connections, until one is woken.
#[tokio::test]
async fn an_async_listener_that_blocks_holds_up_its_own_page_only() {
    let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
    let host = command.args(["--no-open", "--page", PAGES]).start().await.unwrap();
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let (mut page, mut other) = (browser.open().await.unwrap(), browser.open().await.unwrap());
    for round in 0..5_u32 {
        for number in 0..10 {
            assert_eq!(page.invoke::<u32>("answer", (number,)).await.unwrap(), number);
        }
        page.send("block-worker-until", ()).await.unwrap();
        let talk = async {
            while !other.invoke::<bool>("is-blocked", ()).await.unwrap() {}
            for number in 0..100 {
                assert_eq!(other.invoke::<u32>("answer", (number,)).await.unwrap(), number);
            }
            other.invoke::<()>("release", ()).await.unwrap();
        };
        let talked = tokio::time::timeout(LIMIT, talk).await;
        assert!(talked.is_ok(), "round {round}: the other page waits for an answer");
        assert_eq!(page.invoke::<u32>("answer", (round,)).await.unwrap(), round);
    }
}

#[tokio::test]
async fn a_panic_is_the_answer_or_is_logged_and_the_application_goes_on() {
    in_each_engine(|engine| async move {
        let browser = Browser::open(engine).await.unwrap();
        let host = start(&browser).await;
        browser.goto(&format!("{}/calls.html", host.origin())).await.unwrap();
        let script = "(async () => {
            const { ipcRenderer } = electron;
            const told = [];
            for (const channel of ['panic-now', 'panic-later']) {
                ipcRenderer.send(channel);
                told.push(timed(channel).message);
                told.push(await ipcRenderer.invoke(channel).catch((error) => error.message));
            }
            told.push(timed('sync-echo', 'still here').answer);
            told.push(await ipcRenderer.invoke('answer', 7));
            window.told = told;
        })()";
        let told = tell(&browser, script).await;
        let expected = [
            "a listener's panic",
            "a handler's panic",
            "a listener's late panic",
            "a handler's late panic",
        ];
        for (told, expected) in told.as_array().unwrap().iter().zip(expected) {
            assert!(told.as_str().is_some_and(|told| told.contains(expected)), "{engine}: {told}");
        }
        assert_eq!((&told[4], &told[5]), (&"still here".into(), &7.into()), "{engine}: {told}");
        for (expected, times) in expected.into_iter().zip([2, 1, 2, 1]) {
            let all = |lines: &[String]| {
                let count = lines.iter().filter(|line| line.contains(expected)).count();
                (count >= times).then_some(())
            };
            host.stderr().wait(expected, LIMIT, all).await.unwrap();
        }
    })
    .await;
}
