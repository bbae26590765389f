//! Whatever way pages go, nothing of them stays behind: the host's counts return to where they were.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use exciton_e2e::{
    Browser, Engine, HostCommand, HostProcess, SimulatedBrowser, SimulatedPage, in_each_engine,
};
use exciton_protocol::TabInfo;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Generous: it only decides how long a failure takes.
const LIMIT: Duration = Duration::from_secs(60);

/// How often to look at the counts.
const INTERVAL: Duration = Duration::from_millis(50);

/// Pages at a time, and how often: a thousand of each.
const PAGES: usize = 50;
const ROUNDS: usize = 20;

/// A host, and a page that asks it for its counts.
struct Stage {
    host: HostProcess,
    control: SimulatedPage,
    browser: Arc<SimulatedBrowser>,
    /// The counts with the control page alone.
    before: Value,
    /// How much time passes for the host, in seconds, whenever somebody waits for a grace to run out.
    passes: u64,
}

impl Stage {
    async fn open(limits: &str, passes: u64) -> Stage {
        let host = HostCommand::new(env!("CARGO_BIN_EXE_e2e-host"))
            .pages("windows")
            .limits(limits)
            .env("E2E_EVENTS", "1")
            .env("E2E_ALL_FROM_ONE", "1")
            .start()
            .await
            .unwrap();
        let browser = SimulatedBrowser::enter(host.url()).await.unwrap();
        let mut control = browser.open().await.unwrap();
        // The host's own window would become that of whoever comes first, and end with that page.
        let () = control.invoke("do", (1, "destroy", ())).await.unwrap();
        let before = control.invoke("statistics", ()).await.unwrap();
        Stage { host, control, browser, before, passes }
    }

    async fn open_pages(&self) -> Vec<SimulatedPage> {
        try_join_all((0..PAGES).map(|_| self.browser.open())).await.unwrap()
    }

    async fn count(&mut self, what: &str) -> u64 {
        let counts: Value = self.control.invoke("statistics", ()).await.unwrap();
        counts[what].as_u64().unwrap() - self.before[what].as_u64().unwrap()
    }

    /// Waits until there is no more of anything than before, and everybody has heard of what has gone.
    async fn nothing_stays(&mut self) {
        let before = self.before.clone();
        let mut last = Value::Null;
        let looking = async {
            let mut tick = tokio::time::interval(INTERVAL);
            while last != before {
                tick.tick().await;
                let () = self.control.invoke("pass-time", (self.passes,)).await.unwrap();
                last = self.control.invoke("statistics", ()).await.unwrap();
            }
        };
        let returned = tokio::time::timeout(LIMIT, looking).await.is_ok();
        assert!(returned, "{last} has not become {before}");
    }

    /// How many lines of the host begin so, of all that it has printed by now.
    fn lines(&self, prefix: &str) -> usize {
        count(&self.host.stdout().all(), prefix)
    }

    /// Waits until the host has printed so many lines that begin so.
    async fn has_printed(&self, number: usize, prefix: &str) {
        let found = |lines: &[String]| (count(lines, prefix) >= number).then_some(());
        let awaited = format!("{number} lines {prefix:?}");
        self.host.stdout().wait(&awaited, LIMIT, found).await.unwrap();
    }
}

fn count(lines: &[String], prefix: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(prefix)).count()
}

async fn who(page: &mut SimulatedPage) -> u32 {
    page.invoke("who", ()).await.unwrap()
}

async fn all_ids(pages: &mut [SimulatedPage]) -> Vec<u32> {
    let mut ids = Vec::new();
    for page in pages {
        ids.push(who(page).await);
    }
    ids
}

/// Graces that outlast any hold-up of the machine within a test: nobody waits for them, they pass.
const LIMITS: &str =
    r#"{"graceBye": 120000, "graceClosed": 120000, "graceLost": 120000, "silence": 3600000}"#;
const PASSES: u64 = 121;

