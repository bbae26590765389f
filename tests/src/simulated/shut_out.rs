//! How a simulated browser is let in and shut out, and what it might try against another one.

use exciton_protocol::{Frame, LinkId, LinkLost};

use super::{SimulatedBrowser, SimulatedPage};
use crate::error::Result;

impl SimulatedBrowser {
    /// Its cookie, `name=value`.
    pub fn cookie(&self) -> &str {
        self.http.cookie()
    }

    /// What the host answers a GET with.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn get(&self, path: &str) -> Result<String> {
        self.http.get(path).await
    }

    /// The status with which the host answers a GET.
    ///
    /// # Errors
    /// When it doesn't answer.
    pub async fn status(&self, path: &str) -> Result<u16> {
        self.http.status(path).await
    }
}

impl SimulatedPage {
    /// The id of its link.
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// Takes on another page's link, as a thief would who knows its id.
    pub fn pretend_to_be(&mut self, other: &SimulatedPage) {
        self.link = other.link;
    }

    /// Waits until the host ends the link, and says why.
    ///
    /// # Errors
    /// When something else ends the connection.
    pub async fn lost(&mut self) -> Result<LinkLost> {
        loop {
            if let Frame::Lost(why) = self.read().await? {
                return Ok(why);
            }
        }
    }
}
