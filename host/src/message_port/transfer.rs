//! Handing ports over: all of them, or none and an error.

use std::sync::Arc;

use super::pair::{End, Refused};
use super::port::Port;
use super::{MessagePortMain, PortError};

/// Ends that are on their way, and whom to give them back to if they can't go.
pub(crate) struct Transfer {
    ports: Vec<Arc<Port>>,
}

impl Transfer {
    /// Neuters the ports.
    ///
    /// # Errors
    /// One of them is there twice or neutered; then none is.
    pub(crate) fn of(ports: &[MessagePortMain]) -> Result<(Self, Vec<End>), PortError> {
        let mut transfer = Self { ports: Vec::with_capacity(ports.len()) };
        let mut ends = Vec::with_capacity(ports.len());
        for (index, port) in ports.iter().enumerate() {
            let port = port.port();
            let error = if transfer.ports.iter().any(|other| Arc::ptr_eq(other, port)) {
                PortError::Duplicate { index }
            } else if let Some(end) = port.take() {
                transfer.ports.push(port.clone());
                ends.push(end);
                continue;
            } else {
                PortError::Neutered { index }
            };
            transfer.give_back(ends);
            return Err(error);
        }
        Ok((transfer, ends))
    }

    /// They could not go.
    pub(crate) fn refused(self, refused: Refused) -> PortError {
        self.give_back(refused.ends);
        refused.error.into()
    }

    fn give_back(self, ends: Vec<End>) {
        for (port, end) in self.ports.iter().zip(ends) {
            port.give_back(end);
        }
    }
}
