//! Which link a page's contact belongs to.

use crate::error::LinkLost;
use crate::ids::{Epoch, Seq};

/// What a host finds when a page names a link, by a hello or a synchronous request.
#[derive(Clone, Copy, Debug)]
pub struct Contact {
    /// The epoch that the page was served with.
    pub epoch: Epoch,
    /// The host's own.
    pub host_epoch: Epoch,
    /// The host has the link.
    pub known: bool,
    /// The link has ended, and the host remembers.
    pub ended: bool,
    /// The page has had no answer yet.
    pub fresh: bool,
    /// The first packet that the contact brings, if it brings one.
    pub first: Option<Seq>,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It goes on.
    Existing,
    /// It begins.
    Create,
    /// It is over.
    Lost(LinkLost),
}

impl Contact {
    /// An unknown link begins only by a page that has had no answer yet and starts at packet 0; anything else could
    /// run a packet twice.
    pub fn admission(&self) -> Admission {
        if self.epoch != self.host_epoch {
            Admission::Lost(LinkLost::HostRestarted)
        } else if self.known {
            Admission::Existing
        } else if self.ended || !self.fresh || self.first.is_some_and(|first| first > 0) {
            Admission::Lost(LinkLost::Expired)
        } else {
            Admission::Create
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_page_of_this_epoch_begins_a_link() {
        let base = Contact {
            epoch: Epoch::from_bits(1),
            host_epoch: Epoch::from_bits(1),
            known: false,
            ended: false,
            fresh: true,
            first: Some(0),
        };
        let lost = |why| Admission::Lost(why);
        let rows = [
            (base, Admission::Create),
            (Contact { first: None, ..base }, Admission::Create),
            (Contact { known: true, fresh: false, first: Some(9), ..base }, Admission::Existing),
            (Contact { ended: true, ..base }, lost(LinkLost::Expired)),
            (Contact { fresh: false, ..base }, lost(LinkLost::Expired)),
            (Contact { first: Some(1), ..base }, lost(LinkLost::Expired)),
            (
                Contact { epoch: Epoch::from_bits(2), known: true, ..base },
                lost(LinkLost::HostRestarted),
            ),
        ];
        for (contact, expected) in rows {
            assert_eq!(contact.admission(), expected, "{contact:?}");
        }
    }
}
