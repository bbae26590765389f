//! Where the id of a page's link is to be read: in its tab's storage, by which the next document is known, and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, in_each_engine};
use serde_json::json;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Finds the id in what goes to the host, and then every place that has it, or a half of it.
const LOOK: &str = "
    const send = XMLHttpRequest.prototype.send;
    let body;
    XMLHttpRequest.prototype.send = function (text) { body = text; return send.call(this, text); };
    ipcRenderer.sendSync('who-sync');
    const { link } = JSON.parse(body);
    const entries = (storage) => Object.entries({ ...storage }).map(([name, value]) => [name.split('/').pop(), `${name} ${value}`]);
    const places = {
        title: document.title, address: location.href, referrer: document.referrer, name: window.name,
        cookie: document.cookie, history: JSON.stringify(history.state), markup: document.documentElement.outerHTML,
        requests: JSON.stringify(performance.getEntries()),
        globals: Object.entries(Object.getOwnPropertyDescriptors(window))
            .map(([name, { value }]) => `${name} ${typeof value === 'string' ? value : ''}`).join(),
        ...Object.fromEntries(entries(localStorage).map(([name, text]) => [`local ${name}`, text])),
        ...Object.fromEntries(entries(sessionStorage).map(([name, text]) => [`session ${name}`, text])),
    };
    const has = (text) => [link.slice(0, 16), link.slice(-16)].some((half) => text.includes(half));
    window.found = [link.length, Object.keys(places).filter((place) => has(places[place]))]";

#[tokio::test]
async fn the_id_of_a_link_is_in_its_tabs_storage_and_nowhere_else() {
    in_each_engine(|engine| async move {
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("tabs");
        let host = host.start().await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        for _ in 0..2 {
            browser.wait_until("window.id === 1", LIMIT).await.unwrap();
            browser.run_in_page(&format!("{{ {LOOK} }}")).await.unwrap();
            let found = browser.eval("window.found").await.unwrap();
            assert_eq!(found, json!([32, ["session link"]]), "{engine}");
            browser.reload().await.unwrap();
        }
    })
    .await;
}
