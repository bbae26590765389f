//! Hostile pages in real browsers that have come in before: on another port, at another name for loopback, in a frame
//! with an opaque origin.

use std::time::Duration;

use exciton_e2e::{Browser, Engine, PageServer, in_each_engine};

use crate::target::{PAGES, State, Target};

/// Only decides how long a failure takes.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What a hostile page tries, and what the application's own page does in its place with success.
pub struct Try {
    pub name: &'static str,
    right: &'static str,
    /// The browsers that never ask the host.
    kept_by: &'static [Engine],
    /// A page with an opaque origin may not even begin.
    kept_in_sandbox: bool,
}

const fn asked(name: &'static str, right: &'static str) -> Try {
    Try { name, right, kept_by: &[], kept_in_sandbox: false }
}

const fn by_worker(name: &'static str) -> Try {
    Try { name, right: name, kept_by: &[], kept_in_sandbox: true }
}

/// It opens no window that no user asked for.
const WITHOUT_POPUPS: &[Engine] = &[Engine::WebKit];
/// It knows no such link.
const WITHOUT_PREFETCH: &[Engine] = &[Engine::WebKit];

const fn kept(name: &'static str, right: &'static str, kept_by: &'static [Engine]) -> Try {
    Try { name, right, kept_by, kept_in_sandbox: false }
}

const ALL: &[Engine] = &[Engine::Chromium, Engine::Firefox, Engine::WebKit];

pub const TRIES: &[Try] = &[
    asked("read a file", "read a file"),
    asked("read a page", "read a page"),
    asked("read the facts", "read the facts"),
    asked("read the renderer", "read the renderer"),
    asked("read without cors", "read without cors"),
    asked("ask for a sign of life", "ask for a sign of life"),
    asked("PUT with everything", "PUT with everything"),
    asked("PUT without the mark", "PUT with everything"),
    asked("POST as text", "PUT with everything"),
    asked("PUT synchronously", "PUT synchronously"),
    asked("POST a form", "PUT with everything"),
    asked("POST a form with parts", "PUT with everything"),
    asked("POST a form as text", "PUT with everything"),
    asked("GET by a form", "GET by a form"),
    asked("send a beacon", "PUT with everything"),
    asked("send a beacon of JSON", "PUT with everything"),
    asked("open a socket", "open a socket"),
    asked("open a socket with a protocol", "open a socket"),
    by_worker("open a socket in a worker"),
    by_worker("import in a worker"),
    asked("listen to events", "read the facts"),
    asked("run a file", "run a file"),
    asked("run the renderer", "run a file"),
    asked("run the renderer without a referrer", "run a file"),
    asked("import a module", "import a module"),
    asked("show a picture", "show a picture"),
    asked("use a style", "use a style"),
    asked("frame a page", "frame a page"),
    asked("frame a page without a referrer", "frame a page without a referrer"),
    // The way in shows itself in no frame, and the policy of our own pages allows no object.
    asked("frame the way in", "frame a page"),
    asked("embed a page", "frame a page"),
    kept("open the facts", "read the facts", WITHOUT_POPUPS),
    kept("fetch in advance", "read a page", WITHOUT_PREFETCH),
    asked("load in advance", "run a file"),
    kept("serve in its place", "serve in its place", ALL),
];

#[tokio::test]
async fn no_hostile_page_gets_anything_in_a_browser_that_has_come_in() {
    in_each_engine(|engine| async move {
        let mut target = Target::start_with(&[("E2E_LOG", "1")]).await;
        let browser = Browser::open_unwatched(engine).await.unwrap();
        come_in(&browser, &mut target).await;
        let own = browser.tab().await.unwrap();
        let evil = evil().await;
        let mut failed = Vec::new();
        let port = evil.address().port();
        for (stage, page) in [
            ("another port", format!("http://127.0.0.1:{port}/hostile.html")),
            ("another name", format!("http://localhost:{port}/hostile.html")),
            ("an opaque origin", format!("http://127.0.0.1:{port}/sandbox.html")),
        ] {
            browser.new_tab().await.unwrap();
            let url = format!("{page}?host={}&epoch={}", target.host.origin(), target.epoch);
            browser.goto(&url).await.unwrap();
            let before = target.state().await;
            for row in TRIES {
                let kept = row.kept_by.contains(&engine)
                    || row.kept_in_sandbox && stage == "an opaque origin";
                if let Err(why) = make(&browser, &mut target, row.name, kept).await {
                    failed.push(format!("{stage}: {}: {why}", row.name));
                }
            }
            let after = target.state().await;
            if before != after {
                failed.push(format!("{stage}: {before:?} became {after:?}"));
            }
            browser.close_window().await.unwrap();
            browser.switch_to(&own).await.unwrap();
        }
        put_right(&browser, &mut target, &mut failed).await;
        target.no_ticket_was_spent().await;
        assert!(failed.is_empty(), "{engine}:\n{}", failed.join("\n"));
    })
    .await;
}

