//! Where the page stands with its host, for whoever shows it.

use std::cell::Cell;

use exciton_protocol::{LinkLost, Millis, PageEvent, Seq};

use super::lost::lost_name;
use super::{Boot, Inner};

/// How the page is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// The document's first connection is being made.
    Connecting,
    /// What is sent arrives at once.
    Open,
    /// The connection was lost, and another is being made. What is sent waits.
    Reconnecting,
    /// There is a connection again, and what had waited is on its way.
    CatchingUp,
    /// The host has quit or closed the window, or another document has taken this page's place. It ends when the host is
    /// there again.
    Closed,
}

impl ConnectionState {
    /// As JavaScript has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Open => "open",
            Self::Reconnecting => "reconnecting",
            Self::CatchingUp => "catching-up",
            Self::Closed => "closed",
        }
    }

    /// The state of that name; of any other, the one before the first connection.
    pub(crate) fn from_name(name: &str) -> Self {
        let all = [Self::Open, Self::Reconnecting, Self::CatchingUp, Self::Closed];
        all.into_iter().find(|state| state.name() == name).unwrap_or(Self::Connecting)
    }
}

/// The state and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How the page is connected.
    pub state: ConnectionState,
    /// Why it isn't open: `network`, `unauthorized`, or why the link before this one was lost. `None` when it is.
    pub reason: Option<&'static str>,
    /// When the host is asked for again, in milliseconds of `performance.now()`; `None` while it is being asked.
    pub next_retry: Option<Millis>,
}

/// What the driver remembers to tell the state.
#[derive(Default)]
pub(super) struct Watch {
    /// The document has had a connection.
    was_open: Cell<bool>,
    /// Packets before this one had waited when the connection was made.
    behind: Cell<Seq>,
    /// Why the last connection ended, or could not be made.
    trouble: Cell<Option<&'static str>>,
    /// The host has said that there is nothing to wait for.
    closed: Cell<bool>,
    /// What the face was told last.
    told: Cell<Option<Status>>,
    /// The face waits for room in the outbox.
    wants_room: Cell<bool>,
}

impl Watch {
    /// A link was lost.
    pub(super) fn lost(&self, why: LinkLost) {
        self.trouble.set(Some(lost_name(why)));
        self.closed.set(matches!(why, LinkLost::Quit | LinkLost::Replaced | LinkLost::Closed));
        self.behind.set(0);
    }

    /// The host was asked whether it is there, and answered with this status; 0 is no answer.
    pub(super) fn probed(&self, status: u64) {
        match status {
            401 | 403 => self.trouble.set(Some("unauthorized")),
            0 if self.trouble.get() == Some("unauthorized") => self.trouble.set(Some("network")),
            _ => {}
        }
    }
}

impl Inner {
    /// Where the page stands now.
    pub(super) fn status(&self) -> Status {
        let link = self.link.borrow();
        let watch = &self.watch;
        if link.is_open() {
            let is_behind = link.acked() < watch.behind.get();
            let state = if is_behind { ConnectionState::CatchingUp } else { ConnectionState::Open };
            return Status { state, reason: None, next_retry: None };
        }
        let state = match (watch.closed.get(), watch.was_open.get()) {
            (true, _) => ConnectionState::Closed,
            (_, true) => ConnectionState::Reconnecting,
            _ => ConnectionState::Connecting,
        };
        let next_retry = match self.boot.get() {
            Boot::Waiting { until } => Some(until),
            Boot::Known => link.retry(),
            Boot::Unknown { .. } | Boot::Asked => None,
        };
        Status { state, reason: watch.trouble.get(), next_retry }
    }

    /// Takes what the link has to say of its connection, and tells the face what has changed.
    pub(super) fn observe(&self) {
        while let Some(event) = self.next_event() {
            match event {
                PageEvent::Open => {
                    let link = self.link.borrow();
                    // The first connection has nothing to catch up with.
                    let behind = if self.watch.was_open.get() { link.next_seq() } else { 0 };
                    self.watch.behind.set(behind);
                    self.watch.was_open.set(true);
                    self.watch.closed.set(false);
                    self.watch.trouble.set(None);
                }
                PageEvent::Down => self.watch.trouble.set(Some("network")),
                _ => {}
            }
        }
        let status = self.status();
        let has_room = self.watch.wants_room.get() && self.has_room();
        if self.watch.told.get() != Some(status) || has_room {
            self.watch.told.set(Some(status));
            if has_room {
                self.watch.wants_room.set(false);
            }
            self.face.changed();
        }
    }

    /// Whether half of what may wait is free.
    pub(super) fn has_room(&self) -> bool {
        self.link.borrow().queued_bytes() <= self.told.outbox_bytes as usize / 2
    }

    /// The face is told by [`Face::changed`](super::Face::changed) when half of what may wait is free. True if it is.
    pub(super) fn want_room(&self) -> bool {
        let has_room = self.has_room();
        self.watch.wants_room.set(!has_room);
        has_room
    }

    fn next_event(&self) -> Option<PageEvent> {
        self.link.borrow_mut().poll_event()
    }
}
