//! Pages that take messages more slowly than they are sent: what becomes of the messages, by channel.

mod lane;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

pub(crate) use self::lane::Lane;
use crate::web_contents::WebContents;

/// What becomes of a channel's messages for a page that takes them too slowly: that has not acknowledged a window's worth
/// of bytes ([`Limits::window_bytes`](crate::Limits::window_bytes)).
///
/// A message that may be dropped waits outside of the page's order until there is room, so what is sent later on other
/// channels may reach a slow page before it. Messages of its own channel keep their order.
/// All that wait so share [`Limits::outbox_bytes`](crate::Limits::outbox_bytes) with what may not be dropped: they have what
/// that leaves, at least a thirty-second. The oldest go first, and the latest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlowConsumer {
    /// All of them wait, up to [`Limits::outbox_bytes`](crate::Limits::outbox_bytes); then `send` is
    /// [`SendError::Full`](crate::SendError::Full), and [`WebContents::ready`] tells when it isn't.
    #[default]
    Block,
    /// So many wait, and one more drops the oldest. For a log, whose latest lines count.
    DropOldest(usize),
    /// One waits, the latest. For a state, such as a progress or a position.
    KeepLatest,
    /// The page is cut off: its link is over (`too-slow`), and it begins anew as after a restart.
    Disconnect,
}

impl WebContents {
    /// Says what becomes of the messages of a channel while this page is too slow for them. The page is told how many were
    /// dropped: event `dropped` of its `electron.connection`, with the channel and the number.
    ///
    /// Set it for all pages in [`App::on_web_contents_created`](crate::App::on_web_contents_created).
    pub fn set_slow_consumer(&self, channel: &str, policy: SlowConsumer) {
        self.renderer().slow.set(channel, policy);
    }
}

/// The channels of a page that don't block.
#[derive(Default)]
pub(crate) struct Policies {
    /// Spares most pages the look into the table.
    any: AtomicBool,
    table: RwLock<HashMap<Box<str>, SlowConsumer>>,
}

impl Policies {
    fn set(&self, channel: &str, policy: SlowConsumer) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        match policy {
            SlowConsumer::Block => table.remove(channel),
            policy => table.insert(channel.into(), policy),
        };
        self.any.store(!table.is_empty(), Ordering::Release);
    }

    pub(crate) fn of(&self, channel: &str) -> SlowConsumer {
        if !self.any.load(Ordering::Acquire) {
            return SlowConsumer::Block;
        }
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.get(channel).copied().unwrap_or_default()
    }
}
