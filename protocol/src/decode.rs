//! What can be wrong with bytes that came from the other end.

/// Bytes that are no message of this wire. The connection that brought them is closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The text is not what its place asks for.
    #[error("unreadable at line {line}, column {column}: {what}")]
    Json {
        /// Line of the text, from 1.
        line: usize,
        /// Column of that line, from 1.
        column: usize,
        /// What is wrong there.
        what: Box<str>,
    },
    /// The bytes are shorter than their own head says.
    #[error("the message is shorter than it says")]
    Envelope,
    /// Attachments are missing or left over.
    #[error("an attachment of {named} bytes is named where {there} are there")]
    Attachments {
        /// Bytes that the text names.
        named: usize,
        /// Bytes that came.
        there: usize,
    },
}

impl FrameError {
    pub(crate) fn json(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Self::Json { line: error.line(), column: error.column(), what: what.into() }
    }
}
