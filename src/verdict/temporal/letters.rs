//! What the figures of a formula are in each state, as letters for an automaton.

use std::collections::BTreeMap;

use super::automaton::Letter;
use crate::base::Id;
use crate::explore::{Graph, Interrupted, Patience, StateId};
use crate::system::{Breach, FigureId, System};
use crate::trace::rebuild::rebuild;
use crate::verdict::FigureBreach;

/// The letter of each state.
pub(super) struct Letters {
    /// The figures, one for each bit of a letter.
    figures: Vec<FigureId>,
    /// By state: the number of its letter; [`UNREADABLE`] if a figure cannot be read there.
    by_state: Vec<u32>,
    /// The letters that occur, in order of the first states that have them.
    alphabet: Vec<Letter>,
    /// The first state in which a figure cannot be read.
    pub(super) breach: Option<FigureBreach>,
}

const UNREADABLE: u32 = u32::MAX;

impl Letters {
    /// Reads the figures in every state.
    pub(super) fn read(
        system: &dyn System,
        graph: &Graph,
        figures: &[FigureId],
        patience: &mut Patience<'_>,
    ) -> Result<Letters, Interrupted> {
        let mut numbers: BTreeMap<Letter, u32> = BTreeMap::new();
        let mut letters = Letters {
            figures: figures.to_vec(),
            by_state: Vec::with_capacity(graph.state_count()),
            alphabet: Vec::new(),
            breach: None,
        };
        for state in graph.states() {
            patience.spend()?;
            let number = match letter(system, graph, figures, state) {
                Ok(letter) => *numbers.entry(letter).or_insert_with(|| {
                    letters.alphabet.push(letter);
                    letters.alphabet.len() as u32 - 1
                }),
                Err((figure, breach)) => {
                    let trace = || rebuild(system, graph, state);
                    letters.breach.get_or_insert_with(|| FigureBreach {
                        trace: trace(),
                        figure,
                        breach,
                    });
                    UNREADABLE
                }
            };
            letters.by_state.push(number);
        }
        Ok(letters)
    }

    pub(super) fn alphabet(&self) -> &[Letter] {
        &self.alphabet
    }

    /// The number of a state's letter.
    pub(super) fn of(&self, state: StateId) -> Option<usize> {
        let number = self.by_state[state.index()];
        (number != UNREADABLE).then_some(number as usize)
    }

    /// Whether a predicate holds in a state in which all can be read.
    pub(super) fn is(&self, figure: FigureId, state: StateId) -> bool {
        let bit = self.figures.iter().position(|&one| one == figure);
        let letter = self.of(state).map(|number| self.alphabet[number]);
        bit.zip(letter).is_some_and(|(bit, letter)| letter >> bit & 1 == 1)
    }
}

fn letter(
    system: &dyn System,
    graph: &Graph,
    figures: &[FigureId],
    state: StateId,
) -> Result<Letter, (FigureId, Breach)> {
    let words = graph.words(state);
    figures.iter().enumerate().try_fold(0, |letter, (place, &figure)| {
        let value = system.read(figure, &words).map_err(|breach| (figure, breach))?;
        Ok(letter | u64::from(value != 0) << place)
    })
}
