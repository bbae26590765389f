//! The secrets that let a browser in: a key that outlives the process, cookies signed with it, and tickets that are
//! exchanged for a cookie once. None of them is ever logged, and `Debug` shows none.

mod cookie;
mod key_file;
mod tickets;

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::KeySource;

pub(crate) use cookie::{Cookies, LIFE, Stale};
pub(crate) use tickets::{Landing, Ticket, Tickets};

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub(crate) struct NoRandom(getrandom::Error);

/// The key of the application `name`. A key file that can't be had is no reason not to start: the key is then made anew,
/// and a warning says that pages won't outlive the process.
pub(crate) fn key(source: &KeySource, name: &str) -> Result<[u8; 32], NoRandom> {
    match source {
        KeySource::Given(key) => Ok(*key),
        KeySource::Ephemeral => random(),
        KeySource::StateFile => {
            let fresh = random()?;
            Ok(key_file::load_or_create(name, fresh).unwrap_or_else(|error| {
                tracing::warn!("{error}; open pages will need a fresh link after a restart");
                fresh
            }))
        }
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
        assert_eq!(key(&KeySource::Given([9; 32]), "any").unwrap(), [9; 32]);
        let ephemeral = || key(&KeySource::Ephemeral, "any").unwrap();
        assert_ne!(ephemeral(), ephemeral());
    }

    #[test]
    fn bytes_are_written_as_digits() {
        assert_eq!(hex(&[0, 1, 0xfe]), "0001fe");
    }
}
