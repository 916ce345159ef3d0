//! A table of words with open addressing that is sorted all along.
//!
//! Ordered hash tables (Amble and Knuth, 1974), with linear probing: slots are taken together by cache
//! lines; the home of a word is the line that its key scaled to the length of the table tells, and words
//! lie in ascending order, each as near behind the beginning of its home as that allows. So a search ends
//! at the first word that is not smaller, found or not, and most often in the line in which it began; any
//! length will do; where a word lies depends on what the table holds, not on when it came; and one sweep
//! from the end makes the table longer where it lies, without hashing anything again. Words are only
//! added.
//!
//! Cost: between 10 and 12 bytes a word; up to 20 while there are few.

use super::pages::Pages;
use super::prefetch::prefetch;
use super::team::Team;

/// A set of words, which are found by their keys.
#[derive(Clone)]
pub(super) struct Table {
    /// Invariant: ascending but for empty slots, none of which lies between a word and its home; the
    /// last line has one. Lines behind the last home are there for words that are pushed on.
    lines: Pages<Line>,
    home_count: usize,
    /// The key of a word is the word but for the bits that are not set here.
    key_bits: u64,
}

/// The slots of a cache line.
type Line = [u64; SLOTS];

const SLOTS: usize = 8;

/// A slot that holds no word; greater than every word.
pub(super) const EMPTY: u64 = u64::MAX;

const EMPTY_LINE: Line = [EMPTY; SLOTS];

/// Few enough for the smallest model, by taste.
const FEWEST_HOMES: usize = 8;

/// From here on, memory is worth more than time: 16 MB. By taste.
const MANY_HOMES: usize = 1 << 18;

/// Lines behind the last home, as many again whenever they do not suffice. By taste.
const LINES_BEHIND: usize = 8;

/// So many lines one worker fills at once: a huge page. By taste.
const FILLED_AT_ONCE: usize = (2 << 20) / size_of::<Line>();

/// So many lines are looked at together when the table grows: they fit into a fast cache.
const SWEPT_AT_ONCE: usize = 1 << 10;

impl Table {
    /// The empty table of words whose keys are these bits of them.
    pub(super) fn new(key_bits: u64) -> Table {
        // Many more than are ever pushed on behind the last home.
        let most = line_count(home_count(u32::MAX as usize)) + (1 << 20);
        let mut lines = Pages::new(most);
        lines.resize(line_count(FEWEST_HOMES), EMPTY_LINE);
        Table { lines, home_count: FEWEST_HOMES, key_bits }
    }

