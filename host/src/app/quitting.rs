//! The end of an application: Electron's `quit` and `exit`, and the signals of the system.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use tokio::sync::watch;

use super::App;
use super::events::AppEvent;
use crate::error::Error;
use crate::links::Farewell;

/// How far the end has come.
pub(super) struct Quitting {
    /// Listeners are being asked, or nobody is asked any more.
    begun: AtomicBool,
    decided: watch::Sender<bool>,
    code: AtomicI32,
    /// `run` runs.
    running: AtomicBool,
    /// A window was opened in a browser.
    opened: AtomicBool,
}

impl Default for Quitting {
    fn default() -> Self {
        Self {
            begun: AtomicBool::new(false),
            decided: watch::Sender::new(false),
            code: AtomicI32::new(0),
            running: AtomicBool::new(false),
            opened: AtomicBool::new(false),
        }
    }
}

impl Quitting {
    pub(super) fn runs(&self) {
        self.running.store(true, Ordering::Release);
    }

    pub(super) fn opened(&self) {
        self.opened.store(true, Ordering::Release);
    }

    /// Waits until the application ends.
    pub(super) async fn decided(&self) {
        let _ = self.decided.subscribe().wait_for(|decided| *decided).await;
    }
}

impl App {
    /// Ends the application, unless a listener prevents it: Electron's `app.quit()`.
    ///
    /// As in Electron, `before-quit` comes first, then `close` of each window, then `closed` of each, `will-quit` and
    /// `quit`; a listener of `before-quit`, `close` or `will-quit` can prevent the rest. Every page is told, and
    /// [`run`](Self::run) returns. `window-all-closed` isn't emitted. The listeners run on the caller's thread.
    pub fn quit(&self) {
        if self.inner.quitting.begun.swap(true, Ordering::AcqRel) {
            return;
        }
        let prevented = self.is_prevented(AppEvent::BeforeQuit)
            || self.windows().iter().any(crate::browser_window::BrowserWindow::keeps_open);
        if !prevented {
            self.end_pages();
            if !self.is_prevented(AppEvent::WillQuit) {
                return self.end_with(0);
            }
            if let Some(live) = self.inner.live.get() {
                live.links.go_on();
            }
        }
        self.inner.quitting.begun.store(false, Ordering::Release);
    }

    /// Ends the application at once, without asking anybody: Electron's `app.exit()`. Windows are closed, `before-quit` and
    /// `will-quit` are not emitted; `quit` is. Another code than 0 becomes that of the process if the application
    /// [`run`](Self::run)s.
    pub fn exit(&self, exit_code: i32) {
        self.inner.quitting.begun.store(true, Ordering::Release);
        self.end_pages();
        self.end_with(exit_code);
    }

    /// The code of [`exit`](Self::exit): 0 unless it gave another one.
    pub fn exit_code(&self) -> i32 {
        self.inner.quitting.code.load(Ordering::Acquire)
    }

    fn end_pages(&self) {
        if let Some(live) = self.inner.live.get() {
            live.links.quit().into_iter().for_each(Farewell::say);
        }
    }

    fn end_with(&self, code: i32) {
        self.inner.quitting.code.store(code, Ordering::Release);
        self.emit(&AppEvent::Quit(code));
        self.inner.quitting.decided.send_replace(true);
    }

    /// Whether the end of the last window is the application's, where nobody listens.
    pub(super) fn lives_by_windows(&self) -> bool {
        let quitting = &self.inner.quitting;
        quitting.running.load(Ordering::Acquire) && quitting.opened.load(Ordering::Acquire)
    }

    /// Quits when somebody presses Ctrl-C or the system wants the process to end; the second time for good.
    pub(super) async fn end_when_told(&self) -> Result<(), Error> {
        told_to_end().await?;
        let app = self.clone();
        // Listeners may block.
        let asking = tokio::task::spawn_blocking(move || app.quit());
        tokio::select! {
            () = self.inner.quitting.decided() => return Ok(()),
            told = told_to_end() => told?,
        }
        drop(asking);
        let app = self.clone();
        // They had their time; one that hangs must not hold up the end.
        tokio::task::spawn_blocking(move || app.exit(0));
        self.inner.quitting.decided().await;
        Ok(())
    }
}

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
