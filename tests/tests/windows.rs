//! Windows and pages as the main process sees them: each event, each order, scripts, and the end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, Engine, HostCommand, HostProcess, PATIENT, binary, in_each_engine};
use serde_json::{Value, json};
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Longer than any grace by default but that of a connection that vanished.
const GRACE: Duration = Duration::from_secs(60);

/// Graces for pages that go and aren't loaded anew. In Firefox the last words of a page in the background may not come: then
/// its window ends with them.
const SHORT: &str = r#"{"graceClosed": 2000, "graceBye": 500}"#;

/// A host that prints what happens, with a browser on its first window.
struct Stage {
    host: HostProcess,
    browser: Browser,
}

impl Stage {
    async fn open(engine: Engine) -> Stage {
        Self::open_with(engine, PATIENT).await
    }

    async fn open_with(engine: Engine, limits: &str) -> Stage {
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("windows");
        let host = host.limits(limits).env("E2E_EVENTS", "1").start().await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        let stage = Stage { host, browser };
        stage.has_come("first").await;
        stage
    }

    /// Waits for the current tab's document, which then is known to the host.
    async fn has_come(&self, title: &str) {
        let come = format!("document.title === {title:?} && window.id > 0");
        self.browser.wait_until(&come, LIMIT).await.unwrap();
    }

    /// Lets the page invoke something and returns the answer.
    async fn invoke(&self, what: &str) -> Value {
        self.begin(what).await;
        self.browser.wait_until("window.calls.it", LIMIT).await.unwrap();
        let outcome = self.browser.eval("window.calls.it").await.unwrap();
        assert!(outcome["error"].is_null(), "{what}: {outcome}");
        outcome["value"].clone()
    }

    /// Lets the page invoke something whose answer it doesn't live to see, perhaps.
    async fn begin(&self, what: &str) {
        self.browser.run_in_page(&format!("delete calls.it; call('it', {what})")).await.unwrap();
    }

    async fn line(&self, line: &str) {
        self.host.wait_line(line, LIMIT).await.unwrap();
    }

    /// The host's lines that begin with one of the prefixes.
    fn lines(&self, prefixes: &[&str]) -> Vec<String> {
        let mut lines = self.host.stdout().all();
        lines.retain(|line| prefixes.iter().any(|prefix| line.starts_with(prefix)));
        lines
    }
}

#[tokio::test]
async fn a_page_is_heard_of_from_its_coming_to_its_end() {
    in_each_engine(|engine| async move {
        let stage = Stage::open_with(engine, SHORT).await;
        stage.line("did-finish-load 1").await;
        let seen = ["window", "did-", "dom-ready", "title", "ready-to-show"];
        assert_eq!(
            stage.lines(&seen),
            [
                "window 1 of 1 by 0",
                "did-navigate 1 ",
                "title 1 first",
                "dom-ready 1",
                "did-finish-load 1"
            ]
            .iter()
            .flat_map(|line| match *line {
                // The window is ready with its page, and hears of it first.
                "dom-ready 1" => vec!["ready-to-show 1", "dom-ready 1"],
                line => vec![line],
            })
            .collect::<Vec<_>>()
        );
        let facts = stage.invoke("'facts', 1").await;
        let wanted = json!({
            "url": format!("{}/", stage.host.origin()), "title": "first", "loading": false,
            "destroyed": false, "window": 1,
        });
        assert_eq!(facts, wanted, "in {engine}");

        stage.browser.run_in_page("document.title = 'changed'").await.unwrap();
        stage.line("title 1 changed").await;
        stage.browser.run_in_page("history.pushState(null, '', '?state')").await.unwrap();
        stage.line("did-navigate-in-page 1 ?state").await;
        stage.browser.run_in_page("location.hash = 'part'").await.unwrap();
        stage.line("did-navigate-in-page 1 ?state#part").await;
        assert_eq!(stage.invoke("'facts', 1").await["title"], "changed");

        // The browser would end with its last tab.
        let first = stage.browser.tab().await.unwrap();
        stage.browser.new_tab().await.unwrap();
        stage.browser.switch_to(&first).await.unwrap();
        stage.browser.close_window().await.unwrap();
        stage.line("closed 1").await;
        stage.line("destroyed 1").await;
        stage.line("all closed").await;
        let end = ["closed", "destroyed", "all closed"];
        assert_eq!(stage.lines(&end), ["closed 1", "destroyed 1", "all closed"]);
    })
    .await;
}

