//! The bounds of those who come and go, which no page needs to know.

/// The bounds on connections, and on those who want to come in. The host's own, unlike
/// [`Limits`](crate::Limits), which pages keep to as well.
///
/// Who is past one is refused for a moment: with 429 or 503 and `Retry-After`. Nobody pays for what others do: what is
/// counted of a browser that has come in is counted by its cookie, and strangers share bounds of their own.
///
/// ```
/// let mut limits = exciton::DoorLimits::default();
/// limits.sockets = 32;
/// let app = exciton::App::new().door_limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DoorLimits {
    /// Attempts of one browser to open a socket, per second.
    pub socket_attempts: u32,
    /// Sockets of one browser that are open at once. Browsers open about 200 themselves.
    pub sockets: u32,
    /// Links of one browser at once: its pages, those in its back/forward cache, and those that have just left.
    pub links: u32,
    /// Invitations that are none, shown by whomever, per second. A good one lets in at any time: 128 random bits need no
    /// bound against guessing, only the log does.
    pub wrong_tickets: u32,
    /// Refusals that are logged, per second; the rest are only counted.
    pub logged_refusals: u32,
    /// Connections at once over which nobody has come in yet. The oldest makes room for one more, so that whoever holds
    /// many open keeps nobody out. Only of an application that listens itself, as the two below.
    pub strangers: u32,
    /// How long a connection may take for its TLS handshake, and for the head of each request, in milliseconds; it may be
    /// idle for as long.
    pub head: u64,
    /// How long the body of a request may pause, in milliseconds.
    pub body_pause: u64,
}

impl Default for DoorLimits {
    fn default() -> Self {
        Self {
            socket_attempts: 256,
            sockets: 512,
            links: 1_024,
            wrong_tickets: 10,
            logged_refusals: 10,
            strangers: 256,
            head: 30_000,
            body_pause: 30_000,
        }
    }
}
