//! Who comes too often, and who holds too much.
//!
//! A browser that has come in is charged by its cookie's id, so it pays for itself alone; strangers share their own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use super::lock;
use super::room::Room;
use crate::door_limits::DoorLimits;
use crate::secret::BrowserId;

/// The counts of one application.
pub(crate) struct Rates {
    limits: DoorLimits,
    browsers: Mutex<HashMap<BrowserId, Browser>>,
    wrong_tickets: Mutex<Bucket>,
    logged: Mutex<Bucket>,
    /// Requests that the guard refused.
    refused: AtomicU64,
    /// Of those and of others, what was too much.
    too_much: AtomicU64,
}

struct Browser {
    attempts: Bucket,
    sockets: u32,
    room: Option<Room>,
}

/// A socket of a browser, for as long as it lives.
pub(crate) struct Place {
    rates: Arc<Rates>,
    browser: BrowserId,
}

/// Why a browser gets no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// It tries too often.
    Attempts,
    /// It has too many.
    Sockets,
}

impl Rates {
    pub(crate) fn new(limits: DoorLimits) -> Arc<Self> {
        Arc::new(Self {
            browsers: Mutex::default(),
            wrong_tickets: Mutex::new(Bucket::full(limits.wrong_tickets)),
            logged: Mutex::new(Bucket::full(limits.logged_refusals)),
            refused: AtomicU64::new(0),
            too_much: AtomicU64::new(0),
            limits,
        })
    }

    pub(crate) fn limits(&self) -> &DoorLimits {
        &self.limits
    }

    /// A browser wants another socket.
    pub(crate) fn socket(self: &Arc<Self>, browser: BrowserId) -> Result<Place, TooMuch> {
        let now = Instant::now();
        let mut browsers = lock(&self.browsers);
        let rate = self.limits.socket_attempts;
        let one = self.remember(&mut browsers, browser, now);
        let outcome = if !one.attempts.take(rate, now) {
            Err(TooMuch::Attempts)
        } else if one.sockets >= self.limits.sockets {
            Err(TooMuch::Sockets)
        } else {
            one.sockets += 1;
            Ok(Place { rates: self.clone(), browser })
        };
        drop(browsers);
        if outcome.is_err() {
            self.too_much();
        }
        outcome
    }

    /// The room for the bodies of a browser's requests: so many bytes at once.
    pub(crate) fn room(&self, browser: BrowserId, bytes: usize) -> Room {
        let mut browsers = lock(&self.browsers);
        let one = self.remember(&mut browsers, browser, Instant::now());
        one.room.get_or_insert_with(|| Room::new(bytes)).clone()
    }

    /// What there is of a browser; of those with nothing under way not too many are kept.
    fn remember<'a>(
        &self,
        browsers: &'a mut HashMap<BrowserId, Browser>,
        browser: BrowserId,
        now: Instant,
    ) -> &'a mut Browser {
        let rate = self.limits.socket_attempts;
        if browsers.len() >= REMEMBERED && !browsers.contains_key(&browser) {
            browsers.retain(|_, one| {
                let sends = one.room.as_ref().is_some_and(Room::is_used);
                one.sockets > 0 || sends || !one.attempts.is_full(rate, now)
            });
        }
        browsers.entry(browser).or_insert_with(|| Browser {
            attempts: Bucket::full(rate),
            sockets: 0,
            room: None,
        })
    }

    /// Somebody shows a ticket that is none. Whether that was one too many.
    pub(crate) fn wrong_ticket(&self) -> bool {
        let is_within = lock(&self.wrong_tickets).take(self.limits.wrong_tickets, Instant::now());
        if !is_within {
            self.too_much();
        }
        !is_within
    }

    /// A request was refused. Whether it may be logged.
    pub(crate) fn refused(&self) -> bool {
        self.refused.fetch_add(1, Ordering::Relaxed);
        lock(&self.logged).take(self.limits.logged_refusals, Instant::now())
    }

    /// Something was too much.
    pub(crate) fn too_much(&self) {
        self.too_much.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that were refused, and how often something was too much.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.refused.load(Ordering::Relaxed), self.too_much.load(Ordering::Relaxed))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(browser) = lock(&self.rates.browsers).get_mut(&self.browser) {
            browser.sockets = browser.sockets.saturating_sub(1);
        }
    }
}

/// So many in a second, and as many at once.
struct Bucket {
    /// In billionths of one.
    left: u64,
    at: Instant,
}

