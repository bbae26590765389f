//! The bounds that hold while bytes of another program are read, before anything is made of them.

use std::cell::Cell;

use serde::de::DeserializeSeed;

use crate::decode::FrameError;
use crate::limits::Limits;
use crate::value::{Value, letters};

/// What a reader takes, each in its own unit.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) packet_bytes: usize,
    pub(crate) channel_bytes: usize,
    pub(crate) attachments: usize,
    pub(crate) ports: usize,
    /// Packets of one frame.
    pub(crate) batch: usize,
    /// Brackets within each other: what is deeper is no message of ours.
    brackets: usize,
    /// Bytes of a request beside its packets.
    pub(crate) head: usize,
    /// Packets that may still come with the same message.
    packets: Cell<u64>,
}

impl Bounds {
    /// None at all: for what this program has written itself.
    pub(crate) fn none() -> Self {
        const ANY: usize = usize::MAX;
        Self {
            packet_bytes: ANY,
            channel_bytes: ANY,
            attachments: ANY,
            ports: ANY,
            batch: ANY,
            brackets: ANY,
            head: ANY,
            packets: Cell::new(u64::MAX),
        }
    }

    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            packet_bytes: limits.packet_bytes as usize,
            channel_bytes: limits.channel_bytes as usize,
            attachments: limits.attachments as usize,
            ports: limits.ports as usize,
            batch: limits.batch_packets.max(limits.window_packets) as usize,
            brackets: BRACKETS,
            head: HEAD,
            packets: Cell::new(limits.sync_packets.into()),
        }
    }

    /// One more packet, or a frame without any.
    pub(crate) fn take_packet(&self) -> Result<(), &'static str> {
        let left =
            self.packets.get().checked_sub(1).ok_or("more packets than one request may have")?;
        self.packets.set(left);
        Ok(())
    }

    /// Refuses text that is deeper than any message, with no memory of its own.
    pub(crate) fn hold_nesting(&self, json: &[u8]) -> Result<(), FrameError> {
        let (mut level, mut at) = (0_usize, 0);
        // No text below that length can be that deep.
        if json.len() <= self.brackets {
            return Ok(());
        }
        while let Some(byte) = json.get(at) {
            match byte {
                b'[' | b'{' => level += 1,
                b']' | b'}' => level = level.saturating_sub(1),
                b'"' => {
                    at = past_text(json, at);
                    continue;
                }
                _ => {}
            }
            if level > self.brackets {
                return Err(FrameError::Json { line: 1, column: at + 1, what: TOO_DEEP.into() });
            }
            at += 1;
        }
        Ok(())
    }

    pub(crate) fn read<'de, S: DeserializeSeed<'de>>(
        &self,
        json: &'de [u8],
        seed: S,
    ) -> Result<S::Value, FrameError> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let value = seed.deserialize(&mut deserializer).map_err(FrameError::json)?;
        deserializer.end().map_err(FrameError::json)?;
        Ok(value)
    }
}

/// Past a JSON text that starts at `start`.
fn past_text(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        at += letters(json.get(at..).unwrap_or_default());
        match json.get(at) {
            Some(b'"') => return at + 1,
            Some(_) => at += 2,
            None => return at,
        }
    }
}

/// Four of each level at the most, and those of frames and packets.
const BRACKETS: usize = 4 * (Value::DEPTH as usize + 1) + 16;
/// A URL of the longest that browsers know, and numbers.
const HEAD: usize = 4 * 1_024 * 1_024;
const TOO_DEEP: &str = "nested deeper than any message";

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
