//! From a state in the graph back to its start.

use super::Trace;
use crate::explore::{Graph, StateId};
use crate::system::{ActionId, System};

/// A shortest trace that ends in `state`, if this is the system that was explored.
pub fn rebuild(system: &dyn System, graph: &Graph, state: StateId) -> Trace {
    let (start, actions) = graph.way_to(state, system);
    Trace { start: start.to_vec(), actions, repeats_from: None }
}

/// The start from which `parent` leads to `state`, and the actions on the way.
pub(crate) fn walk_back(
    mut state: StateId,
    parent: impl Fn(StateId) -> Option<(StateId, ActionId)>,
) -> (StateId, Vec<ActionId>) {
    let mut actions = Vec::new();
    while let Some((before, action)) = parent(state) {
        actions.push(action);
        state = before;
    }
    actions.reverse();
    (state, actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_come_in_the_order_in_which_they_were_taken() {
        let parents = [None, Some((StateId(0), ActionId(7))), Some((StateId(1), ActionId(5)))];
        let (start, actions) = walk_back(StateId(2), |state| parents[state.0 as usize]);
        assert_eq!((start, actions), (StateId(0), vec![ActionId(7), ActionId(5)]));
    }
}
