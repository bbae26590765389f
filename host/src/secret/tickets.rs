//! Tickets: each lets one browser in once, within ten minutes.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use exciton_protocol::TabId;
use sha2::{Digest, Sha256};
use tempfile::TempPath;

use super::{NoRandom, hex, random};

/// Where somebody arrives who came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Landing {
    /// A URL's path, query and fragment below the mount, without a slash at its start: `ui/index.html`. Empty: the start page.
    pub(crate) path: String,
    /// The tab that the window's page shall be, so that the host knows it by its first contact.
    pub(crate) tab: Option<TabId>,
}

/// A ticket's text, 128 random bits. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ticket(String);

/// All tickets alive.
pub(crate) struct Tickets {
    /// By the digest of their text: how long a look-up takes says nothing about a ticket.
    alive: HashMap<[u8; 32], Entry>,
}

struct Entry {
    issued: Instant,
    landing: Landing,
    https: bool,
    /// A file that leads a browser here; it is deleted with the entry.
    file: Option<TempPath>,
}

impl Ticket {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

impl Tickets {
    pub(crate) fn new() -> Self {
        Self { alive: HashMap::new() }
    }

    /// A new ticket for `landing`, to be used at an `https` address or not. Beyond `MAX_ALIVE` the oldest one ends.
    pub(crate) fn issue(
        &mut self,
        landing: Landing,
        https: bool,
        now: Instant,
    ) -> Result<Ticket, NoRandom> {
        let ticket = Ticket(hex(&random::<16>()?));
        self.expire(now);
        while self.alive.len() >= MAX_ALIVE {
            let oldest =
                self.alive.iter().min_by_key(|(_, entry)| entry.issued).map(|(digest, _)| *digest);
            oldest.and_then(|digest| self.alive.remove(&digest));
        }
        let entry = Entry { issued: now, landing, https, file: None };
        self.alive.insert(digest(ticket.as_str()), entry);
        Ok(ticket)
    }

    /// Keeps a file that leads to this ticket until the ticket ends.
    pub(crate) fn keep_file(&mut self, ticket: &Ticket, file: TempPath) {
        if let Some(entry) = self.alive.get_mut(&digest(ticket.as_str())) {
            entry.file = Some(file);
        }
    }

    /// Uses a ticket up: its landing, and whether it was issued for an `https` address.
    pub(crate) fn spend(&mut self, ticket: &str, now: Instant) -> Option<(Landing, bool)> {
        self.expire(now);
        self.alive.remove(&digest(ticket)).map(|entry| (entry.landing, entry.https))
    }

    /// Where a ticket leads, without using it up: for those who are in already.
    pub(crate) fn peek(&mut self, ticket: &str, now: Instant) -> Option<Landing> {
        self.expire(now);
        let entry = self.alive.get_mut(&digest(ticket))?;
        entry.file = None;
        Some(entry.landing.clone())
    }

    fn expire(&mut self, now: Instant) {
        self.alive.retain(|_, entry| now.saturating_duration_since(entry.issued) <= LIFE);
    }
}

fn digest(ticket: &str) -> [u8; 32] {
    Sha256::digest(ticket.as_bytes()).into()
}

/// How long an unused ticket lives.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Tickets alive at once.
const MAX_ALIVE: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn landing(path: &str) -> Landing {
        Landing { path: path.to_owned(), tab: None }
    }

    #[test]
    fn a_ticket_lets_in_once() {
        let now = Instant::now();
        let mut tickets = Tickets::new();
        let ticket = tickets.issue(landing("a.html"), true, now).unwrap();
        assert_eq!(tickets.peek(ticket.as_str(), now), Some(landing("a.html")));
        assert_eq!(tickets.spend(ticket.as_str(), now), Some((landing("a.html"), true)));
        assert_eq!(tickets.spend(ticket.as_str(), now), None);
        assert_eq!(tickets.peek(ticket.as_str(), now), None);
    }

    #[test]
    fn a_ticket_ends_after_ten_minutes() {
        let now = Instant::now();
        let mut tickets = Tickets::new();
        let [first, second] = [(); 2].map(|()| tickets.issue(landing(""), false, now).unwrap());
        assert!(tickets.spend(first.as_str(), now + LIFE).is_some());
        assert!(tickets.spend(second.as_str(), now + LIFE + Duration::from_millis(1)).is_none());
    }

    #[test]
    fn the_oldest_ticket_makes_room() {
        let now = Instant::now();
        let mut tickets = Tickets::new();
        let issue = |tickets: &mut Tickets, n: usize| {
            tickets.issue(landing(""), false, now + Duration::from_millis(n as u64)).unwrap()
        };
        let all: Vec<_> = (0..=MAX_ALIVE).map(|n| issue(&mut tickets, n)).collect();
        assert!(tickets.peek(all[0].as_str(), now).is_none());
        assert!(all[1..].iter().all(|ticket| tickets.peek(ticket.as_str(), now).is_some()));
    }

    #[test]
    fn a_ticket_is_never_shown() {
        let ticket = Tickets::new().issue(landing(""), false, Instant::now()).unwrap();
        assert_eq!(ticket.as_str().len(), 32);
        assert_eq!(format!("{ticket:?}"), "Ticket(…)");
    }

    #[test]
    fn the_file_of_a_ticket_ends_with_it() {
        let now = Instant::now();
        let mut tickets = Tickets::new();
        let ticket = tickets.issue(landing(""), false, now).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let path = file.to_path_buf();
        tickets.keep_file(&ticket, file);
        assert!(path.exists());
        tickets.spend(ticket.as_str(), now);
        assert!(!path.exists());
    }
}
