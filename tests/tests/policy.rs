//! The Content-Security-Policy of served pages: what the page's own file holds runs, and nothing that gets into it later.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use exciton_e2e::{Browser, HostCommand, HostProcess, PageServer, binary, in_each_engine};
use serde_json::{Value, json};

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/policy");

/// Electron's page, as its program has it in itself.
const TUTORIAL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/electron-tutorial/ui/index.html");

/// Says that it ran to the page that has it, in it or around it.
const SCRIPT: &str = "(window.ran ?? parent.ran)()";

async fn host(policy: Option<&str>) -> HostProcess {
    let command = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).args([
        "--no-open",
        "--ephemeral",
        "--page",
        PAGES,
    ]);
    let command = policy.iter().fold(command, |command, policy| command.env("E2E_POLICY", policy));
    command.start().await.unwrap()
}

/// What becomes of each try in the page that is open.
async fn outcomes(browser: &Browser, elsewhere: &PageServer) -> serde_json::Map<String, Value> {
    browser.wait_until("typeof window.tryAll === 'function'", LIMIT).await.unwrap();
    let all =
        format!("tryAll({}).then((all) => (window.outcomes = all))", json!(elsewhere.origin()));
    browser.run_in_page(&all).await.unwrap();
    if let Err(error) = browser.wait_until("window.outcomes !== undefined", LIMIT).await {
        panic!("{} has no outcome: {error}", browser.eval("window.trying").await.unwrap());
    }
    browser.eval("window.outcomes").await.unwrap().as_object().unwrap().clone()
}

async fn elsewhere() -> PageServer {
    PageServer::start(&[("/script.js", SCRIPT)]).await.unwrap()
}

#[tokio::test]
async fn what_stands_in_the_file_runs_and_what_is_injected_does_not() {
    in_each_engine(|engine| async move {
        let elsewhere = elsewhere().await;
        let host = host(None).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser
            .wait_until("window.id === 1 && window.module && window[0].inside", LIMIT)
            .await
            .unwrap();
        let own =
            "[inline, module, drawn, cloned, window[0].inside, synced, window.commented ?? null]";
        let seen = browser.eval(own).await.unwrap();
        let inline = json!(["UTF-8", "</b>"]);
        assert_eq!(seen, json!([inline, "mapped", true, true, "a&amp;b", 1, null]), "{engine}");
        for (name, outcome) in outcomes(&browser, &elsewhere).await {
            assert_eq!(outcome, "blocked", "{name} in {engine}");
        }
        browser.click("button").await.unwrap();
        assert_eq!(browser.eval("window.clicked ?? null").await.unwrap(), Value::Null, "{engine}");
    })
    .await;
}

/// The test of the test: each try does run where there is no policy.
#[tokio::test]
async fn without_a_policy_each_of_them_runs() {
    in_each_engine(|engine| async move {
        let elsewhere = elsewhere().await;
        let host = host(Some("none")).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        let outcomes = outcomes(&browser, &elsewhere).await;
        assert!(outcomes.len() >= 15, "{outcomes:?}");
        for (name, outcome) in outcomes {
            assert_eq!(outcome, "ran", "{name} in {engine}");
        }
        browser.click("button").await.unwrap();
        assert_eq!(browser.eval("window.clicked").await.unwrap(), "by the file", "{engine}");
    })
    .await;
}

#[tokio::test]
async fn handlers_of_the_file_run_by_the_applications_word_and_no_others() {
    in_each_engine(|engine| async move {
        let elsewhere = elsewhere().await;
        let host = host(Some("'unsafe-hashes'")).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        for (name, outcome) in outcomes(&browser, &elsewhere).await {
            assert_eq!(outcome, "blocked", "{name} in {engine}");
        }
        browser.click("button").await.unwrap();
        assert_eq!(browser.eval("window.clicked").await.unwrap(), "by the file", "{engine}");
    })
    .await;
}

#[tokio::test]
async fn a_script_is_hashed_as_browsers_read_its_lines_and_its_encoding() {
    in_each_engine(|engine| async move {
        let host = host(None).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        for (page, inline) in [("lines.html", json!(5)), ("latin1.html", json!("ü1"))] {
            browser.goto(&format!("{}/{page}", host.origin())).await.unwrap();
            let seen = browser.eval("window.inline ?? null").await.unwrap();
            assert_eq!(seen, inline, "{page} in {engine}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_tutorials_unchanged_page_works_under_it_and_runs_nothing_else() {
    let program = binary("electron-tutorial").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str| {
        let name = from.rsplit('/').next().unwrap();
        std::fs::copy(from, folder.path().join(name)).unwrap();
    };
    copy(TUTORIAL);
    copy(&format!("{PAGES}/tries.js"));
    let path = folder.path().to_owned();
    in_each_engine(move |engine| {
        let (program, path) = (program.clone(), path.clone());
        async move {
            let elsewhere = elsewhere().await;
            let command = HostCommand::new(&program).args(["--no-open", "--ephemeral", "--page"]);
            let host = command.arg(&path).start().await.unwrap();
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(host.url()).await.unwrap();
            for said in ["sync ping", "async ping"] {
                host.wait_line(said, LIMIT).await.unwrap();
            }
            let asked = "fetch('index.html').then((answer) => (window.policy = answer.headers.get('content-security-policy')))";
            browser.run_in_page(asked).await.unwrap();
            browser.wait_until("window.policy !== undefined", LIMIT).await.unwrap();
            let policy = browser.eval("window.policy").await.unwrap();
            assert!(policy.as_str().unwrap().contains("'sha256-"), "{policy}");
            // A file beside the page: what the harness runs itself, it runs by the page's nonce.
            let tries = "document.head.append(Object.assign(document.createElement('script'), { src: 'tries.js' }))";
            browser.run_in_page(tries).await.unwrap();
            for (name, outcome) in outcomes(&browser, &elsewhere).await {
                assert_eq!(outcome, "blocked", "{name} in {engine}");
            }
        }
    })
    .await;
}
