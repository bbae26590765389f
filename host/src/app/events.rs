//! What an application can be told: Electron's events of `app`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::App;
use crate::browser_window::BrowserWindow;
use crate::emitter::ListenerId;
use crate::web_contents::WebContents;

/// An event whose usual course a listener can prevent: Electron's
/// [`event.preventDefault()`](https://www.electronjs.org/docs/latest/api/app#event-before-quit).
#[derive(Clone, Debug, Default)]
pub struct Event {
    prevented: Arc<AtomicBool>,
}

impl Event {
    /// What the event announces doesn't happen.
    pub fn prevent_default(&self) {
        self.prevented.store(true, Ordering::Release);
    }

    /// Whether a listener has prevented it.
    pub fn default_prevented(&self) -> bool {
        self.prevented.load(Ordering::Acquire)
    }
}

/// Something that happened to the application.
pub(crate) enum AppEvent {
    WebContentsCreated(WebContents),
    BrowserWindowCreated(BrowserWindow),
    WindowAllClosed,
    Activate { has_visible_windows: bool },
    BeforeQuit(Event),
    WillQuit(Event),
    Quit(i32),
}

impl AppEvent {
    /// Electron's name of the event.
    const fn name(&self) -> &'static str {
        match self {
            Self::WebContentsCreated(_) => "web-contents-created",
            Self::BrowserWindowCreated(_) => "browser-window-created",
            Self::WindowAllClosed => WINDOW_ALL_CLOSED,
            Self::Activate { .. } => "activate",
            Self::BeforeQuit(_) => "before-quit",
            Self::WillQuit(_) => "will-quit",
            Self::Quit(_) => "quit",
        }
    }
}

/// The event with a course of its own where nobody listens.
pub(super) const WINDOW_ALL_CLOSED: &str = "window-all-closed";

/// Listeners are called one after the other in the order of their registration. One that panics is logged.
impl App {
    /// Calls `listener` for each new page, before any message of it: Electron's `web-contents-created`. What it sends
    /// reaches the listeners that the page's own scripts register while it loads.
    pub fn on_web_contents_created(
        &self,
        listener: impl Fn(WebContents) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("web-contents-created", move |event| {
            if let AppEvent::WebContentsCreated(page) = event {
                listener(page.clone());
            }
        })
    }

    /// Calls `listener` for each new window, one that a page has opened by `window.open` too: Electron's
    /// `browser-window-created`.
    pub fn on_browser_window_created(
        &self,
        listener: impl Fn(BrowserWindow) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("browser-window-created", move |event| {
            if let AppEvent::BrowserWindowCreated(window) = event {
                listener(window.clone());
            }
        })
    }

    /// Calls `listener` when the last page has gone and its grace has run out: Electron's `window-all-closed`. A reload is
    /// no such moment, and neither is [`quit`](Self::quit).
    ///
    /// As in Electron, an application that doesn't listen quits then, and one that listens decides itself. But only one
    /// that [`run`](Self::run)s and has opened a window in a browser quits by itself: a server, an application started
    /// with `--no-open` and a nested one stay for whoever comes next.
    pub fn on_window_all_closed(&self, listener: impl Fn() + Send + Sync + 'static) -> ListenerId {
        self.on(WINDOW_ALL_CLOSED, move |_| listener())
    }

    /// Calls `listener` when somebody presses Enter in the terminal of the running application, which prints a fresh
    /// address: the nearest to Electron's `activate`. It is told whether there are any windows.
    pub fn on_activate(&self, listener: impl Fn(bool) + Send + Sync + 'static) -> ListenerId {
        self.on("activate", move |event| {
            if let AppEvent::Activate { has_visible_windows } = event {
                listener(*has_visible_windows);
            }
        })
    }

    /// Calls `listener` before the application closes its windows to quit: Electron's `before-quit`. Prevented, it goes on.
    pub fn on_before_quit(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.on("before-quit", move |event| {
            if let AppEvent::BeforeQuit(event) = event {
                listener(event);
            }
        })
    }

    /// Calls `listener` when all windows are closed and the application will quit: Electron's `will-quit`. Prevented, it
    /// goes on, without windows; pages that are still open in a browser come back by themselves.
    pub fn on_will_quit(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> ListenerId {
        self.on("will-quit", move |event| {
            if let AppEvent::WillQuit(event) = event {
                listener(event);
            }
        })
    }

    /// Calls `listener` with the exit code when the application quits: Electron's `quit`.
    pub fn on_quit(&self, listener: impl Fn(i32) + Send + Sync + 'static) -> ListenerId {
        self.on("quit", move |event| {
            if let AppEvent::Quit(code) = event {
                listener(*code);
            }
        })
    }

    /// Removes a listener of the application. False if there is none of that id (any more).
    pub fn off(&self, id: ListenerId) -> bool {
        self.inner.signals.off(id).is_some()
    }

    fn on(
        &self,
        event: &'static str,
        listener: impl Fn(&AppEvent) + Send + Sync + 'static,
    ) -> ListenerId {
        self.inner.signals.on(event, listener)
    }

    /// Calls the listeners of an event.
    pub(crate) fn emit(&self, event: &AppEvent) {
        self.inner.signals.emit(event.name(), event);
    }

    /// Calls the listeners of an event that they can prevent. Returns whether one did.
    pub(super) fn is_prevented(&self, event: impl FnOnce(Event) -> AppEvent) -> bool {
        let decision = Event::default();
        self.emit(&event(decision.clone()));
        decision.default_prevented()
    }
}
