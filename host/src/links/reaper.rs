//! Ends links whose grace has run out.

use std::sync::{Arc, Weak};
use std::time::Duration;

use exciton_protocol::{Gone, LinkId, LinkLost};

use super::{Links, State};
use crate::document::Document;

impl Links {
    /// One task looks after all links, for as long as there are any.
    pub(super) fn start_reaper(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.reaping, true) {
            return;
        }
        tokio::spawn(reap(Arc::downgrade(self)));
    }

    /// Lets time pass, and what is due then happen.
    pub(crate) fn pass_time(self: &Arc<Self>, time: Duration) {
        self.clock.skip(time);
        let documents: Vec<_> = self.lock().documents.values().cloned().collect();
        for document in &documents {
            // Its connection's timer knows nothing of it.
            document.outgoing.notify_one();
        }
        self.end_those_due(documents);
    }

    /// Returns false when there is nothing left to look after.
    fn reap_once(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        if state.documents.is_empty() {
            state.reaping = false;
            return false;
        }
        let documents: Vec<_> = state.documents.values().cloned().collect();
        drop(state);
        self.end_those_due(documents);
        true
    }

    fn end_those_due(self: &Arc<Self>, documents: Vec<Arc<Document>>) {
        for document in documents {
            let Some(over) = due(&document) else { continue };
            if let Some(farewell) = self.end(over, LinkLost::Expired) {
                // Listeners may block, and other pages' graces run out meanwhile.
                tokio::task::spawn_blocking(move || farewell.say());
            }
        }
    }
}

fn due(document: &Document) -> Option<LinkId> {
    let mut state = document.lock();
    let now = document.now();
    if state.link.is_silent(now)
        && let Some(conn) = state.link.conn()
    {
        tracing::debug!(link = ?document.id, "a connection is silent");
        drop(state);
        document.disconnected(conn, Gone::Vanished);
        document.outgoing.notify_one();
        state = document.lock();
    }
    state.link.is_expired(now).then_some(document.id)
}

async fn reap(links: Weak<Links>) {
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        ticks.tick().await;
        let Some(links) = links.upgrade() else { return };
        if !links.reap_once() {
            return;
        }
    }
}

/// Graces are seconds and more.
const PERIOD: Duration = Duration::from_millis(500);
