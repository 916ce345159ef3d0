//! What components, ways and lassos are looked for in: states, and the steps between them.
//!
//! A net is the explored graph, or its product with an automaton, whose states are pairs. Everything
//! that is judged of fairness is judged on the edges that a net shows, so these must be all the steps
//! of the system: one that a product does not follow is an edge that leads nowhere.
//!
//! The states of a net may each stand for all that they can be renamed to. Then its edges have twists, and
//! who is who is to be asked wherever fairness is judged.

use super::components::Keep;
use crate::explore::{Edge, Graph, LabelId, StateId, Words};
use crate::system::{ActionId, FairnessId, Permutation, Renaming};

/// States and the steps between them.
pub trait Net {
    /// How many states there are.
    fn state_count(&self) -> usize;
    /// The edges out of a state.
    fn edges(&self, state: StateId) -> &[Edge];
    /// The action of a label.
    fn action(&self, label: LabelId) -> ActionId;
    /// By which renamings its edges lead on, if each of its states stands for all that it can be
    /// renamed to.
    fn twists(&self) -> Option<&dyn Twists> {
        None
    }
    /// The state of the graph that a state is, or is made of.
    fn in_graph(&self, state: StateId) -> StateId {
        state
    }
}

/// By which renaming each edge of a graph leads to the representative of the state behind its step.
pub trait Twists {
    /// The renamings.
    fn renaming(&self) -> &dyn Renaming;
    /// Where a step out of a state of the graph leads, and by which renaming.
    ///
    /// # Panics
    /// If it leads nowhere, or there is no such step.
    fn follow(&self, state: StateId, action: ActionId) -> (StateId, Permutation);
    /// By which renaming it leads there.
    fn along(&self, state: StateId, action: ActionId) -> Permutation {
        self.follow(state, action).1
    }
    /// A state of the graph, renamed.
    fn renamed(&self, state: StateId, by: &Permutation) -> Words;
    /// What an obligation is called after a renaming.
    fn called(&self, owed: FairnessId, by: &Permutation) -> FairnessId {
        let renaming = self.renaming();
        renaming.owner(owed).map_or(owed, |owner| renaming.owed_to(owed, by.of(owner)))
    }
    /// Actions of the system itself, from a state on that is a renamed one of the graph: each as it is called
    /// in the state of the graph that the way has come to.
    fn as_called(
        &self,
        mut state: StateId,
        mut by: Permutation,
        actions: &[ActionId],
    ) -> Vec<ActionId> {
        let mut called = Vec::new();
        for &action in actions {
            let action = self.renaming().action(action, &by.inverse());
            called.push(action);
            let (target, twist) = self.follow(state, action);
            (state, by) = (target, twist.inverse().then(&by));
        }
        called
    }
    /// The renaming after which nothing has changed.
    fn unchanged(&self) -> Permutation {
        Permutation::identity(self.renaming().thing_count())
    }
}

/// A graph as it is, of a system that is not one up to renaming.
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

/// What an execution does for ever, besides being fair.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    /// Which edges it may take. One that it does not take enables what it always did.
    pub keep: &'a Keep<'a>,
    /// All that it must do again and again, one bit each, from the lowest.
    pub needs: u64,
    /// What taking an edge out of a state does of that.
    pub met: &'a dyn Fn(StateId, Edge) -> u64,
}

impl Course<'_> {
    /// What taking an edge does of what is needed.
    pub fn meets(&self, from: StateId, edge: Edge) -> u64 {
        (self.met)(from, edge) & self.needs
    }
}