#[tokio::test]
async fn a_thousand_reloads_keep_fifty_pages_and_leave_nothing() {
    let mut stage = Stage::open(LIMITS, PASSES).await;
    let mut pages = stage.open_pages().await;
    let ids = all_ids(&mut pages).await;
    assert_eq!(stage.count("webContents").await, PAGES as u64);
    for _ in 0..ROUNDS {
        for page in &mut pages {
            // A call that its document doesn't live to see answered.
            page.begin_invoke("hold", ("of a page that reloads",)).await.unwrap();
            page.hand_over("port-hold", 2).await.unwrap();
        }
        pages = try_join_all(pages.into_iter().map(SimulatedPage::reload)).await.unwrap();
    }
    assert_eq!(all_ids(&mut pages).await, ids);
    assert_eq!(stage.count("webContents").await, PAGES as u64);
    for page in &mut pages {
        page.hand_over("port-hold", 1).await.unwrap();
        who(page).await;
    }
    // Those of documents before may still have their grace.
    assert!(stage.count("ports").await >= PAGES as u64);
    try_join_all(pages.into_iter().map(SimulatedPage::leave)).await.unwrap();
    // What a document has still to say ends with its grace.
    stage.has_printed(PAGES * (ROUNDS + 1) + 1, "did-navigate").await;
    stage.nothing_stays().await;
    assert_eq!(stage.lines("did-navigate"), PAGES * (ROUNDS + 1) + 1);
    assert_eq!(stage.lines("destroyed") - 1, PAGES);
    assert_eq!(stage.lines("render-process-gone"), 0);
}

#[tokio::test]
async fn a_thousand_closed_pages_leave_nothing() {
    let mut stage = Stage::open(LIMITS, PASSES).await;
    for _ in 0..ROUNDS {
        let mut pages = stage.open_pages().await;
        for (index, page) in pages.iter_mut().enumerate() {
            page.send("note", (index.to_string(),)).await.unwrap();
            page.begin_invoke("hold", ("of a page that closes",)).await.unwrap();
            page.hand_over("port-hold", 2).await.unwrap();
            // A script that the page never says the result of.
            if index % 10 == 0 {
                let id = who(page).await;
                let args = (id, "new Promise(() => {})");
                page.begin_invoke("execute", args).await.unwrap();
            }
        }
        try_join_all(pages.into_iter().map(SimulatedPage::leave)).await.unwrap();
    }
    stage.nothing_stays().await;
    assert_eq!(stage.lines("destroyed") - 1, PAGES * ROUNDS);
    assert_eq!(stage.lines("render-process-gone"), 0);
}

#[tokio::test]
async fn a_thousand_duplicates_are_pages_of_their_own_and_leave_nothing() {
    let mut stage = Stage::open(LIMITS, PASSES).await;
    let mut pages = stage.open_pages().await;
    let mut seen: HashSet<u32> = all_ids(&mut pages).await.into_iter().collect();
    for round in 0..ROUNDS {
        // Every other one by a page that opens a window.
        let copies = pages.iter().map(|page| async move {
            if round % 2 == 0 { page.duplicate().await } else { page.open_window().await }
        });
        let mut copies = try_join_all(copies).await.unwrap();
        for id in all_ids(&mut copies).await {
            assert!(seen.insert(id), "{id} twice");
        }
        let windows = if round % 2 == 0 { 0 } else { PAGES as u64 };
        assert!(stage.count("windows").await >= windows);
        try_join_all(copies.into_iter().map(SimulatedPage::leave)).await.unwrap();
    }
    try_join_all(pages.into_iter().map(SimulatedPage::leave)).await.unwrap();
    stage.nothing_stays().await;
    assert_eq!(stage.lines("destroyed") - 1, PAGES * (ROUNDS + 1));
    assert_eq!(stage.lines("closed") - 1, PAGES * ROUNDS / 2);
}

#[tokio::test]
async fn a_thousand_crashes_are_told_and_leave_nothing() {
    let mut stage = Stage::open(LIMITS, PASSES).await;
    let mut copies = 0;
    for round in 0..ROUNDS {
        let mut pages = stage.open_pages().await;
        for page in &mut pages {
            page.begin_invoke("hold", ("of a page that crashes",)).await.unwrap();
            page.hand_over("port-hold", 2).await.unwrap();
        }
        let ids = all_ids(&mut pages).await;
        for (page, id) in pages.into_iter().zip(ids) {
            let tab = if round % 2 == 0 { page.crash().await } else { page.vanish() };
            // One in ten is loaded anew: it is the same page.
            if id % 10 == 0 {
                let (page, taken_for_copies) = again(&stage.browser, tab, id).await;
                copies += taken_for_copies;
                page.leave().await.unwrap();
            }
        }
    }
    stage.nothing_stays().await;
    assert_eq!(stage.lines("destroyed") - 1, PAGES * ROUNDS + copies);
    assert_eq!(stage.lines("render-process-gone"), PAGES * ROUNDS);
}

