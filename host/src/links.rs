//! All links of the process: which document a contact belongs to, which tab a document is in, and when they end.

mod counts;
mod ending;
mod expelling;
mod preferences;
mod reaper;
mod tabs;
mod tombstones;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Extensions;
use exciton_protocol::{Admission, ConnId, Contact, Epoch, Limits, LinkId, LinkLost, Seq, TabInfo};
use tokio::sync::Notify;

pub(crate) use self::ending::Farewell;
use self::tabs::Tabs;
use self::tombstones::Tombstones;
use crate::access::Gate;
use crate::application::Application;
use crate::clock::Clock;
use crate::document::{Access, Arrival, Document, LoneCalls};
use crate::door_limits::DoorLimits;
use crate::event::Outlet;
use crate::ipc_main::IpcMain;
use crate::renderer::Renderer;
use crate::secret::{BrowserId, Pass};

/// The registry of one application.
pub(crate) struct Links {
    pub(crate) epoch: Epoch,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<Clock>,
    ipc_main: IpcMain,
    pub(crate) gate: Arc<Gate>,
    app: Arc<dyn Application>,
    conns: AtomicU64,
    sockets: AtomicUsize,
    socket_closed: Notify,
    /// Tabs that are gone, of which the application has not heard yet.
    farewells: AtomicUsize,
    pub(crate) door_limits: DoorLimits,
    pub(crate) lone: LoneCalls,
    /// How often something was too much.
    too_much: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    documents: HashMap<LinkId, Arc<Document>>,
    tabs: Tabs,
    ended: Tombstones,
    reaping: bool,
    quitting: bool,
}

impl State {
    /// Whether a browser has as many links as it may.
    fn is_full(&self, browser: Option<BrowserId>, most: u32) -> bool {
        let most = most as usize;
        // They are counted only where there are that many at all.
        browser.is_some()
            && self.documents.len() >= most
            && self.documents.values().filter(|one| one.browser == browser).count() >= most
    }
}

/// Why a contact finds no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLink {
    /// Its link is over.
    Lost(LinkLost),
    /// Its browser has too many; later there may be room.
    TooMany,
}

impl From<LinkLost> for NoLink {
    fn from(why: LinkLost) -> Self {
        Self::Lost(why)
    }
}

/// A page's contact, by a hello or a synchronous request.
pub(crate) struct Visit<'a> {
    pub(crate) link: LinkId,
    pub(crate) epoch: Epoch,
    pub(crate) fresh: bool,
    pub(crate) first: Option<Seq>,
    /// The document says goodbye.
    pub(crate) leaving: bool,
    pub(crate) tab: &'a TabInfo,
    pub(crate) extensions: &'a Extensions,
    /// The page's origin, as its browser says.
    pub(crate) origin: &'a str,
}

