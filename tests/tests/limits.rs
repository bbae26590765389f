//! The host's own bounds, held against pages that don't keep to them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{HostCommand, SimulatedBrowser};

#[tokio::test]
async fn an_invoke_past_the_limit_is_refused_and_the_next_one_answered() {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
        .args(["--no-open", "--page", concat!(env!("CARGO_MANIFEST_DIR"), "/pages/tabs")])
        .env("E2E_LIMITS", r#"{"openInvokes": 3}"#)
        .start()
        .await
        .unwrap();
    let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
    let mut page = browser.open().await.unwrap();
    for _ in 0..2 {
        page.begin_invoke("hold", ("for ever",)).await.unwrap();
    }
    let id = page.invoke::<u32>("who", ()).await.unwrap();
    page.begin_invoke("hold", ("for ever",)).await.unwrap();
    let error = page.invoke::<u32>("who", ()).await.unwrap_err().to_string();
    assert!(error.contains("waits for 4 invokes") && error.contains("3 may be open"), "{error}");
    assert!(error.contains("BUSY"), "{error}");
    page.send("note", ("goes on",)).await.unwrap();
    host.wait_line(&format!("note {id} goes on"), std::time::Duration::from_secs(30))
        .await
        .unwrap();
}
