//! How states were first reached, rebuilt when somebody asks.
//!
//! States are numbered in the order in which they are found. So the states that a block of others was
//! the first to find have successive numbers, and expanding the block again finds them in that order.
//!
//! Cost: a block of expansions for each state on the way, and no more than one of each state.

use super::graph::{BLOCK, Graph, StateId};
use crate::base::Id;
use crate::system::{ActionId, System};

/// Tells ways to the states of a graph.
struct Ways<'a> {
    graph: &'a Graph,
    system: &'a dyn System,
    /// The first state that the block in hand has found, and how it and those after it were found.
    first_child: u32,
    parents: Vec<(StateId, ActionId)>,
}

impl Graph {
    /// The start from which a state was first reached, and the actions on the way, as few as can be.
    ///
    /// # Panics
    /// If `system` is not the one that was explored.
    pub fn way_to(&self, state: StateId, system: &dyn System) -> (StateId, Vec<ActionId>) {
        let mut ways = Ways { graph: self, system, first_child: 0, parents: Vec::new() };
        let mut actions = Vec::new();
        let mut state = state;
        while let Some((before, action)) = ways.parent(state) {
            actions.push(action);
            state = before;
        }
        actions.reverse();
        (state, actions)
    }
}

impl Ways<'_> {
    /// The state and the action by which a state was first reached; `None` for a start.
    fn parent(&mut self, state: StateId) -> Option<(StateId, ActionId)> {
        if state.index() < self.graph.start_count() {
            return None;
        }
        let in_hand = self.first_child..self.first_child + self.parents.len() as u32;
        if !in_hand.contains(&state.0) {
            self.expand_block_before(state);
        }
        Some(self.parents[(state.0 - self.first_child) as usize])
    }

    /// Expands the block that was the first to find a state.
    fn expand_block_before(&mut self, state: StateId) {
        let Graph { known_before, states, .. } = self.graph;
        let behind = known_before.partition_point(|&known| known <= state.0);
        let end = known_before.get(behind).copied().unwrap_or(states.len() as u32);
        self.first_child = known_before[behind - 1];
        self.parents.clear();
        let mut child = self.first_child;
        for parent in ((behind - 1) * BLOCK..behind * BLOCK).map(StateId::from_index) {
            if child == end {
                break;
            }
            self.system.steps(&self.graph.words(parent), &mut |step| {
                if child < end && step.next.is_ok_and(|next| states.view().is(child, next)) {
                    self.parents.push((parent, step.action));
                    child += 1;
                }
            });
        }
        assert!(child == end, "expanding states again finds the same");
    }
}
