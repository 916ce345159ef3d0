//! Which states are known: an exact set of word strings of one length, numbered in order of arrival.
//!
//! The strings lie in an arena, and a table finds them, in one of two ways. Strings of one word can be
//! its words themselves, mixed up by a function that can be undone: then one look at the table tells, for
//! certain, whether a string is known. But it does not tell its number. If numbers are asked for, or
//! strings are longer, a word of the table holds half of the hash and the number, and whatever has the
//! same half is compared in the arena. Nothing is ever removed.

use super::arena::{self, Arena, Strings};
use super::fingerprint::fingerprint;
use super::table::{EMPTY, Slots, Stretch, Table};
use super::team::Team;

/// An exact, numbered set of word strings.
#[derive(Clone)]
pub(super) struct Seen {
    arena: Arena,
    table: Table,
    keys: Keys,
    /// In a compact set, all fingerprints; the arena has the last strings only.
    prints: Option<Arena>,
    /// How many strings were forgotten, the first ones.
    forgotten: usize,
    /// Room to work in.
    perhaps_new: Vec<u32>,
}

/// What the words of the table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// The strings, mixed; but for the one that looks like an empty slot, of which it is said here
    /// whether it is known.
    Whole { with_greatest: bool },
    /// The upper half of the hash, then the number.
    Numbered,
}

/// Where the number is in a word of a numbered table.
const NUMBER: u64 = u32::MAX as u64;

impl Seen {
    /// The empty set of strings of `width` words, in which each has a number to be found.
    pub(super) fn numbered(width: usize) -> Seen {
        let arena = Arena::new(width, u32::MAX as usize);
        let table = Table::new(!NUMBER);
        Seen {
            arena,
            table,
            keys: Keys::Numbered,
            prints: None,
            forgotten: 0,
            perhaps_new: Vec::new(),
        }
    }

    /// The same, but strings of several words are told apart by fingerprints, and may be forgotten.
    pub(super) fn compact(width: usize) -> Seen {
        let prints = (width > 1).then(|| Arena::new(1, u32::MAX as usize));
        Seen { prints, ..Seen::numbered(width) }
    }

    /// The same, but it may be that numbers are not found.
    pub(super) fn unnumbered(width: usize) -> Seen {
        let mut seen = Seen::numbered(width);
        if width == 1 {
            seen.table = Table::new(u64::MAX);
            seen.keys = Keys::Whole { with_greatest: false };
        }
        seen
    }

    /// How many words each string has.
    pub(super) fn width(&self) -> usize {
        self.arena.width()
    }

    /// How many strings it holds.
    pub(super) fn len(&self) -> usize {
        self.forgotten + self.arena.len()
    }

    /// Whether strings are told apart by fingerprints.
    pub(super) fn is_compact(&self) -> bool {
        self.prints.is_some()
    }

    /// In a compact set, forgets the words of all strings before this one.
    pub(super) fn forget_before(&mut self, number: u32) {
        if self.is_compact() {
            self.arena.forget(number as usize - self.forgotten);
            self.forgotten = number as usize;
        }
    }

    /// Whether numbers can be found.
    pub(super) fn is_numbered(&self) -> bool {
        self.keys == Keys::Numbered
    }

    /// Lets numbers be found from now on.
    pub(super) fn number(&mut self) {
        if self.is_numbered() {
            return;
        }
        self.keys = Keys::Numbered;
        self.table = Table::new(!NUMBER);
        self.table.reserve(self.len());
        for number in 0..self.len() {
            let words = self.arena.view().words(number).next();
            let hash = words.map_or(0, mix);
            self.table.place(numbered(hash, number as u32));
        }
    }

