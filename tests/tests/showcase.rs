//! The project's own page, bundled by Trunk and served by the host's binary.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, HostCommand, binary, in_each_engine};
use serde_json::json;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_projects_page_is_one_web_contents_of_two_faces_and_counts_right() {
    let program = binary("exciton").unwrap();
    // The program alone, in a folder where nothing else is.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("exciton");
    std::fs::copy(program, &alone).unwrap();
    in_each_engine(move |engine| {
        let command = HostCommand::new(&alone)
            .current_dir(alone.parent().unwrap())
            .args(["--no-open", "--ephemeral"]);
        async move {
            let host = command.start().await.unwrap();
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(host.url()).await.unwrap();
            let data = "document.documentElement.dataset";

            let bundled = "document.querySelector('#count') !== null";
            let told =
                "the plain page is served: `cargo xtask test --only page` bundles the real one";
            browser.wait_until("document.readyState === 'complete'", LIMIT).await.unwrap();
            assert_eq!(browser.eval(bundled).await.unwrap(), json!(true), "{told}");

            let both =
                format!("{data}.webContents !== undefined && {data}.rustWebContents !== undefined");
            browser.wait_until(&both, LIMIT).await.unwrap();
            let one = browser.eval(&format!("{data}.webContents === {data}.rustWebContents")).await;
            assert_eq!(one.unwrap(), json!(true), "JavaScript and Rust are one WebContents");

            for (id, lines) in
                [("console", "sync pong\nasync pong"), ("terminal", "sync ping\nasync ping")]
            {
                let shown = format!(
                    "document.querySelector('#{id}').innerText.trim() === {}",
                    json!(lines)
                );
                browser.wait_until(&shown, LIMIT).await.unwrap();
            }

            browser.run_in_page("document.querySelector('#count').click()").await.unwrap();
            let counted = format!("['right', 'wrong', 'failed'].includes({data}.count)");
            browser.wait_until(&counted, LIMIT).await.unwrap();
            let outcome = browser.eval(&format!("({{...{data}}})")).await.unwrap();
            assert_eq!(outcome["count"], "right", "{outcome}");
            println!(
                "{engine:?}: counted for {} ms, longest gap between two frames {} ms",
                outcome["countMilliseconds"], outcome["longestGap"]
            );

            browser.run_in_page("document.querySelector('#calls').click()").await.unwrap();
            browser.wait_until(&format!("{data}.calls === '10000'"), LIMIT).await.unwrap();
        }
    })
    .await;
}
