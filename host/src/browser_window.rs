//! `BrowserWindow`: a window that the main process opens.

use std::path::Path;
use std::sync::Arc;

use exciton_protocol::{Args, Call, Packet};

use crate::app::App;
use crate::error::Error;
use crate::renderer::Renderer;
use crate::secret::Landing;
use crate::web_contents::WebContents;
use crate::web_preferences::WebPreferences;

/// How a window looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowOptions {
    /// Width in CSS pixels. Heeded where the window is one of its own, and not a tab of the user's browser.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// What the page sees of the renderer.
    pub web_preferences: WebPreferences,
}

impl WindowOptions {
    /// Electron's default: 800 × 600.
    pub const fn new() -> Self {
        Self { width: 800, height: 600, web_preferences: WebPreferences::new() }
    }

    /// The size in CSS pixels.
    #[must_use]
    pub const fn size(mut self, width: u32, height: u32) -> Self {
        self.width = width;
        self.height = height;
        self
    }
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A window: Electron's [`BrowserWindow`](https://www.electronjs.org/docs/latest/api/browser-window). It shows a page in
/// the user's browser; which one and how, [`App::opening`] says.
#[derive(Clone)]
pub struct BrowserWindow {
    app: App,
    renderer: Arc<Renderer>,
    options: WindowOptions,
}

impl BrowserWindow {
    /// A window without a page. Its [`web_contents`](Self::web_contents) keeps what is sent to it until one has come.
    ///
    /// # Errors
    /// The application can't serve, see [`App::run`]; or there is no such preload script (the error names the absolute path
    /// that was tried).
    pub fn new(app: &App, options: WindowOptions) -> Result<Self, Error> {
        if let Some(preload) = &options.web_preferences.preload {
            app.server()?.assets.check_preload(preload)?;
        }
        let renderer = app
            .links()?
            .expect()
            .map_err(|error| Error::from(format!("no random numbers: {error}")))?;
        renderer.set_preferences(options.web_preferences.clone());
        let window = Self { app: app.clone(), renderer, options };
        window.renderer.announce(&window.web_contents());
        Ok(window)
    }

    /// The page in the window.
    pub fn web_contents(&self) -> WebContents {
        WebContents::new(self.renderer.clone())
    }

    /// Shows a file of the application: opens the window, or takes the page that it shows to another one.
    ///
    /// A relative path is taken from [`App::root`] or [`App::assets`].
    ///
    /// # Errors
    /// There is no such file (the error names the absolute path that was tried). A browser that can't be started is no error: the printed address leads to the page.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = self.app.server()?.assets.url_of(path.as_ref())?;
        self.show(path)
    }

    /// Shows a page of the application by its URL: `"/"`, `"/settings?tab=2"`, or the same with the application's address
    /// in front. Pages of other sites have no `ipcRenderer` and so no place in a window.
    ///
    /// # Errors
    /// The URL is another site's. A browser that can't be started is no error: the printed address leads to the page.
    pub fn load_url(&self, url: &str) -> Result<(), Error> {
        let state = self.app.server()?;
        let inside = state
            .addresses()
            .iter()
            .find_map(|address| url.strip_prefix(address.as_str()).map(str::to_owned));
        let path = inside.unwrap_or_else(|| url.to_owned());
        let Some(path) = path.strip_prefix('/').filter(|path| !path.starts_with(['/', '\\']))
        else {
            return Err(Error::from(format!(
                "{url:?} is not a page of this application: give a path such as \"/index.html\""
            )));
        };
        self.show(path.to_owned())
    }

    fn show(&self, path: String) -> Result<(), Error> {
        if self.renderer.active().is_some() {
            let order = Call::new("navigate", Args::from_serialize(&(path,))?);
            return Ok(self.renderer.push(Packet::Order(order))?);
        }
        let landing = Landing { path, tab: Some(self.renderer.tab) };
        let state = self.app.server()?;
        // Whoever comes in first by a printed address gets the window; others get tabs of their own.
        state.set_start_page(landing.clone());
        crate::open::open(state, landing, (self.options.width, self.options.height))
    }
}

impl std::fmt::Debug for BrowserWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserWindow")
            .field("web_contents", &self.renderer.id)
            .finish_non_exhaustive()
    }
}
