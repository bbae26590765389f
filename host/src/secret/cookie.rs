//! Cookies: a browser's random id and the time of issue, signed. The host keeps no list of those that are good, so they
//! outlive it; of those that are void it keeps a short one.
//!
//! A cookie lives for [`LIFE`] and is issued anew, with the same id, when it is a day old: who keeps coming stays in.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::revoked::Revoked;
use super::{NoRandom, hex, random};

/// Signs and checks the cookies of one application.
pub(crate) struct Cookies {
    app: String,
    state: Mutex<State>,
}

struct State {
    /// Has taken in the key, this format's version and the application's name, so that no other application's cookie fits.
    mac: Hmac<Sha256>,
    /// How often the key was changed.
    generation: u64,
    revoked: Revoked,
}

/// The browser that a cookie was given to, as a random number. `Debug` shows a part of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BrowserId(pub(super) [u8; ID]);

/// What a good cookie says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) browser: BrowserId,
    /// Seconds since 1970.
    pub(crate) issued: u64,
    /// Browsers keep it for `https`.
    pub(crate) secure: bool,
    generation: u64,
}

/// Why a cookie lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// Not signed with this application's key: from before the key changed, or forged.
    Unsigned,
    /// Issued longer ago than `LIFE`.
    Expired,
    /// Its browser was shut out.
    Revoked,
}

impl Cookies {
    pub(crate) fn new(key: &[u8; 32], app: &str, revoked: Revoked) -> Self {
        let state = Mutex::new(State { mac: mac(key, app), generation: 0, revoked });
        Self { app: app.to_owned(), state }
    }

    /// A cookie's value for a browser that comes in at `now` (seconds since 1970).
    pub(crate) fn issue(&self, secure: bool, now: u64) -> Result<String, NoRandom> {
        let browser = BrowserId(random()?);
        Ok(self.lock().sign(browser, secure, now))
    }

    /// The same browser's next cookie, if this one is a day old.
    pub(crate) fn renew(&self, cookie: &Cookie, now: u64) -> Option<String> {
        let state = self.lock();
        // Under one lock: what is void must not be signed with the key that voids it.
        let due = now.saturating_sub(cookie.issued) >= RENEWAL && state.is_good(cookie);
        due.then(|| state.sign(cookie.browser, cookie.secure, now))
    }

    /// What a value says, if this application issued it, not too long before `now`, to a browser that wasn't shut out
    /// since. Takes the same time for every wrong tag.
    pub(crate) fn check(&self, value: &str, now: u64) -> Result<Cookie, Stale> {
        let bytes = unhex::<{ PAYLOAD + TAG }>(value).ok_or(Stale::Unsigned)?;
        let (payload, tag) = bytes.split_at(PAYLOAD);
        let (mac, generation) = {
            let state = self.lock();
            (state.mac.clone(), state.generation)
        };
        mac.chain_update(payload).verify_slice(tag).map_err(|_| Stale::Unsigned)?;
        let (mut id, mut issued) = ([0; ID], [0; 8]);
        id.copy_from_slice(&payload[..ID]);
        issued.copy_from_slice(&payload[ID..ID + 8]);
        let (browser, issued) = (BrowserId(id), u64::from_be_bytes(issued));
        let cookie = Cookie { browser, issued, secure: payload[ID + 8] == 1, generation };
        if !cookie.is_alive(now) {
            return Err(Stale::Expired);
        }
        if self.is_good(&cookie) { Ok(cookie) } else { Err(Stale::Revoked) }
    }

    /// Whether a cookie that was good a moment ago still is: the key is the same, and its browser wasn't shut out.
    pub(crate) fn is_good(&self, cookie: &Cookie) -> bool {
        self.lock().is_good(cookie)
    }

    /// The same at `now`: it hasn't expired either.
    pub(crate) fn is_good_at(&self, cookie: &Cookie, now: u64) -> bool {
        cookie.is_alive(now) && self.is_good(cookie)
    }

    /// Shuts a browser out: all its cookies are void from now on. The list to keep.
    pub(super) fn revoke(&self, browser: BrowserId, now: u64) -> Revoked {
        let mut state = self.lock();
        state.revoked.add(browser, now);
        state.revoked.clone()
    }

    /// Changes the key: every cookie is void from now on.
    pub(super) fn rotate(&self, key: &[u8; 32]) {
        let mut state = self.lock();
        state.mac = mac(key, &self.app);
        state.generation += 1;
        // No cookie of those browsers is signed any more.
        state.revoked = Revoked::default();
    }

    /// Nothing that runs under this lock can leave it half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_good(&self, cookie: &Cookie) -> bool {
        cookie.generation == self.generation && !self.revoked.holds(cookie)
    }

    fn sign(&self, browser: BrowserId, secure: bool, now: u64) -> String {
        let mut payload = [0; PAYLOAD];
        payload[..ID].copy_from_slice(&browser.0);
        payload[ID..ID + 8].copy_from_slice(&now.to_be_bytes());
        payload[ID + 8] = u8::from(secure);
        let tag = self.mac.clone().chain_update(payload).finalize().into_bytes();
        hex(&payload) + &hex(&tag)
    }
}

impl Cookie {
    /// A cookie from the future only shows that the clock was set back: its signature is ours.
    fn is_alive(&self, now: u64) -> bool {
        now.saturating_sub(self.issued) <= LIFE
    }
}

impl fmt::Debug for BrowserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrowserId({}…)", hex(&self.0[..2]))
    }
}

