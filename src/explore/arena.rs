//! Word strings of one length, one after the other, in few bytes.
//!
//! Fields of a state fill its words from the lower end of the first one, so the last word is most often
//! small. It takes only as many bytes as the greatest last word so far; when a greater one comes, all
//! strings are moved apart.

use super::pages::Pages;
use super::prefetch::prefetch;

/// The bytes of a word.
const WORD: usize = size_of::<u64>();

/// Bytes beyond those that are needed, so that it does not grow with every string. By taste.
const GROWN_AT_ONCE: usize = 1 << 12;

/// A list of word strings.
#[derive(Clone)]
pub(super) struct Arena {
    width: usize,
    len: usize,
    /// The bytes of a string.
    stride: usize,
    /// Invariant: longer than all strings by at least a word, so that words can be read whole.
    bytes: Pages<u8>,
}

impl Arena {
    /// The empty list of strings of `width` words, of which there will be at most so many.
    pub(super) fn new(width: usize, most: usize) -> Arena {
        let most = most.saturating_mul(width * WORD).saturating_add(WORD + GROWN_AT_ONCE);
        let bytes = Pages::new(most);
        Arena { width, len: 0, stride: stride(width, 0), bytes }
    }

    /// How many strings it holds.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many words each of them has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many bytes each string would take if such a last word were added.
    pub(super) fn stride_with(&self, last: u64) -> usize {
        self.stride.max(stride(self.width, last))
    }

    pub(super) fn view(&self) -> Strings<'_> {
        let tail = self.stride - self.width.saturating_sub(1) * WORD;
        let last_bits = u64::MAX.checked_shr(64 - 8 * tail as u32).unwrap_or(0);
        Strings { width: self.width, stride: self.stride, last_bits, bytes: &self.bytes }
    }

    /// Appends a string.
    #[inline]
    pub(super) fn push(&mut self, words: &[u64]) {
        let needed = self.stride_with(words.last().copied().unwrap_or(0));
        if needed > self.stride {
            self.move_apart(needed);
        }
        let at = self.len * self.stride;
        self.len += 1;
        if self.bytes.len() < at + (self.width + 1) * WORD {
            self.bytes.grow(at + (self.width + 1) * WORD + GROWN_AT_ONCE);
        }
        for (word, bytes) in words.iter().zip(self.bytes[at..].chunks_exact_mut(WORD)) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Forgets so many of the first strings; those behind them move up.
    pub(super) fn forget(&mut self, count: usize) {
        self.bytes.copy_within(count * self.stride..self.len * self.stride, 0);
        self.len -= count;
    }

    /// Makes room for so many further strings, none of whose last words has a bit that is not set here,
    /// for one writer behind the other.
    pub(super) fn writers(&mut self, counts: &[usize], last_bits: u64) -> Vec<Writer<'_>> {
        let needed = self.stride_with(last_bits);
        if needed > self.stride {
            self.move_apart(needed);
        }
        let (width, stride) = (self.width, self.stride);
        let start = self.len * stride;
        self.len += counts.iter().sum::<usize>();
        let end = self.len * stride;
        if self.bytes.len() < end + (width + 1) * WORD {
            self.bytes.grow(end + (width + 1) * WORD);
        }
        let mut bytes = &mut self.bytes[start..end];
        let writer = |&count: &usize| {
            let own = bytes.split_off_mut(..count * stride);
            Writer { width, stride, bytes: own.expect("all counts together are the rest") }
        };
        counts.iter().map(writer).collect()
    }

    /// Gives each string so many bytes.
    fn move_apart(&mut self, stride: usize) {
        self.bytes.grow(self.len * stride + (self.width + 1) * WORD);
        let old = self.stride;
        for number in (0..self.len).rev() {
            self.bytes.copy_within(number * old..(number + 1) * old, number * stride);
            self.bytes[number * stride + old..(number + 1) * stride].fill(0);
        }
        self.stride = stride;
    }
}

/// A list of strings to read in.
#[derive(Clone, Copy)]
pub(super) struct Strings<'a> {
    width: usize,
    stride: usize,
    last_bits: u64,
    bytes: &'a [u8],
}

impl<'a> Strings<'a> {
    /// How many words each string has.
    pub(super) fn width(self) -> usize {
        self.width
    }

