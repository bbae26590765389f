//! `Allow`: which channels a page may use, and by which of Electron's four ways.

use super::channels::Channels;
use super::request::CallKind;

/// The channels that a page may use, and how. What is not on the list is refused before any listener runs.
///
/// A channel is named whole, or by its beginning: `"file:*"` is every channel that begins with `file:`, and `"*"` is every
/// channel there is. Only a `*` at the end means that.
///
/// [`App::allow`](crate::App::allow) is the list for every page, [`WindowOptions::allow`](crate::WindowOptions::allow) one
/// for a window, which can only take away from it. Without any list everything is allowed, as in Electron.
///
/// ```
/// use exciton::{Allow, App, WindowOptions};
///
/// let app = App::new().allow(Allow::new().send("log").invoke("file:*").send_sync("settings").post_message("worker"));
/// let viewer = WindowOptions::new().allow(Allow::new().invoke("file:read"));
/// ```
///
/// The wire doesn't tell a `postMessage` without ports from a `send`: it is allowed where either is. A message that brings
/// ports needs [`post_message`](Self::post_message).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    send: Channels,
    send_sync: Channels,
    invoke: Channels,
    post_message: Channels,
}

impl Allow {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// `ipcRenderer.send` on this channel, or on all that begin so.
    #[must_use]
    pub fn send(mut self, channel: &str) -> Self {
        self.send.add(channel);
        self
    }

    /// `ipcRenderer.sendSync`.
    #[must_use]
    pub fn send_sync(mut self, channel: &str) -> Self {
        self.send_sync.add(channel);
        self
    }

    /// `ipcRenderer.invoke`.
    #[must_use]
    pub fn invoke(mut self, channel: &str) -> Self {
        self.invoke.add(channel);
        self
    }

    /// `ipcRenderer.postMessage`, with ports.
    #[must_use]
    pub fn post_message(mut self, channel: &str) -> Self {
        self.post_message.add(channel);
        self
    }

    /// All four.
    #[must_use]
    pub fn all(self, channel: &str) -> Self {
        self.send(channel).send_sync(channel).invoke(channel).post_message(channel)
    }

    /// Whether a page with this list may make such a call.
    pub fn allows(&self, kind: CallKind, channel: &str) -> bool {
        match kind {
            CallKind::Send => self.send.has(channel) || self.post_message.has(channel),
            CallKind::SendSync => self.send_sync.has(channel),
            CallKind::Invoke => self.invoke.has(channel),
            CallKind::PostMessage => self.post_message.has(channel),
        }
    }

    /// What both allow.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            send: self.send.and(&other.send),
            send_sync: self.send_sync.and(&other.send_sync),
            invoke: self.invoke.and(&other.invoke),
            post_message: self.post_message.and(&other.post_message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_list_of_its_own() {
        use CallKind::{Invoke, PostMessage, Send, SendSync};
        let rows = [
            (Allow::new(), [false, false, false, false]),
            (Allow::new().send("x"), [true, false, false, false]),
            (Allow::new().send_sync("x"), [false, true, false, false]),
            (Allow::new().invoke("x"), [false, false, true, false]),
            // Without ports it is a `send`.
            (Allow::new().post_message("x"), [true, false, false, true]),
            (Allow::new().all("x"), [true, true, true, true]),
            (Allow::new().all("y"), [false, false, false, false]),
        ];
        for (allow, expected) in rows {
            let found = [Send, SendSync, Invoke, PostMessage].map(|kind| allow.allows(kind, "x"));
            assert_eq!(found, expected, "{allow:?}");
        }
    }

    #[test]
    fn two_lists_allow_what_each_of_them_does() {
        let both = Allow::new().all("a*").and(&Allow::new().invoke("ab").send("b"));
        assert_eq!(both, Allow::new().invoke("ab"));
    }
}
