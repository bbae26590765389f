//! Who is measured.

use std::fmt;

/// A way for a browser's page to call a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Contender {
    /// A WebSocket echo and a synchronous echo: the limit that the browser sets.
    Raw,
    /// The same with axum's own buffers.
    RawDefault,
    /// Exciton, called by a page in JavaScript.
    ExcitonJs,
    /// Exciton, called by a page in Rust.
    ExcitonRust,
    /// Socket.IO.
    Socketioxide,
    /// JSON-RPC.
    Jsonrpsee,
    /// Tauri, in its own webview.
    Tauri,
}

impl Contender {
    /// All of them; the limit first.
    pub const ALL: [Contender; 7] = [
        Contender::Raw,
        Contender::RawDefault,
        Contender::ExcitonJs,
        Contender::ExcitonRust,
        Contender::Socketioxide,
        Contender::Jsonrpsee,
        Contender::Tauri,
    ];

    /// As it is called in all that is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Contender::Raw => "raw",
            Contender::RawDefault => "raw-default",
            Contender::ExcitonJs => "exciton-js",
            Contender::ExcitonRust => "exciton-rust",
            Contender::Socketioxide => "socketioxide",
            Contender::Jsonrpsee => "jsonrpsee",
            Contender::Tauri => "tauri",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Contender> {
        Contender::ALL.into_iter().find(|contender| contender.name() == name)
    }

    /// Whether a page can wait for an answer while it is blocked.
    pub const fn answers_synchronously(self) -> bool {
        !matches!(self, Contender::Socketioxide | Contender::Tauri)
    }

    /// Whether its program is the browser that shows its page, and so no host for any other.
    pub const fn is_its_own_browser(self) -> bool {
        matches!(self, Contender::Tauri)
    }

    /// Whether it is ours.
    pub const fn is_exciton(self) -> bool {
        matches!(self, Contender::ExcitonJs | Contender::ExcitonRust)
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name() {
        for contender in Contender::ALL {
            assert_eq!(Contender::named(contender.name()), Some(contender));
        }
        assert_eq!(Contender::named("electron"), None);
    }
}
