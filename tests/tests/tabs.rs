//! Tabs, as users and browsers treat them: each way to come, go and come back either goes on or says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{Browser, HostCommand, HostProcess, PATIENT, PageServer, Tab, in_each_engine};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn host() -> HostProcess {
    host_with(PATIENT).await
}

async fn host_with(limits: &str) -> HostProcess {
    let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host")).pages("tabs");
    host.limits(limits).start().await.unwrap()
}

/// The id of the current tab's WebContents, as the host told its page.
async fn id(browser: &Browser) -> u64 {
    browser.wait_until("window.id > 0", LIMIT).await.unwrap();
    browser.eval("window.id").await.unwrap().as_u64().unwrap()
}

/// Lets the page invoke something (`'channel', args…` in JavaScript), and returns the answer.
async fn invoke(browser: &Browser, what: &str) -> Value {
    browser.run_in_page(&format!("delete calls.it; call('it', {what})")).await.unwrap();
    browser.wait_until("window.calls.it", LIMIT).await.unwrap();
    let outcome = browser.eval("window.calls.it").await.unwrap();
    assert!(outcome["error"].is_null(), "{what}: {outcome}");
    outcome["value"].clone()
}

/// Lets the page ask until the answer is this.
async fn invoke_until(browser: &Browser, what: &str, wanted: Value) {
    let mut last = Value::Null;
    let asking = async {
        while last != wanted {
            last = invoke(browser, what).await;
        }
    };
    let in_time = tokio::time::timeout(LIMIT, asking).await.is_ok();
    assert!(in_time, "{what} gives {last} and not {wanted} in {}", browser.engine());
}

/// The page works in both directions, and is `id`.
async fn goes_on(browser: &Browser, id: u64) {
    assert_eq!(invoke(browser, "'who'").await, id, "in {}", browser.engine());
    let text = format!("on its way to {id}");
    assert_eq!(invoke(browser, &format!("'push-to', {id}, '{text}'")).await, true);
    let came = format!("window.pushed.includes('{text}')");
    browser.wait_until(&came, LIMIT).await.unwrap();
    browser.run_in_page("window.synced = ipcRenderer.sendSync('who-sync')").await.unwrap();
    assert_eq!(browser.eval("window.synced").await.unwrap(), id);
}

/// The text that the current tab shows instead of the application.
async fn refusal(browser: &Browser) -> String {
    browser.wait_until("document.title === 'Come in'", LIMIT).await.unwrap();
    browser.eval("document.body.innerText").await.unwrap().as_str().unwrap().to_owned()
}

/// The host's lines that begin with `prefix`.
fn lines(host: &HostProcess, prefix: &str) -> Vec<String> {
    let mut lines = host.stdout().all();
    lines.retain(|line| line.starts_with(prefix));
    lines
}

/// Ends the current document by reloading it from a script of its own, and waits for the next one.
async fn reload_after(browser: &Browser, script: &str) {
    browser
        .run_in_page(&format!("window.before = true; {script}; location.reload()"))
        .await
        .unwrap();
    browser.wait_until("!window.before && window.id > 0", LIMIT).await.unwrap();
}

