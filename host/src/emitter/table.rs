//! What a table of channels is made of: an entry is found in few steps through memory, because with many channels each step
//! is one that no cache holds.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// By channel. Most tables of pages and frames are empty, and say so without a lock.
pub(super) struct Table<T> {
    /// Whether there is an entry. Invariant: changes with the lock only.
    any: AtomicBool,
    entries: RwLock<HashMap<Name, T>>,
}

/// A table that is being changed.
pub(super) struct Change<'a, T> {
    any: &'a AtomicBool,
    entries: RwLockWriteGuard<'a, HashMap<Name, T>>,
}

/// The name of a channel. One of ordinary length lies in the table itself.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

/// As many as make a name no larger than three words.
const SHORT: usize = 22;

impl<T> Table<T> {
    /// The entry of a channel as it is now.
    pub(super) fn get(&self, channel: &str) -> Option<T>
    where
        T: Clone,
    {
        // Who has registered something and then tells a page has stored it before the page's message comes.
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.read().get(channel.as_bytes()).cloned()
    }

    /// A table is whole after any panic: nothing of a user's runs under its lock.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, HashMap<Name, T>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> Change<'_, T> {
        let entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        Change { any: &self.any, entries }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { any: AtomicBool::new(false), entries: RwLock::default() }
    }
}

impl<T> Deref for Change<'_, T> {
    type Target = HashMap<Name, T>;

    fn deref(&self) -> &Self::Target {
        &self.entries
    }
}

impl<T> DerefMut for Change<'_, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.entries
    }
}

impl<T> Drop for Change<'_, T> {
    fn drop(&mut self) {
        self.any.store(!self.entries.is_empty(), Ordering::Release);
    }
}

impl Name {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..name.len()), u8::try_from(name.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(name.as_bytes());
                Self::Short { length, bytes }
            }
            _ => Self::Long(name.as_bytes().into()),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Name {}

impl Hash for Name {
    /// As bytes are hashed, by which the table is asked.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl Borrow<[u8]> for Name {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_are_found_and_told_apart() {
        let names: Vec<String> =
            (0..60).map(|length| "ü".repeat(length / 2) + &"x".repeat(length)).collect();
        let table = Table::default();
        for (place, name) in names.iter().enumerate() {
            table.change().insert(Name::from(name.as_str()), place);
        }
        for (place, name) in names.iter().enumerate() {
            assert_eq!(table.get(name), Some(place), "{name}");
            assert_eq!(table.get(&format!("{name}\0")), None, "{name}");
        }
        assert_eq!(size_of::<Name>(), 24);
    }

    #[test]
    fn a_table_knows_whether_it_is_empty() {
        let table = Table::default();
        assert_eq!(table.get("x"), None);
        table.change().insert("x".into(), 1);
        assert_eq!(table.get("x"), Some(1));
        assert_eq!(table.change().remove("x".as_bytes()), Some(1));
        assert_eq!(table.get("x"), None);
        table.change().insert("y".into(), 2);
        assert_eq!(table.get("y"), Some(2));
    }
}
