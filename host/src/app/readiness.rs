//! `ready`: the moment from which the application serves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::App;
use crate::error::Error;

type Listener = Box<dyn FnOnce(&App) -> Result<(), Error> + Send>;

/// Whether the moment has come, and who waits for it.
pub(super) struct Readiness {
    listeners: Mutex<Vec<Listener>>,
    begun: AtomicBool,
    ready: watch::Sender<bool>,
}

impl Default for Readiness {
    fn default() -> Self {
        let (listeners, begun) = (Mutex::default(), AtomicBool::new(false));
        Self { listeners, begun, ready: watch::Sender::new(false) }
    }
}

impl App {
    /// Calls `listener` when the application serves: Electron's `ready`. An error ends [`run`](Self::run) with it.
    ///
    /// It may return `()` or a `Result`; the application is given to it. Registered when the application is ready already,
    /// it is never called, as in Electron: [`when_ready`](Self::when_ready) is for both.
    pub fn on_ready<R: ReadyOutcome>(&self, listener: impl FnOnce(&App) -> R + Send + 'static) {
        self.waiting().push(Box::new(|app| listener(app).into_result()));
    }

    /// Waits until the application serves, at once if it does already: Electron's `app.whenReady()`.
    pub async fn when_ready(&self) {
        let mut ready = self.inner.readiness.ready.subscribe();
        // The sender lives as long as the application.
        let _ = ready.wait_for(|ready| *ready).await;
    }

    /// Whether the application serves: Electron's `app.isReady()`.
    pub fn is_ready(&self) -> bool {
        *self.inner.readiness.ready.borrow()
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

    pub(super) async fn become_ready(&self) -> Result<(), Error> {
        if self.inner.readiness.begun.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.inner.readiness.ready.send_replace(true);
        let listeners = std::mem::take(&mut *self.waiting());
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

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Listener>> {
        self.inner.readiness.listeners.lock().unwrap_or_else(PoisonError::into_inner)
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
