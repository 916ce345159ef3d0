//! A long list that grows where it lies: nothing is copied, and never are there two of it.
//!
//! A short list lies on the heap. A long one moves once, into a range of addresses as long as the list
//! may ever be, of which the system hands out pages when they are first written. It is asked for huge
//! pages there: a random read of a large table costs about half as much in them.

use std::ops::{Deref, DerefMut};

/// A list of words or bytes.
pub(super) struct Pages<T: Plain> {
    memory: Memory<T>,
    /// How long it may become.
    most: usize,
}

enum Memory<T: Plain> {
    Heap(Vec<T>),
    #[cfg(unix)]
    Reserved(reserved::Reserved<T>),
}

/// What memory can be taken for as it is, zero or not.
pub(super) trait Plain: Copy + Default + PartialEq {}

impl Plain for u8 {}
impl Plain for u64 {}
impl<const N: usize> Plain for [u64; N] where [u64; N]: Default {}

/// From so many bytes on, a list is moved to where it can grow. By taste: a few huge pages.
const FEWEST_BYTES_RESERVED: usize = 4 << 20;

impl<T: Plain> Pages<T> {
    /// The empty list, which never becomes longer than `most`.
    pub(super) fn new(most: usize) -> Pages<T> {
        Pages { memory: Memory::Heap(Vec::new()), most }
    }

    /// Makes it this long, and each further item the same.
    pub(super) fn resize(&mut self, len: usize, item: T) {
        let old = self.len();
        self.grow(len);
        self[old..].fill(item);
    }

    /// Makes it this long, and no shorter; what the further items are is not said.
    pub(super) fn grow(&mut self, len: usize) {
        #[cfg(unix)]
        if let Memory::Heap(items) = &self.memory
            && len * size_of::<T>() >= FEWEST_BYTES_RESERVED
            && let Some(reserved) = reserved::Reserved::holding(items, self.most)
        {
            self.memory = Memory::Reserved(reserved);
        }
        match &mut self.memory {
            Memory::Heap(items) => items.resize(len, T::default()),
            #[cfg(unix)]
            Memory::Reserved(reserved) => reserved.grow(len),
        }
    }
}

impl<T: Plain> Deref for Pages<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        match &self.memory {
            Memory::Heap(items) => items,
            #[cfg(unix)]
            Memory::Reserved(reserved) => reserved.items(),
        }
    }
}

impl<T: Plain> DerefMut for Pages<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.memory {
            Memory::Heap(items) => items,
            #[cfg(unix)]
            Memory::Reserved(reserved) => reserved.items_mut(),
        }
    }
}

impl<T: Plain> Clone for Pages<T> {
    fn clone(&self) -> Pages<T> {
        let mut copy = Pages::new(self.most);
        copy.grow(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

/// Addresses that were reserved, and as much memory behind them as was used.
#[cfg(unix)]
#[allow(unsafe_code)] // The standard library reserves no addresses without memory.
mod reserved {
    use std::marker::PhantomData;

    use memmap2::{MmapMut, MmapOptions};

    use super::Plain;

    pub(super) struct Reserved<T> {
        map: MmapMut,
        /// Invariant: the map has room for so many items.
        len: usize,
        items: PhantomData<T>,
    }

    impl<T: Plain> Reserved<T> {
        /// These items, with room to become `most`; none if the system does not grant that.
        pub(super) fn holding(items: &[T], most: usize) -> Option<Reserved<T>> {
            let bytes = most.checked_mul(size_of::<T>())?;
            // Nothing is set aside for what is not used, so that the promise costs nothing.
            let map = MmapOptions::new().len(bytes).no_reserve_swap().map_anon().ok()?;
            // A wish: where there are no huge pages, small ones do.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            let mut reserved = Reserved { map, len: 0, items: PhantomData };
            reserved.grow(items.len());
            reserved.items_mut().copy_from_slice(items);
            Some(reserved)
        }

        pub(super) fn grow(&mut self, len: usize) {
            assert!(len <= self.map.len() / size_of::<T>(), "a list stays within its most");
            self.len = self.len.max(len);
        }

        #[inline]
        pub(super) fn items(&self) -> &[T] {
            // SAFETY: The map starts at a page, so it is aligned; it has room for `len` items (the
            // invariant), which are zero until they are written; and it is borrowed as long as they are.
            unsafe { std::slice::from_raw_parts(self.map.as_ptr().cast(), self.len) }
        }

        #[inline]
        pub(super) fn items_mut(&mut self) -> &mut [T] {
            // SAFETY: As above, and the borrow is exclusive.
            unsafe { std::slice::from_raw_parts_mut(self.map.as_mut_ptr().cast(), self.len) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = FEWEST_BYTES_RESERVED / size_of::<u64>();

    /// Grows a list over the length from which on it is moved.
    fn check(most: usize) {
        let mut pages = Pages::new(most);
        pages.resize(MANY - 2, 3);
        pages[MANY - 3] = 4_u64;
        pages.resize(MANY + 2, 5);
        pages.resize(2 * MANY, 6);
        let runs = [(3, MANY - 3), (4, 1), (5, 4), (6, MANY - 2)];
        let items: Vec<u64> =
            runs.into_iter().flat_map(|(item, count)| vec![item; count]).collect();
        assert!(*pages == *items);
        assert!(*pages.clone() == *items);
    }

    #[test]
    fn a_list_keeps_what_it_held_when_it_moves_and_grows() {
        check(2 * MANY);
    }

    #[test]
    fn what_cannot_be_reserved_lies_on_the_heap() {
        check(usize::MAX / 8);
    }
}
