//! Calls that were found and checked in the text of their frame, and become packets one by one.
//!
//! What waits so has a few bytes beside its text, and what is taken out next is at hand: packets that were made long before
//! are each somewhere else in memory.

use std::ops::Range;

use bytes::Bytes;

use super::{Call, Packet};
use crate::value::Args;

/// `send`s and `invoke`s of a main frame that bring no attachments, in order: an iterator over their packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    json: Bytes,
    places: Vec<Place>,
    /// Those before it were taken out.
    next: usize,
}

/// Where a call is in the text. Invariant: its channel and its arguments are there, in its bounds and between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    channel: u16,
    channel_len: u16,
    args: u16,
    args_len: u16,
    is_invoke: bool,
}

impl Calls {
    pub(super) fn new(json: Bytes, places: Vec<Place>) -> Self {
        Self { json, places, next: 0 }
    }

    /// Whether each that is left is an `invoke`, in order.
    pub fn invokes(&self) -> impl Iterator<Item = bool> {
        self.places.iter().skip(self.next).map(|place| place.is_invoke)
    }
}

impl Iterator for Calls {
    type Item = Packet;

    fn next(&mut self) -> Option<Packet> {
        let place = self.places.get(self.next)?;
        self.next += 1;
        let call = place.call(&self.json)?;
        Some(if place.is_invoke { Packet::Invoke(call) } else { Packet::Send(call) })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.places.len() - self.next;
        (left, Some(left))
    }

    fn nth(&mut self, count: usize) -> Option<Packet> {
        self.next = self.next.saturating_add(count).min(self.places.len());
        self.next()
    }
}

impl ExactSizeIterator for Calls {}

impl Place {
    /// `None` for what is not near the beginning of its text.
    pub(super) fn new(is_invoke: bool, channel: Range<usize>, args: Range<usize>) -> Option<Self> {
        Some(Self {
            channel: channel.start.try_into().ok()?,
            channel_len: channel.len().try_into().ok()?,
            args: args.start.try_into().ok()?,
            args_len: args.len().try_into().ok()?,
            is_invoke,
        })
    }

    /// The call that is there. There is always one in the text for which the place was made.
    pub(super) fn call(&self, json: &Bytes) -> Option<Call> {
        let range =
            |start: u16, len: u16| usize::from(start)..usize::from(start) + usize::from(len);
        let channel = json.get(range(self.channel, self.channel_len))?;
        let channel = std::str::from_utf8(channel).ok()?;
        let args = range(self.args, self.args_len);
        (args.end <= json.len())
            .then(|| Call::new(channel, Args::new(json.slice(args), Vec::new())))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn calls() -> Calls {
        let json = Bytes::from_static(br#"["send","a",[1]],["invoke","b",[2]]"#);
        let place = |is_invoke, channel, args| Place::new(is_invoke, channel, args).unwrap();
        Calls::new(json, vec![place(false, 9..10, 12..15), place(true, 28..29, 31..34)])
    }

    fn call(channel: &str, text: &'static str) -> Call {
        Call::new(channel, Args::new(Bytes::from_static(text.as_bytes()), Vec::new()))
    }

    #[test]
    fn packets_are_taken_out_in_order() {
        let mut calls = calls();
        assert_eq!(calls.invokes().collect::<Vec<_>>(), [false, true]);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls.next(), Some(Packet::Send(call("a", "[1]"))));
        assert_eq!((calls.len(), calls.invokes().collect::<Vec<_>>()), (1, vec![true]));
        assert_eq!(calls.next(), Some(Packet::Invoke(call("b", "[2]"))));
        assert_eq!((calls.next(), calls.len()), (None, 0));
    }

    #[test]
    fn some_may_be_left_out() {
        assert_eq!(calls().nth(1), Some(Packet::Invoke(call("b", "[2]"))));
        let mut calls = calls();
        assert_eq!((calls.nth(2), calls.len()), (None, 0));
    }

    #[test]
    fn nothing_is_found_so_that_is_far_in() {
        assert!(Place::new(false, 65_535..65_600, 3..4).is_some());
        assert!(Place::new(false, 1..2, 65_536..65_537).is_none());
    }
}
