//! A set of states, one bit each.

use super::StateId;
use crate::base::Id;

/// A set of states of one graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSet {
    bits: Vec<u64>,
}

impl StateSet {
    /// The empty set, with room for the first `state_count` states.
    pub fn with_room(state_count: usize) -> StateSet {
        StateSet { bits: vec![0; state_count.div_ceil(64)] }
    }

    /// Adds a state.
    pub fn insert(&mut self, state: StateId) {
        let word = state.index() / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (state.index() % 64);
    }

    /// Whether a state is in the set.
    pub fn contains(&self, state: StateId) -> bool {
        self.bits.get(state.index() / 64).is_some_and(|word| word >> (state.index() % 64) & 1 == 1)
    }

    /// How many states are in the set.
    pub fn len(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no state is in the set.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|&word| word == 0)
    }

    /// The states in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = StateId> {
        let words = self.bits.iter().enumerate().filter(|&(_, &word)| word != 0);
        words.flat_map(|(index, &word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| StateId::from_index(index * 64 + bit))
        })
    }
}

impl FromIterator<StateId> for StateSet {
    fn from_iter<It: IntoIterator<Item = StateId>>(states: It) -> Self {
        let mut set = StateSet::default();
        states.into_iter().for_each(|state| set.insert(state));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_in_order() {
        let set: StateSet = [130, 3, 64, 3].map(StateId).into_iter().collect();
        assert_eq!(set.iter().map(|state| state.0).collect::<Vec<_>>(), [3, 64, 130]);
        assert!(set.contains(StateId(64)) && !set.contains(StateId(65)));
        assert!(!set.contains(StateId(9999)));
        assert_eq!((set.len(), set.is_empty()), (3, false));
    }
}