    /// How to look strings up.
    #[inline]
    pub(super) fn view(&self) -> View<'_> {
        let prints = self.prints.as_ref().map(Arena::view);
        View { strings: self.arena.view(), slots: self.table.view(), keys: self.keys, prints }
    }

    /// The words of a string that is not forgotten.
    #[inline]
    pub(super) fn words(&self, number: u32) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.arena.view().words(number as usize - self.forgotten)
    }

    /// Puts the words of a string into a list, and nothing else.
    #[inline]
    pub(super) fn read(&self, number: u32, words: &mut Vec<u64>) {
        words.resize(self.width(), 0);
        let (strings, number) = (self.arena.view(), number as usize - self.forgotten);
        match &mut words[..] {
            [word] => *word = strings.only(number),
            words => words.iter_mut().zip(strings.words(number)).for_each(|(to, it)| *to = it),
        }
    }

    /// The number of a string, if it is in the set. Where numbers cannot be found, all strings are looked
    /// at.
    pub(super) fn find(&self, words: &[u64]) -> Option<u32> {
        let view = self.view();
        let hash = view.hash(words);
        let found = view.find(hash, words)?;
        let is_it = |&number: &u32| view.is(number, hash, words);
        match self.keys {
            Keys::Numbered => Some(found),
            Keys::Whole { .. } => (0..self.len() as u32).find(is_it),
        }
    }

    /// Whether a string is in the set.
    pub(super) fn contains(&self, words: &[u64]) -> bool {
        let view = self.view();
        view.find(view.hash(words), words).is_some()
    }

    /// Adds a string that is not in the set, and returns its number.
    ///
    /// Invariant: the caller keeps fewer than `u32::MAX` strings.
    #[inline]
    pub(super) fn append(&mut self, hash: u64, words: &[u64]) -> u32 {
        let number = self.len() as u32;
        self.arena.push(words);
        if let Some(prints) = &mut self.prints {
            prints.push(&[hash]);
        }
        self.table.reserve(self.len());
        self.let_in(hash, number);
        number
    }

    /// Adds those of some strings that are not in the set, where numbers cannot be found, given their hashes
    /// and their words one after the other.
    pub(super) fn admit(&mut self, hashes: &[u64], words: &[u64]) {
        let width = self.width();
        let mut perhaps_new = std::mem::take(&mut self.perhaps_new);
        let slots = self.table.view();
        sift(hashes.iter().copied(), |hash| slots.is_at_home(hash), &mut perhaps_new);
        for &at in &perhaps_new {
            let hash = hashes[at as usize];
            if !self.view().has(hash) {
                self.append(hash, &words[at as usize * width..][..width]);
            }
        }
        self.perhaps_new = perhaps_new;
    }

    /// Makes room for so many further strings, for one writer behind the other. They are to be written,
    /// and let in by their doors.
    pub(super) fn writers(&mut self, counts: &[usize], last_bits: u64) -> Vec<Writer<'_>> {
        let strings = self.arena.writers(counts, last_bits).into_iter();
        let prints = self.prints.as_mut().map(|prints| prints.writers(counts, u64::MAX));
        let mut prints = prints.into_iter().flatten();
        strings.map(|strings| Writer { strings, prints: prints.next() }).collect()
    }

    /// The doors to the table, by which of so many ranges a hash is in, with room for further strings.
    pub(super) fn doors(&mut self, count: usize, further: usize, team: &Team) -> Vec<Door<'_>> {
        let len = self.len();
        let Seen { table, keys, .. } = self;
        table.reserve_together(len + further, team);
        let is_numbered = *keys == Keys::Numbered;
        let stretches = table.stretches(count).into_iter();
        stretches.map(|stretch| Door { stretch, is_numbered }).collect()
    }

    /// Lets a string be found.
    #[inline]
    pub(super) fn let_in(&mut self, hash: u64, number: u32) {
        match &mut self.keys {
            Keys::Numbered => self.table.place(numbered(hash, number)),
            Keys::Whole { with_greatest } if hash == EMPTY => *with_greatest = true,
            Keys::Whole { .. } => self.table.place(hash),
        }
    }

    /// What a set of `len` strings takes, if none ends in a greater word than this, or is in the set.
    pub(super) fn memory_bytes(&self, len: usize, last: u64) -> u64 {
        let strings = (len - self.forgotten) * self.arena.stride_with(last);
        let prints = self.prints.as_ref().map_or(0, |_| len * size_of::<u64>());
        (strings + prints) as u64 + Table::memory_bytes(len)
    }
}

