//! Room for the bodies of one browser's requests: what doesn't fit waits outside, unread.
//!
//! A browser sends few requests at once, but a program with its cookie may send any number, and each body may be as large as
//! all that a page has to say. Without a bound on all of them together one page could fill the host's memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room of one browser: as much as one of its requests may have. Whoever came first goes first, so that small bodies keep
/// no large one out.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    all: u32,
}

/// The place of one body. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken(
    #[expect(dead_code, reason = "held, never read")] Option<OwnedSemaphorePermit>,
);

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let all = units(bytes as u64);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits until there is room for a body of so many bytes; one that doesn't say how many takes all of it.
    pub(crate) async fn take(&self, bytes: Option<u64>) -> Taken {
        let wanted = bytes.map_or(self.all, units).min(self.all);
        // It is never closed.
        Taken(self.free.clone().acquire_many_owned(wanted).await.ok())
    }

    /// Whether a body is there or waits.
    pub(crate) fn is_used(&self) -> bool {
        Arc::strong_count(&self.free) > 1
    }
}

/// In KiB: semaphores count to 2^29 on small machines.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1_024)).unwrap_or(u32::MAX >> 3).min(u32::MAX >> 3)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn bodies_share_the_room_and_the_next_waits_for_what_it_needs() {
        let room = Room::new(4 * 1_024);
        let first = room.take(Some(3 * 1_024)).await;
        let second = room.take(Some(1)).await;
        let mut third = Box::pin(room.take(Some(2 * 1_024)));
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        assert!(third.as_mut().now_or_never().is_none(), "one unit is free, and two are wanted");
        drop(first);
        assert!(third.now_or_never().is_some());
    }

    #[tokio::test]
    async fn what_does_not_say_its_size_takes_all_and_so_does_what_is_too_large() {
        for size in [None, Some(u64::MAX), Some(4 * 1_024 + 1)] {
            let room = Room::new(4 * 1_024);
            let all = room.take(size).await;
            assert!(room.take(Some(0)).now_or_never().is_some(), "nothing needs no room");
            assert!(room.take(Some(1)).now_or_never().is_none());
            drop(all);
            assert!(room.take(Some(1)).now_or_never().is_some());
        }
    }
}