fn mac(key: &[u8; 32], app: &str) -> Hmac<Sha256> {
    #[allow(clippy::expect_used)] // HMAC takes a key of any length (RFC 2104 §2).
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(b"exciton cookie 2\0");
    mac.update(&(app.len() as u64).to_be_bytes());
    mac.update(app.as_bytes());
    mac
}

pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != N * 2 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Seconds that a cookie lives: 30 days.
pub(crate) const LIFE: u64 = 30 * DAY;
/// Seconds after which a browser that comes again gets the next one.
pub(crate) const RENEWAL: u64 = DAY;

const DAY: u64 = 24 * 60 * 60;
const ID: usize = 16;
/// Id, time, and whether it is for `https`.
const PAYLOAD: usize = ID + 8 + 1;
const TAG: usize = 32;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn cookies(key: u8, app: &str) -> Cookies {
        Cookies::new(&[key; 32], app, Revoked::default())
    }

    #[test]
    fn a_cookie_outlives_the_process_that_issued_it() {
        let value = cookies(1, "app").issue(true, NOW).unwrap();
        let cookie = cookies(1, "app").check(&value, NOW + LIFE).unwrap();
        assert_eq!((cookie.issued, cookie.secure), (NOW, true));
        assert_eq!(cookies(1, "app").check(&value, NOW - 60), Ok(cookie));
    }

    #[test]
    fn two_cookies_differ() {
        let cookies = cookies(1, "app");
        assert_ne!(cookies.issue(false, NOW).unwrap(), cookies.issue(false, NOW).unwrap());
    }

    #[test]
    fn a_cookie_ends_after_its_life() {
        let cookies = cookies(1, "app");
        let value = cookies.issue(false, NOW).unwrap();
        assert!(cookies.check(&value, NOW + LIFE).is_ok());
        assert_eq!(cookies.check(&value, NOW + LIFE + 1), Err(Stale::Expired));
    }

    #[test]
    fn who_keeps_coming_stays_in_as_the_same_browser() {
        let cookies = cookies(1, "app");
        let first = cookies.check(&cookies.issue(true, NOW).unwrap(), NOW).unwrap();
        assert_eq!(cookies.renew(&first, NOW + RENEWAL - 1), None);
        let value = cookies.renew(&first, NOW + RENEWAL).unwrap();
        let second = cookies.check(&value, NOW + RENEWAL + LIFE).unwrap();
        assert_eq!((second.browser, second.secure), (first.browser, true));
        cookies.revoke(first.browser, NOW + RENEWAL);
        assert_eq!(cookies.renew(&first, NOW + RENEWAL), None);
        assert_eq!(cookies.check(&value, NOW + RENEWAL), Err(Stale::Revoked));
    }

    #[test]
    fn a_revoked_browser_is_out_and_no_other_one() {
        let cookies = cookies(1, "app");
        let [mine, other] = [(); 2].map(|()| cookies.issue(false, NOW).unwrap());
        let cookie = cookies.check(&mine, NOW).unwrap();
        let list = cookies.revoke(cookie.browser, NOW);
        assert!(!cookies.is_good(&cookie));
        assert_eq!(cookies.check(&mine, NOW), Err(Stale::Revoked));
        assert!(cookies.check(&other, NOW).is_ok());
        let next_life = Cookies::new(&[1; 32], "app", list);
        assert_eq!(next_life.check(&mine, NOW), Err(Stale::Revoked));
        assert!(next_life.check(&other, NOW).is_ok());
    }

    #[test]
    fn another_key_voids_every_cookie() {
        let cookies = cookies(1, "app");
        let value = cookies.issue(false, NOW).unwrap();
        let cookie = cookies.check(&value, NOW).unwrap();
        cookies.rotate(&[2; 32]);
        assert!(!cookies.is_good(&cookie));
        assert_eq!(cookies.renew(&cookie, NOW + LIFE), None);
        assert_eq!(cookies.check(&value, NOW), Err(Stale::Unsigned));
        let value = cookies.issue(false, NOW).unwrap();
        assert!(cookies.check(&value, NOW).is_ok());
    }

    #[test]
    fn another_key_or_application_does_not_know_the_cookie() {
        let value = cookies(1, "app").issue(false, NOW).unwrap();
        assert_eq!(cookies(2, "app").check(&value, NOW), Err(Stale::Unsigned));
        assert_eq!(cookies(1, "other").check(&value, NOW), Err(Stale::Unsigned));
    }

    #[test]
    fn no_digit_of_a_cookie_can_be_changed_left_out_or_added() {
        let cookies = cookies(1, "app");
        let value = cookies.issue(false, NOW).unwrap();
        for at in 0..value.len() {
            let other = if value.as_bytes()[at] == b'0' { "1" } else { "0" };
            let mut forged = value.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(cookies.check(&forged, NOW), Err(Stale::Unsigned), "digit {at}");
        }
        for forged in [
            String::new(),
            value[1..].to_owned(),
            value[..value.len() - 1].to_owned(),
            format!("{value}0"),
            value.to_uppercase(),
            "é".repeat(57),
        ] {
            assert_eq!(cookies.check(&forged, NOW), Err(Stale::Unsigned), "{forged}");
        }
    }

    #[test]
    fn a_browser_is_never_shown_whole() {
        assert_eq!(format!("{:?}", BrowserId([0xab; ID])), "BrowserId(abab…)");
    }
}
