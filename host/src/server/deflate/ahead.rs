//! Reads more at once while there is more: a WebSocket asks for few bytes at a time, so that an idle one needs few, and each
//! time costs a call of the system.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// What was read before it was asked for.
#[derive(Default)]
pub(super) struct Ahead {
    /// Nothing, unless much comes.
    bytes: Vec<u8>,
    taken: usize,
    /// There was more the last time than was asked for.
    more: bool,
    /// Bytes since others on this thread had their turn.
    turn: usize,
}

impl Ahead {
    /// As `under` would read, with fewer calls of it.
    pub(super) fn poll_read(
        &mut self,
        under: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken == self.bytes.len() {
            if !self.more {
                // A link that says nothing keeps nothing for it.
                (self.bytes, self.taken) = (Vec::new(), 0);
                let asked = into.remaining();
                let polled = Pin::new(under).poll_read(cx, into);
                self.more = polled.is_ready() && into.remaining() == 0 && asked >= LEAST;
                self.rest_if(polled.is_pending());
                return polled;
            }
            if self.turn >= TURN {
                self.turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(self.fill(under, cx))?;
        }
        let rest = &self.bytes[self.taken..];
        let some = &rest[..rest.len().min(into.remaining())];
        into.put_slice(some);
        self.taken += some.len();
        Poll::Ready(Ok(()))
    }

    fn fill(
        &mut self,
        under: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.resize(ROOM, 0);
        let mut read = ReadBuf::new(&mut bytes);
        let polled = Pin::new(under).poll_read(cx, &mut read);
        let length = read.filled().len();
        self.taken = 0;
        self.more = length == ROOM;
        self.turn += length;
        self.rest_if(polled.is_pending());
        if length > 0 {
            bytes.truncate(length);
            self.bytes = bytes;
        }
        polled
    }

    /// Whoever waits lets others have their turn.
    fn rest_if(&mut self, waits: bool) {
        if waits {
            self.turn = 0;
        }
    }
}

/// Bytes that may have been asked for because there was no room for more.
const LEAST: usize = 1_024;
/// Bytes that are read at once.
const ROOM: usize = 64 * 1_024;
/// Bytes that are read in a row.
const TURN: usize = 512 * 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// What a connection gives, call by call: bytes, or nothing yet. At its end it ends.
    struct Given {
        calls: Vec<Option<Vec<u8>>>,
        asked: usize,
    }

    impl AsyncRead for Given {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.asked += 1;
            if self.calls.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let Some(mut bytes) = self.calls.remove(0) else { return Poll::Pending };
            let rest = bytes.split_off(bytes.len().min(into.remaining()));
            into.put_slice(&bytes);
            if !rest.is_empty() {
                self.calls.insert(0, Some(rest));
            }
            Poll::Ready(Ok(()))
        }
    }

    fn given(calls: &[Option<usize>]) -> (Given, Vec<u8>) {
        let mut all = Vec::new();
        let calls = calls.iter().map(|size| {
            let bytes = (all.len()..).take((*size)?).map(|at| (at % 251) as u8);
            let bytes = bytes.collect::<Vec<_>>();
            all.extend_from_slice(&bytes);
            Some(bytes)
        });
        (Given { calls: calls.collect(), asked: 0 }, all)
    }

    /// One read of that many bytes: `None` for nothing yet.
    fn read(ahead: &mut Ahead, given: &mut Given, size: usize) -> Option<Vec<u8>> {
        let mut room = vec![0; size];
        let mut into = ReadBuf::new(&mut room);
        match ahead.poll_read(given, &mut Context::from_waker(Waker::noop()), &mut into) {
            Poll::Ready(result) => {
                result.unwrap();
                Some(into.filled().to_vec())
            }
            Poll::Pending => None,
        }
    }

    #[test]
    fn all_comes_through_in_order_whatever_it_comes_in() {
        let sizes = [1, 4_095, 4_096, 4_097, 65_536, 200_000, 1_000_000];
        for first in sizes {
            for second in sizes {
                let (mut given, all) =
                    given(&[Some(first), None, Some(second), Some(7), None, Some(first)]);
                let (mut ahead, mut got) = (Ahead::default(), Vec::new());
                loop {
                    match read(&mut ahead, &mut given, 4_096) {
                        Some(bytes) if bytes.is_empty() => break,
                        Some(bytes) => got.extend(bytes),
                        None => {}
                    }
                }
                assert!(got == all, "{first} {second}");
            }
        }
    }

    #[test]
    fn much_takes_few_calls_and_little_keeps_nothing() {
        // The last one fills all that was asked for, or less of it.
        for much in [4_096 + 16 * ROOM, 1_000_000] {
            let (mut given, all) = given(&[Some(much), None, Some(48), None]);
            let (mut ahead, mut count, mut waits) = (Ahead::default(), 0, 0);
            while waits < 2 {
                let left = given.calls.len();
                let got = read(&mut ahead, &mut given, 4_096);
                count += got.as_ref().map_or(0, Vec::len);
                // Not where others had their turn.
                if got.is_none() && given.calls.len() < left {
                    waits += 1;
                    assert_eq!(ahead.bytes.capacity(), 0, "{much}");
                }
            }
            assert_eq!(count, all.len());
            assert!(given.asked < 25, "{}", given.asked);
        }
    }

    #[test]
    fn who_has_read_much_in_a_row_lets_others_have_their_turn() {
        let (mut given, _) = given(&[Some(4 << 20)]);
        let mut ahead = Ahead::default();
        let mut row = 0;
        while let Some(bytes) = read(&mut ahead, &mut given, 4_096) {
            row += bytes.len();
            assert!(row <= TURN + 2 * ROOM, "{row}");
        }
        assert!(row >= TURN && read(&mut ahead, &mut given, 4_096).is_some());
    }
}
