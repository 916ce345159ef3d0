//! From where a goal can be reached.
//!
//! States are numbered as they were found, so most edges lead to greater numbers, and a few sweeps over
//! the edges from the last state to the first find nearly all that reach the goal. What is left is
//! settled by components: they come out after those they lead to, so one pass looks only one edge ahead. No
//! edge needs to be stored backwards. A state that is not expanded may reach anything, and counts as
//! one that does: what is found to be out of reach is out of reach.
//!
//! Cost: a few looks at each edge, and the components of what the sweeps did not reach.

use super::components::{Components, Keep};
use crate::explore::{Graph, Interrupted, Patience, StateId, StateSet};

/// The most sweeps before components take over. By taste: each takes a fraction of their time.
const SWEEPS_MAX: usize = 4;

/// The states from which `goal` can be reached, or might be, over the edges that `keep` lets pass.
pub fn can_reach(
    graph: &Graph,
    goal: &dyn Fn(StateId) -> bool,
    keep: &Keep<'_>,
    patience: &mut Patience<'_>,
) -> Result<StateSet, Interrupted> {
    let arrives = |&state: &StateId| !graph.is_expanded(state) || goal(state);
    let mut reaching: StateSet = graph.states().filter(arrives).collect();
    let leads_on = |reaching: &StateSet, state| {
        let arrives = |target| reaching.contains(target);
        let mut edges = graph.edges(state).iter();
        edges.any(|&edge| edge.target().is_some_and(arrives) && keep(state, edge))
    };
    for _ in 0..SWEEPS_MAX {
        let mut is_settled = true;
        for state in graph.states().rev() {
            patience.spend()?;
            if !reaching.contains(state) && leads_on(&reaching, state) {
                reaching.insert(state);
                is_settled = false;
            }
        }
        if is_settled {
            return Ok(reaching);
        }
    }
    let rest: Vec<StateId> = graph.states().filter(|&state| !reaching.contains(state)).collect();
    Components::new(graph).search(&rest, keep, patience, &mut |component| {
        if component.iter().any(|&state| leads_on(&reaching, state)) {
            component.iter().for_each(|&state| reaching.insert(state));
        }
    })?;
    Ok(reaching)
}