/// Writes some further strings.
pub(super) struct Writer<'a> {
    strings: arena::Writer<'a>,
    prints: Option<arena::Writer<'a>>,
}

impl Writer<'_> {
    /// How many words each string has.
    pub(super) fn width(&self) -> usize {
        self.strings.width()
    }

    /// Writes the next string.
    #[inline]
    pub(super) fn push(&mut self, hash: u64, words: &[u64]) {
        self.strings.push(words);
        if let Some(prints) = &mut self.prints {
            prints.push(&[hash]);
        }
    }
}

/// Where strings with hashes in one range are let into the table.
pub(super) struct Door<'a> {
    stretch: Stretch<'a>,
    is_numbered: bool,
}

impl Door<'_> {
    /// Asks for the place of a string.
    pub(super) fn prefetch(&self, hash: u64) {
        self.stretch.prefetch(hash);
    }

    /// Where numbers cannot be found: those of some strings, given their hashes, that may be new.
    pub(super) fn sift(&self, hashes: impl Iterator<Item = u64>, others: &mut Vec<u32>) {
        sift(hashes, |hash| self.stretch.is_at_home(hash), others);
    }

    /// Where numbers cannot be found: lets a string be found, and says whether it was not before; or nothing
    /// of that, if it takes more than this stretch of the table.
    #[inline]
    pub(super) fn admit(&mut self, hash: u64) -> Option<bool> {
        self.stretch.admit(hash)
    }

    /// Lets a string be found, unless that takes more than this stretch of the table.
    pub(super) fn let_in(&mut self, hash: u64, number: u32) -> bool {
        self.stretch.place(if self.is_numbered { numbered(hash, number) } else { hash })
    }
}

/// A set to look strings up in.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    strings: Strings<'a>,
    slots: Slots<'a>,
    keys: Keys,
    prints: Option<Strings<'a>>,
}

impl View<'_> {
    /// How many words each string has.
    pub(super) fn width(self) -> usize {
        self.strings.width()
    }

    /// Whether numbers can be found.
    pub(super) fn is_numbered(self) -> bool {
        self.keys == Keys::Numbered
    }

    /// What strings are found by.
    #[inline(always)]
    pub(super) fn hash(self, words: &[u64]) -> u64 {
        // Strings of one word have no fingerprints.
        if words.len() > 1 && self.prints.is_some() { fingerprint(words) } else { hash(words) }
    }

    /// Whether a string is the one of this number, or has its fingerprint if that is how they are told
    /// apart.
    #[inline]
    pub(super) fn is(self, number: u32, hash: u64, words: &[u64]) -> bool {
        match self.prints {
            Some(prints) => prints.is(number as usize, &[hash]),
            None => self.strings.is(number as usize, words),
        }
    }

    /// The fingerprint of a string, in a compact set.
    pub(super) fn print(self, number: u32) -> Option<u64> {
        self.prints?.words(number as usize).next()
    }

    /// Asks for the place where a string would be found.
    #[inline]
    pub(super) fn prefetch(self, hash: u64) {
        self.slots.prefetch(hash);
    }

    /// Whether a string of one word is in the set.
    #[inline]
    pub(super) fn has(self, hash: u64) -> bool {
        match self.keys {
            Keys::Whole { with_greatest: false } => self.slots.first(hash) == hash && hash != EMPTY,
            _ => self.slots.first(hash) == hash,
        }
    }

    /// The number of a string if it is in the set, or any number where numbers cannot be found.
    #[inline]
    pub(super) fn find(self, hash: u64, words: &[u64]) -> Option<u32> {
        match self.keys {
            Keys::Numbered => self.number(hash, words),
            Keys::Whole { .. } => self.has(hash).then_some(0),
        }
    }

    /// The first number that a string may have, going by half of its hash; asks for the string of that
    /// number.
    #[inline]
    pub(super) fn guess(self, hash: u64) -> Option<u32> {
        let found = self.slots.first(hash & !NUMBER);
        let is_alike = found & !NUMBER == hash & !NUMBER && found != EMPTY;
        is_alike.then(|| {
            self.prints.unwrap_or(self.strings).prefetch((found & NUMBER) as usize);
            (found & NUMBER) as u32
        })
    }

    /// The number of a string, if it is in the set.
    #[inline]
    pub(super) fn number(self, hash: u64, words: &[u64]) -> Option<u32> {
        let alike = self.slots.from(hash & !NUMBER);
        let alike = alike.take_while(|&found| found & !NUMBER == hash & !NUMBER);
        alike.map(|found| (found & NUMBER) as u32).find(|&number| self.is(number, hash, words))
    }
}