/// Loads a crashed tab anew, as soon as the host has noticed the end of its connection. Before, the page counts as a copy;
/// returns how many did.
async fn again(browser: &Arc<SimulatedBrowser>, tab: TabInfo, id: u32) -> (SimulatedPage, usize) {
    let mut copies = 0;
    loop {
        let mut page = browser.open_in(tab.clone()).await.unwrap();
        if who(&mut page).await == id {
            return (page, copies);
        }
        copies += 1;
        page.leave().await.unwrap();
    }
}

/// The same for browsers, whose last words may be on their way for a while: real time has to pass. The control page says
/// nothing while they are at work.
const ENGINE_LIMITS: &str =
    r#"{"graceBye": 10000, "graceClosed": 12000, "graceLost": 12000, "silence": 3600000}"#;

#[tokio::test]
async fn reloads_closes_duplicates_and_crashes_of_real_pages_leave_nothing() {
    in_each_engine(|engine| async move {
        let mut stage = Stage::open(ENGINE_LIMITS, 0).await;
        let browser = Browser::open(engine).await.unwrap();
        let invitation: String = stage.control.invoke("invite", ()).await.unwrap();
        browser.goto(&invitation).await.unwrap();
        let first = shown(&browser).await;

        for _ in 0..50 {
            browser.run_in_page("window.before = true; location.reload()").await.unwrap();
            browser.wait_until("!window.before && window.id > 0", LIMIT).await.unwrap();
        }
        assert_eq!(shown(&browser).await, first, "in {engine}");

        let home = browser.tab().await.unwrap();
        let url = format!("{}/other.html", stage.host.origin());
        for _ in 0..50 {
            browser.new_tab().await.unwrap();
            browser.goto(&url).await.unwrap();
            assert_ne!(shown(&browser).await, first);
            browser.close_window().await.unwrap();
            browser.switch_to(&home).await.unwrap();
        }

        let stored = browser.eval("JSON.stringify({ ...sessionStorage })").await.unwrap();
        let copy = format!(
            "Object.entries(JSON.parse({stored})).forEach(([name, value]) => sessionStorage.setItem(name, value))"
        );
        for _ in 0..10 {
            browser.new_tab().await.unwrap();
            browser.goto(&format!("{}/plain.txt", stage.host.origin())).await.unwrap();
            browser.run_in_page(&copy).await.unwrap();
            browser.goto(&url).await.unwrap();
            assert_ne!(shown(&browser).await, first, "a copy in {engine}");
            browser.close_window().await.unwrap();
            browser.switch_to(&home).await.unwrap();
        }
        browser.goto("about:blank").await.unwrap();
        stage.nothing_stays().await;
        drop(browser);
        // What is killed says nothing more.
        stage.passes = PASSES;
        let before = stage.lines("render-process-gone");
        // Firefox may end a tab's process before that can say that the page leaves.
        assert!(before == 0 || engine == Engine::Firefox, "{before} in {engine}");

        for crash in 1..=5 {
            crash_once(&mut stage, engine).await;
            assert_eq!(stage.lines("render-process-gone"), before + crash, "in {engine}");
        }
    })
    .await;
}

/// Opens a page, kills its process, and waits until the host has given it up.
async fn crash_once(stage: &mut Stage, engine: Engine) {
    // A browser whose page has crashed takes few commands any more.
    let browser = Browser::open(engine).await.unwrap();
    let invitation: String = stage.control.invoke("invite", ()).await.unwrap();
    browser.goto(&invitation).await.unwrap();
    let id = shown(&browser).await;
    browser.crash_pages().unwrap();
    stage.nothing_stays().await;
    stage.host.wait_line(&format!("destroyed {id}"), LIMIT).await.unwrap();
}

/// The number of the current tab's page.
async fn shown(browser: &Browser) -> u64 {
    browser.wait_until("window.id > 0", LIMIT).await.unwrap();
    browser.eval("window.id").await.unwrap().as_u64().unwrap()
}
