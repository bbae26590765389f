//! A network that swallows everything without a word: the page finds out, and what it had sent isn't lost.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, Proxy, Side, Split, Way, behind_split,
    in_each_engine,
};
use serde_json::json;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Within how many milliseconds of its call a page must know that it isn't connected: what its own timer for that finds.
const NOTICED: u32 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_sends_into_the_void_finds_out_and_repeats_it() {
    in_each_engine(|engine| async move {
        let (split, _host, browser) = start(engine).await;
        // Nobody is there any more; then the host is, and its answers are lost.
        let both: [fn(&Proxy); 2] =
            [|sockets| sockets.half_open(Side::Host), |sockets| sockets.stall(Way::ToPage)];
        let mut called = 0;
        for (fault, kinds) in both.into_iter().zip(["s", "i"]) {
            // Amid messages: what the page has heard last is as fresh as can be.
            round(&browser, "sisisisi").await;
            called += 8;
            browser.wait_until("seen.open === 0", LIMIT).await.unwrap();
            fault(split.sockets());
            let watch = format!(
                "window.noticed = undefined;
                {{
                    const {{ connection }} = require('electron'), since = performance.now();
                    const late = setTimeout(() => (noticed = ['nothing', {NOTICED}]), {NOTICED});
                    connection.once('change', (state) => {{
                        clearTimeout(late);
                        window.noticed ??= [state, performance.now() - since];
                    }});
                }}"
            );
            browser.run_in_page(&format!("{watch} round('{kinds}', 10)")).await.unwrap();
            called += 1;
            browser.wait_until("window.noticed", LIMIT).await.unwrap();
            let noticed = browser.eval("noticed").await.unwrap();
            eprintln!("{engine}: noticed after {} ms", noticed[1]);
            assert_eq!(noticed[0], "reconnecting", "{engine}: {noticed}");
            split.sockets().resume(Way::ToPage);
            browser
                .wait_until("require('electron').connection.state === 'open'", LIMIT)
                .await
                .unwrap();
        }
        check(&browser, called).await;
    })
    .await;
}

async fn start(engine: Engine) -> (Split, HostProcess, Browser) {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("cuts");
    behind_split(engine, host).await.unwrap()
}

async fn round(browser: &Browser, kinds: &str) {
    browser.run_in_page(&format!("round('{kinds}', 10)")).await.unwrap();
}

/// Each call came once and in order, and each invoke was answered.
async fn check(browser: &Browser, called: u32) {
    let log =
        "require('electron').ipcRenderer.invoke('cuts-log').then((log) => (window.heard = log))";
    browser.run_in_page(log).await.unwrap();
    browser.wait_until("window.heard && seen.open === 0", LIMIT).await.unwrap();
    let seen = browser.eval("[heard, seen.wrong, seen.lost]").await.unwrap();
    let all: Vec<u32> = (0..called).collect();
    assert_eq!(seen, json!([all, [], []]), "{}", browser.engine());
}
