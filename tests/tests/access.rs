//! What pages may call: refused before anything runs, with an error that says so, and without a word more.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Result, SimulatedBrowser, SimulatedPage,
    in_each_engine,
};
use serde_json::{Value, json};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/scopes");

/// What the window of the tests may call, and what the application lets all pages call.
const ALLOW: &str = r#"[["invoke","wh*"],["invoke","refused"],["invoke","frame"],["invoke","open-window"],["send","note"],
    ["sendSync","who-sync"],["send","keep-port"]]"#;

fn host() -> HostCommand {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"));
    host.args(["--no-open", "--page", PAGES])
}

async fn open(host: &HostProcess, engine: Engine) -> Browser {
    let browser = Browser::open(engine).await.unwrap();
    browser.goto(host.url()).await.unwrap();
    browser.wait_until("document.title === 'scopes'", LIMIT).await.unwrap();
    browser
}

/// What an async function's body in the page returns.
async fn run(browser: &Browser, body: &str) -> Value {
    let script = format!(
        "window.told = null; (async () => {{ {body} }})().then(
            (value) => {{ window.told = [value === undefined ? null : value]; }},
            (error) => {{ window.told = 'failed: ' + error; }});"
    );
    browser.run_in_page(&script).await.unwrap();
    browser.wait_until("window.told !== null", LIMIT).await.unwrap();
    let told = browser.eval("window.told").await.unwrap();
    assert!(told.is_array(), "{told} in {}", browser.engine());
    told[0].clone()
}

fn data(kind: &str, channel: &str) -> Value {
    json!({ "channel": channel, "kind": kind })
}

#[tokio::test]
async fn what_a_page_may_not_call_is_refused_with_an_error_of_its_own() {
    in_each_engine(|engine| async move {
        let host = host().env("E2E_ALLOW", ALLOW).env("E2E_AUTHORIZE", "1").start().await.unwrap();
        let browser = open(&host, engine).await;
        let told = run(
            &browser,
            "const of = ({ name, message, code, data, mayHaveRun, cause }) =>
                 [name, message, code, data, mayHaveRun, String(cause)];
             const failed = async (call) => { try { return await call(); } catch (error) { return of(error); } };
             const { port1, port2 } = new MessageChannel();
             const closed = new Promise((done) => port2.addEventListener('close', done));
             ipcRenderer.postMessage('keep-port', 'named', [port1]);
             ipcRenderer.send('keep', 'nobody hears it');
             const frame = (await addFrame('inside')).require('electron').ipcRenderer;
             await closed;
             return [await failed(() => ipcRenderer.invoke('add', 1)), await failed(() => ipcRenderer.sendSync('who')),
                 await failed(() => frame.invoke('pages')), await ipcRenderer.invoke('who'),
                 ipcRenderer.sendSync('who-sync'), await ipcRenderer.invoke('refused')];",
        )
        .await;
        let invoke = |channel: &str| {
            let cause = format!("Error: This page may not call invoke on '{channel}'");
            let text = format!("Error invoking remote method '{channel}': {cause}");
            json!(["Error", text, "FORBIDDEN", data("invoke", channel), false, cause])
        };
        let sync = "This page may not call sendSync on 'who'";
        let sync = json!(["Error", sync, "FORBIDDEN", data("sendSync", "who"), false, "undefined"]);
        let id = &told[3];
        let expected = json!([invoke("add"), sync, invoke("pages"), id, id, [1, 1, 2, 1]]);
        assert_eq!(told, expected, "in {engine}");
    })
    .await;
}

