//! What a table of channels is made of: an entry is found in one step through memory behind the index, because with many
//! channels each step is one that no cache holds.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;

/// By channel. Most tables of pages and frames are empty, and say so without a lock.
pub(super) struct Table<T> {
    /// How often the table was changed, doubled; odd if there is an entry. Invariant: changes with the lock only.
    version: AtomicU64,
    entries: RwLock<Entries<T>>,
}

/// What a table had for a channel when it was asked ahead of the call.
pub(super) struct Ahead<T> {
    version: u64,
    entry: Option<T>,
}

/// The entries themselves.
pub(super) struct Entries<T> {
    slots: HashTable<Slot<T>>,
    hasher: RandomState,
}

/// A table that is being changed.
pub(super) struct Change<'a, T> {
    version: &'a AtomicU64,
    entries: RwLockWriteGuard<'a, Entries<T>>,
}

/// One line of the processor's cache.
#[repr(align(64))]
struct Slot<T> {
    name: Name,
    entry: T,
}

/// The name of a channel. One of ordinary length lies in the table itself.
enum Name {
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
        if self.is_empty() {
            return None;
        }
        self.read().get(channel).cloned()
    }

    /// The same, if it was looked for ahead: again only if the table has changed since.
    pub(super) fn get_ahead(&self, channel: &str, ahead: Ahead<T>) -> Option<T>
    where
        T: Clone,
    {
        match self.version.load(Ordering::Acquire) == ahead.version {
            true => ahead.entry,
            false => self.get(channel),
        }
    }

    /// Looks for the entries of several channels at once, in their order: the processor waits for the memory of all of them
    /// together. What `warm` reads of an entry is there, too, when the entry is cloned.
    pub(super) fn ahead<'c>(
        &self,
        channels: impl Iterator<Item = &'c str>,
        warm: impl Fn(&T) -> usize,
    ) -> Vec<Ahead<T>>
    where
        T: Clone,
    {
        let entries = self.read();
        let version = self.version.load(Ordering::Acquire);
        // Step by step for all of them: none waits for the one before.
        let mut last = ("", entries.hash(""));
        let hashed: Vec<_> = channels
            .map(|channel| {
                // Many messages in a row go to the same one.
                if channel != last.0 {
                    last = (channel, entries.hash(channel));
                }
                (last.1, channel)
            })
            .collect();
        let found: Vec<_> =
            hashed.iter().map(|(hash, channel)| entries.find(*hash, channel)).collect();
        black_box(found.iter().flatten().map(|entry| warm(entry)).fold(0, usize::wrapping_add));
        found.into_iter().map(|entry| Ahead { version, entry: entry.cloned() }).collect()
    }

    /// Who has registered something and then tells a page has stored it before the page's message comes.
    pub(super) fn is_empty(&self) -> bool {
        self.version.load(Ordering::Acquire) & 1 == 0
    }

    /// A table is whole after any panic: nothing of a user's runs under its lock.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Entries<T>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> Change<'_, T> {
        let entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        Change { version: &self.version, entries }
    }
}

impl<T> Entries<T> {
    pub(super) fn get(&self, channel: &str) -> Option<&T> {
        self.find(self.hash(channel), channel)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|slot| &slot.entry)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    fn hash(&self, channel: &str) -> u64 {
        self.hasher.hash_one(channel.as_bytes())
    }

    fn find(&self, hash: u64, channel: &str) -> Option<&T> {
        self.slots.find(hash, |slot| slot.name.is(channel)).map(|slot| &slot.entry)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { version: AtomicU64::new(0), entries: RwLock::default() }
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { slots: HashTable::new(), hasher: RandomState::new() }
    }
}

impl<T> Change<'_, T> {
    pub(super) fn get(&self, channel: &str) -> Option<&T> {
        self.entries.get(channel)
    }

    pub(super) fn get_mut(&mut self, channel: &str) -> Option<&mut T> {
        let hash = self.entries.hash(channel);
        let slot = self.entries.slots.find_mut(hash, |slot| slot.name.is(channel));
        slot.map(|slot| &mut slot.entry)
    }

    /// For a channel that has no entry.
    pub(super) fn insert(&mut self, channel: &str, entry: T) {
        let Entries { slots, hasher } = &mut *self.entries;
        let slot = Slot { name: channel.into(), entry };
        let again = |slot: &Slot<T>| hasher.hash_one(slot.name.bytes());
        slots.insert_unique(hasher.hash_one(channel.as_bytes()), slot, again);
    }

    pub(super) fn remove(&mut self, channel: &str) -> Option<T> {
        let hash = self.entries.hash(channel);
        let slot = self.entries.slots.find_entry(hash, |slot| slot.name.is(channel));
        slot.ok().map(|slot| slot.remove().0.entry)
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> impl Sized + use<T> {
        std::mem::take(&mut self.entries.slots)
    }
}

impl<T> Drop for Change<'_, T> {
    fn drop(&mut self) {
        let any = u64::from(self.entries.len() > 0);
        let version = self.version.load(Ordering::Relaxed);
        self.version.store((version & !1).wrapping_add(2) | any, Ordering::Release);
    }
}

impl Name {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }

    fn is(&self, channel: &str) -> bool {
        self.bytes() == channel.as_bytes()
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_are_found_and_told_apart() {
        let names: Vec<String> =
            (0..60).map(|length| "ü".repeat(length / 2) + &"x".repeat(length)).collect();
        let table = Table::default();
        for (place, name) in names.iter().enumerate() {
            table.change().insert(name, place);
        }
        for (place, name) in names.iter().enumerate() {
            assert_eq!(table.get(name), Some(place), "{name}");
            assert_eq!(table.get(&format!("{name}\0")), None, "{name}");
        }
    }

    #[test]
    fn an_entry_of_listeners_or_a_handler_is_one_line() {
        let sizes = [
            size_of::<Slot<crate::emitter::Listeners>>(),
            size_of::<Slot<crate::emitter::Handler>>(),
        ];
        assert_eq!(sizes, [64, 64]);
    }

    #[test]
    fn a_table_knows_whether_it_is_empty() {
        let table = Table::default();
        assert_eq!(table.get("x"), None);
        table.change().insert("x", 1);
        assert_eq!(table.get("x"), Some(1));
        assert_eq!(table.change().remove("x"), Some(1));
        assert!(table.is_empty());
        table.change().insert("y", 2);
        assert_eq!(table.get("y"), Some(2));
    }

    #[test]
    fn what_was_looked_for_ahead_is_what_the_table_has_when_it_is_used() {
        let table = Table::default();
        for channel in ["a", "b", "c"] {
            table.change().insert(channel, channel.to_owned());
        }
        let ahead = || table.ahead(["a", "none", "c"].into_iter(), String::len).into_iter();
        let mut unchanged = ahead();
        assert_eq!(table.get_ahead("a", unchanged.next().unwrap()).unwrap(), "a");
        assert_eq!(table.get_ahead("none", unchanged.next().unwrap()), None);
        let mut changed = ahead();
        table.change().remove("a");
        table.change().insert("none", "new".to_owned());
        *table.change().get_mut("c").unwrap() = "other".to_owned();
        assert_eq!(table.get_ahead("a", changed.next().unwrap()), None);
        assert_eq!(table.get_ahead("none", changed.next().unwrap()).unwrap(), "new");
        assert_eq!(table.get_ahead("c", changed.next().unwrap()).unwrap(), "other");
        assert_eq!(unchanged.len(), 1);
    }
}
