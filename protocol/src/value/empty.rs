//! Empty buffers that are told apart. All others are known by where their bytes lie in memory; of nothing, anything may
//! lie anywhere. So those that come from a page get a place of their own.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

static PLACES: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// An empty buffer that is none but its own clones.
pub(super) fn unique() -> Bytes {
    let place = Place(Box::new(0));
    places().insert(place.address());
    Bytes::from_owner(place)
}

/// Whether a buffer has a place in memory that is no other buffer's.
pub(super) fn has_place(bytes: &Bytes) -> bool {
    !bytes.is_empty() || places().contains(&(bytes.as_ptr() as usize))
}

fn places() -> MutexGuard<'static, BTreeSet<usize>> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A byte that isn't shown.
struct Place(Box<u8>);

impl Place {
    fn address(&self) -> usize {
        &raw const *self.0 as usize
    }
}

impl AsRef<[u8]> for Place {
    fn as_ref(&self) -> &[u8] {
        &std::slice::from_ref(&*self.0)[..0]
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        places().remove(&self.address());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_buffer_is_its_clones_and_no_other() {
        let (one, two) = (unique(), unique());
        assert!(one.is_empty() && has_place(&one) && has_place(&one.clone()));
        assert_ne!(one.as_ptr(), two.as_ptr());
        assert_eq!(one.clone().as_ptr(), one.as_ptr());
        assert!(!has_place(&Bytes::new()));
        let place = one.as_ptr() as usize;
        drop(one);
        assert!(!places().contains(&place));
    }
}