/// Which of some strings are not, as most known ones are, where they would be if nothing had been pushed on;
/// the places are asked for where else they might be, or be put.
#[inline]
fn sift(
    hashes: impl Iterator<Item = u64>,
    is_at_home: impl Fn(u64) -> bool,
    others: &mut Vec<u32>,
) {
    others.clear();
    for (at, hash) in hashes.enumerate() {
        if !is_at_home(hash) || hash == EMPTY {
            others.push(at as u32);
        }
    }
}

/// The hash of a string. Different strings of one word have different ones.
#[inline]
pub(super) fn hash(words: &[u64]) -> u64 {
    match words {
        [word] => mix(*word),
        [left, right] => mix(fold(*left ^ FACTORS[0], *right)),
        _ => hash_many(words),
    }
}

/// Multiply and fold, as in wyhash (Wang Yi, 2019), but the products do not wait for each other.
fn hash_many(words: &[u64]) -> u64 {
    let mut hash = 0;
    let mut salt = FACTORS[0];
    for pair in words.chunks(2) {
        let [left, right] = [pair[0], pair.get(1).copied().unwrap_or(0)];
        hash = (hash ^ fold(left ^ salt, right)).rotate_left(23);
        salt = salt.wrapping_add(FACTORS[1]);
    }
    mix(hash)
}

/// The exclusive or of the two halves of a full product, of two words that are seldom zero.
#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right ^ FACTORS[1]);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The word of a numbered table for a string.
fn numbered(hash: u64, number: u32) -> u64 {
    hash & !NUMBER | u64::from(number)
}

/// The odd factors by which a word is mixed. Any would do that spread bits well.
const FACTORS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// A word of which every bit, and its uppermost ones most of all, depend on all bits of this one.
/// Multiplying by odd numbers, and folding the upper half onto the lower one, can be undone: different
/// words stay different.
#[inline]
pub(super) fn mix(word: u64) -> u64 {
    let word = word.wrapping_mul(FACTORS[0]);
    (word ^ word >> 32).wrapping_mul(FACTORS[1])
}

/// Sets are equal if the same strings arrived in the same order.
impl PartialEq for Seen {
    fn eq(&self, other: &Seen) -> bool {
        (&self.arena, &self.prints, self.forgotten)
            == (&other.arena, &other.prints, other.forgotten)
    }
}

impl Eq for Seen {}

