//! Which states are known: an exact set of word strings of one length, numbered in order of arrival.
//!
//! The strings lie one after the other in an arena; a table with open addressing and linear probing
//! maps a string to its number. A slot holds the number and 32 bits of the hash, so a probe that meets
//! another string seldom has to look at the arena. Nothing is ever removed.
//!
//! Cost: the string, and between 11 and 22 bytes of table for each. `find` takes `&self`, so that any
//! number of workers may ask between two changes.

use crate::base::hash::hash_words;

/// An exact, numbered set of word strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    width: usize,
    len: usize,
    arena: Vec<u64>,
    /// Invariant: a power of two long, and more than a quarter of it is empty.
    slots: Vec<u64>,
}

/// An empty slot, until the set changes.
pub(super) struct Place(usize);

/// No string has this slot: its number would be `u32::MAX`.
const EMPTY: u64 = u64::MAX;

/// Few enough for the smallest model, by taste.
const FEWEST_SLOTS: usize = 64;

impl Seen {
    /// The empty set of strings of `width` words.
    pub(super) fn new(width: usize) -> Seen {
        Seen { width, len: 0, arena: Vec::new(), slots: vec![EMPTY; FEWEST_SLOTS] }
    }

    /// How many words each string has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many strings it holds.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The string of a number.
    pub(super) fn words(&self, number: u32) -> &[u64] {
        let start = number as usize * self.width;
        &self.arena[start..start + self.width]
    }

    /// The number of a string, if it is in the set. `hash` is its `hash_words`.
    pub(super) fn find(&self, words: &[u64], hash: u64) -> Option<u32> {
        self.probe(words, hash).ok()
    }

    /// The number of a string that is in the set from now on, and whether it was not before.
    ///
    /// Invariant: the caller keeps fewer than `u32::MAX` strings.
    pub(super) fn insert(&mut self, words: &[u64], hash: u64) -> (u32, bool) {
        match self.probe(words, hash) {
            Ok(number) => (number, false),
            Err(place) => (self.append(words, hash, place), true),
        }
    }

    /// Appends a string that is not in the set, and for which `probe` has just found this place.
    pub(super) fn append(&mut self, words: &[u64], hash: u64, place: Place) -> u32 {
        let number = self.len as u32;
        self.slots[place.0] = slot(number, hash);
        self.arena.extend_from_slice(words);
        self.len += 1;
        if self.slots.len() < slot_count(self.len) {
            self.grow();
        }
        number
    }

    /// The number of a string, or the place where it would go.
    pub(super) fn probe(&self, words: &[u64], hash: u64) -> Result<u32, Place> {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let found = self.slots[place];
            if found == EMPTY {
                return Err(Place(place));
            }
            if found >> 32 == hash >> 32 && self.words(found as u32) == words {
                return Ok(found as u32);
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        self.slots = vec![EMPTY; slot_count(self.len)];
        let mask = self.slots.len() - 1;
        for number in 0..self.len as u32 {
            let hash = hash_words(self.words(number));
            let mut place = hash as usize & mask;
            while self.slots[place] != EMPTY {
                place = (place + 1) & mask;
            }
            self.slots[place] = slot(number, hash);
        }
    }

    /// What a set of `len` strings of `width` words takes.
    pub(super) fn memory_bytes(width: usize, len: usize) -> u64 {
        8 * (len as u64 * width as u64 + slot_count(len) as u64)
    }
}

/// How long the table is for `len` strings.
fn slot_count(len: usize) -> usize {
    (len + len / 3 + 1).next_power_of_two().max(FEWEST_SLOTS)
}

fn slot(number: u32, hash: u64) -> u64 {
    (hash >> 32 << 32) | u64::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inserts one string after the other and expects these numbers.
    fn check(width: usize, strings: &[&[u64]], expected: &[u32]) {
        let mut seen = Seen::new(width);
        let insert = |words: &&[u64]| seen.insert(words, hash_words(words)).0;
        assert_eq!(strings.iter().map(insert).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn strings_are_numbered_in_order_of_arrival() {
        check(2, &[&[1, 2], &[2, 1], &[1, 2], &[0, 0]], &[0, 1, 0, 2]);
    }

    #[test]
    fn a_state_without_variables_is_one_state() {
        check(0, &[&[], &[]], &[0, 0]);
    }

    #[test]
    fn equal_hashes_do_not_make_equal_strings() {
        let mut seen = Seen::new(1);
        for word in 0..1000 {
            assert_eq!(seen.insert(&[word], 7), (word as u32, true));
            assert_eq!(seen.find(&[word + 1], 7), None);
            if word > 40 {
                break;
            }
        }
    }

    #[test]
    fn growing_loses_nothing() {
        let mut seen = Seen::new(1);
        for word in 0..10_000 {
            assert_eq!(seen.insert(&[word * 3], hash_words(&[word * 3])), (word as u32, true));
        }
        for word in 0..10_000 {
            assert_eq!(seen.find(&[word * 3], hash_words(&[word * 3])), Some(word as u32));
            assert_eq!(seen.find(&[word * 3 + 1], hash_words(&[word * 3 + 1])), None);
        }
    }
}
