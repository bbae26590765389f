//! What the runner is to do next, in order.

use std::collections::VecDeque;

use bytes::Bytes;
use exciton_protocol::{Calls, Packet, Seq};

use super::intake::Arrival;
use crate::message_port::Refused;

/// The jobs of a runner.
#[derive(Default)]
pub(super) struct Queue {
    queued: VecDeque<Queued>,
    /// Those before them that the runner has with it, and has not begun.
    taken: usize,
}

/// One thing for the runner.
pub(super) enum Job {
    Packet(Seq, Packet),
    /// An invoke past the limit of those that are open.
    Refuse(Seq),
    /// A part that was taken while others were before it: nothing is left to do but count it.
    Part,
    /// The envelope of a packet that came in parts.
    Assembled(Seq, Bytes),
    /// The application has not heard of the document yet.
    Arrive(Arrival),
    /// Ports were handed over with what was sent before the document came; the others could not be.
    Attach(Vec<u64>, Vec<Refused>),
}

enum Queued {
    Job(Job),
    /// Jobs that are not made yet. Invariant: at least one call.
    Calls {
        /// Seq of the next one.
        seq: Seq,
        calls: Calls,
        /// Invokes from this seq on are past the limit.
        excess: Option<Seq>,
    },
}

impl Job {
    /// The seq of a call, whether it wants a handler, and of which channel.
    pub(super) fn wants(&self) -> Option<(Seq, (bool, &str))> {
        let Self::Packet(seq, packet) = self else { return None };
        match packet {
            Packet::Invoke(call) => Some((*seq, (true, &call.channel))),
            Packet::Send(call) | Packet::Sync(call) => Some((*seq, (false, &call.channel))),
            _ => None,
        }
    }
}

impl Queue {
    pub(super) fn put(&mut self, job: Job) {
        self.queued.push_back(Queued::Job(job));
    }

    pub(super) fn put_first(&mut self, job: Job) {
        self.queued.push_front(Queued::Job(job));
    }

    /// A job for each call. Invokes from `excess` on are refused.
    pub(super) fn put_calls(&mut self, seq: Seq, calls: Calls, excess: Option<Seq>) {
        if calls.len() > 0 {
            self.queued.push_back(Queued::Calls { seq, calls, excess });
        }
    }

    pub(super) fn next(&mut self) -> Option<Job> {
        let Some(Queued::Calls { seq, calls, excess }) = self.queued.front_mut() else {
            return match self.queued.pop_front() {
                Some(Queued::Job(job)) => Some(job),
                _ => None,
            };
        };
        let (at, packet) = (*seq, calls.next());
        *seq += 1;
        let is_excess = excess.is_some_and(|excess| at >= excess);
        if calls.len() == 0 {
            self.queued.pop_front();
        }
        packet.map(|packet| match packet {
            Packet::Invoke(_) if is_excess => Job::Refuse(at),
            packet => Job::Packet(at, packet),
        })
    }

    /// Moves the first jobs, as many as a runner looks ahead, into `turn`.
    pub(super) fn take(&mut self, turn: &mut VecDeque<Job>) {
        while turn.len() < AHEAD
            && let Some(job) = self.next()
        {
            turn.push_back(job);
        }
    }

    /// The runner has so many jobs with it that it has not begun.
    pub(super) fn has_taken(&mut self, jobs: usize) {
        self.taken = jobs;
    }

    /// Takes back what the runner has not begun.
    pub(super) fn give_back(&mut self, turn: &mut VecDeque<Job>) {
        for job in turn.drain(..).rev() {
            self.put_first(job);
        }
        self.taken = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.taken == 0
    }

    /// Whether its only job is a call.
    pub(super) fn is_lone(&self) -> bool {
        self.queued.len() == 1 && matches!(self.queued.front(), Some(Queued::Job(Job::Packet(..))))
    }
}

/// As many jobs as a runner takes at once.
const AHEAD: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use exciton_protocol::{Frame, Limits, Message};

    use super::*;

    fn calls(kinds: &[&str]) -> Calls {
        let packets: Vec<_> = kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| format!(r#"["{kind}","c{at}",[]]"#))
            .collect();
        let text = format!("[\"data\",0,0,[{}]]", packets.join(","));
        let message = Message::Text(text.into());
        match Frame::decode_lazily(&message, &Limits::default()).unwrap() {
            Frame::Calls { calls, .. } => calls,
            other => panic!("{other:?}"),
        }
    }

    fn said(job: Job) -> String {
        match job {
            Job::Packet(seq, Packet::Send(call)) => format!("{seq} send {}", call.channel),
            Job::Packet(seq, Packet::Invoke(call)) => format!("{seq} invoke {}", call.channel),
            Job::Refuse(seq) => format!("{seq} refused"),
            Job::Part => "part".to_owned(),
            _ => "another".to_owned(),
        }
    }

    fn drained(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.next()).map(said).collect()
    }

    #[test]
    fn calls_become_jobs_in_their_place() {
        let mut queue = Queue::default();
        queue.put(Job::Part);
        queue.put_calls(7, calls(&["send", "invoke", "invoke", "send"]), Some(9));
        queue.put_calls(11, calls(&["invoke"]), None);
        queue.put(Job::Part);
        let expected =
            ["part", "7 send c0", "8 invoke c1", "9 refused", "10 send c3", "11 invoke c0", "part"];
        assert_eq!(drained(&mut queue), expected);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_a_runner_gives_back_comes_before_the_rest() {
        let (mut queue, mut turn) = (Queue::default(), VecDeque::new());
        queue.put_calls(0, calls(&["send"; 70]), None);
        queue.take(&mut turn);
        queue.has_taken(turn.len());
        assert_eq!((turn.len(), queue.queued.len()), (AHEAD, 1));
        turn.pop_front();
        queue.give_back(&mut turn);
        let expected: Vec<_> = (1..70).map(|at| format!("{at} send c{at}")).collect();
        assert_eq!(drained(&mut queue), expected);
    }

    #[test]
    fn it_is_empty_when_the_last_call_is_out_and_begun() {
        let (mut queue, mut turn) = (Queue::default(), VecDeque::new());
        queue.put_calls(0, calls(&["send", "send"]), None);
        assert!(!queue.is_empty() && !queue.is_lone());
        queue.take(&mut turn);
        queue.has_taken(1);
        assert!(!queue.is_empty());
        queue.has_taken(0);
        assert!(queue.is_empty());
        let mut left_out = calls(&["send"]);
        left_out.next();
        queue.put_calls(1, left_out, None);
        assert!(queue.is_empty());
    }
}
