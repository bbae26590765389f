//! `BrowserWindow`: a window that the main process opens, or that a page of its has opened.

mod options;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use exciton_protocol::Args;

pub use self::options::WindowOptions;
use crate::app::{App, AppEvent, Event};
use crate::application::Target;
use crate::emitter::ListenerId;
use crate::error::{Error, SendError};
use crate::renderer::Renderer;
use crate::signals::Signals;
use crate::web_contents::WebContents;

/// A window: Electron's [`BrowserWindow`](https://www.electronjs.org/docs/latest/api/browser-window). It shows a page in
/// the user's browser; which one and how, [`App::opening`] says.
///
/// A clone is another handle to the same window; two are equal if they lead to the same window. Electron's static
/// `getAllWindows`, `fromId` and `fromWebContents` are [`App::windows`], [`App::window_from_id`] and [`App::window_of`].
#[derive(Clone)]
pub struct BrowserWindow {
    window: Arc<Window>,
}

struct Window {
    id: u32,
    renderer: Arc<Renderer>,
    options: WindowOptions,
    opener: Option<WebContents>,
    signals: Signals<WindowEvent>,
    /// `ready-to-show` has come.
    shown: AtomicBool,
}

/// Something that happened to a window.
enum WindowEvent {
    ReadyToShow(BrowserWindow),
    Close(BrowserWindow, Event),
    Closed,
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
        app.links()?.gate.window(options.web_preferences.allow.as_ref());
        renderer.set_preferences(options.web_preferences.clone());
        let window = Self::make(app, renderer, options, None);
        window.window.renderer.announce(None);
        app.emit(&AppEvent::BrowserWindowCreated(window.clone()));
        Ok(window)
    }

    /// The window of a page that another one has opened.
    pub(crate) fn opened(app: &App, page: WebContents, opener: WebContents) {
        let window = Self::make(app, page.renderer().clone(), WindowOptions::new(), Some(opener));
        app.emit(&AppEvent::BrowserWindowCreated(window));
    }

    fn make(
        app: &App,
        renderer: Arc<Renderer>,
        options: WindowOptions,
        opener: Option<WebContents>,
    ) -> Self {
        let window = Self {
            window: Arc::new(Window {
                id: app.next_window_id(),
                renderer,
                options,
                opener,
                signals: Signals::default(),
                shown: AtomicBool::new(false),
            }),
        };
        app.keep_window(window.clone());
        window
    }

    /// Its number, which no other window of the application has or had.
    pub fn id(&self) -> u32 {
        self.window.id
    }

    /// The page in the window.
    pub fn web_contents(&self) -> WebContents {
        WebContents::new(self.window.renderer.clone())
    }

    /// The page that has opened this window by `window.open`, if it was one.
    pub fn opener(&self) -> Option<WebContents> {
        self.window.opener.clone()
    }

    /// Shows a file of the application: opens the window, or takes the page that it shows to another one.
    ///
    /// A relative path is taken from [`App::root`] or [`App::assets`].
    ///
    /// # Errors
    /// There is no such file (the error names the absolute path that was tried). A browser that can't be started is no error: the printed address leads to the page.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.load(Target::File(path.as_ref()))
    }

    /// Shows a page of the application by its URL: `"/"`, `"/settings?tab=2"`, or the same with the application's address
    /// in front. Pages of other sites have no `ipcRenderer` and so no place in a window.
    ///
    /// # Errors
    /// The URL is another site's. A browser that can't be started is no error: the printed address leads to the page.
    pub fn load_url(&self, url: &str) -> Result<(), Error> {
        self.load(Target::Url(url))
    }

    fn load(&self, target: Target<'_>) -> Result<(), Error> {
        self.window.renderer.app.load(&self.window.renderer, target)
    }

    /// Sets the title of the page, which browsers show as the window's.
    ///
    /// # Errors
    /// The window is closed, or its page takes messages too slowly.
    pub fn set_title(&self, title: &str) -> Result<(), SendError> {
        self.window.renderer.order("title", Args::from_serialize(&(title,))?)
    }

    /// The title, as the page said last.
    pub fn get_title(&self) -> String {
        self.window.renderer.title()
    }

    /// Brings the window to the front. Browsers allow that to windows that a page has opened, and ask for a click
    /// elsewhere: a wish.
    ///
    /// # Errors
    /// The window is closed, or its page takes messages too slowly.
    pub fn focus(&self) -> Result<(), SendError> {
        self.window.renderer.order("focus", Args::none())
    }

    /// Asks the window to close, as a click on its button does: listeners of [`on_close`](Self::on_close) and the page's
    /// `beforeunload` can prevent it.
    ///
    /// Browsers let a page close its window only if a program opened it: an app window, or one of `window.open`. In any
    /// other tab the page goes and says that its window was closed. [`closed`](Self::on_closed) follows as soon as the page
    /// has gone, and at once if none has come yet.
    pub fn close(&self) {
        if !self.is_destroyed() && !self.keeps_open() {
            self.window.renderer.app.close(&self.window.renderer);
        }
    }

    /// Closes the window without asking anybody; `closed` is emitted before this returns. The page is told when it can be.
    pub fn destroy(&self) {
        self.window.renderer.app.destroy(&self.window.renderer);
    }

    /// Whether the window is closed.
    pub fn is_destroyed(&self) -> bool {
        self.window.renderer.is_destroyed()
    }

    /// Calls `listener` when the window's first page is there to be seen, once: Electron's `ready-to-show`.
    pub fn on_ready_to_show(
        &self,
        listener: impl Fn(BrowserWindow) + Send + Sync + 'static,
    ) -> ListenerId {
        self.window.signals.on("ready-to-show", move |event| {
            if let WindowEvent::ReadyToShow(window) = event {
                listener(window.clone());
            }
        })
    }

    /// Calls `listener` when the application is about to close the window, which it can prevent: Electron's `close`. What
    /// the user closes in the browser is closed without a question.
    pub fn on_close(
        &self,
        listener: impl Fn(&Event, BrowserWindow) + Send + Sync + 'static,
    ) -> ListenerId {
        self.window.signals.on("close", move |event| {
            if let WindowEvent::Close(window, event) = event {
                listener(event, window.clone());
            }
        })
    }

    /// Calls `listener` when the window is closed: Electron's `closed`. Drop what belongs to it.
    pub fn on_closed(&self, listener: impl Fn() + Send + Sync + 'static) -> ListenerId {
        self.window.signals.on("closed", move |_| listener())
    }

    /// Removes a listener of the window. False if there is none of that id (any more).
    pub fn off(&self, id: ListenerId) -> bool {
        self.window.signals.off(id).is_some()
    }

    /// Emits `close`. Returns whether a listener has prevented it.
    pub(crate) fn keeps_open(&self) -> bool {
        let event = Event::default();
        self.window.signals.emit("close", &WindowEvent::Close(self.clone(), event.clone()));
        event.default_prevented()
    }

    pub(crate) fn is_ready_to_show(&self) {
        if !self.window.shown.swap(true, Ordering::AcqRel) {
            self.window.signals.emit("ready-to-show", &WindowEvent::ReadyToShow(self.clone()));
        }
    }

    /// Its page is gone for good.
    pub(crate) fn has_closed(&self, app: &App) {
        app.forget_window(self.window.id);
        self.window.signals.emit("closed", &WindowEvent::Closed);
        // A listener may hold the window that it listens to.
        self.window.signals.clear();
    }

    pub(crate) fn listeners(&self) -> usize {
        self.window.signals.len()
    }

    /// The size in CSS pixels that it was made with.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.window.options.width, self.window.options.height)
    }
}

impl PartialEq for BrowserWindow {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.window, &other.window)
    }
}

impl Eq for BrowserWindow {}

impl std::fmt::Debug for BrowserWindow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserWindow")
            .field("id", &self.window.id)
            .field("web_contents", &self.window.renderer.id)
            .finish_non_exhaustive()
    }
}