#[tokio::test]
async fn a_page_goes_where_the_host_sends_it() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        stage.begin("'do', 1, 'load-file', 'other.html'").await;
        stage.has_come("other").await;
        stage.line("did-navigate 1 other.html").await;
        stage.begin("'do', 1, 'load-url', '/index.html?again'").await;
        stage.has_come("first").await;
        stage.line("did-navigate 1 index.html?again").await;
        stage.browser.run_in_page("window.before = true").await.unwrap();
        stage.begin("'do', 1, 'reload'").await;
        stage.browser.wait_until("!window.before && window.id === 1", LIMIT).await.unwrap();
        let reloads = stage.lines(&["did-navigate 1 index.html?again"]);
        assert_eq!(reloads.len(), 2, "in {engine}");

        assert_eq!(stage.invoke("'do', 1, 'set-title', 'by the host'").await, Value::Null);
        stage.browser.wait_until("document.title === 'by the host'", LIMIT).await.unwrap();
        stage.line("title 1 by the host").await;
        stage.invoke("'do', 1, 'focus'").await;
        stage
            .browser
            .run_in_page("call('bad', 'do', 1, 'load-url', 'http://elsewhere/')")
            .await
            .unwrap();
        stage.browser.wait_until("window.calls.bad", LIMIT).await.unwrap();
        let refused = stage.browser.eval("window.calls.bad.error").await.unwrap();
        assert!(refused.as_str().unwrap().contains("not a page of this application"), "{refused}");
        assert_eq!(stage.lines(&["created", "destroyed"]), ["created 1"]);
    })
    .await;
}

