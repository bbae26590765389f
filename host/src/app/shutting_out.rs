//! Who was let in is shut out again: one browser, or everybody.

use super::App;
use crate::error::Error;
use crate::links::Farewell;
use crate::secret::{self, BrowserId, PrivateError};

impl App {
    /// Changes the key of the cookies, for when it may be known to others: every cookie and every unused invitation is void
    /// from now on, and every open page is told (`electron.connection` has the reason `unauthorized`). A page goes on when
    /// its browser comes in again, by a fresh [`invite`](Self::invite) or Enter in the terminal; its window waits for it as
    /// after a lost connection.
    ///
    /// # Errors
    /// The new key can't be kept, so that the old one would count again after a restart; or the application keeps the key
    /// itself ([`KeySource::Given`](crate::KeySource::Given)), then [`rotate_key_to`](Self::rotate_key_to) is the method.
    /// Nothing is void in the latter case, everything in the former.
    pub fn rotate_key(&self) -> Result<(), Error> {
        if self.server()?.has_given_key() {
            return Err(Error::new(
                "the application keeps its key itself (KeySource::Given): App::rotate_key_to takes another one",
            ));
        }
        self.change_key(&secret::random()?)
    }

    /// As [`rotate_key`](Self::rotate_key), with a key that the application gives.
    ///
    /// # Errors
    /// The new key can't be kept, so that the old one would count again after a restart. Everything is void all the same.
    pub fn rotate_key_to(&self, key: [u8; 32]) -> Result<(), Error> {
        self.change_key(&key)
    }

    fn change_key(&self, key: &[u8; 32]) -> Result<(), Error> {
        let live = self.live()?;
        let kept = live.state.rotate(key);
        live.links.expel_all();
        tracing::info!("the key was changed: everybody needs a fresh link");
        kept.map_err(|error| not_kept("the old key may count again after a restart", &error))
    }

    pub(super) fn shut_out(&self, browser: BrowserId) -> Result<(), Error> {
        let live = self.live()?;
        let kept = live.state.revoke(browser);
        tracing::info!(?browser, "a browser was shut out");
        live.links.expel(browser).into_iter().for_each(Farewell::say);
        kept.map_err(|error| not_kept("the browser may come in again after a restart", &error))
    }
}

fn not_kept(what: &str, error: &PrivateError) -> Error {
    Error::new(format!("{what}: {error}"))
}
