//! What is between the ends: connections, of which the newest counts, and requests.

use std::collections::VecDeque;

use crate::error::LinkLost;
use crate::ids::{Epoch, LinkId, Seq};
use crate::link::{Batch, ConnId, Gone, Merge};

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Send(u64),
    Invoke(u64),
    Sync(u64),
    Reply(Seq, u64),
    /// A piece of a send.
    Part {
        id: u64,
        index: u8,
        last: bool,
    },
}

impl Item {
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Part { .. } => PART_BYTES,
            _ => ITEM_BYTES,
        }
    }
}

/// A batch's payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Items(pub(super) Vec<Item>);

impl Items {
    pub(super) fn one(item: Item) -> Batch<Self> {
        Batch { count: 1, size: item.size(), payload: Self(vec![item]) }
    }

    pub(super) fn count(&self) -> u32 {
        self.0.len() as u32
    }

    pub(super) fn size(&self) -> usize {
        self.0.iter().map(Item::size).sum()
    }
}

impl Merge for Items {
    fn merge(&mut self, mut other: Self) -> Result<(), Self> {
        let is_part = |items: &Self| matches!(items.0.first(), Some(Item::Part { .. }));
        if is_part(self) || is_part(&other) {
            return Err(other);
        }
        self.0.append(&mut other.0);
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub(super) enum Up {
    Hello {
        link: LinkId,
        epoch: Epoch,
        attempt: u64,
        ack: Seq,
        admitted: Seq,
        fresh: bool,
    },
    Data {
        first: Seq,
        ack: Seq,
        items: Items,
    },
    Ack(Seq),
    Ping,
    Gone(Gone),
    /// A close that says that the page is in the back/forward cache.
    Frozen,
}

#[derive(Clone, Debug)]
pub(super) enum Down {
    Welcome { ack: Seq, admitted: Seq },
    Lost(LinkLost),
    Data { first: Seq, ack: Seq, items: Items },
    Ack(Seq),
    Closed,
}

/// A synchronous request's body.
#[derive(Clone, Debug)]
pub(super) struct SyncBody {
    pub(super) link: LinkId,
    pub(super) epoch: Epoch,
    pub(super) ack: Seq,
    pub(super) got: Vec<Seq>,
    /// None in a `bye`.
    pub(super) seq: Option<Seq>,
    pub(super) fresh: bool,
    pub(super) batches: Vec<(Seq, Items)>,
}

#[derive(Debug, Default)]
pub(super) struct Wire {
    conn: Option<ConnId>,
    conns: ConnId,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
    /// What the host may still get of connections that the page has no more, each in order.
    stale: Vec<(ConnId, VecDeque<Up>)>,
    /// Requests that nobody waits for any more.
    late: Vec<SyncBody>,
}

impl Wire {
    /// The page opens a connection. One before it is closed: what it carried may still arrive.
    pub(super) fn open(&mut self) {
        self.close(Up::Gone(Gone::Closed));
        self.conns += 1;
        self.conn = Some(self.conns);
    }

    /// The page closes its connection with a last frame, and hears nothing of it any more.
    pub(super) fn close(&mut self, last: Up) {
        if let Some(conn) = self.conn.take() {
            let mut tail = std::mem::take(&mut self.up);
            tail.push_back(last);
            self.stale.push((conn, tail));
        }
        self.down.clear();
    }

    /// The connection dies; the given numbers of frames still reach host and page.
    pub(super) fn cut(&mut self, up: usize, down: usize, noticed: bool) {
        let Some(conn) = self.conn.take() else { return };
        let mut tail: VecDeque<Up> = self.up.drain(..).take(up).collect();
        if noticed {
            tail.push_back(Up::Gone(Gone::Vanished));
        }
        self.stale.push((conn, tail));
        self.down.truncate(down);
        self.down.push_back(Down::Closed);
    }

    /// The host closes a connection.
    pub(super) fn close_down(&mut self, conn: ConnId) {
        if self.conn == Some(conn) {
            self.conn = None;
            self.up.clear();
            self.down.push_back(Down::Closed);
        }
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

    pub(super) fn next_stale(&mut self, which: usize) -> Option<(ConnId, Up)> {
        self.stale.retain(|(_, tail)| !tail.is_empty());
        let at = which % self.stale.len().max(1);
        let (conn, tail) = self.stale.get_mut(at)?;
        Some((*conn, tail.pop_front()?))
    }

    pub(super) fn push_late(&mut self, body: SyncBody) {
        self.late.push(body);
    }

    pub(super) fn next_late(&mut self, which: usize) -> Option<SyncBody> {
        let at = which % self.late.len().max(1);
        (at < self.late.len()).then(|| self.late.remove(at))
    }

    /// The connection that the page has, if both ends take it for alive.
    pub(super) fn conn(&self) -> Option<ConnId> {
        self.conn
    }

    /// How many connections the page has opened.
    pub(super) fn opened(&self) -> u64 {
        self.conns
    }

    pub(super) fn is_stale_empty(&self) -> bool {
        self.stale.iter().all(|(_, tail)| tail.is_empty())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.up.is_empty() && self.down.is_empty() && self.is_stale_empty() && self.late.is_empty()
    }
}

/// Sizes are only numbers here: big enough to reach the bounds that a few frames' room is added to.
pub(super) const ITEM_BYTES: usize = 100_000;
pub(super) const PART_BYTES: usize = 200_000;
