//! What components, ways and lassos are looked for in: states, and the steps between them.
//!
//! A net is the explored graph, or its product with an automaton, whose states are pairs. Everything
//! that is judged of fairness is judged on the edges that a net shows, so these must be all the steps
//! of the system: one that a product does not follow is an edge that leads nowhere.

use crate::explore::{Edge, Graph, LabelId, StateId};
use crate::system::ActionId;

/// States and the steps between them.
pub trait Net {
    /// How many states there are.
    fn state_count(&self) -> usize;
    /// The edges out of a state.
    fn edges(&self, state: StateId) -> &[Edge];
    /// The action of a label.
    fn action(&self, label: LabelId) -> ActionId;
}

impl Net for Graph {
    fn state_count(&self) -> usize {
        Graph::state_count(self)
    }
    fn edges(&self, state: StateId) -> &[Edge] {
        Graph::edges(self, state)
    }
    fn action(&self, label: LabelId) -> ActionId {
        Graph::action(self, label)
    }
}

/// What a cycle must do again and again, besides being fair.
pub struct Needs<'a> {
    /// All of it, one bit each, from the lowest.
    pub all: u64,
    /// What taking an edge out of a state does of it.
    pub met: &'a dyn Fn(StateId, Edge) -> u64,
}
