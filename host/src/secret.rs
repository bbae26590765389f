//! The secrets that let a browser in: a key that outlives the process, cookies signed with it, and tickets that are
//! exchanged for a cookie once. None of them is ever logged, and `Debug` shows none.

mod cookie;
mod key_file;
mod pass;
mod private;
mod revoked;
mod tickets;

use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use self::key_file::StateDir;
use self::revoked::Revoked;
use crate::config::KeySource;

pub(crate) use cookie::{BrowserId, Cookie, Cookies, LIFE, Stale};
pub(crate) use pass::Pass;
pub(crate) use private::PrivateError;
pub(crate) use tickets::{Landing, Ticket, Tickets};

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub(crate) struct NoRandom(getrandom::Error);

/// Where the key of an application is kept, and the list of who was shut out.
pub(crate) struct Keeper {
    /// `None`: nowhere, they end with the process.
    dir: Option<StateDir>,
    /// The key is the application's own.
    pub(crate) is_given: bool,
    order: Mutex<()>,
}

/// The cookies of the application `name`, and who keeps their key. A key file that can't be had is no reason not to start:
/// the key is then made anew, and a warning says that pages won't outlive the process.
pub(crate) fn open(source: &KeySource, name: &str) -> Result<(Cookies, Keeper), NoRandom> {
    let (mut dir, mut revoked) = (None, Revoked::default());
    let key = match source {
        KeySource::Given(key) => *key,
        KeySource::Ephemeral => random()?,
        KeySource::StateFile => {
            let fresh = random()?;
            let opened = StateDir::open(name)
                .and_then(|opened| opened.load_or_create(fresh).map(|kept| (opened, kept)));
            match opened {
                Ok((opened, (key, list))) => {
                    (dir, revoked) = (Some(opened), list);
                    key
                }
                Err(error) => {
                    tracing::warn!("{error}; open pages will need a fresh link after a restart");
                    fresh
                }
            }
        }
    };
    let is_given = matches!(source, KeySource::Given(_));
    Ok((Cookies::new(&key, name, revoked), Keeper { dir, is_given, order: Mutex::default() }))
}

impl Keeper {
    /// Changes the key, for good if it is kept. The cookies are void in any case.
    pub(crate) fn rotate(&self, cookies: &Cookies, key: &[u8; 32]) -> Result<(), PrivateError> {
        let _order = self.order();
        cookies.rotate(key);
        self.dir.as_ref().map_or(Ok(()), |dir| dir.replace(key))
    }

    /// Shuts a browser out, for as long as the key is kept.
    pub(crate) fn revoke(
        &self,
        cookies: &Cookies,
        browser: BrowserId,
        now: u64,
    ) -> Result<(), PrivateError> {
        let _order = self.order();
        let list = cookies.revoke(browser, now);
        self.dir.as_ref().map_or(Ok(()), |dir| dir.keep(&list))
    }

    /// What happened later is written later.
    fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Random bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandom)?;
    Ok(bytes)
}

/// Lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Seconds since 1970 on this machine's clock.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The directory of an application's state: private to the user, kept between runs. `None` without a home directory.
pub(crate) fn state_dir(name: &str) -> Option<std::path::PathBuf> {
    key_file::state_dir(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_given_key_is_used_and_an_ephemeral_one_is_new_each_time() {
        let cookies = |source: KeySource| open(&source, "any").unwrap().0;
        let knows = |source: KeySource, value: &str| cookies(source).check(value, 1).is_ok();
        let given = KeySource::Given([9; 32]);
        let value = cookies(given.clone()).issue(false, 1).unwrap();
        assert!(knows(given, &value) && !knows(KeySource::Given([8; 32]), &value));
        let value = cookies(KeySource::Ephemeral).issue(false, 1).unwrap();
        assert!(!knows(KeySource::Ephemeral, &value));
    }

    #[test]
    fn bytes_are_written_as_digits() {
        assert_eq!(hex(&[0, 1, 0xfe]), "0001fe");
    }
}
