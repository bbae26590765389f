//! Tabs: which document is another's successor, and which is a copy.

use std::collections::HashMap;
use std::sync::Arc;

use exciton_protocol::{LinkId, TabId};

use super::Visit;
use crate::application::Application;
use crate::renderer::Renderer;

/// All tabs, with the document that each shows.
#[derive(Default)]
pub(super) struct Tabs {
    tabs: HashMap<TabId, Tab>,
    next_id: u32,
}

struct Tab {
    renderer: Arc<Renderer>,
    /// `None` until the page of a window has come.
    shows: Option<LinkId>,
    /// A document that was in the tab after the one before, and was never in contact while it was.
    passing: Option<LinkId>,
}

/// Where a new document belongs.
pub(super) struct Place {
    pub(super) renderer: Arc<Renderer>,
    /// Nobody has heard of its WebContents.
    pub(super) is_new: bool,
    /// The tab of the page that has opened this one.
    pub(super) opener: Option<Arc<Renderer>>,
    /// The document before has left no mark.
    pub(super) is_sudden: bool,
    /// The document is in contact only to say goodbye: the tab shows another.
    pub(super) is_passing: bool,
}

impl Place {
    fn new(renderer: Arc<Renderer>, opener: Option<Arc<Renderer>>) -> Self {
        Self { renderer, is_new: true, opener, is_sudden: false, is_passing: false }
    }

    fn again(renderer: Arc<Renderer>) -> Self {
        Self { renderer, is_new: false, opener: None, is_sudden: false, is_passing: false }
    }
}

impl Tabs {
    /// Finds the tab of a document by what its page says.
    ///
    /// The tab's id comes from `sessionStorage`, which the browser copies into a duplicated tab. The document before
    /// leaves a mark there when it unloads, which a copy lacks; after a crash there is no mark, but no connection either.
    ///
    /// A document that unloads before its first contact has only its goodbye, which may come at any time: before its
    /// successor or after it, or when its user has gone back already. It takes no tab from a document that is there.
    pub(super) fn place(
        &mut self,
        visit: &Visit<'_>,
        is_known: impl Fn(LinkId) -> bool,
        limit: usize,
        app: &Arc<dyn Application>,
    ) -> Result<Place, getrandom::Error> {
        let (link, info) = (visit.link, visit.tab);
        let named = TabId::parse(&info.tab).ok();
        let Some(tab) = named.and_then(|tab| self.tabs.get_mut(&tab)) else {
            // A tab that an earlier life of the host named keeps its name.
            let tab = named.map_or_else(random_tab, Ok)?;
            return Ok(Place::new(self.insert(tab, Some(link), limit, app), None));
        };
        let mark = LinkId::parse(&info.left).ok();
        let left = tab.shows.is_none_or(|before| mark == Some(before))
            || mark.is_some() && mark == tab.passing;
        if visit.leaving {
            let is_shown = tab.renderer.active().is_some_and(|shown| !shown.has_left());
            if tab.passing == Some(link) || left && is_shown {
                tab.passing = Some(link);
                return Ok(Place { is_passing: true, ..Place::again(tab.renderer.clone()) });
            }
        }
        let is_unconnected = is_unconnected(&tab.renderer);
        // The one that left the mark may still have to say goodbye.
        let passing = mark.filter(|mark| tab.shows != Some(*mark) && !is_known(*mark));
        let left = left || passing.is_some() && is_unconnected;
        if left || LinkId::parse(&info.previous).ok() == tab.shows && is_unconnected {
            (tab.shows, tab.passing) = (Some(link), passing);
            return Ok(Place { is_sudden: !left, ..Place::again(tab.renderer.clone()) });
        }
        let before = tab.renderer.clone();
        let renderer = self.insert(random_tab()?, Some(link), limit, app);
        // A duplicate of a window is loaded as the window itself would be.
        if let Some(preferences) = before.preferences() {
            renderer.set_preferences(preferences);
        }
        // The storage of a page that was opened by another one is a copy of that one's, too.
        Ok(Place::new(renderer, info.opener.then_some(before)))
    }

    /// A tab whose page is still to come.
    pub(super) fn expect(
        &mut self,
        limit: usize,
        app: &Arc<dyn Application>,
    ) -> Result<Arc<Renderer>, getrandom::Error> {
        Ok(self.insert(random_tab()?, None, limit, app))
    }

    fn insert(
        &mut self,
        tab: TabId,
        shows: Option<LinkId>,
        limit: usize,
        app: &Arc<dyn Application>,
    ) -> Arc<Renderer> {
        self.next_id += 1;
        let renderer = Renderer::new(self.next_id, tab, limit, app.clone());
        self.tabs.insert(tab, Tab { renderer: renderer.clone(), shows, passing: None });
        renderer
    }

    /// The tab shows this document again.
    pub(super) fn show(&mut self, tab: TabId, link: LinkId) {
        if let Some(tab) = self.tabs.get_mut(&tab) {
            (tab.shows, tab.passing) = (Some(link), None);
        }
    }