#[tokio::test]
async fn a_decision_that_takes_its_time_holds_its_page_alone_and_in_order() {
    in_each_engine(|engine| async move {
        let host = host().env("E2E_AUTHORIZE", "1").start().await.unwrap();
        let browser = open(&host, engine).await;
        let id = run(&browser, "return ipcRenderer.invoke('who');").await;
        let address = run(&browser, "return ipcRenderer.invoke('invite');").await;
        let other = SimulatedBrowser::enter(address.as_str().unwrap()).await.unwrap();
        let mut other = other.open().await.unwrap();
        let sync = browser.run_in_page(
            "ipcRenderer.send('late', 'first');
             ipcRenderer.send('note', 'second');
             window.sync = [ipcRenderer.sendSync('note-sync', 'third')];
             ipcRenderer.send('note', 'fourth');",
        );
        let meanwhile = async {
            let origin = host.origin();
            let asked = format!("deciding send from {origin}, frame \"\", window true");
            host.wait_line(&asked, LIMIT).await?;
            // Another page's messages go through meanwhile.
            other.invoke::<()>("note-and-answer", ("other",)).await?;
            let lines = host.stdout().all();
            assert!(!lines.iter().any(|line| line.starts_with("late")), "{lines:?}");
            other.send("decide", ()).await
        };
        let (ran, decided) = tokio::join!(sync, meanwhile);
        ran.unwrap();
        decided.unwrap();
        host.wait_line(&format!("note {id} fourth"), LIMIT).await.unwrap();
        let own = |line: &String| line.starts_with(&format!("note {id} ")) || line.starts_with("late");
        let lines: Vec<_> = host.stdout().all().into_iter().filter(own).collect();
        let texts = [
            format!("late {id} first"),
            format!("note {id} second"),
            format!("note {id} third"),
            format!("note {id} fourth"),
        ];
        assert_eq!(lines, texts, "in {engine}");
        let told = run(
            &browser,
            "const message = ({ message }) => message;
             return [window.sync[0], await ipcRenderer.invoke('locked').catch(message),
                 await ipcRenderer.invoke('panics').catch(message), await ipcRenderer.invoke('who')];",
        )
        .await;
        let failed = |channel: &str, why: &str| {
            format!(
                "Error invoking remote method '{channel}': Error: This page may not call invoke on '{channel}'{why}"
            )
        };
        let expected = json!(["third", failed("locked", ": it is locked"), failed("panics", ""), id]);
        assert_eq!(told, expected, "in {engine}");
    })
    .await;
}

/// Whether the page may not invoke it.
async fn refused(page: &mut SimulatedPage, channel: &str) -> bool {
    let answer: Result<Value> = page.invoke(channel, ()).await;
    answer.is_err_and(|error| error.to_string().contains("FORBIDDEN"))
}

#[tokio::test]
async fn a_page_comes_to_nothing_more_by_leaving_its_window() {
    let window =
        r#"{"allow": [["invoke", "wh*"], ["invoke", "open-window"], ["invoke", "refused"]]}"#;
    let all =
        r#"[["invoke", "who"], ["invoke", "pages"], ["invoke", "open-window"], ["send", "note"]]"#;
    let host = host().env("E2E_ALLOW", all).env("E2E_PREFERENCES", window).start().await.unwrap();
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    // A link that names no tab, as a script of the window's own page could make one.
    let mut stranger = browser.open().await.unwrap();
    stranger.invoke::<u32>("who", ()).await.unwrap();
    // On one of the two lists, or on none.
    for channel in ["pages", "refused", "whole", "nobody"] {
        assert!(refused(&mut stranger, channel).await, "{channel}");
    }
    // A window with a shorter list, and who comes after it.
    let narrow = json!({ "allow": [["invoke", "who"]] });
    stranger.invoke::<u32>("open-window", ("/", narrow)).await.unwrap();
    let mut later = browser.open().await.unwrap();
    later.invoke::<u32>("who", ()).await.unwrap();
    assert!(refused(&mut later, "open-window").await);
    // A copy of a stranger's tab is a stranger, and one that was there before is what it was.
    let mut copy = stranger.duplicate().await.unwrap();
    assert!(refused(&mut copy, "open-window").await);
    assert!(!refused(&mut stranger, "open-window").await);
}
