//! A message that is past one of its bounds. It is refused by itself, and the conversation goes on.

use std::fmt;

/// What one message has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this message has {found} {bound} or more, the limit is {limit}")]
pub struct Excess {
    /// What there is too much of.
    pub bound: Bound,
    /// How many there are, at the least: nobody counted on.
    pub found: u64,
    /// The limit, in the same unit.
    pub limit: u64,
}

/// What one message has only so much of, by [`Limits`](crate::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// `packet_bytes`: its text and its attachments.
    Bytes,
    /// `channel_bytes`: the channel's name in UTF-8.
    ChannelBytes,
    /// `depth`.
    Depth,
    /// `arguments`.
    Arguments,
    /// `values`.
    Values,
    /// `attachments`.
    Attachments,
    /// [`parts`](crate::Limits::parts).
    Parts,
    /// `ports`: those that one message hands over.
    Ports,
}

impl Bound {
    /// The name for programs: the field of the limits.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "packetBytes",
            Self::ChannelBytes => "channelBytes",
            Self::Depth => "depth",
            Self::Arguments => "arguments",
            Self::Values => "values",
            Self::Attachments => "attachments",
            Self::Parts => "parts",
            Self::Ports => "ports",
        }
    }

    /// Whether so many are few enough.
    ///
    /// # Errors
    /// They are more than the limit.
    pub fn hold(self, found: usize, limit: usize) -> Result<(), Excess> {
        if found <= limit {
            return Ok(());
        }
        Err(Excess { bound: self, found: found as u64, limit: limit as u64 })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::ChannelBytes => "bytes in its channel's name",
            Self::Depth => "levels of nesting",
            Self::Arguments => "arguments",
            Self::Values => "values",
            Self::Attachments => "attachments",
            Self::Parts => "parts",
            Self::Ports => "ports",
        })
    }
}
