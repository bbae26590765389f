//! The application: what Electron's `app` is, as a value.

mod settings;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, put};
use exciton_protocol::{Epoch, Limits};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::config::Config;
use crate::error::Error;
use crate::ipc_main::IpcMain;
use crate::links::{Hooks, Links};
use crate::server::{self, InviteError, ServerState};
use crate::web_contents::WebContents;

/// An application: its pages, its listeners, and the server that brings the two together. Electron's
/// [`app`](https://www.electronjs.org/docs/latest/api/app), as a value that is cheap to clone; a process may have many.
///
/// Settings come first (`root`, `assets`, `port`, …), then either [`run`](Self::run) listens and serves, or
/// [`router`](Self::router) gives the routes to an axum application that exists already.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    config: Mutex<Config>,
    limits: Mutex<Limits>,
    ipc_main: IpcMain,
    hooks: Mutex<Subscribers>,
    /// Made once, by whichever of `run` and `router` comes first; settings are fixed from then on.
    live: OnceLock<Live>,
    quit: Notify,
}

/// What exists once the application serves.
struct Live {
    state: Arc<ServerState>,
    links: Arc<Links>,
}

type Ready = Box<dyn FnOnce(&App) -> Result<(), Error> + Send>;
type Created = Arc<dyn Fn(WebContents) + Send + Sync>;
type Closed = Arc<dyn Fn() + Send + Sync>;

/// Who wants to hear of what happens.
#[derive(Default)]
struct Subscribers {
    ready: Vec<Ready>,
    created: Vec<Created>,
    all_closed: Vec<Closed>,
}

