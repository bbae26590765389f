//! Where a page is, and where it shall go.

use std::path::Path;

use exciton_protocol::Args;

use super::WebContents;
use crate::application::Target;
use crate::error::{Error, SendError};
use crate::secret::Pass;

impl WebContents {
    /// The URL of the page, as the page itself says; empty before it has come.
    pub fn get_url(&self) -> String {
        self.renderer.url()
    }

    /// The title of the page, as the page itself says.
    pub fn get_title(&self) -> String {
        self.renderer.title()
    }

    /// Whether a document is being loaded: from its coming to its `load` event.
    pub fn is_loading(&self) -> bool {
        self.renderer.is_loading()
    }

    /// Shuts the page's browser out: its cookie is void from now on, and every page that it shows of the application is
    /// destroyed. A fresh [`invite`](crate::App::invite) lets it in again. Without a page that has come, nothing happens.
    ///
    /// The application remembers it until the cookie would have expired, over restarts too if the key of its cookies is in
    /// a file ([`KeySource::StateFile`](crate::KeySource::StateFile)). One that keeps the key itself gives itself another
    /// one before it restarts ([`App::rotate_key_to`](crate::App::rotate_key_to)).
    ///
    /// # Errors
    /// It can't be remembered: the browser is out, but may come in again when the application was restarted.
    pub fn revoke(&self) -> Result<(), Error> {
        match self.renderer.extensions().get::<Pass>() {
            Some(pass) => self.renderer.app.revoke(pass.browser()),
            None => Ok(()),
        }
    }

    /// Takes the page to another one of the application, by its URL: `"/"`, `"/settings?tab=2"`, or the same with the
    /// application's address in front.
    ///
    /// # Errors
    /// The URL is another site's, or the page is destroyed.
    pub fn load_url(&self, url: &str) -> Result<(), Error> {
        self.renderer.app.load(&self.renderer, Target::Url(url))
    }

    /// Takes the page to a file of the application.
    ///
    /// # Errors
    /// There is no such file (the error names the absolute path that was tried), or the page is destroyed.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.renderer.app.load(&self.renderer, Target::File(path.as_ref()))
    }

    /// Loads the page anew.
    ///
    /// # Errors
    /// The page is destroyed, or takes messages too slowly.
    pub fn reload(&self) -> Result<(), SendError> {
        self.renderer.order("reload", Args::none())
    }

    /// Closes the page as if it had called `window.close()`, its `beforeunload` included: see
    /// [`BrowserWindow::close`](crate::BrowserWindow::close), whose `close` event isn't emitted by this.
    pub fn close(&self) {
        self.renderer.app.close(&self.renderer);
    }

    /// Whether the page is gone for good.
    pub fn is_destroyed(&self) -> bool {
        self.renderer.is_destroyed()
    }
}
