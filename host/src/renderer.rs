//! What a tab shows: the native side of one `WebContents`.

mod life;
mod outgoing;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::http::Extensions;
use exciton_protocol::{LinkId, Packet, TabId};
use tokio::sync::Notify;

use crate::access::{Allow, CallKind, Throttle};
use crate::application::Application;
use crate::document::{Document, Execution};
use crate::event::Outlet;
use crate::happening::Happening;
use crate::ipc_main::IpcMain;
use crate::message_port::End;
use crate::scopes::Observers;
use crate::signals::Signals;
use crate::slow_consumer::Policies;
use crate::web_contents::WebContents;
use crate::web_frame_main::Node;
use crate::web_preferences::WebPreferences;

/// A tab, with the documents that it shows one after the other. It outlives a reload and a lost connection.
pub(crate) struct Renderer {
    pub(crate) id: u32,
    pub(crate) tab: TabId,
    pub(crate) app: Arc<dyn Application>,
    pub(crate) signals: Signals<(WebContents, Happening)>,
    /// `webContents.ipc`.
    pub(crate) ipc: IpcMain,
    /// Who hears of each message.
    pub(crate) observers: Observers,
    main: Arc<Node>,
    state: Mutex<State>,
    /// Bytes that are kept for a page that has not come.
    early_limit: usize,
    /// Those of a window, or of its duplicate. A page that nobody opened has none of its own.
    preferences: OnceLock<Arc<WebPreferences>>,
    /// The list of channels of one that nobody opened.
    stranger: OnceLock<Arc<Allow>>,
    /// When refused calls of the page are in the log.
    pub(crate) refusals: Throttle,
    /// Fewer bytes wait for the page than before, or it waits for nothing any more.
    pub(crate) room: Notify,
    /// Bytes of the last message that found no room.
    pub(crate) refused: AtomicUsize,
    /// What becomes of messages for which the page is too slow.
    pub(crate) slow: Policies,
}

#[derive(Default)]
struct State {
    /// The document that is shown. Others of the tab may wait in the back/forward cache.
    active: Option<Arc<Document>>,
    /// What was sent before there was one, and who waits for the scripts among it.
    early: Vec<(Packet, Vec<End>)>,
    early_bytes: usize,
    early_executions: Vec<(u64, Execution)>,
    executions: u64,
    destroyed: bool,
    url: String,
    title: String,
    loading: bool,
    extensions: Extensions,
}

impl Renderer {
    pub(crate) fn new(
        id: u32,
        tab: TabId,
        early_limit: usize,
        app: Arc<dyn Application>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|weak| Self {
            id,
            tab,
            app,
            signals: Signals::default(),
            ipc: IpcMain::new(),
            observers: Observers::default(),
            main: Node::new(id, weak.clone()),
            state: Mutex::default(),
            early_limit,
            preferences: OnceLock::new(),
            stranger: OnceLock::new(),
            refusals: Throttle::default(),
            room: Notify::new(),
            refused: AtomicUsize::new(0),
            slow: Policies::default(),
        })
    }

    /// The main frame's place, whatever document is in it.
    pub(crate) fn main(&self) -> &Arc<Node> {
        &self.main
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a window its preferences, once.
    pub(crate) fn set_preferences(&self, preferences: impl Into<Arc<WebPreferences>>) {
        let _ = self.preferences.set(preferences.into());
    }

    pub(crate) fn preferences(&self) -> Option<Arc<WebPreferences>> {
        self.preferences.get().cloned()
    }

    /// Gives a page that is in no window its list of channels, once.
    pub(crate) fn set_stranger(&self, list: Arc<Allow>) {
        let _ = self.stranger.set(list);
    }

    /// Whether the page's own list, if it has one, allows such a call.
    pub(crate) fn lets(&self, kind: CallKind, channel: &str) -> bool {
        let list = match self.preferences.get() {
            Some(preferences) => preferences.allow.as_ref(),
            None => self.stranger.get().map(|list| &**list),
        };
        list.is_none_or(|list| list.allows(kind, channel))
    }

    /// The link of the document that is shown.
    pub(crate) fn active(&self) -> Option<Arc<Document>> {
        self.lock().active.clone()
    }

    /// A document is shown from now on. What waited for it is sent. Returns the one before.
    pub(crate) fn activate(
        &self,
        document: &Arc<Document>,
        extensions: Extensions,
    ) -> Option<Arc<Document>> {
        let mut state = self.lock();
        self.main.show(document.frames().main());
        state.extensions = extensions;
        state.early_bytes = 0;
        document.expect_results(std::mem::take(&mut state.early_executions));
        let (mut handed, mut lost) = (Vec::new(), Vec::new());
        for (packet, ends) in std::mem::take(&mut state.early) {
            // The outbox of a new link holds at least what was kept here.
            match document.push_early(packet, ends) {
                Ok(ids) => handed.extend(ids),
                Err(refused) => {
                    let error = &refused.error;
                    tracing::warn!(web_contents = self.id, %error, "an early message was lost");
                    lost.push(refused);
                }
            }
        }
        document.attach_ports(handed, lost);
        let before = state.active.replace(document.clone());
        self.room.notify_waiters();
        before.filter(|before| before.id != document.id)
    }

    /// The document's link is over. Returns whether the tab shows nothing any more.
    pub(crate) fn deactivate(&self, link: LinkId) -> bool {
        let mut state = self.lock();
        if state.active.as_ref().is_some_and(|active| active.id == link) {
            state.active = None;
            self.room.notify_waiters();
        }
        state.active.is_none()
    }

    /// The tab is gone for good.
    pub(crate) fn destroy(&self) {
        let mut state = self.lock();
        state.destroyed = true;
        state.loading = false;
        let early = (std::mem::take(&mut state.early), std::mem::take(&mut state.early_executions));
        let active = state.active.take();
        drop(state);
        self.room.notify_waiters();
        // Who waits for a script may have something to do that needs the tab.
        drop((early, active));
    }

    /// Of the request that made the document's link.
    pub(crate) fn extensions(&self) -> Extensions {
        self.lock().extensions.clone()
    }
}
