//! A system given as a list of arrows, for tests of the engine.

use std::ops::ControlFlow;

use super::{ActionId, Breach, Facts, FigureId, Start, Step, System, Word};
use crate::base::Id;

/// A system whose states are the numbers 0, 1, 2, …, each packed into one word.
#[derive(Clone, Debug, Default)]
pub struct HandDrawn {
    facts: Facts,
    starts: Vec<Drawn>,
    /// By state. Invariant: ascending actions, kept by `arrow`.
    arrows: Vec<Vec<Arrow>>,
    /// By figure, then by state.
    figures: Vec<Vec<Result<i64, Breach>>>,
}

/// What the enumeration of initial states is to meet, as [`Start`] but owned.
#[derive(Clone, Copy, Debug)]
pub enum Drawn {
    /// An initial state.
    State(Word),
    /// A candidate on which an assumption breaches.
    Breach(Breach),
    /// Nothing yet.
    Searching,
}

/// One step out of a state.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// The action instance.
    pub action: ActionId,
    /// How much it counts on each meter.
    pub counts: Vec<u64>,
    /// The state it leads to, or the rule it breaks.
    pub next: Result<Word, Breach>,
}

impl HandDrawn {
    /// A system without states, which knows its actions.
    pub fn new(facts: Facts) -> HandDrawn {
        HandDrawn { facts, ..HandDrawn::default() }
    }

    /// The same with a further start.
    pub fn start(mut self, start: Drawn) -> HandDrawn {
        self.starts.push(start);
        self
    }

    /// The same with a further step out of a state.
    ///
    /// # Panics
    /// If the action already has a step there: an action leads to at most one state.
    pub fn arrow(mut self, from: usize, arrow: Arrow) -> HandDrawn {
        if self.arrows.len() <= from {
            self.arrows.resize(from + 1, Vec::new());
        }
        let row = &mut self.arrows[from];
        let place = row.partition_point(|other| other.action < arrow.action);
        let taken = row.get(place).is_some_and(|other| other.action == arrow.action);
        assert!(!taken, "an action leads to at most one state");
        row.insert(place, arrow);
        self
    }

    /// The same with a further figure, given by its value in each state.
    pub fn figure(mut self, values: Vec<Result<i64, Breach>>) -> HandDrawn {
        self.figures.push(values);
        self
    }

    /// The steps out of a state.
    pub fn arrows(&self, state: Word) -> &[Arrow] {
        self.arrows.get(state as usize).map_or(&[], Vec::as_slice)
    }
}

impl System for HandDrawn {
    fn width(&self) -> usize {
        1
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        for start in &self.starts {
            let flow = match start {
                Drawn::State(state) => visit(Start::State(&[*state])),
                Drawn::Breach(breach) => visit(Start::Breach(*breach)),
                Drawn::Searching => visit(Start::Searching),
            };
            if flow.is_break() {
                return;
            }
        }
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        for Arrow { action, counts, next } in self.arrows(state[0]) {
            let next = next.as_ref().map(std::slice::from_ref).map_err(|breach| *breach);
            visit(Step { action: *action, counts, next });
        }
    }

    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.figures[figure.index()][state[0] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_in_ascending_order_of_their_actions() {
        let arrow = |action| Arrow { action: ActionId(action), counts: Vec::new(), next: Ok(0) };
        let system = HandDrawn::new(Facts::default()).arrow(0, arrow(2)).arrow(0, arrow(1));
        let mut seen = Vec::new();
        system.steps(&[0], &mut |step| seen.push(step.action));
        assert_eq!(seen, [ActionId(1), ActionId(2)]);
    }
}
