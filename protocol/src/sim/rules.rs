//! The rules that the link rests on, and worlds in which one of them is taken out.

/// A rule that a world does without. What then goes wrong shows what the rule is for, and that the world would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ablation {
    /// A hello counts whenever it arrives, as if each were the newest.
    Attempt,
    /// A link that has ended is one that never was.
    Tombstones,
    /// A synchronous request brings its own packet only; the host waits until the socket has brought those before it.
    Backlog,
    /// A page's first contact says no epoch, so any life of the host takes it.
    Epoch,
    /// The host keeps the latest answer only, whichever request it belongs to.
    AnswerPerSeq,
    /// A welcome doesn't say what the host has got.
    Resume,
}

impl Ablation {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Attempt,
        Self::Tombstones,
        Self::Backlog,
        Self::Epoch,
        Self::AnswerPerSeq,
        Self::Resume,
    ];
}