pub async fn come_in(browser: &Browser, target: &mut Target) {
    browser.goto(&target.invitation().await).await.unwrap();
    browser.wait_until("document.title === 'What is attacked'", LIMIT).await.unwrap();
    until(target, |state| state.sockets == 2).await;
}

async fn until(target: &mut Target, reached: impl Fn(&State) -> bool) {
    let looking = async { while !reached(&target.state().await) {} };
    tokio::time::timeout(LIMIT, looking).await.expect("the host gets there");
}

/// The attacker's own server.
pub async fn evil() -> PageServer {
    let names = ["hostile.html", "hostile.js", "sandbox.html", "sandbox.js", "worker.js"];
    let files: Vec<(String, String)> = names
        .iter()
        .map(|name| {
            (format!("/{name}"), std::fs::read_to_string(format!("{PAGES}/{name}")).unwrap())
        })
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    PageServer::start(&files).await.unwrap()
}

/// An attempt of the page in front comes to nothing, and the host has said no to it.
pub async fn make(
    browser: &Browser,
    target: &mut Target,
    name: &str,
    kept: bool,
) -> Result<(), String> {
    let log = target.host.stderr().clone();
    let (before, lines) = (target.state().await, log.len());
    let got = outcome(browser, name).await;
    if !got.is_empty() {
        return Err(format!("has got {got:?}"));
    }
    if !kept {
        let seen = log.wait_from(lines, "a refusal", LIMIT, |lines| {
            lines.iter().any(|line| line.contains("not let in")).then_some(())
        });
        seen.await.map_err(|_| "the host wasn't asked".to_owned())?;
    }
    let after = target.state().await;
    if before != after {
        return Err(format!("{before:?} became {after:?}"));
    }
    let told: Vec<String> =
        log.all().split_off(lines).into_iter().filter(|line| line.contains("not let in")).collect();
    match told.iter().find(|line| !line.contains("status=403")) {
        Some(line) => Err(format!("is told {line}")),
        None => Ok(()),
    }
}

/// What the page in front gets when it tries something.
pub async fn outcome(browser: &Browser, name: &str) -> String {
    let name = serde_json::Value::from(name);
    browser
        .eval(&format!(
            "(document.documentElement.dataset.outcome = '', location.hash = {name} + '&' + performance.now())"
        ))
        .await
        .unwrap();
    let outcome = "document.documentElement.dataset.outcome";
    browser.wait_until(outcome, LIMIT).await.unwrap();
    let text = browser.eval(outcome).await.unwrap();
    let outcome: serde_json::Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert_eq!(outcome["name"], name);
    outcome["got"].as_str().unwrap().to_owned()
}

/// The same, from the application's own origin: nothing else is wrong with any attempt.
pub async fn put_right(browser: &Browser, target: &mut Target, failed: &mut Vec<String>) {
    let url = format!("{}/hostile.html?epoch={}", target.host.origin(), target.epoch);
    browser.goto(&url).await.unwrap();
    let mut rights: Vec<&str> = TRIES.iter().map(|row| row.right).collect();
    rights.sort_unstable();
    rights.dedup();
    for right in rights {
        let before = target.state().await;
        // Not at the first try for certain: in Firefox a good socket, after dozens that were refused, has failed at once.
        let succeeds = async { while outcome(browser, right).await.is_empty() {} };
        if tokio::time::timeout(LIMIT, succeeds).await.is_err() {
            failed.push(format!("the application's own page: {right}: comes to nothing"));
        } else if right.contains("PUT") || right.contains("socket") {
            until(target, |state| state.prizes > before.prizes).await;
        }
    }
}

pub fn names() -> impl Iterator<Item = String> {
    let stages = ["another port", "another name", "an opaque origin"];
    stages
        .into_iter()
        .flat_map(|stage| TRIES.iter().map(move |row| format!("{stage}: {}", row.name)))
}
