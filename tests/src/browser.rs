//! A real browser with a fresh profile, driven by WebDriver.

use crate::Engine;
use crate::bidi;
use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::lines::Lines;
use fantoccini::error::CmdError;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many browsers run at once in a test process, unless `EXCITON_BROWSERS` says otherwise.
const BROWSERS: u32 = 2;

/// How often [`Browser::wait_until`] looks.
const INTERVAL: Duration = Duration::from_millis(25);

/// How long to wait while no other test's browser comes or goes, before it can only be that they wait too.
const ROOM: Duration = Duration::from_secs(600);

/// A window or tab of a browser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tab(WindowHandle);

/// A running browser. Dropping it kills it with its driver and all their processes.
///
/// Firefox runs [`Browser::eval`] in a sandbox beside the page, where microtasks and socket events
/// behave differently while a synchronous request runs, and where the page's top-level `let`, `const`
/// and `class` are not seen. So let the page's own scripts do what is tested ([`Browser::run_in_page`])
/// and only look at `window.something` from here.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    client: Client,
    console: Option<Lines>,
    driver: Driver,
    // Last, so that the place becomes free when the browser is gone.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Browser {
    /// Starts a browser with a fresh profile, as soon as fewer than two others run in this process
    /// (`EXCITON_BROWSERS` sets another number).
    ///
    /// A test that holds one browser while it waits for a second can wait for another test that does
    /// the same, for ever: get all of them at once with [`Browser::open_all`].
    ///
    /// # Errors
    /// When engine or driver are missing or give no session.
    pub async fn open(engine: Engine) -> Result<Browser> {
        let place = Arc::new(places(1).await?);
        Self::start(engine, place, true, None).await
    }

    /// As [`Browser::open`], without a console. What watches it in Chromium is told of each request with its whole
    /// body, and then takes more time than the page, where the page sends much.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_unwatched(engine: Engine) -> Result<Browser> {
        let place = Arc::new(places(1).await?);
        Self::start(engine, place, false, None).await
    }

    /// As [`Browser::open_unwatched`]; `name` leads to `address`, as whoever owns a name can let it lead anywhere. WebKit
    /// can't be told so: there the name is what the system makes of it.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_resolving(engine: Engine, name: &str, address: IpAddr) -> Result<Browser> {
        let place = Arc::new(places(1).await?);
        Self::start(engine, place, false, Some((name, address))).await
    }

    /// Starts several browsers for one test, with a profile each, when there is room for all of them
    /// (or, for more than may run at once, when no other runs).
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_all<const N: usize>(engines: [Engine; N]) -> Result<[Browser; N]> {
        let place = Arc::new(places(N).await?);
        let starting = engines.map(|engine| Self::start(engine, place.clone(), true, None));
        let started = futures_util::future::try_join_all(starting).await?;
        match started.try_into() {
            Ok(browsers) => Ok(browsers),
            Err(_) => unreachable!("as many browsers as engines"),
        }
    }

    async fn start(
        engine: Engine,
        place: Arc<OwnedSemaphorePermit>,
        watched: bool,
        name: Option<(&str, IpAddr)>,
    ) -> Result<Browser> {
        let watched = watched && engine != Engine::WebKit;
        let (driver, client) = Driver::start(engine, watched, name).await?;
        let console = match watched {
            true => Some(bidi::follow_console(engine, &client).await?),
            false => None,
        };
        Ok(Browser { engine, client, console, driver, _place: place })
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Opens `url` in the current tab and waits until it has loaded.
    ///
    /// # Errors
    /// When the page can't be loaded.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.map_err(self.failed(&format!("opening {url}")))
    }

    /// The current tab's URL.
    ///
    /// # Errors
    /// When the browser doesn't answer.
    pub async fn url(&self) -> Result<String> {
        let url = self.client.current_url().await.map_err(self.failed("reading the URL"))?;
        Ok(url.to_string())
    }

    /// Reloads the current tab and waits until it has loaded.
    ///
    /// # Errors
    /// When the page can't be loaded.
    pub async fn reload(&self) -> Result<()> {
        self.client.refresh().await.map_err(self.failed("reloading"))
    }

    /// One step back in the tab's history.
    ///
    /// # Errors
    /// When the page can't be loaded.
    pub async fn back(&self) -> Result<()> {
        self.client.back().await.map_err(self.failed("going back"))
    }

    /// One step forward in the tab's history.
    ///
    /// # Errors
    /// When the page can't be loaded.
    pub async fn forward(&self) -> Result<()> {
        self.client.forward().await.map_err(self.failed("going forward"))
    }

    /// The value of a JavaScript expression in the current tab, as JSON.
    ///
    /// # Errors
    /// When the expression throws, or its value has no JSON.
    pub async fn eval(&self, expression: &str) -> Result<Value> {
        self.client
            .execute(&format!("return (\n{expression}\n);"), Vec::new())
            .await
            .map_err(self.failed(&format!("evaluating {expression}")))
    }

    /// Runs a classic script in the page itself, as an inline `<script>`, in all engines alike. What it
    /// throws is in the console and not here.
    ///
    /// # Errors
    /// When the page forbids inline scripts or the browser doesn't answer.
    pub async fn run_in_page(&self, script: &str) -> Result<()> {
        // The first line runs only if the page's policy lets the script run at all, by the nonce of the renderer's.
        let insert = "const s = document.createElement('script');
            s.nonce = document.querySelector('script[nonce]')?.nonce ?? '';
            s.textContent = 'document.currentScript.ran = true;\\n' + arguments[0];
            (document.head || document.documentElement).append(s);
            s.remove();
            return (s.wrappedJSObject || s).ran === true;";
        let ran = self
            .client
            .execute(insert, vec![Value::from(script)])
            .await
            .map_err(self.failed("running a script in the page"))?;
        match ran {
            Value::Bool(true) => Ok(()),
            _ => {
                Err(self
                    .refused("the page did not run an inline script (its policy, or its syntax)"))
            }
        }
    }

    /// Clicks on the first element that a CSS selector finds, as a user does.
    ///
    /// # Errors
    /// When there is none, or it can't be clicked on.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let doing = format!("clicking on {selector}");
        let element = self.client.find(Locator::Css(selector)).await;
        element.map_err(self.failed(&doing))?.click().await.map_err(self.failed(&doing))
    }

    /// Waits until a JavaScript condition is truthy in the current tab. While a page is being replaced
    /// there may be nothing to ask, so errors count as "not yet".
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, with the last answer, the URL and the console.
    pub async fn wait_until(&self, condition: &str, limit: Duration) -> Result<()> {
        let script = format!("const v = (\n{condition}\n); return [!!v, String(v)];");
        let mut last = "no answer".to_owned();
        let looking = async {
            let mut tick = tokio::time::interval(INTERVAL);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                match self.client.execute(&script, Vec::new()).await {
                    Ok(answer) if answer[0] == true => return,
                    Ok(answer) => last = answer[1].to_string(),
                    Err(error) => last = error.to_string(),
                }
            }
        };
        if tokio::time::timeout(limit, looking).await.is_ok() {
            return Ok(());
        }
        let console = self.console.as_ref().map(Lines::tail).unwrap_or_default();
        let printed = self.driver.printed();
        Err(Error::Timeout {
            awaited: format!("{} in {}", condition.trim(), self.engine),
            limit,
            seen: format!("last answer: {last}\nconsole:\n{console}browser:\n{printed}"),
        })
    }

    /// Opens a tab and makes it the current one.
    ///
    /// # Errors
    /// When the browser doesn't.
    pub async fn new_tab(&self) -> Result<Tab> {
        self.open_window(true).await
    }

    /// Opens a window and makes it the current one.
    ///
    /// # Errors
    /// When the browser doesn't.
    pub async fn new_window(&self) -> Result<Tab> {
        self.open_window(false).await
    }

    async fn open_window(&self, as_tab: bool) -> Result<Tab> {
        let opened = self.client.new_window(as_tab).await.map_err(self.failed("opening a tab"))?;
        let tab = Tab(opened.handle);
        self.switch_to(&tab).await?;
        Ok(tab)
    }

    /// The current tab.
    ///
    /// # Errors
    /// When it has been closed.
    pub async fn tab(&self) -> Result<Tab> {
        self.client.window().await.map(Tab).map_err(self.failed("asking for the current tab"))
    }

    /// All windows and tabs, those too that pages have opened.
    ///
    /// # Errors
    /// When the browser doesn't answer.
    pub async fn windows(&self) -> Result<Vec<Tab>> {
        let windows = self.client.windows().await.map_err(self.failed("listing the tabs"))?;
        Ok(windows.into_iter().map(Tab).collect())
    }

    /// Waits until `found` makes something of all windows and tabs: they come and go a moment after their pages say so.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, with the windows that there are.
    pub async fn wait_windows<T>(
        &self,
        awaited: &str,
        limit: Duration,
        found: impl Fn(&[Tab]) -> Option<T>,
    ) -> Result<T> {
        let mut last = Vec::new();
        let looking = async {
            let mut tick = tokio::time::interval(INTERVAL);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                last = self.windows().await?;
                if let Some(found) = found(&last) {
                    return Ok(found);
                }
            }
        };
        match tokio::time::timeout(limit, looking).await {
            Ok(found) => found,
            Err(_) => Err(Error::Timeout {
                awaited: format!("{awaited} in {}", self.engine),
                limit,
                seen: format!("{last:?}"),
            }),
        }
    }

    /// Makes `tab` the current one.
    ///
    /// # Errors
    /// When it has been closed.
    pub async fn switch_to(&self, tab: &Tab) -> Result<()> {
        self.client
            .switch_to_window(tab.0.clone())
            .await
            .map_err(self.failed("switching to another tab"))
    }

    /// Closes the current tab. No tab is current then: [`Browser::switch_to`] another. Closing the last
    /// one ends the browser.
    ///
    /// # Errors
    /// When the browser doesn't answer.
    pub async fn close_window(&self) -> Result<()> {
        self.client.close_window().await.map_err(self.failed("closing a tab"))
    }

    /// Moves and sizes the current window, in CSS pixels from the screen's upper left corner.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn set_window_rect(&self, x: u32, y: u32, width: u32, height: u32) -> Result<()> {
        self.client
            .set_window_rect(x, y, width, height)
            .await
            .map_err(self.failed("moving the window"))
    }

    /// A picture of the current tab's visible part, as PNG.
    ///
    /// # Errors
    /// When the browser doesn't answer.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        self.client.screenshot().await.map_err(self.failed("taking a picture"))
    }

    /// The lines that all pages of this browser have written to their console until now, in order: the
    /// text of `console.log`, `info` and `debug` as it is; after `warning: ` or `error: ` that of
    /// `console.warn` and `error`; after `uncaught: ` errors that nobody caught. Objects and formats
    /// such as `%s` look different in each engine; let pages write plain text. A line may come a little
    /// later than the call that wrote it: wait with [`Browser::wait_console`].
    ///
    /// # Errors
    /// In WebKit, whose console is not to be had under automation: [`run_plain`](crate::run_plain). After
    /// [`Browser::open_unwatched`].
    pub fn console(&self) -> Result<Vec<String>> {
        Ok(self.console_lines()?.all())
    }

    /// Waits until `found` makes something of the console's lines.
    ///
    /// # Errors
    /// As [`Browser::console`], and [`Error::Timeout`] with the last lines.
    pub async fn wait_console<T>(
        &self,
        awaited: &str,
        limit: Duration,
        found: impl Fn(&[String]) -> Option<T>,
    ) -> Result<T> {
        self.console_lines()?.wait(awaited, limit, found).await
    }

    fn console_lines(&self) -> Result<&Lines> {
        self.console.as_ref().ok_or_else(|| {
            self.refused(match self.engine {
                Engine::WebKit => {
                    "WebKit has no console under automation; use run_plain for this page"
                }
                _ => "this browser was opened without a console",
            })
        })
    }

    /// Kills the processes that show this browser's pages, as a crash does. Commands to a tab that has crashed fail.
    ///
    /// # Errors
    /// When there is none.
    pub fn crash_pages(&self) -> Result<()> {
        match self.driver.kill_renderers(self.engine) {
            0 => Err(Error::NoRenderer { engine: self.engine }),
            _ => Ok(()),
        }
    }

    /// Stops the whole browser with all its processes, as a machine does that goes to sleep: its connections stay open, and
    /// nobody is behind them. No command is answered before [`Browser::thaw`].
    pub fn freeze(&self) {
        self.driver.freeze();
    }

    /// Wakes it again. It is told nothing of its sleep, and finds its clocks advanced.
    pub fn thaw(&self) {
        self.driver.thaw();
    }

    /// Quits as a user does, closing all windows in order. Dropping it kills instead.
    ///
    /// # Errors
    /// When the browser doesn't answer.
    pub async fn quit(self) -> Result<()> {
        let failed = self.failed("quitting");
        self.client.close().await.map_err(failed)
    }

    fn failed(&self, doing: &str) -> impl FnOnce(CmdError) -> Error + use<> {
        let engine = self.engine;
        let doing = doing.to_owned();
        move |source| Error::Command { engine, doing, source: Box::new(source) }
    }

    fn refused(&self, reason: &str) -> Error {
        Error::Console { engine: self.engine, reason: reason.to_owned() }
    }
}