#[tokio::test]
async fn a_reload_keeps_the_web_contents_and_nothing_comes_twice_or_not_at_all() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        assert_eq!(id(&browser).await, 1);

        browser.run_in_page("call('held', 'hold', 'of the old document')").await.unwrap();
        host.wait_line("held 1 of the old document", LIMIT).await.unwrap();
        let notes = "for (let i = 0; i < 100; i++) ipcRenderer.send('note', `parting ${i}`)";
        reload_after(&browser, notes).await;
        goes_on(&browser, 1).await;
        host.wait_line("note 1 parting 99", LIMIT).await.unwrap();

        // What the old document waited for settles, and disturbs nobody.
        browser.run_in_page("ipcRenderer.send('let-go')").await.unwrap();
        host.wait_line("let go of the old document", LIMIT).await.unwrap();
        goes_on(&browser, 1).await;
        assert_eq!(browser.eval("Object.keys(window.calls)").await.unwrap(), json!(["it"]));

        // The same with a first contact that overtakes everything of the old document.
        browser.goto(&format!("{}/index.html?sync", host.origin())).await.unwrap();
        for round in 0..3 {
            assert_eq!(id(&browser).await, 1, "round {round} in {engine}");
            reload_after(&browser, &format!("ipcRenderer.send('note', 'round {round}')")).await;
        }
        goes_on(&browser, 1).await;
        host.wait_line("note 1 round 2", LIMIT).await.unwrap();

        let parting = (0..100).map(|i| format!("note 1 parting {i}"));
        let rounds = (0..3).map(|i| format!("note 1 round {i}"));
        assert_eq!(lines(&host, "note"), parting.chain(rounds).collect::<Vec<_>>());
        assert_eq!(lines(&host, "held"), ["held 1 of the old document"]);
        assert_eq!(lines(&host, "created"), ["created 1"]);
        assert_eq!(lines(&host, "all closed"), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_bookmark_leads_back_in_and_a_browser_without_the_cookie_is_told_what_to_do() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let plain = format!("{}/", host.origin());
        let [browser, other] = Browser::open_all([engine, engine]).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        assert_eq!(id(&browser).await, 1);
        browser.goto("about:blank").await.unwrap();
        for bookmark in [&plain, host.url()] {
            browser.goto(bookmark).await.unwrap();
            let id = id(&browser).await;
            goes_on(&browser, id).await;
        }

        other.goto(&plain).await.unwrap();
        let text = refusal(&other).await;
        assert!(
            text.contains("has not come in yet") && text.contains("press Enter in the terminal"),
            "{text}"
        );
        other.goto(host.url()).await.unwrap();
        let text = refusal(&other).await;
        assert!(
            text.contains("used already") && text.contains("press Enter in the terminal"),
            "{text}"
        );

        // A second browser that was invited is another page.
        let first = id(&browser).await;
        let invitation = invoke(&browser, "'invite'").await;
        other.goto(invitation.as_str().unwrap()).await.unwrap();
        let second = id(&other).await;
        assert_ne!(first, second);
        goes_on(&other, second).await;
        assert_eq!(invoke(&other, &format!("'push-to', {first}, 'across'")).await, true);
        browser.wait_until("window.pushed.includes('across')", LIMIT).await.unwrap();
        assert_eq!(other.eval("window.pushed.includes('across')").await.unwrap(), false);

        // The same host by another name is another site to a browser.
        browser.goto(&plain.replace("127.0.0.1", "localhost")).await.unwrap();
        let text = refusal(&browser).await;
        assert!(text.contains("press Enter in the terminal"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn back_and_forward_go_on_from_the_cache_too() {
    let elsewhere = PageServer::start(&[("/", "<title>elsewhere</title>")]).await.unwrap();
    let elsewhere = elsewhere.url("/");
    in_each_engine(move |engine| {
        let elsewhere = elsewhere.clone();
        async move {
            let host = host().await;
            let browser = Browser::open(engine).await.unwrap();
            browser.goto(host.url()).await.unwrap();
            assert_eq!(id(&browser).await, 1);
            browser.run_in_page("location.href = 'other.html'").await.unwrap();
            browser.wait_until("document.title === 'other page'", LIMIT).await.unwrap();
            assert_eq!(id(&browser).await, 1);
            goes_on(&browser, 1).await;

            for _ in 0..2 {
                browser.back().await.unwrap();
                browser.wait_until("document.title === 'first page'", LIMIT).await.unwrap();
                shown_again(&browser).await;
                browser.forward().await.unwrap();
                browser.wait_until("document.title === 'other page'", LIMIT).await.unwrap();
                shown_again(&browser).await;
            }
            browser.run_in_page(&format!("location.href = '{elsewhere}'")).await.unwrap();
            browser.wait_until("document.title === 'elsewhere'", LIMIT).await.unwrap();
            browser.back().await.unwrap();
            browser.wait_until("document.title === 'other page'", LIMIT).await.unwrap();
            shown_again(&browser).await;
            assert_eq!(lines(&host, "created"), ["created 1"]);
            assert_eq!(invoke(&browser, "'pages'").await, json!([1]));
        }
    })
    .await;
}

/// The document came by the history, where the engine has a cache for pages with a socket from there, and goes on.
async fn shown_again(browser: &Browser) {
    assert_eq!(id(browser).await, 1);
    goes_on(browser, 1).await;
    let thaws = browser.eval("window.thaws").await.unwrap();
    if browser.engine() != exciton_e2e::Engine::Firefox {
        assert!(thaws.as_u64() > Some(0), "{} has no page cache here", browser.engine());
        assert_eq!(browser.eval("window.thawedAs").await.unwrap(), 1);
        browser.wait_until("window.pushed.includes('thawed')", LIMIT).await.unwrap();
    }
    assert_eq!(browser.eval("window.lost").await.unwrap(), json!([]));
}

#[tokio::test]
async fn each_tab_is_a_page_of_its_own_and_is_freed_when_it_closes() {
    in_each_engine(|engine| async move {
        // Firefox may end a tab's process before that can say that the page leaves: the other grace holds then.
        let host = host_with(r#"{"graceBye": 8000, "graceClosed": 8000}"#).await;
        let browser = Browser::open(engine).await.unwrap();
        browser.goto(host.url()).await.unwrap();
        let first = browser.tab().await.unwrap();
        assert_eq!(id(&browser).await, 1);

        let second = browser.new_tab().await.unwrap();
        browser.goto(&format!("{}/", host.origin())).await.unwrap();
        assert_eq!(id(&browser).await, 2);
        assert_eq!(invoke(&browser, "'push-to', 1, 'to the first'").await, true);
        goes_on(&browser, 2).await;
        assert_eq!(browser.eval("window.pushed").await.unwrap(), json!(["on its way to 2"]));
        browser.switch_to(&first).await.unwrap();
        browser.wait_until("window.pushed.join() === 'to the first'", LIMIT).await.unwrap();
        goes_on(&browser, 1).await;

        let copy = duplicate(&browser, &host).await;
        assert_eq!(id(&browser).await, 3, "in {engine}");
        goes_on(&browser, 3).await;
        reload_after(&browser, "").await;
        goes_on(&browser, 3).await;
        browser.switch_to(&first).await.unwrap();
        reload_after(&browser, "").await;
        goes_on(&browser, 1).await;
        assert_eq!(invoke(&browser, "'pages'").await, json!([1, 2, 3]));

        browser.switch_to(&copy).await.unwrap();
        browser.close_window().await.unwrap();
        browser.switch_to(&first).await.unwrap();
        invoke_until(&browser, "'pages'", json!([1, 2])).await;
        assert_eq!(invoke(&browser, "'push-to', 3, 'nobody'").await, false);

        // A document that waits in the cache of a tab that closes keeps nothing alive.
        browser.run_in_page("location.href = 'other.html'").await.unwrap();
        browser.wait_until("document.title === 'other page'", LIMIT).await.unwrap();
        goes_on(&browser, 1).await;

        // The browser would end with its last tab.
        browser.new_tab().await.unwrap();
        assert_eq!(lines(&host, "all closed"), [""; 0]);
        for tab in [first, second] {
            browser.switch_to(&tab).await.unwrap();
            browser.close_window().await.unwrap();
        }
        host.wait_line("all closed", LIMIT).await.unwrap();
        assert_eq!(lines(&host, "created"), ["created 1", "created 2", "created 3"]);
        assert_eq!(lines(&host, "all closed"), ["all closed"]);
    })
    .await;
}

/// Opens the current page once more, in a window that has a copy of its `sessionStorage`, and goes there.
async fn duplicate(browser: &Browser, host: &HostProcess) -> Tab {
    let before: Vec<Tab> = browser.windows().await.unwrap();
    browser.run_in_page("window.stored = JSON.stringify({ ...sessionStorage })").await.unwrap();
    browser.run_in_page("window.opened = open(location.href)").await.unwrap();
    if browser.eval("!!window.opened").await.unwrap() == true {
        let new = |tabs: &[Tab]| tabs.iter().find(|tab| !before.contains(tab)).cloned();
        let opened = browser.wait_windows("the window that was opened", LIMIT, new).await.unwrap();
        browser.switch_to(&opened).await.unwrap();
        return opened;
    }
    // WebKit opens no window without a click. What it would copy is copied here.
    let stored = browser.eval("window.stored").await.unwrap();
    let tab = browser.new_tab().await.unwrap();
    browser.goto(&format!("{}/plain.txt", host.origin())).await.unwrap();
    let copy = format!(
        "Object.entries(JSON.parse({stored})).forEach(([name, value]) => sessionStorage.setItem(name, value))"
    );
    browser.run_in_page(&copy).await.unwrap();
    browser.goto(&format!("{}/", host.origin())).await.unwrap();
    tab
}

#[tokio::test]
async fn a_link_on_another_site_leads_in_or_says_what_to_do() {
    in_each_engine(|engine| async move {
        let host = host().await;
        let sites = PageServer::start(&[]).await.unwrap();
        // Another origin of the same site, and another site.
        let same_site = sites.origin();
        let other_site = same_site.replace("127.0.0.1", "localhost");
        let plain = format!("{}/index.html#part", host.origin());
        sites.set("/page", &format!("<title>links</title><a href='{plain}'>page</a>"));
        sites.set("/old", &format!("<title>links</title><a href='{}'>old</a>", host.url()));
        let [browser, other] = Browser::open_all([engine, engine]).await.unwrap();

        // A link in a message: the ticket lets the browser in, from wherever it is followed.
        follow(&browser, &format!("{other_site}/old")).await;
        let mut ids = HashSet::from([id(&browser).await]);
        goes_on(&browser, 1).await;
        for site in [&same_site, &other_site] {
            for link in ["page", "old"] {
                // From a tab of its own each time: there are no two ways to the same one.
                browser.new_tab().await.unwrap();
                follow(&browser, &format!("{site}/{link}")).await;
                let id = id(&browser).await;
                assert!(ids.insert(id), "{id} twice, by {site}/{link} in {engine}");
                goes_on(&browser, id).await;
                let hash = if link == "page" { "#part" } else { "" };
                assert_eq!(browser.eval("location.hash").await.unwrap(), hash);
            }
        }

        for site in [&same_site, &other_site] {
            for link in ["page", "old"] {
                follow(&other, &format!("{site}/{link}")).await;
                let text = refusal(&other).await;
                assert!(text.contains("press Enter in the terminal"), "{site}/{link}: {text}");
            }
        }
        assert_eq!(invoke(&browser, "'pages'").await, json!([1, 2, 3, 4, 5]));
    })
    .await;
}

/// Opens a page and follows the link on it.
async fn follow(browser: &Browser, page: &str) {
    browser.goto(page).await.unwrap();
    browser.wait_until("document.title === 'links'", LIMIT).await.unwrap();
    browser.run_in_page("document.querySelector('a').click()").await.unwrap();
    browser.wait_until("document.title !== 'links'", LIMIT).await.unwrap();
}