impl App {
    /// An application with the settings of a program on its user's own machine: loopback only, any free port, windows in
    /// the default browser.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                config: Mutex::default(),
                limits: Mutex::default(),
                ipc_main: IpcMain::new(),
                hooks: Mutex::default(),
                live: OnceLock::new(),
                quit: Notify::new(),
            }),
        }
    }

    /// Where the application listens to its pages.
    pub fn ipc_main(&self) -> IpcMain {
        self.inner.ipc_main.clone()
    }

    /// Calls `listener` when the application serves: Electron's `ready`. An error ends [`run`](Self::run) with it.
    ///
    /// It may return `()` or a `Result`; the application is given to it.
    pub fn on_ready<R: ReadyOutcome>(&self, listener: impl FnOnce(&App) -> R + Send + 'static) {
        self.hooks().ready.push(Box::new(|app| listener(app).into_result()));
    }

    /// Calls `listener` for each new page, before any message of it: Electron's `web-contents-created`. What it sends
    /// reaches the listeners that the page's own scripts register while it loads.
    pub fn on_web_contents_created(&self, listener: impl Fn(WebContents) + Send + Sync + 'static) {
        self.hooks().created.push(Arc::new(listener));
    }

    /// Calls `listener` when the last page has gone and its grace has run out: Electron's `window-all-closed`. A reload is
    /// no such moment. Unlike in Electron nothing quits by itself: a listener that wants it calls [`quit`](Self::quit).
    pub fn on_window_all_closed(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.hooks().all_closed.push(Arc::new(listener));
    }

    /// Listens, serves, prints where, and returns when the application quits: by [`quit`](Self::quit), by Ctrl-C,
    /// or by the system's wish (SIGTERM).
    ///
    /// # Errors
    /// The address can't be bound, the key of the cookies can't be read, or a listener of [`on_ready`](Self::on_ready)
    /// failed.
    pub async fn run(&self) -> Result<(), Error> {
        let (reach, port) = {
            let config = self.config();
            (config.reach, config.port)
        };
        let listener = TcpListener::bind(SocketAddr::new(reach.address(), port)).await?;
        let live = self.live()?;
        live.state.listening(listener.local_addr()?);
        let router = self.router()?;
        println!("Listening on {}", live.state.invite(self.landing())?.url);
        // The named ones; the last is the listener's own.
        for address in live.state.addresses().iter().rev().skip(1).rev() {
            println!("Also at {}", live.state.invite_at(address, self.landing())?.url);
        }
        self.become_ready().await?;
        crate::terminal::invite_on_enter(self);
        let serve = axum::serve(crate::listener::NoDelay(listener), router);
        tokio::select! {
            served = serve => served?,
            () = self.inner.quit.notified() => {}
            interrupted = told_to_end() => interrupted?,
        }
        self.say_goodbye().await;
        Ok(())
    }

    /// The application's routes, to nest in an axum application under any path and behind its own layers.
    ///
    /// Name the addresses at which browsers find that application with [`origins`](Self::origins); unnamed, it is found on
    /// loopback only. Call [`ready`](Self::ready) when the server runs.
    ///
    /// # Errors
    /// The key of the cookies can't be read.
    pub fn router(&self) -> Result<Router, Error> {
        let live = self.live()?;
        let routes = Router::new()
            .route(server::SOCKET, any(server::socket::socket))
            .route(server::SYNC, put(server::sync::sync))
            .layer(DefaultBodyLimit::max(live.links.limits.sync_body_bytes()))
            .with_state(live.links.clone());
        Ok(server::router(live.state.clone(), routes))
    }

    /// Tells the listeners of [`on_ready`](Self::on_ready) that the application serves. [`run`](Self::run) does it itself;
    /// an application that nests the [`router`](Self::router) does it here.
    ///
    /// # Errors
    /// That of the first listener that fails.
    pub async fn ready(&self) -> Result<(), Error> {
        self.live()?;
        self.become_ready().await
    }

    async fn become_ready(&self) -> Result<(), Error> {
        let listeners = std::mem::take(&mut self.hooks().ready);
        let app = self.clone();
        // Listeners may block, and so may opening a browser.
        let called = tokio::task::spawn_blocking(move || {
            listeners.into_iter().try_for_each(|listener| listener(&app))
        });
        match called.await {
            Ok(outcome) => outcome,
            Err(panic) => Err(Error::from(format!("a listener of `ready` panicked: {panic}"))),
        }
    }

    /// Ends the application: every page is told, and [`run`](Self::run) returns. Electron's `app.quit()`.
    pub fn quit(&self) {
        self.inner.quit.notify_one();
        if let Some(live) = self.inner.live.get() {
            live.links.quit();
        }
    }

    /// Pages show that the application has ended; the sockets have a moment to say so.
    async fn say_goodbye(&self) {
        if let Some(live) = self.inner.live.get() {
            live.links.quit();
            live.links.drained().await;
        }
    }

    /// An address that lets one browser in, once, within ten minutes: a second browser, a colleague.
    ///
    /// # Errors
    /// Nothing says yet under which address the application is found.
    pub fn invite(&self) -> Result<String, InviteError> {
        let live = self.inner.live.get().ok_or(InviteError::NoAddress)?;
        live.state.invite(self.landing()).map(|invitation| invitation.url)
    }

    /// All pages, open or in their grace: Electron's `webContents.getAllWebContents()`.
    pub fn web_contents(&self) -> Vec<WebContents> {
        let Some(live) = self.inner.live.get() else { return Vec::new() };
        live.links.renderers().into_iter().map(WebContents::new).collect()
    }

    fn live(&self) -> Result<&Live, Error> {
        if let Some(live) = self.inner.live.get() {
            return Ok(live);
        }
        let epoch = random_epoch()?;
        let limits = *lock(&self.inner.limits);
        let state = ServerState::new(
            self.config().clone(),
            epoch,
            limits,
            crate::renderer_files::RENDERER,
        )?;
        let links = Links::new(epoch, limits, self.ipc_main(), self.link_hooks());
        state.preferences.set_windows(links.clone());
        Ok(self.inner.live.get_or_init(|| Live { state: Arc::new(state), links }))
    }

    fn link_hooks(&self) -> Hooks {
        let created = Arc::downgrade(&self.inner);
        let closed = created.clone();
        Hooks {
            created: Arc::new(move |web_contents| {
                let Some(inner) = created.upgrade() else { return };
                let listeners = lock(&inner.hooks).created.clone();
                for listener in listeners {
                    guarded("web-contents-created", || listener(web_contents.clone()));
                }
            }),
            all_closed: Arc::new(move || {
                let Some(inner) = closed.upgrade() else { return };
                let listeners = lock(&inner.hooks).all_closed.clone();
                for listener in listeners {
                    guarded("window-all-closed", || listener());
                }
            }),
        }
    }

    fn config(&self) -> MutexGuard<'_, Config> {
        lock(&self.inner.config)
    }

    fn hooks(&self) -> MutexGuard<'_, Subscribers> {
        lock(&self.inner.hooks)
    }

    fn landing(&self) -> crate::secret::Landing {
        self.inner.live.get().map_or_else(Default::default, |live| live.state.start_page())
    }

    pub(crate) fn server(&self) -> Result<&Arc<ServerState>, Error> {
        self.live().map(|live| &live.state)
    }

    pub(crate) fn links(&self) -> Result<&Arc<Links>, Error> {
        self.live().map(|live| &live.links)
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("name", &self.config().name).finish_non_exhaustive()
    }
}

/// What a listener of `ready` may return: `()`, or a `Result` whose error ends the application.
pub trait ReadyOutcome {
    #[doc(hidden)]
    fn into_result(self) -> Result<(), Error>;
}

impl ReadyOutcome for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<E: Into<Error>> ReadyOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), Error> {
        self.map_err(Into::into)
    }
}

/// A panic of a listener is logged, and the application goes on.
fn guarded(event: &str, call: impl FnOnce()) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)) {
        tracing::error!(
            event,
            panic = crate::error::panic_message(&*payload),
            "a listener panicked"
        );
    }
}

/// Somebody pressed Ctrl-C, or the system wants the process to end.
async fn told_to_end() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn random_epoch() -> Result<Epoch, Error> {
    let mut bits = [0; 8];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::from(format!("no random numbers: {error}")))?;
    Ok(Epoch::from_bits(u64::from_le_bytes(bits)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
