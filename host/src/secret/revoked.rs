//! The browsers that were shut out.
//!
//! The list is short and never forgets in anybody's favour: when it is full, the one that was shut out first makes room,
//! and with it every cookie that is as old as its last one can be.

use std::collections::HashMap;

use super::cookie::{BrowserId, Cookie, LIFE, unhex};
use super::hex;

/// Who is out, and since when (seconds since 1970).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revoked {
    since: HashMap<BrowserId, u64>,
    /// Every cookie that was issued at this time or before is void.
    not_before: Option<u64>,
}

impl Revoked {
    pub(super) fn holds(&self, cookie: &Cookie) -> bool {
        self.not_before.is_some_and(|limit| cookie.issued <= limit)
            || self.since.contains_key(&cookie.browser)
    }

    pub(super) fn add(&mut self, browser: BrowserId, now: u64) {
        // What it had last has expired by then, and it gets no other.
        self.since.retain(|_, since| now.saturating_sub(*since) <= LIFE);
        self.since.insert(browser, now);
        while self.since.len() > MAX {
            let first = self.since.iter().min_by_key(|(_, since)| **since);
            let Some((browser, since)) = first.map(|(browser, since)| (*browser, *since)) else {
                return;
            };
            self.since.remove(&browser);
            self.not_before = self.not_before.max(Some(since));
        }
    }

    /// As a text to keep: a line for each browser, and one for the limit.
    pub(super) fn to_text(&self) -> String {
        let mut lines: Vec<String> = self
            .since
            .iter()
            .map(|(browser, since)| format!("{} {since}", hex(&browser.0)))
            .collect();
        lines.extend(self.not_before.map(|limit| format!("{BEFORE} {limit}")));
        lines.sort();
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// `None` if it is no such text.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut revoked = Self::default();
        for line in text.lines() {
            let (what, time) = line.split_once(' ')?;
            let time = time.parse().ok()?;
            if what == BEFORE {
                revoked.not_before = Some(time);
            } else {
                revoked.since.insert(BrowserId(unhex(what)?), time);
            }
        }
        Some(revoked)
    }
}

const BEFORE: &str = "before";

/// Browsers on the list at once.
const MAX: usize = 1_024;

/// Bytes that the text of a full list has at most.
pub(super) const MAX_TEXT: usize = (MAX + 1) * 64;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::cookie::Cookies;
    use super::*;

    const NOW: u64 = 1_800_000_000;

    /// Cookies of as many browsers, each issued and revoked a second after the one before.
    fn full(count: u64) -> (Cookies, Vec<String>) {
        let cookies = Cookies::new(&[1; 32], "app", Revoked::default());
        let one = |n: u64| {
            let value = cookies.issue(false, NOW + n).unwrap();
            let browser = cookies.check(&value, NOW).unwrap().browser;
            cookies.revoke(browser, NOW + n);
            value
        };
        let values = (0..count).map(one).collect();
        (cookies, values)
    }

    #[test]
    fn past_the_limit_the_first_stays_out_with_all_that_is_as_old() {
        let max = MAX as u64;
        let (cookies, values) = full(max);
        let as_old = cookies.issue(false, NOW).unwrap();
        let younger = cookies.issue(false, NOW + 1).unwrap();
        assert!(cookies.check(&as_old, NOW).is_ok());
        let one_more = cookies.check(&cookies.issue(false, NOW + max).unwrap(), NOW).unwrap();
        let list = cookies.revoke(one_more.browser, NOW + max);
        assert_eq!((list.since.len(), list.not_before), (MAX, Some(NOW)));
        assert!(values.iter().all(|value| cookies.check(value, NOW).is_err()));
        assert!(cookies.check(&as_old, NOW).is_err());
        assert!(cookies.check(&younger, NOW).is_ok());
    }

    #[test]
    fn who_has_no_cookie_left_is_forgotten() {
        let mut list = Revoked::default();
        list.add(BrowserId([1; 16]), NOW);
        list.add(BrowserId([2; 16]), NOW + LIFE);
        assert_eq!(list.since.len(), 2);
        list.add(BrowserId([3; 16]), NOW + LIFE + 1);
        assert_eq!((list.since.len(), list.not_before), (2, None));
    }

    #[test]
    fn the_list_is_kept_as_a_text() {
        let mut list = Revoked { not_before: Some(NOW), ..Revoked::default() };
        list.add(BrowserId([1; 16]), NOW);
        list.add(BrowserId([2; 16]), NOW + 1);
        assert_eq!(Revoked::from_text(&list.to_text()), Some(list));
        assert_eq!(Revoked::from_text(""), Some(Revoked::default()));
        for text in ["x", "01 2", "before x", "01010101010101010101010101010101"] {
            assert_eq!(Revoked::from_text(text), None, "{text}");
        }
    }
}
