//! What figures are in the states of a graph: the least and the most, and where each is first seen.
//!
//! They are read where the steps out of a state are seen, since that is when a state is at hand.

use super::StateId;
use crate::system::{Breach, FigureId, Stepper, Word};

/// The least and the most that a figure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extremes {
    /// The figure.
    pub figure: FigureId,
    /// The least, with the first state in which it is so little.
    pub least: Option<(i64, StateId)>,
    /// The most, with the first state in which it is so much.
    pub most: Option<(i64, StateId)>,
    /// The first state in which it cannot be read.
    pub breach: Option<(StateId, Breach)>,
}

impl Extremes {
    /// Of a figure that was not read yet.
    pub fn of(figure: FigureId) -> Extremes {
        Extremes { figure, least: None, most: None, breach: None }
    }

    /// Takes a state into account, in any order.
    #[inline]
    pub fn note(&mut self, state: StateId, found: Result<i64, Breach>) {
        match found {
            Ok(value) => {
                let seen = Some((value, state));
                if self.least.is_none_or(|least| (value, state) < least) {
                    self.least = seen;
                }
                if self
                    .most
                    .is_none_or(|(most, first)| value > most || value == most && state < first)
                {
                    self.most = seen;
                }
            }
            Err(breach) => {
                if self.breach.is_none_or(|(first, _)| state < first) {
                    self.breach = Some((state, breach));
                }
            }
        }
    }

    /// Takes into account what was seen elsewhere.
    pub(super) fn join(&mut self, other: &Extremes) {
        for (value, state) in [other.least, other.most].into_iter().flatten() {
            self.note(state, Ok(value));
        }
        if let Some((state, breach)) = other.breach {
            self.note(state, Err(breach));
        }
    }

    /// Reads the figure in a state.
    #[inline]
    pub(super) fn read(&mut self, stepper: &mut dyn Stepper, state: StateId, words: &[Word]) {
        self.note(state, stepper.read(self.figure, words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_whatever_order_states_come_the_first_is_told() {
        let values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 9];
        let states = (0..12_u32).map(StateId).zip(values);
        let mut forward = Extremes::of(FigureId(0));
        states.clone().for_each(|(state, value)| forward.note(state, Ok(value)));
        let mut backward = Extremes::of(FigureId(0));
        states.rev().for_each(|(state, value)| backward.note(state, Ok(value)));
        assert_eq!(forward, backward);
        assert_eq!(forward.least, Some((1, StateId(1))));
        assert_eq!(forward.most, Some((9, StateId(5))));
        let mut none = Extremes::of(FigureId(0));
        none.join(&forward);
        assert_eq!(none, forward);
        none.note(StateId(7), Ok(i64::MIN));
        none.note(StateId(8), Ok(i64::MAX));
        assert_eq!(
            (none.least, none.most),
            (Some((i64::MIN, StateId(7))), Some((i64::MAX, StateId(8))))
        );
    }
}
