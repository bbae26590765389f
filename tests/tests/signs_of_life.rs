//! Connections on which nothing is said: the host gives signs of life, and doesn't wait for ever for a hello.

#![allow(clippy::unwrap_used)]

use exciton_e2e::{HostCommand, HostProcess, SimulatedBrowser};
use exciton_protocol::{CloseReason, close_code};

async fn host(limits: &str) -> HostProcess {
    HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", concat!(env!("CARGO_MANIFEST_DIR"), "/pages/tabs")])
        .env("E2E_LIMITS", limits)
        .start()
        .await
        .unwrap()
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
