//! Figures of a page with Exciton in each engine: one-way sends per second, and what the renderer costs at load.
//!
//! `cargo run --release -p exciton-e2e --bin measure`; `EXCITON_ENGINES=chromium` narrows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use exciton::{App, KeySource, Opening};
use exciton_e2e::{Browser, Engine, PageServer};
use tokio::sync::Notify;

type Outcome<T> = exciton::Result<T>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let pages = tempfile::tempdir()?;
    std::fs::write(pages.path().join("index.html"), PAGE)?;
    let app = App::new().root(pages.path()).key(KeySource::Ephemeral).opening(Opening::Nothing);
    count(&app)?;
    let serving = tokio::spawn({
        let app = app.clone();
        async move { app.run().await }
    });
    while app.invite().is_err() {
        tokio::task::yield_now().await;
    }
    for engine in Engine::all() {
        let browser = Browser::open_unwatched(engine).await?;
        browser.goto(&app.invite()?).await?;
        browser.wait_until("window.ready === true", LIMIT).await?;
        let sends = rate(&browser, "sends", SENDS).await?;
        let calls = rate(&browser, "calls", CALLS).await?;
        let (with, without) = loads(&browser, &app).await?;
        println!(
            "{engine:?}: {sends:.0} sends a second ({SENDS} in one task), {calls:.0} invokes a second ({CALLS} in one task), \
             medians of {ROUNDS} rounds; DOMContentLoaded {with:.1} ms \
             with the renderer, {without:.1} ms without, {:.1} ms later (medians of {LOADS} loads, alternating)",
            with - without
        );
        browser.quit().await?;
    }
    app.quit();
    serving.await??;
    Ok(())
}

/// Counts what comes on `count`; `counted` answers when as many have come.
fn count(app: &App) -> Outcome<()> {
    let counted = Arc::new((AtomicU64::new(0), Notify::new()));
    let counter = counted.clone();
    app.ipc_main().on("count", move |_event, _number: u64| {
        counter.0.fetch_add(1, Ordering::Relaxed);
        counter.1.notify_waiters();
    });
    app.ipc_main().handle("echo", |_event, number: u64| number)?;
    app.ipc_main().handle("counted", move |_event, wanted: u64| {
        let counted = counted.clone();
        async move {
            loop {
                let more = counted.1.notified();
                if counted.0.load(Ordering::Relaxed) >= wanted {
                    counted.0.store(0, Ordering::Relaxed);
                    return wanted;
                }
                more.await;
            }
        }
    })?;
    Ok(())
}

/// Messages a second, as the median of some rounds of the page's function of that name.
async fn rate(browser: &Browser, name: &str, count: u32) -> Outcome<f64> {
    let mut rates = Vec::new();
    for round in 0..=ROUNDS {
        browser.run_in_page(&format!("window.result = 0; {name}({count})")).await?;
        browser.wait_until("window.result > 0", LIMIT).await?;
        let millis = browser.eval("window.result").await?.as_f64().unwrap_or(f64::INFINITY);
        // The first round warms the engine up.
        if round > 0 {
            rates.push(f64::from(count) / millis * 1_000.0);
        }
    }
    Ok(median(rates))
}

async fn loads(browser: &Browser, app: &App) -> Outcome<(f64, f64)> {
    let plain = PageServer::start(&[("/", PLAIN)]).await?;
    let here = browser.url().await?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    browser.goto(&app.invite()?).await?;
    browser.wait_until("window.ready === true", LIMIT).await?;
    for round in 0..=LOADS {
        for (url, times) in [(here.as_str(), &mut with), (&plain.url("/"), &mut without)] {
            browser.goto(url).await?;
            browser.wait_until("window.ready === true", LIMIT).await?;
            let entry = "performance.getEntriesByType('navigation')[0]";
            let time = browser
                .eval(&format!("{entry}.domContentLoadedEventStart - {entry}.responseEnd"))
                .await?;
            if round > 0 {
                times.push(time.as_f64().unwrap_or(f64::INFINITY));
            }
        }
    }
    Ok((median(with), median(without)))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

const PAGE: &str = "<!doctype html><title>measure</title><script>
const { ipcRenderer } = require('electron')
async function sends(n) {
  const start = performance.now()
  for (let i = 0; i < n; i++) ipcRenderer.send('count', i)
  await ipcRenderer.invoke('counted', n)
  window.result = performance.now() - start
}
async function calls(n) {
  const start = performance.now()
  const all = []
  for (let i = 0; i < n; i++) all.push(ipcRenderer.invoke('echo', i))
  await Promise.all(all)
  window.result = performance.now() - start
}
addEventListener('DOMContentLoaded', () => { window.ready = true })
</script><p>measure</p>";
const PLAIN: &str = "<!doctype html><title>plain</title><script>
addEventListener('DOMContentLoaded', () => { window.ready = true })
</script><p>plain</p>";

const SENDS: u32 = 100_000;
const CALLS: u32 = 10_000;
const ROUNDS: usize = 7;
const LOADS: usize = 30;
const LIMIT: Duration = Duration::from_secs(60);
