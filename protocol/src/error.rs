//! What can go wrong between two ends, and THE table from an error to a WebSocket close code.

use serde::{Deserialize, Serialize};

use crate::ids::Seq;

/// Why a link is over. Its packets are lost or of unknown outcome; a new link may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkLost {
    /// The host is another process than the one that the link was made with.
    #[error("the main process was restarted")]
    HostRestarted,
    /// The host doesn't know the link: its grace ran out, or it was ended.
    #[error("the link has expired")]
    Expired,
    /// A newer document of the same tab has taken over.
    #[error("the page was replaced by a newer document")]
    Replaced,
    /// The application quits.
    #[error("the main process quits")]
    Quit,
    /// The application has closed the page's window.
    #[error("the window was closed")]
    Closed,
    /// The page took messages more slowly than the application has patience for.
    #[error("the page took messages too slowly")]
    TooSlow,
    /// The page's browser may not come in any more: the key was changed, or it was shut out.
    #[error("the page's browser may not come in any more")]
    Unauthorized,
}

/// The other end broke the rules of the wire. The connection is closed; the link may go on over a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerMisbehaved {
    /// A packet came whose predecessors never did.
    #[error("packet {got} came while {wanted} was wanted")]
    Gap {
        /// The seq that came.
        got: Seq,
        /// The seq that would have been next.
        wanted: Seq,
    },
    /// An acknowledgement of something that was never sent.
    #[error("packets up to {got} were acknowledged, but only {sent} were sent")]
    AckBeyond {
        /// The acknowledgement.
        got: Seq,
        /// The next seq to be given out.
        sent: Seq,
    },
    /// More unacknowledged packets or bytes than the window allows.
    #[error("{got} {unit} in flight are more than the window of {window}")]
    Overrun {
        /// How many are in flight.
        got: u64,
        /// The credit.
        window: u64,
        /// `packets` or `bytes`.
        unit: &'static str,
    },
    /// A part that doesn't continue the packet that is being put together.
    #[error("a part came out of place")]
    StrayPart,
}

/// The outbox is full: the other end acknowledges more slowly than this one sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{queued} bytes wait for the other end, the limit is {cap}")]
pub struct Full {
    /// Bytes that would be waiting.
    pub queued: usize,
    /// The limit, in bytes.
    pub cap: usize,
}

/// A packet is bigger than any packet may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of {size} bytes is larger than the limit of {limit}")]
pub struct TooLarge {
    /// Bytes of the packet.
    pub size: usize,
    /// The limit, in bytes.
    pub limit: usize,
}

/// Why a connection is closed by this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// A frame could not be read.
    Undecodable,
    /// The other end broke a rule.
    Misbehaved,
    /// A newer connection of the same link has taken over. The page must not reconnect because of it.
    Superseded,
    /// The document went into the back/forward cache.
    Frozen,
    /// The document unloads, for good.
    Left,
    /// The link is over.
    LinkLost,
    /// Nothing was heard for too long.
    Silent,
    /// There is no room at the moment.
    Busy,
}

/// THE table: the WebSocket close code (RFC 6455 §7.4.2, private use) of each reason.
pub const fn close_code(reason: CloseReason) -> u16 {
    match reason {
        // RFC 6455's registry: try again later.
        CloseReason::Busy => 1013,
        CloseReason::Superseded => 4001,
        CloseReason::Frozen => 4002,
        CloseReason::Silent => 4003,
        CloseReason::Left => 4004,
        CloseReason::LinkLost => 4010,
        CloseReason::Undecodable => 4400,
        CloseReason::Misbehaved => 4409,
    }
}

impl From<&PeerMisbehaved> for CloseReason {
    fn from(_: &PeerMisbehaved) -> Self {
        Self::Misbehaved
    }
}

impl From<&LinkLost> for CloseReason {
    fn from(_: &LinkLost) -> Self {
        Self::LinkLost
    }
}