/// Waits for room for `wanted` browsers.
pub(crate) async fn places(wanted: usize) -> Result<OwnedSemaphorePermit> {
    static LIMIT: LazyLock<u32> = LazyLock::new(|| {
        let given = std::env::var("EXCITON_BROWSERS").ok().and_then(|given| given.parse().ok());
        given.unwrap_or(BROWSERS).max(1)
    });
    static PLACES: LazyLock<Arc<Semaphore>> =
        LazyLock::new(|| Arc::new(Semaphore::new(*LIMIT as usize)));
    let wanted = u32::try_from(wanted).unwrap_or(u32::MAX).min(*LIMIT);
    /// How often somebody has got room: a long queue is no standstill.
    static TURNS: AtomicU64 = AtomicU64::new(0);
    let turn = PLACES.clone().acquire_many_owned(wanted);
    tokio::pin!(turn);
    let place = loop {
        let before = TURNS.load(Ordering::Relaxed);
        let place = tokio::time::timeout(ROOM, &mut turn).await;
        if place.is_ok() || before == TURNS.load(Ordering::Relaxed) {
            break place;
        }
    };
    TURNS.fetch_add(1, Ordering::Relaxed);
    match place {
        Ok(Ok(place)) => Ok(place),
        // It is never closed.
        Ok(Err(closed)) => Err(crate::error::io("waiting for room")(std::io::Error::other(closed))),
        Err(_) => Err(Error::Timeout {
            awaited: "room for another browser".to_owned(),
            limit: ROOM,
            seen:
                "tests that hold a browser and wait for another wait for each other; get all that \
                one test needs with Browser::open_all"
                    .to_owned(),
        }),
    }
}
