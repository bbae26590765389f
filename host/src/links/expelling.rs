//! Links that end because their browsers may not come in any more.

use std::sync::Arc;

use exciton_protocol::LinkLost;

use super::{Farewell, Links};
use crate::document::Document;
use crate::secret::BrowserId;

impl Links {
    /// No cookie is good any more: every link is over. The tabs stay for their grace, for pages that come in again.
    pub(crate) fn expel_all(&self) {
        let documents: Vec<_> = self.lock().documents.values().cloned().collect();
        for document in documents {
            document.end(LinkLost::Unauthorized);
            document.renderer.deactivate(document.id);
        }
    }

    /// A browser was shut out: its links are over, and its tabs are gone.
    pub(crate) fn expel(self: &Arc<Self>, browser: BrowserId) -> Vec<Farewell> {
        let mut state = self.lock();
        let is_its = |document: &&Arc<Document>| document.browser == Some(browser);
        let documents: Vec<_> = state.documents.values().filter(is_its).cloned().collect();
        let (mut over, mut farewells) = (Vec::new(), Vec::new());
        for document in &documents {
            let renderer = &document.renderer;
            if state.tabs.shows(renderer.tab) == Some(document.id) {
                let why = LinkLost::Unauthorized;
                farewells.push(self.bury(&mut state, renderer, None, why, &mut over));
            }
        }
        // Those whose tabs show another document by now.
        for document in documents {
            if state.documents.remove(&document.id).is_some() {
                let limit = self.limits.tombstones as usize;
                state.ended.add(document.id, LinkLost::Unauthorized, limit);
                over.push(document);
            }
        }
        drop(state);
        for document in over {
            document.end(LinkLost::Unauthorized);
        }
        farewells
    }
}
