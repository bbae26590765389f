//! What a page says at once: so many packets in one message of the socket, made before anything is measured.

/// A batch, and how many answers it has.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// The packets' text.
    pub text: String,
    /// How many they are.
    pub packets: u64,
    /// How many of them are answered.
    pub answers: u64,
}

impl Batch {
    /// As many calls as wanted, one after the other by `send` and by `invoke`, the last one by `invoke`: its answer tells
    /// that all have run. They go to that many channels, each to another one; `first` is where they begin.
    pub fn mixed(packets: u64, channels: u64, first: u64) -> Batch {
        Self::of(
            packets,
            |place| (packets - place) % 2 == 1,
            |place| {
                // A prime, so that neighbours in a table are not called one after the other.
                format!("channel-{}", (first + place).wrapping_mul(STRIDE) % channels)
            },
        )
    }

    /// All by `invoke`.
    pub fn invokes(packets: u64) -> Batch {
        Self::of(packets, |_| true, |_| "echo".to_owned())
    }

    /// All by `send`, but for the last one.
    pub fn sends(packets: u64) -> Batch {
        let is_last = |place| place + 1 == packets;
        Self::of(packets, is_last, |place| if is_last(place) { "echo" } else { "count" }.to_owned())
    }

    fn of(packets: u64, is_invoke: impl Fn(u64) -> bool, channel: impl Fn(u64) -> String) -> Batch {
        let mut batch = Batch { text: String::new(), packets, answers: 0 };
        for place in 0..packets {
            let kind = if is_invoke(place) { "invoke" } else { "send" };
            batch.answers += u64::from(is_invoke(place));
            let comma = if place == 0 { "" } else { "," };
            batch.text += &format!("{comma}[\"{kind}\",\"{}\",[{place}]]", channel(place));
        }
        batch
    }
}

const STRIDE: u64 = 7_919;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_ends_with_what_is_answered() {
        let batch = Batch::mixed(3, 10, 0);
        let text =
            r#"["invoke","channel-0",[0]],["send","channel-9",[1]],["invoke","channel-8",[2]]"#;
        assert_eq!(batch, Batch { text: text.to_owned(), packets: 3, answers: 2 });
        assert_eq!(Batch::mixed(1, 1, 7).answers, 1);
        assert_eq!(Batch::sends(2).text, r#"["send","count",[0]],["invoke","echo",[1]]"#);
        assert_eq!((Batch::sends(100).answers, Batch::invokes(100).answers), (1, 100));
    }

    #[test]
    fn batches_one_after_the_other_call_every_channel() {
        let channels: std::collections::BTreeSet<String> = (0..10)
            .flat_map(|batch| {
                let text = Batch::mixed(10, 100, 10 * batch).text;
                text.split('"')
                    .filter(|word| word.starts_with("channel-"))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(channels.len(), 100);
    }
}
