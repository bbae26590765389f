//! A message of the wire: JSON text, and the binary attachments that it names.
//!
//! Without attachments a message is its text. With them it is one run of bytes: the length of the JSON as a
//! little-endian `u32`, the JSON in UTF-8, and the attachments one after the other. The JSON says how long each is.

use bytes::{BufMut, Bytes, BytesMut};

use crate::decode::FrameError;

/// A message as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A WebSocket text message, or an HTTP body of `application/json`. Invariant: UTF-8.
    Text(Bytes),
    /// A WebSocket binary message, or an HTTP body of `application/octet-stream`.
    Binary(Bytes),
}

impl Message {
    /// Puts a text and its attachments together.
    pub fn join<'a>(json: &str, blobs: impl IntoIterator<Item = &'a Bytes>) -> Self {
        let blobs: Vec<_> = blobs.into_iter().collect();
        if blobs.is_empty() {
            return Self::Text(Bytes::copy_from_slice(json.as_bytes()));
        }
        let size = blobs.iter().map(|blob| blob.len()).sum::<usize>();
        let mut out = BytesMut::with_capacity(4 + json.len() + size);
        // A text is bounded by the limits, far below 4 GiB.
        out.put_u32_le(json.len() as u32);
        out.put_slice(json.as_bytes());
        for blob in blobs {
            out.put_slice(blob);
        }
        Self::Binary(out.freeze())
    }

    /// Takes a message apart: its JSON, and its attachments in one run.
    pub fn split(&self) -> Result<(Bytes, Bytes), FrameError> {
        match self {
            Self::Text(text) => Ok((text.clone(), Bytes::new())),
            Self::Binary(bytes) => {
                let head: [u8; 4] =
                    bytes.get(..4).and_then(|head| head.try_into().ok()).ok_or(SHORT)?;
                let end = 4usize.checked_add(u32::from_le_bytes(head) as usize).ok_or(SHORT)?;
                if end > bytes.len() {
                    return Err(SHORT);
                }
                Ok((bytes.slice(4..end), bytes.slice(end..)))
            }
        }
    }

    /// Bytes of the message.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the message has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Cuts the attachments of the given lengths off the front of a run of them.
pub(crate) fn cut(run: &mut Bytes, lengths: &[u32]) -> Result<Vec<Bytes>, FrameError> {
    lengths
        .iter()
        .map(|length| {
            let length = *length as usize;
            if length > run.len() {
                return Err(FrameError::Attachments { named: length, there: run.len() });
            }
            Ok(run.split_to(length))
        })
        .collect()
}

const SHORT: FrameError = FrameError::Envelope;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_attachments_splits_into_what_was_joined() {
        let blobs = [Bytes::from_static(b"abc"), Bytes::from_static(b"de")];
        let message = Message::join("[1]", &blobs);
        assert_eq!(message, Message::Binary(Bytes::from_static(b"\x03\0\0\0[1]abcde")));
        let (json, mut run) = message.split().unwrap();
        assert_eq!(json, "[1]");
        assert_eq!(cut(&mut run, &[3, 2]).unwrap(), blobs);
        assert!(run.is_empty());
    }

    #[test]
    fn a_message_without_attachments_is_its_text() {
        assert_eq!(Message::join("[1]", []), Message::Text(Bytes::from_static(b"[1]")));
    }

    #[test]
    fn a_short_envelope_is_refused() {
        for bytes in [&b""[..], b"\x01\0\0", b"\x02\0\0\0[", b"\xff\xff\xff\xff[]"] {
            let message = Message::Binary(Bytes::copy_from_slice(bytes));
            assert_eq!(message.split(), Err(FrameError::Envelope), "{bytes:?}");
        }
    }

    #[test]
    fn an_attachment_longer_than_the_rest_is_refused() {
        let mut run = Bytes::from_static(b"abc");
        assert_eq!(cut(&mut run, &[2, 2]), Err(FrameError::Attachments { named: 2, there: 1 }));
    }
}
