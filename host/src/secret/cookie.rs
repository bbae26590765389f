//! Cookies: a random id and the time of issue, signed. The host keeps no list of them, so they outlive it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{NoRandom, hex, random};

/// Signs and checks the cookies of one application.
pub(crate) struct Cookies {
    /// Has taken in the key, this format's version and the application's name, so that no other application's cookie fits.
    mac: Hmac<Sha256>,
}

/// Why a cookie lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// Not signed with this application's key: from before the key changed, or forged.
    Unsigned,
    /// Issued longer ago than `LIFE`.
    Expired,
}

impl Cookies {
    pub(crate) fn new(key: &[u8; 32], app: &str) -> Self {
        #[allow(clippy::expect_used)] // HMAC takes a key of any length (RFC 2104 §2).
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
        mac.update(b"exciton cookie 1\0");
        mac.update(&(app.len() as u64).to_be_bytes());
        mac.update(app.as_bytes());
        Self { mac }
    }

    /// A new cookie's value, issued at `now` (seconds since 1970).
    pub(crate) fn issue(&self, now: u64) -> Result<String, NoRandom> {
        let mut payload = [0; PAYLOAD];
        payload[..ID].copy_from_slice(&random::<ID>()?);
        payload[ID..].copy_from_slice(&now.to_be_bytes());
        let tag = self.mac.clone().chain_update(payload).finalize().into_bytes();
        Ok(hex(&payload) + &hex(&tag))
    }

    /// Whether a value was issued by this application, and not too long before `now`. Takes the same time for every wrong tag.
    pub(crate) fn check(&self, value: &str, now: u64) -> Result<(), Stale> {
        let bytes = unhex::<{ PAYLOAD + TAG }>(value).ok_or(Stale::Unsigned)?;
        let (payload, tag) = bytes.split_at(PAYLOAD);
        self.mac.clone().chain_update(payload).verify_slice(tag).map_err(|_| Stale::Unsigned)?;
        let mut issued = [0; 8];
        issued.copy_from_slice(&payload[ID..]);
        // A cookie from the future only shows that the clock was set back: its signature is ours.
        if now.saturating_sub(u64::from_be_bytes(issued)) > LIFE {
            return Err(Stale::Expired);
        }
        Ok(())
    }
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
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
pub(crate) const LIFE: u64 = 30 * 24 * 60 * 60;

const ID: usize = 16;
const PAYLOAD: usize = ID + 8;
const TAG: usize = 32;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_cookie_outlives_the_process_that_issued_it() {
        let value = Cookies::new(&[1; 32], "app").issue(NOW).unwrap();
        assert_eq!(Cookies::new(&[1; 32], "app").check(&value, NOW + LIFE), Ok(()));
        assert_eq!(Cookies::new(&[1; 32], "app").check(&value, NOW - 60), Ok(()));
    }

    #[test]
    fn two_cookies_differ() {
        let cookies = Cookies::new(&[1; 32], "app");
        assert_ne!(cookies.issue(NOW).unwrap(), cookies.issue(NOW).unwrap());
    }

    #[test]
    fn a_cookie_ends_after_its_life() {
        let cookies = Cookies::new(&[1; 32], "app");
        let value = cookies.issue(NOW).unwrap();
        assert_eq!(cookies.check(&value, NOW + LIFE + 1), Err(Stale::Expired));
    }

    #[test]
    fn another_key_or_application_does_not_know_the_cookie() {
        let value = Cookies::new(&[1; 32], "app").issue(NOW).unwrap();
        assert_eq!(Cookies::new(&[2; 32], "app").check(&value, NOW), Err(Stale::Unsigned));
        assert_eq!(Cookies::new(&[1; 32], "other").check(&value, NOW), Err(Stale::Unsigned));
    }

    #[test]
    fn no_digit_of_a_cookie_can_be_changed_left_out_or_added() {
        let cookies = Cookies::new(&[1; 32], "app");
        let value = cookies.issue(NOW).unwrap();
        for at in 0..value.len() {
            let other = if value.as_bytes()[at] == b'0' { "1" } else { "0" };
            let mut forged = value.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(cookies.check(&forged, NOW), Err(Stale::Unsigned), "digit {at}");
        }
        for forged in [
            String::new(),
            value[1..].to_owned(),
            value[..111].to_owned(),
            format!("{value}0"),
            value.to_uppercase(),
            "é".repeat(56),
        ] {
            assert_eq!(cookies.check(&forged, NOW), Err(Stale::Unsigned), "{forged}");
        }
    }
}