impl Bucket {
    fn full(rate: u32) -> Self {
        Self { left: u64::from(rate) * ONE, at: Instant::now() }
    }

    /// Takes one, if there is one.
    fn take(&mut self, rate: u32, now: Instant) -> bool {
        self.fill(rate, now);
        let enough = self.left >= ONE;
        if enough {
            self.left -= ONE;
        }
        enough
    }

    fn is_full(&mut self, rate: u32, now: Instant) -> bool {
        self.fill(rate, now);
        self.left >= u64::from(rate) * ONE
    }

    fn fill(&mut self, rate: u32, now: Instant) {
        // A billionth of one comes back every billionth of a second, times the rate.
        let passed = now.saturating_duration_since(self.at).as_nanos();
        let more = u64::try_from(passed).unwrap_or(u64::MAX).saturating_mul(rate.into());
        self.left = self.left.saturating_add(more).min(u64::from(rate) * ONE);
        self.at = now;
    }
}

const ONE: u64 = 1_000_000_000;

/// Browsers that are remembered before those are forgotten that have nothing open and did nothing for a second.
const REMEMBERED: usize = 1_024;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::secret::Cookies;

    fn browser() -> BrowserId {
        let cookies = Cookies::new(&[1; 32], "app", Default::default());
        cookies.check(&cookies.issue(false, 1).unwrap(), 1).unwrap().browser
    }

    fn rates(change: impl FnOnce(&mut DoorLimits)) -> Arc<Rates> {
        let mut limits = DoorLimits::default();
        change(&mut limits);
        Rates::new(limits)
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_attempts_in_a_second_and_none_at_anothers_cost() {
        let rates = rates(|limits| limits.socket_attempts = 4);
        let (mine, other) = (browser(), browser());
        for _ in 0..4 {
            assert!(rates.socket(mine).is_ok());
        }
        assert_eq!(rates.socket(mine).err(), Some(TooMuch::Attempts));
        assert!(rates.socket(other).is_ok());
        tokio::time::advance(Duration::from_millis(249)).await;
        assert!(rates.socket(mine).is_err());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(rates.socket(mine).is_ok());
        assert!(rates.socket(mine).is_err());
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!((0..9).filter(|_| rates.socket(mine).is_ok()).count(), 4);
        assert_eq!(rates.counts(), (0, 8));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_sockets_at_once_and_one_more_when_one_has_gone() {
        let rates = rates(|limits| limits.sockets = 2);
        let (mine, other) = (browser(), browser());
        let first = rates.socket(mine).ok().unwrap();
        let _second = rates.socket(mine).ok().unwrap();
        assert_eq!(rates.socket(mine).err(), Some(TooMuch::Sockets));
        assert!(rates.socket(other).is_ok());
        drop(first);
        assert!(rates.socket(mine).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_has_one_room_for_as_long_as_it_uses_it() {
        use futures_util::FutureExt;
        let rates = rates(|_| {});
        let mine = browser();
        let body = rates.room(mine, 1_024).take(None).await;
        assert!(rates.room(browser(), 1_024).take(None).now_or_never().is_some());
        for _ in 0..2 * REMEMBERED {
            rates.room(browser(), 1_024);
        }
        assert!(lock(&rates.browsers).len() <= REMEMBERED);
        assert!(rates.room(mine, 1_024).take(None).now_or_never().is_none());
        drop(body);
        assert!(rates.room(mine, 1_024).take(None).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_forgotten_and_what_is_open_is_not() {
        let rates = rates(|limits| limits.sockets = 1);
        let mine = browser();
        let _open = rates.socket(mine).ok().unwrap();
        for _ in 0..2 * REMEMBERED {
            tokio::time::advance(Duration::from_millis(10)).await;
            drop(rates.socket(browser()));
        }
        assert!(lock(&rates.browsers).len() <= REMEMBERED);
        assert_eq!(rates.socket(mine).err(), Some(TooMuch::Sockets));
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_refusals_are_logged_and_all_are_counted() {
        let rates = rates(|limits| (limits.logged_refusals, limits.wrong_tickets) = (2, 3));
        let logged = |rates: &Rates| (0..10).filter(|_| rates.refused()).count();
        let wrong = |rates: &Rates| (0..10).filter(|_| rates.wrong_ticket()).count();
        assert_eq!((logged(&rates), wrong(&rates)), (2, 7));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((logged(&rates), wrong(&rates)), (2, 7));
        assert_eq!(rates.counts(), (20, 14));
    }
}
