//! The web server: one router with one guard in front, alone on a listener or nested in another application.
//!
//! It never calls a listener of the application. All URLs that it writes are relative, so it works under any path.

mod alive;
mod assets;
mod body;
mod bootstrap;
mod compression;
mod deflate;
mod deputy;
mod doors;
mod enter;
mod guard;
mod headers;
mod lasting;
mod page;
mod preferences;
mod rates;
mod refusal;
mod room;
mod route;
pub(crate) mod socket;
mod strangers;
pub(crate) mod sync;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use exciton_protocol::{Epoch, Limits};

use crate::config::Config;
use crate::secret::{
    self, BrowserId, Cookies, Keeper, Landing, NoRandom, PrivateError, Ticket, Tickets,
    unix_seconds,
};
use doors::Doors;
use preferences::Preferences;

pub(crate) use assets::Assets;
pub use assets::LoadFileError;
pub(crate) use bootstrap::Renderer;
pub(crate) use preferences::Windows;

pub(crate) use rates::{Place, Rates};
pub(crate) use route::{SOCKET, SYNC};
pub(crate) use strangers::{Stranger, Strangers};

/// What all routes share.
pub(crate) struct ServerState {
    pub(crate) config: Config,
    pub(crate) epoch: Epoch,
    pub(crate) limits: Limits,
    pub(crate) renderer: Renderer,
    pub(crate) assets: Assets,
    pub(crate) cookies: Arc<Cookies>,
    keeper: Keeper,
    pub(crate) preferences: Preferences,
    pub(crate) rates: Arc<Rates>,
    familiar: guard::Familiar,
    tickets: Mutex<Tickets>,
    own: OnceLock<SocketAddr>,
    start_page: Mutex<Landing>,
    console_wanted: AtomicBool,
}

/// An invitation can't be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// The application doesn't listen itself, and nothing says under which address it is found.
    #[error(
        "no address is known yet: name the application's with App::origins, such as http://127.0.0.1:3000/app"
    )]
    NoAddress,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandom,
}

/// An invitation: an address that lets one browser in, once, within ten minutes.
#[derive(Debug)]
pub(crate) struct Invitation {
    /// To be printed, or given to a browser. Not for logs.
    pub(crate) url: String,
    /// For what shall live as long as the invitation.
    pub(crate) ticket: Ticket,
}

/// The routes below one mount. `live` has the socket and the synchronous request, at `SOCKET` and `SYNC`; they run behind the
/// same guard, which leaves them a [`Visit`].
pub(crate) fn router(state: Arc<ServerState>, live: Router<Arc<ServerState>>) -> Router {
    Router::new()
        .route(route::ALIVE, get(alive::alive))
        .route(route::BOOT, get(bootstrap::boot))
        .route(route::SCRIPT, get(bootstrap::script))
        .route(route::MODULE, get(bootstrap::module))
        .route(route::PREFERENCES, get(preferences::preferences))
        .route(&format!("{}{{key}}/{{name}}", route::PRELOAD), get(preferences::preload))
        .route(&format!("{}{{ticket}}", route::ENTER), get(enter::enter))
        .route(route::CLOSED, get(page::closed))
        .merge(live)
        // Routes and no fallback: axum drops a router's fallback when it is nested twice.
        .route("/", any(assets::serve))
        .route("/{*path}", any(assets::serve))
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

impl ServerState {
    pub(crate) fn new(
        config: Config,
        epoch: Epoch,
        limits: Limits,
        renderer: Renderer,
    ) -> Result<Self, NoRandom> {
        let (cookies, keeper) = secret::open(&config.key, &config.name)?;
        Ok(Self {
            cookies: Arc::new(cookies),
            keeper,
            assets: Assets::new(&config.files),
            tickets: Mutex::new(Tickets::new()),
            own: OnceLock::new(),
            start_page: Mutex::default(),
            preferences: Preferences::default(),
            rates: Rates::new(config.door_limits),
            familiar: guard::Familiar::default(),
            console_wanted: AtomicBool::new(false),
            config,
            epoch,
            limits,
            renderer,
        })
    }

    /// Pages are to tell of their console from the start, from now on.
    pub(crate) fn want_console(&self) {
        self.console_wanted.store(true, Ordering::Relaxed);
    }

    /// Says where the application's own listener is. Without it the router counts as nested in another application.
    pub(crate) fn listening(&self, at: SocketAddr) {
        // A second listener is no case: one App runs once.
        let _ = self.own.set(at);
    }

    /// Where those arrive who come in by an old link, or open the bare address where no `index.html` is.
    pub(crate) fn set_start_page(&self, landing: Landing) {
        if let Some(tab) = landing.tab {
            self.preferences.set_start(tab);
        }
        *lock(&self.start_page) = landing;
    }

    /// The addresses at which browsers find the application, without a slash at the end: the named ones, then the own listener's.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let mut addresses: Vec<String> =
            self.config.origins.iter().map(ToString::to_string).collect();
        if let Some(own) = self.own() {
            // Nobody can open "all addresses": from this machine loopback is one of them.
            let at = if own.ip().is_unspecified() {
                SocketAddr::from(([127, 0, 0, 1], own.port()))
            } else {
                own
            };
            let scheme = if self.config.tls.is_some() { "https" } else { "http" };
            addresses.push(format!("{scheme}://{at}"));
        }
        addresses
    }

    /// A fresh invitation to `landing` at one of [`addresses`](Self::addresses).
    pub(crate) fn invite_at(
        &self,
        address: &str,
        landing: Landing,
    ) -> Result<Invitation, InviteError> {
        let https = address.starts_with("https:");
        let ticket = self
            .tickets()
            .issue(landing, https, Instant::now())
            .map_err(|_| InviteError::NoRandom)?;
        let url = format!("{address}{}{}", route::ENTER, ticket.as_str());
        Ok(Invitation { url, ticket })
    }

    /// A fresh invitation at the best address that is known: the own listener's, else the first that is named.
    pub(crate) fn invite(&self, landing: Landing) -> Result<Invitation, InviteError> {
        let addresses = self.addresses();
        let address = addresses.last().filter(|_| self.own().is_some()).or(addresses.first());
        self.invite_at(address.ok_or(InviteError::NoAddress)?, landing)
    }

    /// Voids every cookie and every ticket. An error says that the new key can't be kept.
    pub(crate) fn rotate(&self, key: &[u8; 32]) -> Result<(), PrivateError> {
        let mut tickets = self.tickets();
        *tickets = Tickets::new();
        self.keeper.rotate(&self.cookies, key)
    }

    /// Whether the application keeps the key itself.
    pub(crate) fn has_given_key(&self) -> bool {
        self.keeper.is_given
    }

    /// Voids a browser's cookies. An error says that a restarted application won't know of it.
    pub(crate) fn revoke(&self, browser: BrowserId) -> Result<(), PrivateError> {
        self.keeper.revoke(&self.cookies, browser, unix_seconds())
    }

    /// Deletes `file` when the ticket ends.
    pub(crate) fn keep_file(&self, ticket: &Ticket, file: tempfile::TempPath) {
        self.tickets().keep_file(ticket, file);
    }

    pub(crate) fn own(&self) -> Option<SocketAddr> {
        self.own.get().copied()
    }

    fn doors(&self) -> Doors<'_> {
        Doors { own: self.own(), tls: self.config.tls.is_some(), named: &self.config.origins }
    }

    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        lock(&self.tickets)
    }

    pub(crate) fn start_page(&self) -> Landing {
        lock(&self.start_page).clone()
    }
}

/// Nothing that runs under these locks can leave them half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
