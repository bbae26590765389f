//! Early messages: what the host sends before a page can listen reaches the listeners that the page registers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::Router;
use axum::http::header;
use axum::routing::get;
use exciton_e2e::{Browser, HostCommand, HostProcess, PATIENT, in_each_engine};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// How many messages each page is sent at once.
const EARLY: usize = 100;

/// A host that sends each new page its messages before it has heard of it.
async fn host() -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .pages("early")
        .limits(PATIENT)
        .env("E2E_EARLY", EARLY.to_string())
        // One page has a script of another origin: the gate.
        .env("E2E_POLICY", "http://127.0.0.1:*")
        .start()
        .await
        .unwrap()
}

fn all() -> Value {
    (0..EARLY).map(|number| json!(format!("early {number}"))).collect()
}

/// Serves a script that is answered when the returned semaphore has a permit.
async fn gate() -> (SocketAddr, Arc<Semaphore>) {
    let open = Arc::new(Semaphore::new(0));
    let waiting = open.clone();
    let script = move || async move {
        waiting.acquire().await.unwrap().forget();
        ([(header::CONTENT_TYPE, "text/javascript")], "window.passed = document.readyState;")
    };
    let router = Router::new().route("/gate.js", get(script));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, open)
}

#[tokio::test]
async fn what_was_sent_to_a_window_before_its_page_came_arrives_in_order() {
    in_each_engine(|engine| async move {
        let host = host().await;
        host.wait_line("created 1", LIMIT).await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until(&format!("window.pushed.length >= {EARLY}"), LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.pushed").await.unwrap(), all());

        // It came to the page that came first: the next document of the tab has its own.
        browser.reload().await.unwrap();
        browser.run_in_page("ipcRenderer.send('push-me', 'after the reload')").await.unwrap();
        browser.wait_until("window.pushed.length > 0", LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.pushed").await.unwrap(), json!(["after the reload"]));
    })
    .await;
}

#[tokio::test]
async fn a_push_from_the_event_of_a_new_page_reaches_the_listener_of_its_last_script() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let (gate, open) = gate().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.new_tab().await.unwrap();
        let page = format!("{}/index.html?gate=http://{gate}/gate.js", host.origin());
        // The answer that came behind the messages has been used before the listener is there.
        let answered = async {
            host.wait_line("note 2 answered", LIMIT).await.unwrap();
            open.add_permits(1);
        };
        let (loaded, ()) = tokio::join!(browser.goto(&page), answered);
        loaded.unwrap();
        browser.wait_until(&format!("window.pushed.length >= {EARLY}"), LIMIT).await.unwrap();
        assert_eq!(browser.eval("window.pushed").await.unwrap(), all());
        assert_eq!(browser.eval("window.passed").await.unwrap(), "loading");
        assert_eq!(browser.eval("window.answeredWhile").await.unwrap(), "loading");
    })
    .await;
}

#[tokio::test]
async fn a_message_right_behind_an_answer_reaches_the_listener_of_the_code_that_awaits_it() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.goto(&format!("{}/awaits.html", host.origin())).await.unwrap();
        browser.wait_until("window.pushed.length > 0", LIMIT).await.unwrap();
        assert_eq!(
            browser.eval("window.pushed").await.unwrap(),
            json!(["right behind the answer"])
        );
    })
    .await;
}
