//! One error type per operation of the main process.

use exciton_protocol::{EncodeError, Full, TooLarge};

/// Why a message to a page was refused. Nothing of it was sent.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The page is gone for good: closed, crashed, or away for longer than its grace. Drop what belongs to it.
    #[error("Object has been destroyed")]
    Destroyed,
    /// The document that it was for is no more: it unloads, another has taken its place, or its frame was removed.
    #[error("Render frame was disposed before WebFrameMain could be accessed")]
    FrameGone,
    /// The page takes messages more slowly than they are sent. Wait for
    /// [`WebContents::ready`](crate::WebContents::ready), or drop something.
    #[error(transparent)]
    Full(#[from] Full),
    /// The message is larger than any message may be. Send it in pieces.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Too many message ports of the page are open. Close some.
    #[error("{open} message ports would be open in the page at once, the limit is {limit}")]
    Ports {
        /// Ports, with these.
        open: usize,
        /// The limit.
        limit: usize,
    },
    /// Too many scripts run in the page that are not done.
    #[error("{open} scripts would run in the page at once, the limit is {limit}")]
    Busy {
        /// Scripts, with this one.
        open: usize,
        /// The limit.
        limit: usize,
    },
    /// An argument is something that can't travel.
    #[error("An object could not be cloned: {0}")]
    NotCloneable(#[from] EncodeError),
}

/// Why a handler was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// The channel has a handler already. Remove that one first.
    #[error("Attempted to register a second handler for '{channel}'")]
    AlreadyRegistered {
        /// The channel's name.
        channel: Box<str>,
    },
}

/// Why `set_return_value` did nothing.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReturnValueError {
    /// The page has its answer already: from this listener, from another one, or from one that panicked.
    #[error("the return value was set before")]
    AlreadySet,
    /// The value is something that can't travel. The page still waits: set another one.
    #[error("An object could not be cloned: {0}")]
    NotCloneable(#[from] EncodeError),
}