#[tokio::test]
async fn a_script_comes_to_a_value_a_promise_or_an_exception() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        for (code, wanted) in [
            ("1 + 1", json!({ "value": 2 })),
            ("document.title", json!({ "value": "first" })),
            ("Promise.resolve({ a: [1, 'b'] })", json!({ "value": { "a": [1, "b"] } })),
            ("new Promise((done) => setTimeout(done, 10, 'later'))", json!({ "value": "later" })),
            ("var made = 'global'; made", json!({ "value": "global" })),
            ("window.made", json!({ "value": "global" })),
            (
                "let kept = [1]; function grow() { kept.push(2); return kept; }",
                json!({ "value": null }),
            ),
            ("grow();\nkept.length; // and what is declared stays", json!({ "value": 2 })),
            ("for (const one of kept) { }", json!({ "value": null })),
        ] {
            let asked = format!("'execute', 1, {}", json!(code));
            assert_eq!(stage.invoke(&asked).await, wanted, "{code} in {engine}");
        }
        for (code, name, message) in [
            ("throw new TypeError('mine')", "TypeError", Some("mine")),
            ("Promise.reject(new RangeError('far'))", "RangeError", Some("far")),
            ("throw 'a text'", "", Some("a text")),
            ("} not JavaScript {", "SyntaxError", None),
            ("() => {}", "DataCloneError", None),
        ] {
            let outcome = stage.invoke(&format!("'execute', 1, {}", json!(code))).await;
            assert_eq!(outcome["threw"]["name"], name, "{code} in {engine}: {outcome}");
            if let Some(message) = message {
                assert_eq!(outcome["threw"]["message"], message, "{code} in {engine}");
            }
        }

        // One that never ends, until its page goes.
        let second = stage.browser.new_tab().await.unwrap();
        stage.browser.goto(&format!("{}/other.html", stage.host.origin())).await.unwrap();
        stage.has_come("other").await;
        let other = stage.browser.eval("window.id").await.unwrap();
        let first = stage.browser.windows().await.unwrap();
        let first = first.into_iter().find(|tab| *tab != second).unwrap();
        stage.browser.switch_to(&first).await.unwrap();
        stage.begin(&format!("'execute', {other}, 'new Promise(() => {{}})'")).await;
        stage.browser.switch_to(&second).await.unwrap();
        stage.browser.run_in_page("location.reload()").await.unwrap();
        stage.browser.switch_to(&first).await.unwrap();
        stage.browser.wait_until("window.calls.it", LIMIT).await.unwrap();
        let outcome = stage.browser.eval("window.calls.it.value").await.unwrap();
        assert_eq!(outcome, json!({ "error": "the page went away before the script was done" }));
        assert_eq!(stage.invoke("'statistics'").await["scripts"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_page_with_a_strict_policy_says_what_a_script_needs() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        let first = stage.browser.tab().await.unwrap();
        stage.browser.new_tab().await.unwrap();
        stage.browser.goto(&format!("{}/strict.html", stage.host.origin())).await.unwrap();
        stage.has_come("strict").await;
        stage.browser.switch_to(&first).await.unwrap();
        let outcome = stage.invoke("'execute', 2, '1 + 1'").await;
        assert_eq!(outcome["threw"]["name"], "EvalError", "in {engine}: {outcome}");
        let message = outcome["threw"]["message"].as_str().unwrap();
        assert!(
            message.ends_with("'unsafe-eval' in script-src for executeJavaScript"),
            "{message}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_console_is_told_to_who_listens_from_the_first_line_of_the_next_page() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        stage.invoke("'do', 1, 'watch-console'").await;
        stage.browser.run_in_page("console.log('now', 1); console.warn('careful')").await.unwrap();
        stage.line("console 1 warning: careful").await;
        stage.browser.run_in_page("setTimeout(() => { throw new Error('mine') })").await.unwrap();
        stage.line("console 1 error: Uncaught Error: mine").await;
        stage.browser.run_in_page("Promise.reject(new Error('promised'))").await.unwrap();
        stage.line("console 1 error: Uncaught (in promise) Error: promised").await;
        stage.browser.run_in_page("window.before = true; location.reload()").await.unwrap();
        stage.line("console 1 info: early line").await;
        assert_eq!(
            stage.lines(&["console 1 info", "console 1 warning"]),
            ["console 1 info: now 1", "console 1 warning: careful", "console 1 info: early line"],
            "in {engine}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_window_closes_when_the_host_wants_it_unless_somebody_prevents_it() {
    in_each_engine(|engine| async move {
        let stage = Stage::open_with(engine, SHORT).await;
        let first = stage.browser.tab().await.unwrap();
        stage.browser.new_tab().await.unwrap();
        stage.browser.goto(&format!("{}/other.html", stage.host.origin())).await.unwrap();
        stage.has_come("other").await;

        stage.invoke("'prevent', 'close', true").await;
        stage.invoke("'do', 1, 'close-window'").await;
        assert_eq!(stage.lines(&["close"]), ["close"]);
        assert_eq!(stage.invoke("'facts', 1").await["destroyed"], false);
        stage.invoke("'prevent', 'close', false").await;
        stage.invoke("'do', 1, 'close-window'").await;
        stage.line("closed 1").await;
        stage.line("destroyed 1").await;
        is_closed(&stage, &first).await;

        // A page in no window, and without a question.
        stage.begin("'do', 2, 'close'").await;
        stage.line("destroyed 2").await;
        stage.line("all closed").await;
        assert_eq!(stage.lines(&["render-process-gone", "created"]), ["created 1", "created 2"]);
    })
    .await;
}

#[tokio::test]
async fn a_destroyed_window_is_gone_at_once_and_its_page_does_not_come_back() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        let first = stage.browser.tab().await.unwrap();
        stage.browser.new_tab().await.unwrap();
        stage.browser.goto(&format!("{}/other.html", stage.host.origin())).await.unwrap();
        stage.has_come("other").await;
        stage.invoke("'do', 1, 'destroy'").await;
        assert_eq!(stage.lines(&["close", "destroyed"]), ["closed 1", "destroyed 1"]);
        let counts = stage.invoke("'statistics'").await;
        assert_eq!((&counts["windows"], &counts["webContents"]), (&json!(0), &json!(1)));
        is_closed(&stage, &first).await;
        assert_eq!(stage.lines(&["created"]), ["created 1", "created 2"], "in {engine}");
    })
    .await;
}

/// The tab has gone, or shows that its window was closed.
async fn is_closed(stage: &Stage, tab: &exciton_e2e::Tab) {
    let current = stage.browser.tab().await.unwrap();
    if stage.browser.switch_to(tab).await.is_ok() {
        let shown = stage.browser.wait_until("document.title === 'This window was closed'", LIMIT);
        let shown = shown.await;
        let tabs = stage.browser.windows().await.unwrap();
        assert!(shown.is_ok() || !tabs.contains(tab), "{shown:?}");
        stage.browser.switch_to(&current).await.unwrap();
    }
}

