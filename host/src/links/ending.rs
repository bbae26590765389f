//! How links end, and with them their tabs.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use exciton_protocol::{LinkId, LinkLost};

use super::{Links, State};
use crate::document::Document;
use crate::happening::{Happening, RenderProcessGoneDetails};
use crate::renderer::Renderer;

/// A tab that is gone: what is still to be told, without a lock. It counts for as long as it is there.
#[must_use = "the application waits to hear of it"]
pub(crate) struct Farewell {
    links: Arc<Links>,
    renderer: Arc<Renderer>,
    gone: Option<RenderProcessGoneDetails>,
    is_last: bool,
}

impl Farewell {
    fn new(links: &Arc<Links>, renderer: Arc<Renderer>) -> Self {
        links.farewells.fetch_add(1, Ordering::AcqRel);
        Self { links: links.clone(), renderer, gone: None, is_last: false }
    }

    /// Tells the application. User code runs.
    pub(crate) fn say(self) {
        if let Some(gone) = self.gone {
            self.renderer.happened(Happening::RenderProcessGone(gone));
        }
        self.renderer.happened(Happening::Destroyed);
        // A listener may hold the page that it listens to.
        self.renderer.signals.clear();
        self.renderer.clear_scopes();
        if self.is_last {
            self.links.app.all_closed();
        }
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.links.farewells.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Links {
    /// A link is over. Its tab goes with it, if it shows nothing else.
    pub(crate) fn end(self: &Arc<Self>, link: LinkId, why: LinkLost) -> Option<Farewell> {
        let mut state = self.lock();
        let document = state.documents.remove(&link)?;
        state.ended.add(link, why, self.limits.tombstones as usize);
        let renderer = document.renderer.clone();
        let mut over = vec![document.clone()];
        let mut farewell = None;
        if renderer.deactivate(link) && state.tabs.shows(renderer.tab) == Some(link) {
            let gone = if why == LinkLost::Expired { document.how_gone() } else { None };
            farewell = Some(self.bury(&mut state, &renderer, gone, why, &mut over));
        }
        drop(state);
        tracing::debug!(?link, %why, "a link is over");
        for document in over {
            document.end(why);
        }
        farewell
    }

    /// Ends a tab with all its documents, or without any. `None` if it is gone already.
    pub(crate) fn close(self: &Arc<Self>, renderer: &Arc<Renderer>) -> Option<Farewell> {
        let mut state = self.lock();
        if !state.tabs.holds(renderer) {
            return None;
        }
        let mut over = Vec::new();
        let farewell = self.bury(&mut state, renderer, None, LinkLost::Closed, &mut over);
        drop(state);
        tracing::debug!(web_contents = renderer.id, "a page is closed");
        for document in over {
            document.end(LinkLost::Closed);
        }
        Some(farewell)
    }

    pub(super) fn bury(
        self: &Arc<Self>,
        state: &mut State,
        renderer: &Arc<Renderer>,
        gone: Option<RenderProcessGoneDetails>,
        why: LinkLost,
        over: &mut Vec<Arc<Document>>,
    ) -> Farewell {
        state.tabs.remove(renderer.tab);
        renderer.destroy();
        over.extend(state.take_documents(renderer, why, self.limits.tombstones as usize));
        let mut farewell = Farewell::new(self, renderer.clone());
        farewell.gone = gone;
        farewell.is_last = state.tabs.is_empty() && !state.quitting;
        farewell
    }

    /// The application quits: every page is told, and none comes in any more.
    pub(crate) fn quit(self: &Arc<Self>) -> Vec<Farewell> {
        let mut state = self.lock();
        state.quitting = true;
        let documents: Vec<_> = state.documents.drain().map(|(_, document)| document).collect();
        let renderers = state.tabs.renderers();
        for renderer in &renderers {
            state.tabs.remove(renderer.tab);
        }
        let farewells: Vec<_> =
            renderers.into_iter().map(|renderer| Farewell::new(self, renderer)).collect();
        drop(state);
        for document in documents {
            document.end(LinkLost::Quit);
        }
        for farewell in &farewells {
            farewell.renderer.destroy();
        }
        farewells
    }

    /// The application goes on after all: pages may come in again.
    pub(crate) fn go_on(&self) {
        self.lock().quitting = false;
    }
}

/// Nobody serves the application any more, though pages were there: they and their documents hold each other.
impl Drop for Links {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (documents, renderers) = (std::mem::take(&mut state.documents), state.tabs.renderers());
        for document in documents.into_values() {
            document.end(LinkLost::Quit);
            document.renderer.deactivate(document.id);
        }
        for renderer in renderers {
            renderer.destroy();
            renderer.signals.clear();
            renderer.clear_scopes();
        }
    }
}

impl State {
    /// All documents of a tab that ends: the ones too that are on their way out, or wait in its back/forward cache. If one
    /// of those is shown again after all, it begins anew.
    fn take_documents(
        &mut self,
        renderer: &Arc<Renderer>,
        why: LinkLost,
        tombstones: usize,
    ) -> Vec<Arc<Document>> {
        let is_its = |document: &&Arc<Document>| Arc::ptr_eq(&document.renderer, renderer);
        let documents: Vec<_> = self.documents.values().filter(is_its).cloned().collect();
        for document in &documents {
            self.documents.remove(&document.id);
            self.ended.add(document.id, why, tombstones);
        }
        documents
    }
}