impl Links {
    pub(crate) fn new(
        epoch: Epoch,
        limits: Limits,
        door_limits: DoorLimits,
        ipc_main: IpcMain,
        gate: Arc<Gate>,
        app: Arc<dyn Application>,
    ) -> Arc<Self> {
        Arc::new(Self {
            epoch,
            limits,
            clock: Arc::default(),
            door_limits,
            lone: LoneCalls::default(),
            too_much: AtomicU64::new(0),
            ipc_main,
            gate,
            app,
            conns: AtomicU64::new(1),
            sockets: AtomicUsize::new(0),
            socket_closed: Notify::new(),
            farewells: AtomicUsize::new(0),
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for a new connection.
    pub(crate) fn conn(&self) -> ConnId {
        self.conns.fetch_add(1, Ordering::Relaxed)
    }

    /// The document that a contact belongs to; it begins here if it may.
    pub(crate) fn visit(self: &Arc<Self>, visit: &Visit<'_>) -> Result<Arc<Document>, NoLink> {
        let mut state = self.lock();
        let known = state.documents.get(&visit.link).cloned();
        let ended = state.ended.get(visit.link);
        let contact = Contact {
            epoch: visit.epoch,
            host_epoch: self.epoch,
            known: known.is_some(),
            ended: ended.is_some(),
            fresh: visit.fresh,
            first: visit.first,
        };
        if state.quitting {
            return Err(LinkLost::Quit.into());
        }
        let pass = visit.extensions.get::<Pass>();
        // Under the lock, so that who is shut out a moment later finds every link of that browser here.
        if pass.is_some_and(|pass| !pass.is_good()) {
            return Err(LinkLost::Unauthorized.into());
        }
        // A link is its browser's: who has come in by another cookie and knows the link's id doesn't get it.
        let is_its = |document: &Document| document.browser == pass.map(Pass::browser);
        if known.as_deref().is_some_and(|document| !is_its(document)) {
            return Err(LinkLost::Expired.into());
        }
        match (contact.admission(), known) {
            // A page whose window was closed must not come back as another one.
            (Admission::Lost(_), None) if ended == Some(LinkLost::Closed) => {
                Err(LinkLost::Closed.into())
            }
            (Admission::Lost(why), _) => Err(why.into()),
            (_, Some(document)) => Ok(document),
            (_, None) => self.begin(&mut state, visit),
        }
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        visit: &Visit<'_>,
    ) -> Result<Arc<Document>, NoLink> {
        let browser = visit.extensions.get::<Pass>().map(Pass::browser);
        if state.is_full(browser, self.door_limits.links) {
            self.too_much();
            tracing::warn!(?browser, "a browser has too many links for one more");
            return Err(NoLink::TooMany);
        }
        let limit = self.limits.outbox_bytes as usize;
        let State { tabs, documents, ended, .. } = &mut *state;
        let is_known = |link| documents.contains_key(&link) || ended.get(link).is_some();
        let place = tabs
            .place(visit, is_known, limit, &self.app)
            // Without random numbers nothing can be named; the page tries again.
            .map_err(|_| NoLink::Lost(LinkLost::Expired))?;
        if place.renderer.preferences().is_none()
            && let Some(list) = self.gate.strangers()
        {
            place.renderer.set_stranger(list);
        }
        let document = Document::new(
            visit.link,
            browser,
            place.renderer.clone(),
            self.ipc_main.clone(),
            Access { gate: self.gate.clone(), origin: visit.origin.into() },
            self.limits,
            self.clock.clone(),
        );
        state.documents.insert(visit.link, document.clone());
        if place.is_passing {
            // What it sent runs; the tab shows what it shows.
            document.retire();
            self.start_reaper(state);
            return Ok(document);
        }
        place.renderer.arrived_at(&visit.tab.url);
        document.frames().main().moved_to(&visit.tab.url);
        let before = place.renderer.activate(&document, visit.extensions.clone());
        document.announce(Arrival {
            is_new: place.is_new,
            opener: place.opener,
            gone: before.as_ref().filter(|_| place.is_sudden).and_then(|before| before.how_gone()),
            url: visit.tab.url.clone(),
        });
        if let Some(before) = before {
            before.retire();
        }
        tracing::debug!(link = ?visit.link, web_contents = place.renderer.id, "a document has come");
        self.start_reaper(state);
        Ok(document)
    }

    /// A document that waited in the back/forward cache is shown again.
    pub(crate) fn thaw(&self, document: &Arc<Document>, extensions: &Extensions) {
        let mut state = self.lock();
        document.lock().frozen = false;
        state.tabs.show(document.tab(), document.id);
        let before = document.renderer.activate(document, extensions.clone());
        drop(state);
        if let Some(before) = before {
            before.retire();
        }
    }

    /// A tab for a window whose page is still to come.
    pub(crate) fn expect(&self) -> Result<Arc<Renderer>, getrandom::Error> {
        let limit = self.limits.outbox_bytes as usize;
        self.lock().tabs.expect(limit, &self.app)
    }

    /// Waits until every socket is closed, for a moment at most.
    pub(crate) async fn drained(&self) {
        let all = async {
            while self.sockets.load(Ordering::Acquire) > 0 {
                self.socket_closed.notified().await;
            }
        };
        let most = Duration::from_millis(self.limits.drain + self.limits.close);
        let _ = tokio::time::timeout(most, all).await;
    }

    /// Something was more than it may be.
    pub(crate) fn too_much(&self) {
        self.too_much.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection for as long as the guard lives.
    pub(crate) fn count_socket(self: &Arc<Self>) -> impl Drop + use<> {
        self.sockets.fetch_add(1, Ordering::AcqRel);
        SocketGuard(self.clone())
    }

    /// Pages that are connected or in their grace.
    pub(crate) fn renderers(&self) -> Vec<Arc<Renderer>> {
        self.lock().tabs.renderers()
    }
}

struct SocketGuard(Arc<Links>);

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::AcqRel);
        self.0.socket_closed.notify_one();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
