//! Where messages wait that may be dropped, for as long as a page is too slow.

use std::collections::{HashMap, VecDeque};

use exciton_protocol::Call;

/// The messages in the order of their sending, and how many were dropped.
#[derive(Default)]
pub(crate) struct Lane {
    waiting: VecDeque<Call>,
    /// Of all that waits.
    bytes: usize,
    /// By channel, what the page has not been told yet.
    dropped: HashMap<Box<str>, u64>,
}

impl Lane {
    /// Keeps a message. Of its channel at most `most` stay, and of all at most `cap` bytes beside it.
    pub(crate) fn keep(&mut self, call: Call, most: usize, cap: usize) {
        let is_its =
            |other: &Call| other.channel == call.channel && other.extra.frame == call.extra.frame;
        let count = self.waiting.iter().filter(|other| is_its(other)).count();
        for _ in most.max(1)..=count {
            if let Some(oldest) = self.waiting.iter().position(is_its) {
                self.lose(oldest);
            }
        }
        while self.bytes > cap {
            self.lose(0);
        }
        self.bytes += size(&call);
        self.waiting.push_back(call);
    }

    fn lose(&mut self, index: usize) {
        if let Some(call) = self.waiting.remove(index) {
            self.bytes -= size(&call);
            *self.dropped.entry(call.channel).or_default() += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The message that may go now, and how many of its channel were dropped before it.
    pub(crate) fn take(&mut self) -> Option<(Call, u64)> {
        let call = self.waiting.pop_front()?;
        self.bytes -= size(&call);
        let dropped = self.dropped.remove(&call.channel).unwrap_or_default();
        Some((call, dropped))
    }

    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

fn size(call: &Call) -> usize {
    let blobs = call.args.blobs.iter().map(bytes::Bytes::len).sum::<usize>();
    call.channel.len() + call.args.text.len() + blobs
}

#[cfg(test)]
mod tests {
    use exciton_protocol::Args;

    use super::*;

    fn call(channel: &str, text: &'static str) -> Call {
        Call::new(channel, Args { text: text.into(), blobs: Vec::new() })
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
            lane.keep(call("log", text), 2, 100);
        }
        lane.keep(call("state", "[5]"), 1, 100);
        lane.keep(call("state", "[6]"), 1, 100);
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
        lane.keep(call("state", "[1]"), 1, 100);
        lane.keep(other, 1, 100);
        assert_eq!(lane.len(), 2);
    }

    #[test]
    fn all_channels_together_have_a_bound_in_bytes() {
        let mut lane = Lane::default();
        lane.keep(call("a", "[\"long\"]"), 9, 8);
        lane.keep(call("b", "[1]"), 9, 8);
        assert_eq!(lane.len(), 1);
        lane.keep(call("b", "[2]"), 9, 8);
        assert_eq!(lane.len(), 2);
        assert_eq!(lane.dropped.get("a"), Some(&1));
    }
}
