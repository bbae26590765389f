//! What there is of everything, to be looked at: when all pages have gone, nothing may be left.

use std::sync::atomic::Ordering;

use super::Links;
use crate::event::Outlet;

/// What the links of an application hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) tabs: usize,
    pub(crate) links: usize,
    pub(crate) frames: usize,
    pub(crate) sockets: usize,
    pub(crate) invokes: usize,
    pub(crate) executions: usize,
    pub(crate) ports: usize,
    pub(crate) listeners: usize,
    pub(crate) farewells: usize,
    pub(crate) too_much: u64,
}

impl Links {
    pub(crate) fn counts(&self) -> Counts {
        let state = self.lock();
        let tabs = state.tabs.len();
        let documents: Vec<_> = state.documents.values().cloned().collect();
        let renderers = state.tabs.renderers();
        drop(state);
        Counts {
            tabs,
            links: documents.len(),
            frames: documents.iter().map(|one| one.frames().main().subtree().len()).sum(),
            sockets: self.sockets.load(Ordering::Acquire),
            invokes: documents.iter().map(|one| one.lock().link.open_invokes() as usize).sum(),
            executions: documents.iter().map(|one| one.executions()).sum(),
            ports: documents.iter().map(|one| one.ports().len()).sum(),
            too_much: self.too_much.load(Ordering::Relaxed),
            // After the tabs: one that was counted there is told of later.
            farewells: self.farewells.load(Ordering::Acquire),
            listeners: renderers.iter().map(|one| one.listeners()).sum(),
        }
    }
}
