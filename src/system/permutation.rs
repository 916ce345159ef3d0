//! Renamings of things that are numbered from 0.

use smallvec::SmallVec;

/// A renaming: every thing takes the place of one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permutation(SmallVec<[u16; 16]>);

impl Permutation {
    /// So many things, all of which keep their places.
    pub fn identity(count: usize) -> Permutation {
        Permutation::from_places(0..count)
    }

    /// By thing: whose place it takes; each place is taken once.
    pub fn from_places(places: impl Iterator<Item = usize>) -> Permutation {
        let place = |place| u16::try_from(place).expect("fewer things than 2^16 can be renamed");
        Permutation(places.map(place).collect())
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose place a thing takes.
    pub fn of(&self, thing: usize) -> usize {
        usize::from(self.0[thing])
    }

    /// First this renaming, then another one.
    pub fn then(&self, next: &Permutation) -> Permutation {
        Permutation(self.0.iter().map(|&place| next.0[usize::from(place)]).collect())
    }

    /// The renaming that undoes this one.
    pub fn inverse(&self) -> Permutation {
        let mut things = self.0.clone();
        for (thing, &place) in (0..).zip(&self.0) {
            things[usize::from(place)] = thing;
        }
        Permutation(things)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renaming_and_its_inverse_change_nothing() {
        let turn = Permutation::from_places([1, 2, 0, 3].into_iter());
        assert_eq!(turn.of(0), 1);
        assert_eq!(turn.then(&turn).of(0), 2);
        assert_eq!(turn.then(&turn.inverse()), Permutation::identity(4));
        assert_eq!(turn.then(&turn), turn.inverse());
    }
}
