//! Whether what pages and the application say to each other is compressed.

/// Whether what goes between pages and the application is compressed on its way.
///
/// Answers to a browser's requests (the renderer, the application's files of text kinds, what `sendSync` returns) are
/// compressed with gzip ([RFC 9110 §8.4](https://www.rfc-editor.org/rfc/rfc9110#section-8.4)), and messages both ways by the
/// WebSocket's own `permessage-deflate` ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), each message for itself. What
/// a browser doesn't ask for it doesn't get. Small ones, and those that wouldn't get smaller, stay as they are.
///
/// Who reads encrypted traffic sees how long messages are. Compressed, their length tells something of what they hold: if
/// a stranger's text and a secret stand in one message, and the stranger may try many texts, he can find the secret out. Such
/// an application says [`Compression::Off`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// For browsers that find the application at another address than one of loopback. A browser on the same machine gets
    /// everything faster as it is.
    #[default]
    Remote,
    /// For all browsers, such as those that come through a tunnel to a port of their own machine.
    Always,
    /// For none.
    Off,
}

impl Compression {
    /// Whether it is for a browser that says this of the address at which it found the application.
    pub(crate) fn is_for(self, at_loopback: bool) -> bool {
        match self {
            Self::Remote => !at_loopback,
            Self::Always => true,
            Self::Off => false,
        }
    }
}
