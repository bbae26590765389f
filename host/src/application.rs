//! What tabs need of the application that they belong to.

use std::sync::Arc;

use crate::browser_window::BrowserWindow;
use crate::error::Error;
use crate::happening::Happening;
use crate::renderer::Renderer;
use crate::secret::BrowserId;
use crate::web_contents::WebContents;

/// The application, as a tab sees it. Methods may run user code: they are called without a lock.
pub(crate) trait Application: Send + Sync + 'static {
    /// There is a new page, which `opener` has opened if it is given.
    fn created(&self, page: &WebContents, opener: Option<&Arc<Renderer>>);

    /// Something has happened to a page; its own listeners hear of it next.
    fn happened(&self, page: &WebContents, happening: &Happening);

    /// The last page has gone.
    fn all_closed(&self);

    /// Shows a page in a tab.
    fn load(&self, tab: &Arc<Renderer>, target: Target<'_>) -> Result<(), Error>;

    /// Asks whether a tab may close, and closes it then.
    fn close(&self, tab: &Arc<Renderer>);

    /// Ends a tab at once.
    fn destroy(&self, tab: &Arc<Renderer>);

    /// The window that a page is in.
    fn window_of(&self, page: &WebContents) -> Option<BrowserWindow>;

    /// Shuts a browser out, with all its pages.
    fn revoke(&self, browser: BrowserId) -> Result<(), Error>;

    /// Somebody listens to a page's console: pages are to begin with it from now on.
    fn console_wanted(&self);
}

/// A page to show.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    Url(&'a str),
    File(&'a std::path::Path),
}

/// Nobody: for pages without an application.
pub(crate) struct Nobody;

impl Application for Nobody {
    fn created(&self, _page: &WebContents, _opener: Option<&Arc<Renderer>>) {}

    fn happened(&self, _page: &WebContents, _happening: &Happening) {}

    fn all_closed(&self) {}

    fn load(&self, _tab: &Arc<Renderer>, _target: Target<'_>) -> Result<(), Error> {
        Err(Error::new("this page belongs to no application"))
    }

    fn close(&self, tab: &Arc<Renderer>) {
        tab.destroy();
    }

    fn destroy(&self, tab: &Arc<Renderer>) {
        tab.destroy();
    }

    fn window_of(&self, _page: &WebContents) -> Option<BrowserWindow> {
        None
    }

    fn revoke(&self, _browser: BrowserId) -> Result<(), Error> {
        Ok(())
    }

    fn console_wanted(&self) {}
}
