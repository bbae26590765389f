//! What becomes of a tab's page: where it is, how far it has come, and who hears of it.

use std::sync::Arc;

use super::Renderer;
use crate::happening::Happening;
use crate::web_contents::WebContents;

impl Renderer {
    /// Tells the application of the page. User code runs.
    pub(crate) fn announce(self: &Arc<Self>, opener: Option<&Arc<Renderer>>) {
        self.app.created(&WebContents::new(self.clone()), opener);
    }

    /// Something has happened: keeps what is to be kept of it, and calls the listeners. User code runs.
    pub(crate) fn happened(self: &Arc<Self>, happening: Happening) {
        self.keep_of(&happening);
        let told = (WebContents::new(self.clone()), happening);
        self.app.happened(&told.0, &told.1);
        self.signals.emit(told.1.name(), &told);
    }

    fn keep_of(&self, happening: &Happening) {
        let mut state = self.lock();
        match happening {
            Happening::DidNavigate(url) | Happening::DidNavigateInPage(url) => {
                state.url.clone_from(url);
                if let Some(main) = self.main.current() {
                    main.moved_to(url);
                }
            }
            Happening::PageTitleUpdated(title) => state.title.clone_from(title),
            Happening::DidFinishLoad => state.loading = false,
            _ => {}
        }
    }

    /// A document has come, and says where it is.
    pub(crate) fn arrived_at(&self, url: &str) {
        let mut state = self.lock();
        state.loading = true;
        if !url.is_empty() {
            url.clone_into(&mut state.url);
        }
    }

    /// The page's URL as it said.
    pub(crate) fn url(&self) -> String {
        self.lock().url.clone()
    }

    /// The page's title as it said.
    pub(crate) fn title(&self) -> String {
        self.lock().title.clone()
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.lock().loading
    }

    /// Takes away who listens to the page's messages: what they hold may be the page itself.
    pub(crate) fn clear_scopes(&self) {
        self.ipc.emitter().clear();
        self.observers.clear();
        self.main.ipc().emitter().clear();
    }

    /// Listeners and handlers of the page and its frames.
    pub(crate) fn listeners(&self) -> usize {
        let frames = self.main.current().map(|main| main.subtree()).unwrap_or_default();
        let inside: usize = frames.iter().skip(1).map(|one| one.node().ipc().emitter().len()).sum();
        let own = self.ipc.emitter().len() + self.main.ipc().emitter().len();
        self.signals.len() + self.observers.len() + own + inside
    }

    pub(crate) fn is_destroyed(&self) -> bool {
        self.lock().destroyed
    }
}
