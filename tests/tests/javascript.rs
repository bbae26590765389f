//! The renderer's JavaScript modules and their own tests, the golden vectors among them, in each engine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::Duration;

use exciton_e2e::{Browser, PageServer, in_each_engine};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(120);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const PAGE: &str = "<!doctype html><script type=\"module\">
import { run } from './web/bundle/js/all.mjs';
run().then((outcome) => (window.outcome = outcome), (error) => (window.outcome = { passed: 0, failures: [String(error)] }));
</script>";

#[tokio::test]
async fn the_renderers_javascript_passes_its_own_tests_in_each_engine() {
    let pages = PageServer::start(&[("/", PAGE)]).await.unwrap();
    let root = Path::new(ROOT);
    let mut served = 0;
    for folder in ["web/bundle/js", "web/bundle/js/clone"] {
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        for path in files.map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            pages.set(&format!("/{folder}/{name}"), &std::fs::read_to_string(&path).unwrap());
            served += 1;
        }
    }
    assert!(served > 20, "only {served} files");
    let vectors = std::fs::read_to_string(root.join("protocol/vectors/values.json")).unwrap();
    pages.set("/protocol/vectors/values.json", &vectors);

    let url = pages.url("/");
    in_each_engine(move |engine| {
        let url = url.clone();
        async move {
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(&url).await.unwrap();
            browser.wait_until("window.outcome !== undefined", LIMIT).await.unwrap();
            let outcome = browser.eval("window.outcome").await.unwrap();
            assert_eq!(outcome["failures"], serde_json::json!([]));
            assert!(outcome["passed"].as_u64() > Some(60), "{outcome}");
        }
    })
    .await;
}
