//! A map that forgets its oldest entries instead of growing without end.

use std::hash::Hash;
use std::ops::{Deref, DerefMut};

use indexmap::IndexMap;

/// A map of at most `MOST` entries; beyond that the one inserted first is forgotten.
#[derive(Debug)]
pub struct Bounded<K, V, const MOST: usize = 2048>(IndexMap<K, V>);

impl<K, V, const MOST: usize> Default for Bounded<K, V, MOST> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<K: Hash + Eq, V, const MOST: usize> Bounded<K, V, MOST> {
    /// Puts an entry in, in place of one with the same key.
    pub fn insert(&mut self, key: K, value: V) {
        self.0.insert(key, value);
        if self.0.len() > MOST {
            self.0.shift_remove_index(0);
        }
    }
}

impl<K, V, const MOST: usize> Deref for Bounded<K, V, MOST> {
    type Target = IndexMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K, V, const MOST: usize> DerefMut for Bounded<K, V, MOST> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut map = Bounded::<_, _, 2>::default();
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        map.insert("c", 4);
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (None, Some(&2), Some(&4)));
    }

    #[test]
    fn a_removed_entry_leaves_room() {
        let mut map = Bounded::<_, _, 2>::default();
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.shift_remove("a"), Some(1));
        map.insert("c", 3);
        assert_eq!((map.get("b"), map.get("c")), (Some(&2), Some(&3)));
    }
}
