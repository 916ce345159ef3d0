//! Things with numbers, in the order in which they came: found by their hash, told apart by comparing.
//!
//! The hash is one that is equal in every run, and nothing is ever listed in its order.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// Different things, each with the number of things before it.
pub(super) struct Numbered<T> {
    items: Vec<T>,
    /// By hash: the numbers of the things that have it.
    numbers: BTreeMap<u64, Vec<u32>>,
}

impl<T: Eq + Hash> Numbered<T> {
    pub(super) fn new() -> Numbered<T> {
        Numbered { items: Vec::new(), numbers: BTreeMap::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// The number of a thing, if it has one.
    pub(super) fn number(&self, item: &T) -> Option<usize> {
        let candidates = self.numbers.get(&hash(item))?.iter().map(|&number| number as usize);
        candidates.into_iter().find(|&number| self.items[number] == *item)
    }

    /// Gives the next number to a thing that has none.
    ///
    /// # Panics
    /// If there are 2^32 of them.
    pub(super) fn push(&mut self, item: T) -> usize {
        let number = self.items.len();
        let stored = u32::try_from(number).expect("fewer than 2^32 of a kind");
        self.numbers.entry(hash(&item)).or_default().push(stored);
        self.items.push(item);
        number
    }
}

fn hash(item: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_push_returned() {
        let mut letters = Numbered::new();
        let numbers = ["a", "b"].map(|letter| letters.push(letter));
        assert_eq!(numbers, [0, 1]);
        assert_eq!(["a", "b", "c"].map(|letter| letters.number(&letter)), [Some(0), Some(1), None]);
        assert_eq!((letters.len(), letters.items()[1]), (2, "b"));
    }
}
