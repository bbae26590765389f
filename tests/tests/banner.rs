//! The line that pages show while they are not connected, where the application wants it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton::{App, KeySource, Opening};
use exciton_e2e::{Browser, in_each_engine};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_that_the_application_has_quit_only_where_that_is_wanted() {
    in_each_engine(|engine| async move {
        for wanted in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("index.html"), "<!doctype html><p>page").unwrap();
            let app = App::new()
                .root(folder.path())
                .key(KeySource::Ephemeral)
                .opening(Opening::Nothing)
                .connection_banner(wanted);
            let serving = tokio::spawn({
                let app = app.clone();
                async move { app.run().await.map_err(|error| error.to_string()) }
            });
            while app.invite().is_err() {
                tokio::task::yield_now().await;
            }
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(&app.invite().unwrap()).await.unwrap();
            let state = |name: &str| format!("require('electron').connection.state === '{name}'");
            browser.wait_until(&state("open"), LIMIT).await.unwrap();
            let banner = "document.querySelector('[role=status]')?.textContent ?? null";
            assert!(browser.eval(banner).await.unwrap().is_null(), "{engine}");
            app.quit();
            serving.await.unwrap().unwrap();
            browser.wait_until(&state("closed"), LIMIT).await.unwrap();
            let shown = browser.eval(banner).await.unwrap();
            let text = wanted.then_some("The application has quit.");
            assert_eq!(shown.as_str(), text, "{engine}");
        }
    })
    .await;
}