impl std::fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let strings = (0..self.arena.len()).map(|number| self.arena.view().words(number));
        let strings = strings.map(|words| words.collect::<Vec<_>>());
        formatter.debug_list().entries(strings).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds strings that are not known, and expects each to be known from then on by its number.
    fn check(mut seen: Seen, strings: &[Vec<u64>]) -> Seen {
        let mut known: Vec<&Vec<u64>> = Vec::new();
        for words in strings {
            let number = known.iter().position(|other| *other == words);
            assert_eq!(seen.contains(words), number.is_some());
            assert_eq!(seen.find(words), number.map(|number| number as u32));
            if number.is_none() {
                assert_eq!(seen.append(hash(words), words) as usize, known.len());
                known.push(words);
            }
        }
        for (number, words) in known.iter().enumerate() {
            assert_eq!(seen.find(words), Some(number as u32));
            assert!(seen.words(number as u32).eq(words.iter().copied()));
        }
        assert_eq!(seen.len(), known.len());
        seen
    }

    /// Some strings of a length, one of each kind twice.
    fn strings(width: usize) -> Vec<Vec<u64>> {
        let string = |at: u64| {
            let word = |place: usize| at.pow(1 + place as u32 % 4) << (17 * place % 64);
            (0..width).map(word).collect()
        };
        (0..600).chain([3, 599, 7]).map(string).collect()
    }

    #[test]
    fn strings_are_numbered_in_order_of_arrival() {
        for width in [0, 1, 2, 3, 5, 9] {
            check(Seen::numbered(width), &strings(width));
            check(Seen::unnumbered(width), &strings(width));
        }
    }

    #[test]
    fn the_string_that_looks_like_an_empty_slot_is_one_like_others() {
        let greatest = unmix(EMPTY);
        assert_eq!(hash(&[greatest]), EMPTY);
        let strings = [vec![greatest], vec![0], vec![greatest], vec![u64::MAX], vec![0]];
        for seen in [Seen::unnumbered(1), Seen::numbered(1)] {
            check(seen, &strings);
            check(Seen::unnumbered(1), &strings[1..2]).number();
        }
    }

    /// The word that was mixed. Each round of Newton's iteration doubles the bits that are right.
    fn unmix(mixed: u64) -> u64 {
        let inverse = |odd: u64| {
            (0..5).fold(odd, |inverse, _| {
                inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)))
            })
        };
        let word = mixed.wrapping_mul(inverse(FACTORS[1]));
        (word ^ word >> 32).wrapping_mul(inverse(FACTORS[0]))
    }

    #[test]
    fn mixing_can_be_undone() {
        for word in [0, 1, 2, 0xffff, 1 << 40, u64::MAX - 1, u64::MAX] {
            assert_eq!(unmix(mix(word)), word);
        }
    }

    #[test]
    fn numbers_can_be_asked_for_later() {
        let mut seen = check(Seen::unnumbered(1), &strings(1));
        assert!(!seen.is_numbered());
        seen.number();
        assert!(seen.is_numbered());
        assert!(seen == check(Seen::numbered(1), &strings(1)));
        for number in 0..seen.len() as u32 {
            let words: Vec<u64> = seen.words(number).collect();
            assert_eq!(seen.find(&words), Some(number));
            assert_eq!(seen.view().guess(hash(&words)), Some(number));
        }
        assert_eq!(seen.find(&[u64::MAX]), None);
    }

    #[test]
    fn equal_hashes_do_not_make_equal_strings() {
        let mut seen = Seen::numbered(2);
        for word in 0..1000 {
            assert_eq!(seen.view().number(7, &[word, 1]), None);
            assert_eq!(seen.append(7, &[word, 1]), word as u32);
            assert_eq!(seen.view().number(7, &[word, 1]), Some(word as u32));
            assert_eq!(seen.view().number(7, &[1, word]).is_some(), word == 1);
        }
    }

    #[test]
    fn neighbouring_strings_spread_over_the_table() {
        let spreads = |string: &dyn Fn(u64) -> Vec<u64>| {
            let homes = (0..4096).map(|at| hash(&string(at)) >> 52);
            let distinct = homes.collect::<std::collections::BTreeSet<_>>().len();
            assert!(distinct > 2300, "only {distinct} of 4096 homes hit");
        };
        spreads(&|at| vec![at]);
        spreads(&|at| vec![at << 52]);
        spreads(&|at| vec![at << 20, 0]);
        spreads(&|at| vec![5, at]);
        spreads(&|at| vec![at & 63, at >> 6]);
        spreads(&|at| vec![0, at >> 6, at & 63]);
        spreads(&|at| vec![0, 0, 0, 0, at]);
    }
}