    pub(super) fn renderer(&self, tab: TabId) -> Option<&Arc<Renderer>> {
        self.tabs.get(&tab).map(|tab| &tab.renderer)
    }

    pub(super) fn shows(&self, tab: TabId) -> Option<LinkId> {
        self.tabs.get(&tab)?.shows
    }

    pub(super) fn holds(&self, renderer: &Arc<Renderer>) -> bool {
        self.tabs.get(&renderer.tab).is_some_and(|tab| Arc::ptr_eq(&tab.renderer, renderer))
    }

    pub(super) fn remove(&mut self, tab: TabId) {
        self.tabs.remove(&tab);
    }

    pub(super) fn len(&self) -> usize {
        self.tabs.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    pub(super) fn renderers(&self) -> Vec<Arc<Renderer>> {
        self.tabs.values().map(|tab| tab.renderer.clone()).collect()
    }
}

fn is_unconnected(renderer: &Renderer) -> bool {
    renderer.active().is_none_or(|document| document.lock().link.conn().is_none())
}

fn random_tab() -> Result<TabId, getrandom::Error> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits)?;
    Ok(TabId::from_bits(u128::from_le_bytes(bits)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::http::Extensions;
    use exciton_protocol::{Epoch, TabInfo};

    use super::*;
    use crate::application::Nobody;

    fn place(tabs: &mut Tabs, link: u128, info: &TabInfo) -> Place {
        let app: Arc<dyn Application> = Arc::new(Nobody);
        let visit = Visit {
            link: LinkId::from_bits(link),
            epoch: Epoch::from_bits(1),
            fresh: true,
            first: None,
            leaving: false,
            tab: info,
            extensions: &Extensions::default(),
            origin: "",
        };
        tabs.place(&visit, |_| false, 100, &app).unwrap()
    }

    fn link(bits: u128) -> String {
        LinkId::from_bits(bits).to_string()
    }

    #[test]
    fn a_document_without_a_tab_gets_a_new_one() {
        let mut tabs = Tabs::default();
        let first = place(&mut tabs, 1, &TabInfo::default());
        let second = place(&mut tabs, 2, &TabInfo::default());
        assert!(first.is_new && second.is_new);
        assert_ne!(first.renderer.tab, second.renderer.tab);
        assert_ne!(first.renderer.id, second.renderer.id);
    }

    #[test]
    fn a_reload_stays_and_a_duplicate_goes_to_a_tab_of_its_own() {
        let mut tabs = Tabs::default();
        let first = place(&mut tabs, 1, &TabInfo::default()).renderer;
        let copied = TabInfo { tab: first.tab.to_string(), ..TabInfo::default() };
        let reload = TabInfo { left: link(1), previous: link(1), ..copied.clone() };
        assert_eq!(place(&mut tabs, 2, &reload).renderer.id, first.id);
        let duplicate = TabInfo { previous: link(1), ..copied };
        let other = place(&mut tabs, 3, &duplicate);
        assert!(other.is_new);
        assert_ne!(other.renderer.id, first.id);
    }

    #[test]
    fn a_document_after_a_crash_stays_in_its_tab() {
        let mut tabs = Tabs::default();
        let first = place(&mut tabs, 1, &TabInfo::default()).renderer;
        let crashed =
            TabInfo { tab: first.tab.to_string(), previous: link(1), ..TabInfo::default() };
        let next = place(&mut tabs, 2, &crashed);
        assert_eq!((next.renderer.id, next.is_sudden), (first.id, true));
        let left = TabInfo { left: link(2), previous: link(2), ..crashed };
        assert!(!place(&mut tabs, 3, &left).is_sudden);
    }

    #[test]
    fn a_page_that_another_opened_knows_its_opener() {
        let mut tabs = Tabs::default();
        let first = place(&mut tabs, 1, &TabInfo::default()).renderer;
        let copied = TabInfo { tab: first.tab.to_string(), opener: true, ..TabInfo::default() };
        let opened = place(&mut tabs, 2, &copied);
        assert_eq!(opened.opener.map(|opener| opener.id), Some(first.id));
        assert!(
            place(&mut tabs, 3, &TabInfo { opener: true, ..TabInfo::default() }).opener.is_none()
        );
    }

    #[test]
    fn the_page_of_a_window_finds_its_place() {
        let mut tabs = Tabs::default();
        let app: Arc<dyn Application> = Arc::new(Nobody);
        let window = tabs.expect(100, &app).unwrap();
        let info = TabInfo { tab: window.tab.to_string(), ..TabInfo::default() };
        let found = place(&mut tabs, 1, &info);
        assert!(!found.is_new);
        assert_eq!(found.renderer.id, window.id);
    }

    #[test]
    fn a_tab_of_an_earlier_life_of_the_host_keeps_its_name_once() {
        let mut tabs = Tabs::default();
        let info = TabInfo { tab: TabId::from_bits(7).to_string(), ..TabInfo::default() };
        assert_eq!(place(&mut tabs, 1, &info).renderer.tab, TabId::from_bits(7));
        assert_ne!(place(&mut tabs, 2, &info).renderer.tab, TabId::from_bits(7));
    }
}