    /// The table, to look things up in.
    #[inline]
    pub(super) fn view(&self) -> Slots<'_> {
        Slots { lines: &self.lines, home_count: self.home_count }
    }

    /// Makes room for so many words in all.
    #[inline]
    pub(super) fn reserve(&mut self, len: usize) {
        if room(self.home_count) < len {
            self.grow(home_count(len), |lines| lines.fill(EMPTY_LINE));
        }
    }

    /// The same, but workers share the work.
    pub(super) fn reserve_together(&mut self, len: usize, team: &Team) {
        if room(self.home_count) < len {
            self.grow(home_count(len), |lines| {
                team.share(lines.chunks_mut(FILLED_AT_ONCE), |lines| lines.fill(EMPTY_LINE));
            });
        }
    }

    /// Adds a word that is not in the table, which has room for it.
    #[inline]
    pub(super) fn place(&mut self, word: u64) {
        let home = home(word & self.key_bits, self.home_count);
        if !push_into(&mut self.lines[home], word) {
            self.place_behind(home, word);
        }
    }

    /// Puts a word where it belongs, behind its home, which is full.
    fn place_behind(&mut self, home: usize, word: u64) {
        let has_room = place_behind(&mut self.lines[home..], word);
        assert!(has_room, "the last line is not full");
        if self.lines.last().is_none_or(is_full) {
            self.lines.resize(self.lines.len() + LINES_BEHIND, EMPTY_LINE);
        }
    }

    /// The table in so many stretches: one behind the other, for keys in equal ranges.
    pub(super) fn stretches(&mut self, count: usize) -> Vec<Stretch<'_>> {
        let (home_count, key_bits) = (self.home_count, self.key_bits);
        let end = |range: usize| {
            let first_key = ((range as u128 + 1) << 64) / count as u128;
            ((first_key * home_count as u128) >> 64) as usize
        };
        // Who has a stretch cannot make it longer, and the last line must not be filled.
        let last = self.lines.len() - 1;
        let mut lines = &mut self.lines[..last];
        let mut first = 0;
        let stretch = |range: usize| {
            let end = if range + 1 == count { last } else { end(range) };
            let own = lines.split_off_mut(..end - first).expect("ranges are in order");
            let stretch = Stretch { lines: own, first, home_count, key_bits };
            first = end;
            stretch
        };
        (0..count).map(stretch).collect()
    }

    /// Makes the table longer; what its new lines are is said by filling them.
    #[cold]
    fn grow(&mut self, home_count: usize, fill: impl FnOnce(&mut [Line])) {
        let old = self.lines.len();
        self.lines.grow(old + home_count - self.home_count);
        fill(&mut self.lines[old..]);
        self.home_count = home_count;
        let mut swept = Vec::with_capacity(SWEPT_AT_ONCE * SLOTS);
        for part in (0..old.div_ceil(SWEPT_AT_ONCE)).rev() {
            let part = part * SWEPT_AT_ONCE..old.min((part + 1) * SWEPT_AT_ONCE);
            let lines = &mut self.lines[part];
            swept.extend(lines.as_flattened().iter().filter(|&&word| word != EMPTY));
            lines.fill(EMPTY_LINE);
            self.spread(&swept);
            swept.clear();
        }
    }

    /// Puts ascending words where they belong, if none in the table is smaller.
    fn spread(&mut self, words: &[u64]) {
        let mut behind_last = 0;
        for &word in words {
            let slot = behind_last.max(SLOTS * home(word & self.key_bits, self.home_count));
            match self.lines.as_flattened_mut().get_mut(slot) {
                // Between its home and this slot lie only the words before it.
                Some(empty) if *empty == EMPTY => *empty = word,
                _ => self.place(word),
            }
            behind_last = slot + 1;
        }
    }

    /// What a table of `len` words takes.
    pub(super) fn memory_bytes(len: usize) -> u64 {
        (size_of::<Line>() * line_count(home_count(len))) as u64
    }
}

/// A table to look things up in.
#[derive(Clone, Copy)]
pub(super) struct Slots<'a> {
    lines: &'a [Line],
    home_count: usize,
}

impl<'a> Slots<'a> {
    /// Asks for the line in which a key would be found.
    #[inline]
    pub(super) fn prefetch(self, key: u64) {
        prefetch(self.lines, home(key, self.home_count));
    }

    /// Whether a word that is its own key lies in its home; asks for the next line if it may lie there.
    #[inline]
    pub(super) fn is_at_home(self, word: u64) -> bool {
        is_at(self.lines, home(word, self.home_count), word)
    }

    /// The words that are not smaller than a key, as far as the next empty slot.
    #[inline]
    pub(super) fn from(self, key: u64) -> impl Iterator<Item = u64> + 'a {
        let (line, slot) = self.seek(key);
        let words = self.lines[line..].as_flattened()[slot..].iter().copied();
        words.take_while(|&word| word != EMPTY)
    }

    /// The first word that is not smaller than a key, or [`EMPTY`].
    #[inline]
    pub(super) fn first(self, key: u64) -> u64 {
        let (line, slot) = self.seek(key);
        self.lines[line][slot]
    }

    #[inline]
    fn seek(self, key: u64) -> (usize, usize) {
        let mut line = home(key, self.home_count);
        // Seldom: most lines have an empty slot.
        while self.lines[line][SLOTS - 1] < key {
            line += 1;
        }
        (line, seek_in(&self.lines[line], key))
    }
}

