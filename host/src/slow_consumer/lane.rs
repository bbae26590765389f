//! Where messages wait that may be dropped, for as long as a page is too slow.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use exciton_protocol::Call;

/// A channel of a frame.
type Key = (Arc<str>, u32);

/// The messages in the order of their sending, and how many were dropped.
#[derive(Default)]
pub(crate) struct Lane {
    /// What waits, oldest first, each with its place in the order of all.
    waiting: HashMap<Key, VecDeque<(u64, Call)>>,
    /// Invariant: the places of all that waits.
    order: BTreeMap<u64, Key>,
    /// The next place.
    next: u64,
    /// Of all that waits.
    bytes: usize,
    /// By channel, what the page has not been told yet.
    dropped: HashMap<Box<str>, u64>,
}

impl Lane {
    /// Keeps a message. Of its channel at most `most` stay, and of all at most `room` bytes unless it is alone.
    pub(crate) fn keep(&mut self, call: Call, most: usize, room: usize) {
        let key: Key = (Arc::from(&*call.channel), call.extra.frame);
        let count = self.waiting.get(&key).map_or(0, VecDeque::len);
        for _ in most.max(1)..=count {
            let oldest = self.remove(&key);
            self.lose(oldest);
        }
        self.bytes += size(&call);
        self.order.insert(self.next, key.clone());
        self.waiting.entry(key).or_default().push_back((self.next, call));
        self.next += 1;
        self.shrink(room);
    }

    /// Drops the oldest of all until at most `room` bytes wait. The latest stays.
    pub(crate) fn shrink(&mut self, room: usize) {
        while self.bytes > room && self.order.len() > 1 {
            let oldest = self.remove_first();
            self.lose(oldest);
        }
    }

    fn lose(&mut self, oldest: Option<Call>) {
        if let Some(call) = oldest {
            *self.dropped.entry(call.channel).or_default() += 1;
        }
    }

    /// The oldest of all.
    fn remove_first(&mut self) -> Option<Call> {
        let key = self.order.first_key_value()?.1.clone();
        self.remove(&key)
    }

    /// The oldest of a channel.
    fn remove(&mut self, key: &Key) -> Option<Call> {
        let queue = self.waiting.get_mut(key)?;
        let (place, call) = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(key);
        }
        self.order.remove(&place);
        self.bytes -= size(&call);
        Some(call)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The message that may go now, and how many of its channel were dropped before it.
    pub(crate) fn take(&mut self) -> Option<(Call, u64)> {
        let call = self.remove_first()?;
        let dropped = self.dropped.remove(&call.channel).unwrap_or_default();
        Some((call, dropped))
    }

    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}

/// What it takes to keep the message: small ones cost more than their bytes.
fn size(call: &Call) -> usize {
    let blobs = call.args.blobs.iter().map(bytes::Bytes::len).sum::<usize>();
    AROUND + call.channel.len() + call.args.text.len() + blobs
}

/// What is around a message's bytes: itself, its place, and the ends of its allocations.
const AROUND: usize = size_of::<Call>() + 128;

#[cfg(test)]
mod tests {
    use exciton_protocol::Args;

    use super::*;

    fn call(channel: &str, text: &'static str) -> Call {
        Call::new(channel, Args::new(text, Vec::new()))
    }

    fn taken(lane: &mut Lane) -> Vec<(String, String, u64)> {
        std::iter::from_fn(|| lane.take())
            .map(|(call, dropped)| {
                let text = String::from_utf8_lossy(&call.args.text).into_owned();
                (call.channel.into(), text, dropped)
            })
            .collect()
    }

    #[test]
    fn the_oldest_of_a_channel_goes_and_is_counted() {
        let mut lane = Lane::default();
        for text in ["[1]", "[2]", "[3]", "[4]"] {
            lane.keep(call("log", text), 2, 10_000);
        }
        lane.keep(call("state", "[5]"), 1, 10_000);
        lane.keep(call("state", "[6]"), 1, 10_000);
        let row = |channel: &str, text: &str, dropped| (channel.into(), text.into(), dropped);
        assert_eq!(
            taken(&mut lane),
            [row("log", "[3]", 2), row("log", "[4]", 0), row("state", "[6]", 1)]
        );
        assert!(lane.is_empty());
    }

    #[test]
    fn each_frame_has_its_own_latest() {
        let mut lane = Lane::default();
        let mut other = call("state", "[2]");
        other.extra.frame = 1;
        lane.keep(call("state", "[1]"), 1, 10_000);
        lane.keep(other, 1, 10_000);
        assert_eq!(lane.len(), 2);
    }

    #[test]
    fn all_channels_together_have_a_bound_in_bytes() {
        let mut lane = Lane::default();
        let room = 2 * size(&call("b", "[1]"));
        lane.keep(call("a", "[\"long\"]"), 9, room);
        lane.keep(call("b", "[1]"), 9, room);
        assert_eq!(lane.len(), 1);
        lane.keep(call("b", "[2]"), 9, room);
        assert_eq!(lane.len(), 2);
        assert_eq!(lane.dropped.get("a"), Some(&1));
        lane.shrink(room - 1);
        assert_eq!(taken(&mut lane), [("b".into(), "[2]".into(), 1)]);
    }

    #[test]
    fn the_latest_stays_however_little_room_there_is() {
        let mut lane = Lane::default();
        lane.keep(call("a", "[1]"), 1, 0);
        lane.keep(call("b", "[2]"), 1, 0);
        lane.shrink(0);
        assert_eq!(taken(&mut lane), [("b".into(), "[2]".into(), 0)]);
        assert_eq!(lane.dropped.get("a"), Some(&1));
    }

    #[test]
    fn many_small_messages_are_kept_and_dropped_as_fast_as_few() {
        let mut lane = Lane::default();
        for _ in 0..200_000 {
            lane.keep(call("log", "[1]"), 100_000, usize::MAX);
        }
        assert_eq!((lane.len(), lane.dropped.get("log")), (100_000, Some(&100_000)));
        // Behind all of them is another channel's.
        for _ in 0..100_000 {
            lane.keep(call("state", "[2]"), 1, usize::MAX);
        }
        assert_eq!(lane.len(), 100_001);
        while lane.take().is_some() {}
        assert_eq!((lane.bytes, lane.waiting.len()), (0, 0));
    }
}
