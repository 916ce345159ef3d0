//! Peterson's filter lock for stateright, by hand.

use stateright::{Model, Property};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Outside,
    Entering,
    Waiting,
    Inside,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    places: Vec<Place>,
    levels: Vec<u8>,
    /// Who came last to each level, from 1.
    last: Vec<u8>,
}

/// So many processes.
pub struct Peterson {
    pub processes: usize,
}

impl Peterson {
    fn passes(&self, state: &State, process: usize) -> bool {
        let level = state.levels[process];
        state.last[level as usize - 1] as usize != process
            || (0..self.processes).all(|other| other == process || state.levels[other] < level)
    }
}

impl Model for Peterson {
    type State = State;
    type Action = usize;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            places: vec![Place::Outside; self.processes],
            levels: vec![0; self.processes],
            last: vec![0; self.processes - 1],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<usize>) {
        let moves = |process: &usize| {
            state.places[*process] != Place::Waiting || self.passes(state, *process)
        };
        actions.extend((0..self.processes).filter(moves));
    }

    fn next_state(&self, state: &State, process: usize) -> Option<State> {
        let mut next = state.clone();
        let level = state.levels[process];
        match state.places[process] {
            Place::Outside => {
                next.levels[process] = 1;
                next.places[process] = Place::Entering;
            }
            Place::Entering => {
                next.last[level as usize - 1] = process as u8;
                next.places[process] = Place::Waiting;
            }
            Place::Waiting if (level as usize) < self.processes - 1 => {
                next.levels[process] += 1;
                next.places[process] = Place::Entering;
            }
            Place::Waiting => next.places[process] = Place::Inside,
            Place::Inside => {
                next.levels[process] = 0;
                next.places[process] = Place::Outside;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Peterson>> {
        vec![Property::always("exclusion", |_, state: &State| {
            state.places.iter().filter(|&&place| place == Place::Inside).count() <= 1
        })]
    }
}
