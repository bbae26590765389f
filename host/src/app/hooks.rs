//! The application as its tabs see it.

use std::sync::{Arc, Weak};

use super::events::{AppEvent, WINDOW_ALL_CLOSED};
use super::{App, Inner};
use crate::application::{Application, Target};
use crate::browser_window::BrowserWindow;
use crate::error::Error;
use crate::happening::Happening;
use crate::renderer::Renderer;
use crate::secret::BrowserId;
use crate::web_contents::WebContents;

/// A link back to the application, which may have gone before its last tab.
pub(super) struct Hooks(Weak<Inner>);

impl Hooks {
    pub(super) fn of(app: &App) -> Self {
        Self(Arc::downgrade(&app.inner))
    }

    fn app(&self) -> Option<App> {
        self.0.upgrade().map(|inner| App { inner })
    }
}

impl Application for Hooks {
    fn created(&self, page: &WebContents, opener: Option<&Arc<Renderer>>) {
        let Some(app) = self.app() else { return };
        app.emit(&AppEvent::WebContentsCreated(page.clone()));
        if let Some(opener) = opener {
            let opener = WebContents::new(opener.clone());
            BrowserWindow::opened(&app, page.clone(), opener);
        }
    }

    fn happened(&self, page: &WebContents, happening: &Happening) {
        let Some(app) = self.app() else { return };
        let Some(window) = app.window_of(page) else { return };
        match happening {
            Happening::DomReady => window.is_ready_to_show(),
            Happening::Destroyed => window.has_closed(&app),
            _ => {}
        }
    }

    fn all_closed(&self) {
        let Some(app) = self.app() else { return };
        if app.inner.signals.has(WINDOW_ALL_CLOSED) {
            app.emit(&AppEvent::WindowAllClosed);
        } else if app.lives_by_windows() {
            app.quit();
        }
    }

    fn load(&self, tab: &Arc<Renderer>, target: Target<'_>) -> Result<(), Error> {
        let Some(app) = self.app() else { return Err(Error::new("the application has gone")) };
        app.load(tab, target)
    }

    fn close(&self, tab: &Arc<Renderer>) {
        if tab.active().is_none() {
            return self.destroy(tab);
        }
        // A page that has just gone is as good as closed.
        let _ = tab.order("close", exciton_protocol::Args::none());
    }

    fn destroy(&self, tab: &Arc<Renderer>) {
        let farewell = self.app().and_then(|app| app.links().ok()?.close(tab));
        if let Some(farewell) = farewell {
            farewell.say();
        }
    }

    fn window_of(&self, page: &WebContents) -> Option<BrowserWindow> {
        self.app()?.window_of(page)
    }

    fn revoke(&self, browser: BrowserId) -> Result<(), Error> {
        self.app().map_or(Ok(()), |app| app.shut_out(browser))
    }

    fn console_wanted(&self) {
        if let Some(live) = self.app().as_ref().and_then(|app| app.inner.live.get()) {
            live.state.want_console();
        }
    }
}
