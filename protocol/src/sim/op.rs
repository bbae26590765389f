//! What may happen, as values, as bytes of a fuzzer or of a random source, and as words of a committed schedule.

use std::fmt::{self, Write as _};

/// Makes the operations: how often each is drawn, its arguments with how many values each has, and its word.
macro_rules! ops {
    ($($(#[$doc:meta])* $weight:literal $name:ident { $($(#[$arg_doc:meta])* $arg:ident: $count:literal),* } $word:literal;)*) => {
        /// One thing that happens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Op {
            $($(#[$doc])* $name { $($(#[$arg_doc])* $arg: u8),* },)*
        }

        const TOTAL: u32 = 0 $(+ $weight)*;

        impl Op {
            /// Reads the next operation; whatever the bytes are, they say something. `None` at their end.
            pub fn read(bytes: &mut impl Iterator<Item = u8>) -> Option<Self> {
                let mut at = u32::from(bytes.next()?) * TOTAL / 256;
                $(
                    if at < $weight {
                        return Some(Self::$name { $($arg: bytes.next()? % $count),* });
                    }
                    at -= $weight;
                )*
                // The weights add up to their total.
                let _ = at;
                None
            }

            /// Reads a word, `name` or `name:1,2`.
            pub fn parse(word: &str) -> Option<Self> {
                let (name, numbers) = word.split_once(':').unwrap_or((word, ""));
                let mut numbers = numbers.split(',').filter(|number| !number.is_empty());
                let op = match name {
                    $($word => Self::$name { $($arg: numbers.next()?.parse().ok()?),* },)*
                    _ => return None,
                };
                numbers.next().is_none().then_some(op)
            }

            fn word(&self) -> (&'static str, Vec<u8>) {
                match self {
                    $(Self::$name { $($arg),* } => ($word, vec![$(*$arg),*]),)*
                }
            }

            /// The same operation with smaller arguments, for a schedule that says less.
            pub(super) fn smaller(&self) -> Vec<Self> {
                let (word, numbers) = self.word();
                (0..numbers.len())
                    .flat_map(|at| [0, numbers[at] / 2].map(|less| (at, less)))
                    .filter(|(at, less)| *less < numbers[*at])
                    .filter_map(|(at, less)| {
                        let mut numbers = numbers.clone();
                        numbers[at] = less;
                        Self::parse(&text(word, &numbers))
                    })
                    .collect()
            }
        }
    };
}

ops! {
    /// The page sends.
    16 Send {} "send";
    /// The page sends a packet that travels in parts.
    4 SendBig {
        /// Parts, less 2.
        parts: 3
    } "send-big";
    /// The page sends a packet that is larger than any may be.
    1 SendOversize {} "send-oversize";
    /// The page sends until no more is taken.
    2 Flood {} "flood";
    /// The page invokes.
    10 Invoke {} "invoke";
    /// The page calls `sendSync`; within another one if one is under way.
    10 Sync {} "sync";
    /// The request or the answer of a `sendSync` goes one step on.
    28 SyncStep {
        /// Of those under way.
        which: 3
    } "sync-step";
    /// A `sendSync` that has no answer yet is told so.
    5 SyncSlice {
        /// Of those under way.
        which: 3
    } "sync-slice";
    /// The request or the answer of a `sendSync` is lost; the page repeats it.
    6 SyncLose {
        /// Of those under way.
        which: 3,
        /// A copy of the request arrives late.
        copy: 2
    } "sync-lose";
    /// The page waits no longer for the innermost `sendSync`.
    2 SyncGiveUp {} "sync-give-up";
    /// A copy of a request arrives, or the `bye` of a page.
    6 Late {
        /// Of those under way.
        which: 4
    } "late";
    /// The host sends.
    12 HostSend {} "host-send";
    /// The host sends a packet that travels in parts.
    3 HostBig {
        /// Parts, less 2.
        parts: 3
    } "host-big";
    /// The host sends until no more is taken.
    1 HostFlood {} "host-flood";
    /// The host's runner calls the listeners of some packets.
    22 Run {
        /// At most so many, less 1.
        count: 5
    } "run";
    /// Handlers answer, the last one first.
    8 Settle {
        /// At most so many, less 1.
        count: 4
    } "settle";
    /// Frames arrive at the host.
    26 Up {
        /// At most so many, less 1.
        count: 6
    } "up";
    /// Frames arrive at the page.
    26 Down {
        /// At most so many, less 1.
        count: 6
    } "down";
    /// The connection dies. Some frames of either direction still arrive, the rest is lost.
    10 Cut {
        /// Frames that the host still gets, later.
        up: 5,
        /// Frames that the page still gets.
        down: 4,
        /// The host gets a close.
        noticed: 2
    } "cut";
    /// What an old connection still had arrives at the host.
    10 Stale {
        /// Of those that still have something.
        which: 3,
        /// At most so many frames, less 1.
        count: 4
    } "stale";
    /// Time passes.
    10 Advance {
        /// Tenths of a second.
        tenths: 80
    } "advance";
    /// The page goes into the back/forward cache.
    3 Freeze {} "freeze";
    /// It comes back.
    5 Thaw {} "thaw";
    /// The page becomes visible, or comes online.
    2 Wake {} "wake";
    /// The document leaves, and another is loaded in its tab.
    2 Reload {} "reload";
    /// The host forgets all links, as if their graces had run out.
    2 Expire {} "expire";
    /// The host process is another one.
    3 Restart {} "restart";
}

fn text(word: &str, numbers: &[u8]) -> String {
    let mut out = String::from(word);
    for (index, number) in numbers.iter().enumerate() {
        // Writing into a string doesn't fail.
        let _ = write!(out, "{}{number}", if index == 0 { ':' } else { ',' });
    }
    out
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, numbers) = self.word();
        f.write_str(&text(word, &numbers))
    }
}

/// The words of a schedule.
pub fn write_schedule(ops: &[Op]) -> String {
    ops.iter().map(Op::to_string).collect::<Vec<_>>().join(" ")
}

/// The schedule of these words, or the first that is none.
pub fn parse_schedule(row: &str) -> Result<Vec<Op>, &str> {
    row.split_whitespace().map(|word| Op::parse(word).ok_or(word)).collect()
}

/// The schedule that these bytes say.
pub fn read_schedule(bytes: &[u8]) -> Vec<Op> {
    let mut bytes = bytes.iter().copied();
    std::iter::from_fn(|| Op::read(&mut bytes)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_says_something_and_every_schedule_survives_its_words() {
        for first in 0..=u8::MAX {
            let ops = read_schedule(&[first, 1, 2, 3]);
            assert!(!ops.is_empty(), "{first}");
            assert_eq!(parse_schedule(&write_schedule(&ops)).unwrap(), ops);
        }
        assert_eq!(parse_schedule("send nonsense"), Err("nonsense"));
        assert_eq!(parse_schedule("cut:1,2"), Err("cut:1,2"));
    }
}