/// A stretch of a table, to add words to.
pub(super) struct Stretch<'a> {
    lines: &'a mut [Line],
    /// How many lines come before.
    first: usize,
    home_count: usize,
    key_bits: u64,
}

impl Stretch<'_> {
    /// Asks for the line to which a key leads.
    #[inline]
    pub(super) fn prefetch(&self, key: u64) {
        prefetch(self.lines, home(key, self.home_count).wrapping_sub(self.first));
    }

    /// Whether a word that is its own key lies in its home, which is in this stretch; asks for the next line
    /// if it may lie there.
    #[inline]
    pub(super) fn is_at_home(&self, word: u64) -> bool {
        let home = home(word, self.home_count).wrapping_sub(self.first);
        home < self.lines.len() && is_at(self.lines, home, word)
    }

    /// Adds a word that is its own key, and says whether it was not in the table; or nothing of that, if
    /// other stretches may have it, or if it takes lines of theirs.
    #[inline]
    pub(super) fn admit(&mut self, word: u64) -> Option<bool> {
        let home = home(word, self.home_count).wrapping_sub(self.first);
        let mut lines = self.lines.get(home..)?.iter();
        let line = lines.find(|line| line[SLOTS - 1] >= word)?;
        if line[seek_in(line, word)] == word && word != EMPTY {
            return Some(false);
        }
        self.place(word).then_some(true)
    }

    /// Adds a word that is not in the table, unless that takes lines of other stretches.
    #[inline]
    pub(super) fn place(&mut self, word: u64) -> bool {
        let home = home(word & self.key_bits, self.home_count).wrapping_sub(self.first);
        let Some(line) = self.lines.get_mut(home).filter(|_| word != EMPTY) else { return false };
        push_into(line, word) || place_behind(&mut self.lines[home..], word)
    }
}

/// The line in which a key would lie if the table were empty.
#[inline]
fn home(key: u64, home_count: usize) -> usize {
    ((u128::from(key) * home_count as u128) >> 64) as usize
}

/// The first slot whose word is not smaller; the last one's is not. By halves, so that nothing has to be
/// predicted.
#[inline]
fn seek_in(line: &Line, word: u64) -> usize {
    let mut slot = 4 * usize::from(line[3] < word);
    slot += 2 * usize::from(line[slot + 1] < word);
    slot + usize::from(line[slot] < word)
}

/// Whether a word lies in a line; asks for the next one if it may lie there.
#[inline]
fn is_at(lines: &[Line], at: usize, word: u64) -> bool {
    let line = &lines[at];
    prefetch(lines, at + usize::from(is_full(line)));
    line[seek_in(line, word)] == word
}

fn is_full(line: &Line) -> bool {
    line[SLOTS - 1] != EMPTY
}

/// Puts a word where it belongs in a line, unless that is full.
#[inline]
fn push_into(line: &mut Line, word: u64) -> bool {
    let has_room = !is_full(line);
    if has_room {
        push_through(line, word);
    }
    has_room
}

/// Puts a word where it belongs in a line, and takes the last one out of it. Nothing has to be predicted.
#[inline]
fn push_through(line: &mut Line, word: u64) -> u64 {
    let last = line[SLOTS - 1].max(word);
    for slot in (1..SLOTS).rev() {
        line[slot] = line[slot].min(word).max(line[slot - 1]);
    }
    line[0] = line[0].min(word);
    last
}

/// Puts a word where it belongs in these lines, and pushes those behind it on; unless there is no room.
fn place_behind(lines: &mut [Line], word: u64) -> bool {
    let Some(gap) = lines.iter().position(|line| !is_full(line)) else { return false };
    // Up to there all lines are full: each takes one from the line before it, and gives one on.
    lines[..=gap].iter_mut().fold(word, |word, line| push_through(line, word));
    true
}

/// How many words a table of so many homes has room for. More, and searching would take longer; fewer,
/// and there would be less room for states. By trying some.
fn room(home_count: usize) -> usize {
    home_count * SLOTS * 13 / 16
}

