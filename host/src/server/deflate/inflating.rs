//! The bytes under a WebSocket, with each compressed message inflated.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ahead::Ahead;
use super::frames::{Frames, PIECE};

/// What a browser writes, as one would that compresses nothing. What is written to it goes out as it is.
pub(in crate::server) struct Inflating<S> {
    under: S,
    /// `None` where nothing was agreed.
    frames: Option<Box<Reading>>,
    ahead: Ahead,
}

struct Reading {
    frames: Frames,
    /// What was read, and how much of it is taken.
    raw: Vec<u8>,
    taken: usize,
    /// What came of it, and how much of that is gone.
    plain: Vec<u8>,
    gone: usize,
    /// Bytes since others on this thread had their turn.
    turn: usize,
}

impl<S> Inflating<S> {
    /// `limit`: how long a compressed message may be, in bytes; `None` where nothing was agreed.
    pub(in crate::server) fn new(under: S, limit: Option<usize>) -> Self {
        let frames = limit.map(|limit| {
            let frames = Frames::new(limit);
            let (raw, plain) = (Vec::new(), Vec::new());
            Box::new(Reading { frames, raw, taken: 0, plain, gone: 0, turn: 0 })
        });
        Self { under, frames, ahead: Ahead::default() }
    }

    /// Whether compressed messages go both ways.
    pub(in crate::server) fn is_agreed(&self) -> bool {
        self.frames.is_some()
    }
}

impl Reading {
    /// Puts into `into` what there is. Whether there was anything.
    fn hand_out(&mut self, into: &mut ReadBuf<'_>) -> io::Result<bool> {
        while self.gone == self.plain.len() {
            self.plain.clear();
            self.gone = 0;
            let taken = self.frames.step(&self.raw[self.taken..], &mut self.plain)?;
            self.taken += taken;
            if taken == 0 && self.plain.is_empty() {
                self.rest();
                return Ok(false);
            }
        }
        let rest = &self.plain[self.gone..];
        let some = &rest[..rest.len().min(into.remaining())];
        into.put_slice(some);
        self.gone += some.len();
        self.turn += some.len();
        Ok(true)
    }

    /// All is handed out.
    fn rest(&mut self) {
        self.taken = 0;
        self.raw.clear();
        if self.frames.is_idle() {
            // A link that says nothing keeps nothing for it.
            self.raw = Vec::new();
            self.plain = Vec::new();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Inflating<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(reading) = &mut this.frames else {
            return this.ahead.poll_read(&mut this.under, cx, into);
        };
        if reading.turn > TURN {
            reading.turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while !reading.hand_out(into)? {
            let mut room = [0; ROOM];
            let mut read = ReadBuf::new(&mut room);
            if Pin::new(&mut this.under).poll_read(cx, &mut read)?.is_pending() {
                reading.turn = 0;
                return Poll::Pending;
            }
            if read.filled().is_empty() {
                break;
            }
            reading.raw.extend_from_slice(read.filled());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Inflating<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.under).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.under).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.under).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.under).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.under.is_write_vectored()
    }
}

/// Bytes that are read at once.
const ROOM: usize = 4 * 1_024;
/// Bytes that are handed out in a row, however few were read for them.
const TURN: usize = 16 * PIECE;
