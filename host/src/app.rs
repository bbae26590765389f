//! The application: what Electron's `app` is, as a value.

mod access;
mod events;
mod hooks;
mod information;
mod loading;
mod paths;
mod quitting;
mod readiness;
mod settings;
mod shutting_out;
mod statistics;
mod windows;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::routing::{any, put};
use exciton_protocol::{Epoch, Limits};
use tokio::net::TcpListener;

use self::information::Information;
use self::quitting::Quitting;
use self::readiness::Readiness;
use self::windows::Windows;
use crate::access::{Gate, Rules};
use crate::config::Config;
use crate::error::Error;
use crate::ipc_main::IpcMain;
use crate::links::Links;
use crate::server::{self, InviteError, ServerState};
use crate::signals::Signals;
use crate::tls::Certificate;
use crate::web_contents::WebContents;

pub(crate) use self::events::AppEvent;
pub use self::events::Event;
pub use self::readiness::ReadyOutcome;
pub use self::statistics::Statistics;

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
    rules: Mutex<Rules>,
    gate: OnceLock<Arc<Gate>>,
    information: Mutex<Information>,
    ipc_main: IpcMain,
    signals: Signals<AppEvent>,
    readiness: Readiness,
    windows: Windows,
    /// Made once, by whichever of `run` and `router` comes first; settings are fixed from then on.
    live: OnceLock<Live>,
    quitting: Quitting,
}

/// What exists once the application serves.
struct Live {
    state: Arc<ServerState>,
    links: Arc<Links>,
}

impl App {
    /// An application with the settings of a program on its user's own machine: loopback only, any free port, windows in
    /// the default browser.
    pub fn new() -> Self {
        Self {
            inner: Arc::new(Inner {
                config: Mutex::default(),
                limits: Mutex::default(),
                rules: Mutex::default(),
                gate: OnceLock::new(),
                information: Mutex::default(),
                ipc_main: IpcMain::new(),
                signals: Signals::default(),
                readiness: Readiness::default(),
                windows: Windows::default(),
                live: OnceLock::new(),
                quitting: Quitting::default(),
            }),
        }
    }

    /// Where the application listens to its pages.
    pub fn ipc_main(&self) -> IpcMain {
        self.inner.ipc_main.clone()
    }

    /// Listens, serves, prints where, and returns when the application quits: by [`quit`](Self::quit), by the end of its
    /// last window ([`on_window_all_closed`](Self::on_window_all_closed)), by Ctrl-C or the system's wish (SIGTERM). The
    /// latter two quit as [`quit`](Self::quit) does; when a listener prevented that, the next one ends the application.
    ///
    /// After [`exit`](Self::exit) with another code than 0 it ends the process with that code.
    ///
    /// # Errors
    /// The address can't be bound, the certificate can't be used, or a listener of [`on_ready`](Self::on_ready)
    /// failed.
    pub async fn run(&self) -> Result<(), Error> {
        let (reach, port, tls) = {
            let config = self.config();
            (config.reach, config.port, config.tls.clone())
        };
        let tls = tls.as_ref().map(Certificate::acceptor).transpose()?;
        let listener = TcpListener::bind(SocketAddr::new(reach.address(), port)).await?;
        let live = self.live()?;
        live.state.listening(listener.local_addr()?);
        let (router, rates) = (self.router()?, live.state.rates.clone());
        if let Some(notice) = reach.notice(tls.is_some()) {
            println!("{notice}");
        }
        println!("Listening on {}", live.state.invite(self.landing())?.url);
        // The named ones; the last is the listener's own.
        for address in live.state.addresses().iter().rev().skip(1).rev() {
            println!("Also at {}", live.state.invite_at(address, self.landing())?.url);
        }
        self.inner.quitting.runs();
        self.become_ready().await?;
        crate::terminal::invite_on_enter(self);
        tokio::select! {
            never = crate::listener::serve(listener, tls, router, rates) => match never {},
            () = self.inner.quitting.decided() => {}
            ended = self.end_when_told() => ended?,
        }
        live.links.drained().await;
        match self.exit_code() {
            0 => Ok(()),
            code => std::process::exit(code),
        }
    }

    /// The application's routes, to nest in an axum application under any path and behind its own layers.
    ///
    /// Name the addresses at which browsers find that application with [`origins`](Self::origins); unnamed, it is found on
    /// loopback only. Call [`ready`](Self::ready) when the server runs.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub fn router(&self) -> Result<Router, Error> {
        let live = self.live()?;
        let routes = Router::new()
            .route(server::SOCKET, any(server::socket::socket))
            .route(server::SYNC, put(server::sync::sync))
            .with_state(live.links.clone());
        Ok(server::router(live.state.clone(), routes))
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

    /// The page of that id, if it is still there: Electron's `webContents.fromId()`.
    pub fn web_contents_from_id(&self, id: u32) -> Option<WebContents> {
        self.web_contents().into_iter().find(|page| page.id() == id)
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
        let hooks = Arc::new(hooks::Hooks::of(self));
        let door_limits = self.config().door_limits;
        let links =
            Links::new(epoch, limits, door_limits, self.ipc_main(), self.gate().clone(), hooks);
        state.preferences.set_windows(links.clone());
        Ok(self.inner.live.get_or_init(|| Live { state: Arc::new(state), links }))
    }

    fn config(&self) -> MutexGuard<'_, Config> {
        lock(&self.inner.config)
    }

    fn landing(&self) -> crate::secret::Landing {
        self.inner.live.get().map_or_else(Default::default, |live| live.state.start_page())
    }

    pub(crate) fn server(&self) -> Result<&Arc<ServerState>, Error> {
        self.live().map(|live| &live.state)
    }

    /// The links of an application that serves.
    pub(crate) fn running_links(&self) -> Option<&Arc<Links>> {
        self.inner.live.get().map(|live| &live.links)
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

fn random_epoch() -> Result<Epoch, Error> {
    let mut bits = [0; 8];
    getrandom::fill(&mut bits)
        .map_err(|error| Error::from(format!("no random numbers: {error}")))?;
    Ok(Epoch::from_bits(u64::from_le_bytes(bits)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