/// How many homes a table of so many words has. It grows twofold while it is small, which takes little time;
/// then by a fifth, which wastes little memory.
fn home_count(len: usize) -> usize {
    let mut home_count = FEWEST_HOMES;
    while room(home_count) < len {
        home_count += if home_count < MANY_HOMES { home_count } else { home_count / 5 };
    }
    home_count
}

fn line_count(home_count: usize) -> usize {
    home_count + LINES_BEHIND
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Inserts words in this order, and expects to find them and no others; the key of a word is its
    /// upper half.
    fn check(words: &[u64]) -> Table {
        let mut table = Table::new(!0 << 32);
        let mut known = BTreeSet::new();
        for &word in words {
            assert_eq!(table.view().from(word).next() == Some(word), known.contains(&word));
            if known.insert(word) {
                table.reserve(known.len());
                table.place(word);
            }
        }
        assert!(!is_full(table.lines.last().expect("a line")));
        for &word in &known {
            let key = word >> 32 << 32;
            let alike = table.view().from(key).take_while(|found| found >> 32 == word >> 32);
            assert!(alike.eq(known.range(key..=key | 0xffff_ffff).copied()));
            assert_eq!(Some(table.view().first(key)), known.range(key..).next().copied());
            assert_ne!(table.view().first(word + 1), word);
        }
        table
    }

    /// Words in no order, the same each time (splitmix64, by Steele, Lea and Flood, 2014).
    fn scattered(count: u64) -> Vec<u64> {
        let mix =
            |word: u64, shift: u32, factor: u64| (word ^ (word >> shift)).wrapping_mul(factor);
        let word = |at: u64| {
            let word = mix(at.wrapping_mul(0x9e37_79b9_7f4a_7c15), 30, 0xbf58_476d_1ce4_e5b9);
            mix(word, 27, 0x94d0_49bb_1331_11eb)
        };
        (1..=count).map(word).collect()
    }

    #[test]
    fn what_was_put_in_is_found() {
        check(&scattered(20_000));
    }

    #[test]
    fn words_with_one_key_lie_side_by_side() {
        check(
            &scattered(2000)
                .into_iter()
                .map(|word| word & 0xf000_00ff_ffff_ffff)
                .collect::<Vec<_>>(),
        );
        check(&(0..1000).map(|number| 5 << 40 | number).collect::<Vec<_>>());
        check(&(0..1000).rev().map(|number| 5 << 40 | number).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_home_has_room_for_many() {
        check(&(1..2000).map(|number| EMPTY - number).collect::<Vec<_>>());
        check(&(1..2000).rev().map(|number| EMPTY - (number << 32)).collect::<Vec<_>>());
    }

    #[test]
    fn where_words_lie_does_not_depend_on_when_they_came() {
        let mut words = scattered(10_000);
        let one = check(&words);
        words.reverse();
        let other = check(&words);
        let mut at_once = Table::new(!0 << 32);
        at_once.reserve(words.len());
        words.iter().for_each(|&word| at_once.place(word));
        let homes = |table: &Table| (0..table.home_count).map(|line| table.lines[line]).collect();
        let lines: [Vec<Line>; 3] = [&one, &other, &at_once].map(homes);
        assert!(lines[0] == lines[1] && lines[0] == lines[2]);
    }

    #[test]
    fn a_table_is_as_full_as_it_is_said_to_be() {
        for len in [0, 1, 56, 57, 1000, 1_000_000, 30_000_000] {
            let homes = home_count(len);
            assert!(room(homes) >= len);
            let fewer = if homes <= MANY_HOMES { homes / 2 } else { homes * 5 / 6 };
            assert!(homes == FEWEST_HOMES || room(fewer) <= len);
        }
        let mut table = Table::new(!0 << 32);
        table.reserve(5000);
        assert_eq!((size_of::<Line>() * table.lines.len()) as u64, Table::memory_bytes(5000));
    }
}