    /// The words of a string.
    #[inline]
    pub(super) fn words(self, number: usize) -> impl ExactSizeIterator<Item = u64> + 'a {
        let bytes = &self.bytes[number * self.stride..][..self.width * WORD];
        let last = self.width.saturating_sub(1);
        bytes.chunks_exact(WORD).enumerate().map(move |(index, bytes)| {
            let word = u64::from_le_bytes(bytes.try_into().expect("a chunk is a word long"));
            if index == last { word & self.last_bits } else { word }
        })
    }

    /// The word of a string that has one.
    #[inline]
    pub(super) fn only(self, number: usize) -> u64 {
        let bytes = self.bytes[number * self.stride..].first_chunk();
        u64::from_le_bytes(*bytes.expect("a word can be read whole")) & self.last_bits
    }

    /// Whether a string is this one.
    #[inline]
    pub(super) fn is(self, number: usize, words: &[u64]) -> bool {
        self.words(number).zip(words).fold(0, |differing, (one, other)| differing | (one ^ other))
            == 0
    }

    /// Asks for a string.
    #[inline]
    pub(super) fn prefetch(self, number: usize) {
        prefetch(self.bytes, number * self.stride);
    }
}

/// Writes some further strings.
pub(super) struct Writer<'a> {
    width: usize,
    stride: usize,
    bytes: &'a mut [u8],
}

impl Writer<'_> {
    /// How many words each string has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Writes the next string.
    #[inline]
    pub(super) fn push(&mut self, words: &[u64]) {
        let own = self.bytes.split_off_mut(..self.stride).expect("there is room for this string");
        for (word, bytes) in words.iter().zip(own.chunks_mut(WORD)) {
            bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
        }
    }
}

/// How many bytes a string takes that ends in such a word.
#[inline]
fn stride(width: usize, last: u64) -> usize {
    let tail = (u64::BITS - last.leading_zeros()).div_ceil(8) as usize;
    if width == 0 { 0 } else { (width - 1) * WORD + tail.max(1) }
}

impl PartialEq for Arena {
    fn eq(&self, other: &Arena) -> bool {
        let strings = |arena: &Arena| (arena.width, arena.stride, arena.len);
        let end = self.len * self.stride;
        strings(self) == strings(other) && self.bytes[..end] == other.bytes[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends strings and expects them back, and so many bytes a string.
    fn check(strings: &[&[u64]], stride: usize) {
        let mut arena = Arena::new(strings[0].len(), 1000);
        strings.iter().for_each(|words| arena.push(words));
        for (number, words) in strings.iter().enumerate() {
            assert!(arena.view().words(number).eq(words.iter().copied()));
            for (other, others) in strings.iter().enumerate() {
                assert_eq!(arena.view().is(other, words), others == words);
            }
        }
        assert_eq!((arena.len(), arena.stride), (strings.len(), stride));
    }

    #[test]
    fn the_last_word_takes_as_many_bytes_as_it_needs() {
        check(&[&[], &[]], 0);
        check(&[&[0], &[1], &[255]], 1);
        check(&[&[1], &[256], &[2], &[0x00ff_ffff], &[3]], 3);
        check(&[&[u64::MAX, 1], &[2, 2], &[u64::MAX, 0x1ff]], 10);
        check(&[&[7, 8, u64::MAX], &[u64::MAX, 5, 0]], 24);
    }

    #[test]
    fn strings_move_up_when_those_before_are_forgotten() {
        let mut arena = Arena::new(2, 1000);
        (0..100).for_each(|number| arena.push(&[number, number]));
        arena.forget(60);
        arena.push(&[100, 1 << 40]);
        assert_eq!(arena.len(), 41);
        let first_words = (0..41).map(|number| arena.view().words(number).next());
        assert!(first_words.eq((60..=100).map(Some)));
    }

    #[test]
    fn strings_stay_the_same_when_they_are_moved_apart() {
        let mut arena = Arena::new(2, 1000);
        for number in 0..1000 {
            let last = number >> 3 << (number / 20);
            arena.push(&[!number, last]);
            for (index, earlier) in (0..=number).enumerate() {
                assert!(arena.view().is(index, &[!earlier, earlier >> 3 << (earlier / 20)]));
            }
        }
    }
}