#[tokio::test]
async fn a_window_that_a_page_opens_has_an_opener_and_closes_itself() {
    in_each_engine(|engine| async move {
        let stage = Stage::open(engine).await;
        let first = stage.browser.tab().await.unwrap();
        stage.browser.click("button").await.unwrap();
        stage.line("window 2 of 2 by 1").await;
        stage.line("ready-to-show 2").await;
        assert_eq!(stage.invoke("'facts', 2").await["window"], 2, "in {engine}");
        stage.begin("'do', 2, 'close-window'").await;
        stage.line("closed 2").await;
        stage.browser.wait_until("window.opened.closed", LIMIT).await.unwrap();
        let alone = |tabs: &[exciton_e2e::Tab]| (*tabs == [first.clone()]).then_some(());
        stage.browser.wait_windows("the first alone", LIMIT, alone).await.unwrap();
        assert_eq!(stage.invoke("'facts', 1").await["window"], 1);
    })
    .await;
}

#[tokio::test]
async fn an_application_quits_in_electrons_order_unless_somebody_prevents_it() {
    in_each_engine(|engine| async move {
        let mut stage = Stage::open(engine).await;
        for (prevented, heard) in [("before-quit", 1), ("close", 2)] {
            stage.invoke(&format!("'prevent', '{prevented}', true")).await;
            stage.begin("'do', 1, 'quit'").await;
            // Nothing more comes of it, and the next one is heard.
            let asked = |lines: &[String]| {
                let asked = lines.iter().filter(|line| *line == "asked to quit");
                (asked.count() == heard).then_some(())
            };
            stage.host.stdout().wait("asked to quit", LIMIT, asked).await.unwrap();
            stage.invoke(&format!("'prevent', '{prevented}', false")).await;
            assert_eq!(stage.lines(&["before-quit"]).len(), heard);
        }
        let before = stage.lines(&["before-quit", "close", "will-quit", "quit"]);
        assert_eq!(before, ["before-quit", "before-quit", "close"]);
        stage.begin("'do', 1, 'quit'").await;
        let status = stage.host.wait_exit(LIMIT).await.unwrap();
        assert!(status.success(), "{status}");
        stage.line("quit 0").await;
        let seen = ["before-quit", "close", "destroyed", "all closed", "will-quit", "quit"];
        assert_eq!(
            stage.lines(&seen)[3..],
            ["before-quit", "close", "closed 1", "destroyed 1", "will-quit", "quit 0"]
        );
    })
    .await;
}

#[tokio::test]
async fn an_exit_asks_nobody_and_gives_the_process_its_code() {
    in_each_engine(|engine| async move {
        let mut stage = Stage::open(engine).await;
        stage.invoke("'prevent', 'before-quit', true").await;
        stage.begin("'do', 1, 'exit'").await;
        let status = stage.host.wait_exit(LIMIT).await.unwrap();
        assert_eq!(status.code(), Some(7));
        stage.line("quit 7").await;
        let seen = ["before-quit", "close", "destroyed", "all closed", "will-quit", "quit"];
        assert_eq!(stage.lines(&seen), ["closed 1", "destroyed 1", "quit 7"]);
    })
    .await;
}

#[tokio::test]
async fn an_application_that_opened_its_window_ends_with_it() {
    in_each_engine(|engine| async move {
        // Nobody listens to `window-all-closed` there; the browser that it starts is one that does nothing.
        let program = binary("electron-tutorial").unwrap();
        let mut host = HostCommand::new(program).env("BROWSER", "/bin/true").start().await.unwrap();
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        browser.wait_until("window.electron", LIMIT).await.unwrap();
        browser
            .run_in_page("electron.ipcRenderer.sendSync('synchronous-message', 'here')")
            .await
            .unwrap();
        browser.reload().await.unwrap();
        browser
            .run_in_page("electron.ipcRenderer.sendSync('synchronous-message', 'still')")
            .await
            .unwrap();
        host.wait_line("still", LIMIT).await.unwrap();
        // The browser would end with its last tab.
        let tab = browser.tab().await.unwrap();
        browser.new_tab().await.unwrap();
        browser.switch_to(&tab).await.unwrap();
        browser.close_window().await.unwrap();
        let status = host.wait_exit(GRACE).await.unwrap();
        assert!(status.success(), "{status} in {engine}");
    })
    .await;
}
