//! What a tab shows: the native side of one `WebContents`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::http::Extensions;
use exciton_protocol::{Call, Full, LinkId, Packet, TabId};
use tokio::sync::Notify;

use crate::document::{Document, PushError};
use crate::error::SendError;
use crate::web_contents::WebContents;
use crate::web_preferences::WebPreferences;

/// A tab, with the documents that it shows one after the other. It outlives a reload and a lost connection.
pub(crate) struct Renderer {
    pub(crate) id: u32,
    pub(crate) tab: TabId,
    state: Mutex<State>,
    /// Bytes that are kept for a page that has not come.
    early_limit: usize,
    created: Created,
    /// Those of a window, or of its duplicate. A page that nobody opened has none of its own.
    preferences: OnceLock<Arc<WebPreferences>>,
    /// Fewer bytes wait for the page than before, or it waits for nothing any more.
    pub(crate) room: Notify,
    /// Bytes of the last message that found no room.
    pub(crate) refused: AtomicUsize,
}

/// Tells the application of a new page.
pub(crate) type Created = Arc<dyn Fn(&WebContents) + Send + Sync>;

#[derive(Default)]
struct State {
    /// The document that is shown. Others of the tab may wait in the back/forward cache.
    active: Option<Arc<Document>>,
    /// What was sent before there was one.
    early: Vec<Packet>,
    early_bytes: usize,
    destroyed: bool,
    url: String,
    extensions: Extensions,
}

impl Renderer {
    pub(crate) fn new(id: u32, tab: TabId, early_limit: usize, created: Created) -> Arc<Self> {
        Arc::new(Self {
            id,
            tab,
            state: Mutex::default(),
            early_limit,
            created,
            preferences: OnceLock::new(),
            room: Notify::new(),
            refused: AtomicUsize::new(0),
        })
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

    /// Tells the application of the page. User code runs.
    pub(crate) fn announce(&self, web_contents: &WebContents) {
        (self.created)(web_contents);
    }

    /// The link of the document that is shown.
    pub(crate) fn active(&self) -> Option<Arc<Document>> {
        self.lock().active.clone()
    }

    /// A document is shown from now on. What waited for it is sent. Returns the one before.
    pub(crate) fn activate(
        &self,
        document: &Arc<Document>,
        url: &str,
        extensions: Extensions,
    ) -> Option<Arc<Document>> {
        let mut state = self.lock();
        if !url.is_empty() {
            url.clone_into(&mut state.url);
        }
        state.extensions = extensions;
        state.early_bytes = 0;
        for packet in std::mem::take(&mut state.early) {
            // The outbox of a new link holds at least what was kept here.
            if let Err(error) = document.push(&packet) {
                tracing::warn!(web_contents = self.id, %error, "an early message was lost");
            }
        }
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
        state.early.clear();
        state.active = None;
        self.room.notify_waiters();
    }

    /// Sends a message.
    pub(crate) fn send(&self, call: Call) -> Result<(), SendError> {
        self.push(Packet::Send(call))
    }

    /// Of the request that made the document's link.
    pub(crate) fn extensions(&self) -> Extensions {
        self.lock().extensions.clone()
    }

    /// The page's URL as it said.
    pub(crate) fn url(&self) -> String {
        self.lock().url.clone()
    }

    /// What was sent before there was a document: all that a page without a browser is sent.
    pub(crate) fn take_early(&self) -> Vec<Packet> {
        let mut state = self.lock();
        state.early_bytes = 0;
        self.room.notify_waiters();
        std::mem::take(&mut state.early)
    }

    /// How many bytes wait for the page, and how many may; `None` if it is destroyed.
    pub(crate) fn waiting(&self) -> Option<(usize, usize)> {
        let state = self.lock();
        let active = match &state.active {
            _ if state.destroyed => return None,
            None => return Some((state.early_bytes, self.early_limit)),
            Some(active) => active.clone(),
        };
        drop(state);
        let state = active.lock();
        Some((state.link.queued_bytes(), state.link.limits().outbox_bytes as usize))
    }

    /// Sends to the document that is shown, or keeps it for the one that comes.
    pub(crate) fn push(&self, packet: Packet) -> Result<(), SendError> {
        loop {
            let mut state = self.lock();
            if state.destroyed {
                return Err(SendError::Destroyed);
            }
            let Some(active) = state.active.clone() else {
                let size = weight(&packet);
                return state.keep(packet, size, self.early_limit).inspect_err(|_| {
                    self.refused.store(size, Ordering::Relaxed);
                });
            };
            drop(state);
            match active.push(&packet) {
                Ok(()) => return Ok(()),
                // Its link has just ended: the tab shows another document now, or waits for one, or is gone.
                Err(PushError::Over) => {
                    self.deactivate(active.id);
                }
                Err(PushError::Full(full)) => {
                    self.refused.store(weight(&packet), Ordering::Relaxed);
                    return Err(full.into());
                }
                Err(PushError::TooLarge(large)) => return Err(large.into()),
            }
        }
    }
}

impl State {
    fn keep(&mut self, packet: Packet, size: usize, limit: usize) -> Result<(), SendError> {
        let queued = self.early_bytes + size;
        if queued > limit {
            return Err(Full { queued, cap: limit }.into());
        }
        self.early_bytes = queued;
        self.early.push(packet);
        Ok(())
    }
}

/// Bytes of a packet, about.
fn weight(packet: &Packet) -> usize {
    let mut text = String::new();
    packet.write(&mut text);
    text.len() + packet.blobs().iter().map(bytes::Bytes::len).sum::<usize>()
}
