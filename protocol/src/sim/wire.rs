//! What is between the ends: the current connection, and what older ones still carry.

use std::collections::VecDeque;

use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Seq};
use crate::link::{Batch, ConnId, Merge};

/// One message of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Send(u64),
    Invoke(u64),
    Sync(u64),
    Reply(Seq, u64),
}

/// A batch's payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Items(pub(super) Vec<Item>);

impl Items {
    pub(super) fn one(item: Item) -> Batch<Self> {
        Batch { count: 1, size: 10, payload: Self(vec![item]) }
    }
}

impl Merge for Items {
    fn merge(&mut self, mut other: Self) -> Result<(), Self> {
        self.0.append(&mut other.0);
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub(super) enum Up {
    Hello { link: LinkId, epoch: Epoch, attempt: u64, ack: Seq, admitted: Seq, fresh: bool },
    Data { first: Seq, ack: Seq, items: Items },
    Ack(Seq),
    Ping,
}

#[derive(Clone, Debug)]
pub(super) enum Down {
    Welcome { ack: Seq, admitted: Seq },
    Lost(LinkLost),
    Data { first: Seq, ack: Seq, items: Items },
    Ack(Seq),
}

/// A synchronous request's body.
#[derive(Clone, Debug)]
pub(super) struct SyncBody {
    pub(super) link: LinkId,
    pub(super) epoch: Epoch,
    pub(super) ack: Seq,
    pub(super) got: Vec<Seq>,
    pub(super) seq: Seq,
    pub(super) fresh: bool,
    pub(super) batches: Vec<(Seq, Items)>,
}

#[derive(Debug, Default)]
pub(super) struct Wire {
    conn: Option<ConnId>,
    conns: ConnId,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
    stale: VecDeque<(ConnId, Up)>,
    /// A synchronous request of which a copy is still under way.
    pub(super) copied: Option<SyncBody>,
}

impl Wire {
    /// The page opens a connection; the one before is gone, with all that it carried.
    pub(super) fn open(&mut self) {
        self.up.clear();
        self.down.clear();
        self.conns += 1;
        self.conn = Some(self.conns);
    }

    pub(super) fn close(&mut self) {
        self.up.clear();
        self.down.clear();
        self.conn = None;
    }

    /// The connection dies; `keep` of its frames reach the host later.
    pub(super) fn cut(&mut self, keep: usize) -> Option<ConnId> {
        let conn = self.conn.take()?;
        self.stale.extend(self.up.drain(..).take(keep).map(|frame| (conn, frame)));
        self.down.clear();
        Some(conn)
    }

    pub(super) fn send_up(&mut self, frame: Up) {
        if self.conn.is_some() {
            self.up.push_back(frame);
        }
    }

    pub(super) fn send_down(&mut self, conn: ConnId, frame: Down) {
        if self.conn == Some(conn) {
            self.down.push_back(frame);
        }
    }

    pub(super) fn next_up(&mut self) -> Option<(ConnId, Up)> {
        Some((self.conn?, self.up.pop_front()?))
    }

    pub(super) fn next_down(&mut self) -> Option<Down> {
        self.down.pop_front()
    }

    pub(super) fn next_stale(&mut self) -> Option<(ConnId, Up)> {
        self.stale.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.up.is_empty() && self.down.is_empty() && self.stale.is_empty() && self.copied.is_none()
    }
}
