//! Connections on which nothing is said: the host gives signs of life, and doesn't wait for ever for a hello.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{HostCommand, HostProcess, SimulatedBrowser};
use exciton_protocol::{CloseReason, Packet, close_code};
use serde_json::Value;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn host(limits: &str) -> HostProcess {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("tabs");
    host.limits(limits).start().await.unwrap()
}

#[tokio::test]
async fn a_silent_connection_is_pinged_and_its_page_gets_a_sign_that_it_can_see() {
    let host = host(r#"{"ping": 100}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let mut page = browser.open().await.unwrap();
    let signs = page.listen(|signs| signs.pings >= 3 && signs.acks >= 3).await.unwrap();
    // Each in its turn: not the one for the other.
    assert!(signs.pings < 10 && signs.acks < 10, "{signs:?}");
}

#[tokio::test]
async fn a_connection_without_a_hello_is_closed_as_silent() {
    let host = host(r#"{"hello": 100}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    assert_eq!(browser.say_nothing().await.unwrap(), close_code(CloseReason::Silent));
}

#[tokio::test]
async fn the_close_of_a_page_is_answered() {
    let host = host("{}").await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    for _ in 0..5 {
        assert!(browser.open().await.unwrap().close_and_listen().await);
    }
}

#[tokio::test]
async fn a_listener_that_blocks_its_page_stops_neither_signs_nor_messages_nor_acknowledgements() {
    tokio::time::timeout(LIMIT, blocked()).await.expect("nothing more came");
}

async fn blocked() {
    let host = host(r#"{"ping": 100, "windowPackets": 4, "batchPackets": 1}"#).await;
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let (mut page, mut other) = (browser.open().await.unwrap(), browser.open().await.unwrap());
    page.send("block-until", ()).await.unwrap();
    while !other.invoke::<bool>("is-blocked", ()).await.unwrap() {}
    // Many times the credit of the host: it hears the page's acknowledgements.
    other.invoke::<()>("tell-others", ("told", 20)).await.unwrap();
    for number in 0..20 {
        let Packet::Send(told) = page.next_packet().await.unwrap() else { panic!("no message") };
        assert_eq!((&*told.channel, &*told.args.text), ("told", format!("[{number}]").as_bytes()));
    }
    let before = page.listen(|_| true).await.unwrap();
    page.listen(|signs| signs.pings > before.pings + 2 && signs.acks > before.acks + 2)
        .await
        .unwrap();
    assert!(other.invoke::<bool>("is-blocked", ()).await.unwrap());
    other.invoke::<Value>("release", ()).await.unwrap();
    assert_eq!(page.invoke::<u32>("answer", (7,)).await.unwrap(), 7);
}
