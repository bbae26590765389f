//! What happens to a page: Electron's events of `webContents`.

use exciton_protocol::Args;

use super::WebContents;
use crate::emitter::ListenerId;
use crate::happening::{CONSOLE_MESSAGE, ConsoleMessage, Happening, RenderProcessGoneDetails};

/// Listeners are called one after the other in the order of their registration, those of a page's own doings in their
/// place among its messages; one that panics is logged. Each is given the page, so that it need not hold it itself. When
/// the page is destroyed its listeners are dropped.
impl WebContents {
    /// Calls `listener` when the document is parsed: Electron's `dom-ready`.
    pub fn on_dom_ready(
        &self,
        listener: impl Fn(WebContents) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("dom-ready", move |page, _| listener(page))
    }

    /// Calls `listener` when the document and all it needs are there: Electron's `did-finish-load`.
    pub fn on_did_finish_load(
        &self,
        listener: impl Fn(WebContents) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("did-finish-load", move |page, _| listener(page))
    }

    /// Calls `listener` with the URL when another document has come, by a reload too, or is shown again from the browser's
    /// back/forward cache: Electron's `did-navigate`.
    pub fn on_did_navigate(
        &self,
        listener: impl Fn(WebContents, String) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("did-navigate", move |page, happening| {
            if let Happening::DidNavigate(url) = happening {
                listener(page, url.clone());
            }
        })
    }

    /// Calls `listener` with the URL when the document has another one without being loaded, by `history.pushState` or a
    /// fragment: Electron's `did-navigate-in-page`.
    pub fn on_did_navigate_in_page(
        &self,
        listener: impl Fn(WebContents, String) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("did-navigate-in-page", move |page, happening| {
            if let Happening::DidNavigateInPage(url) = happening {
                listener(page, url.clone());
            }
        })
    }

    /// Calls `listener` with the title when the document has another one: Electron's `page-title-updated`.
    pub fn on_page_title_updated(
        &self,
        listener: impl Fn(WebContents, String) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("page-title-updated", move |page, happening| {
            if let Happening::PageTitleUpdated(title) = happening {
                listener(page, title.clone());
            }
        })
    }

    /// Calls `listener` with each line of the page's console, and with each error that nobody caught: Electron's
    /// `console-message`.
    ///
    /// A page tells of its console only when somebody listens. Documents that are loaded from then on do so from their
    /// first script, the one that is there begins when it hears of it.
    pub fn on_console_message(
        &self,
        listener: impl Fn(WebContents, ConsoleMessage) + Send + Sync + 'static,
    ) -> ListenerId {
        self.renderer.app.console_wanted();
        self.console(true);
        self.on(CONSOLE_MESSAGE, move |page, happening| {
            if let Happening::ConsoleMessage(line) = happening {
                listener(page, line.clone());
            }
        })
    }

    /// Calls `listener` when the window's preload script threw, or is no JavaScript, with the script's name as its page
    /// knows it and the error's text: Electron's `preload-error`.
    pub fn on_preload_error(
        &self,
        listener: impl Fn(WebContents, String, String) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("preload-error", move |page, happening| {
            if let Happening::PreloadError(preload, error) = happening {
                listener(page, preload.clone(), error.clone());
            }
        })
    }

    /// Calls `listener` when a document ended without a goodbye, by a crash or because the browser was killed: Electron's
    /// `render-process-gone`. The host learns of it when the tab is loaded anew, or when the page's grace has run out; then
    /// `destroyed` follows. A page whose user closes it says goodbye, except that Firefox sometimes ends a tab before
    /// it can.
    pub fn on_render_process_gone(
        &self,
        listener: impl Fn(WebContents, RenderProcessGoneDetails) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("render-process-gone", move |page, happening| {
            if let Happening::RenderProcessGone(details) = happening {
                listener(page, *details);
            }
        })
    }

    /// Calls `listener` when the page is gone for good: Electron's `destroyed`.
    pub fn on_destroyed(
        &self,
        listener: impl Fn(WebContents) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on("destroyed", move |page, _| listener(page))
    }

    /// Removes a listener of the page's events. False if there is none of that id (any more).
    pub fn off(&self, id: ListenerId) -> bool {
        let event = self.renderer.signals.off(id);
        if event == Some(CONSOLE_MESSAGE) && !self.renderer.signals.has(CONSOLE_MESSAGE) {
            self.console(false);
        }
        event.is_some()
    }

    fn on(
        &self,
        event: &'static str,
        listener: impl Fn(WebContents, &Happening) + Send + Sync + 'static,
    ) -> ListenerId {
        self.renderer.signals.on(event, move |(page, happening)| listener(page.clone(), happening))
    }

    /// A page that is still to come is served with its console on. One that can't be told tells too much or too little.
    fn console(&self, on: bool) {
        if self.renderer.active().is_none() {
            return;
        }
        let told = Args::from_serialize(&(on,))
            .map_err(Into::into)
            .and_then(|args| self.renderer.order("console", args));
        if let Err(error) = told {
            tracing::debug!(web_contents = self.id(), %error, "the page isn't told of its console");
        }
    }
}
