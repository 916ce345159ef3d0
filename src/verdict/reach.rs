//! From where a goal can be reached.
//!
//! Components come out after those they lead to, so one pass answers the question for each of them by
//! looking only one edge ahead; no edge needs to be stored backwards. A state that is not expanded may
//! reach anything, and counts as one that does: what is found to be out of reach is out of reach.
//!
//! Cost: that of the components.

use super::components::{Components, Keep};
use crate::explore::{Edge, Graph, Interrupted, Patience, StateId, StateSet};

/// The states from which `goal` can be reached, or might be, over the edges that `keep` lets pass.
pub fn can_reach(
    graph: &Graph,
    goal: &dyn Fn(StateId) -> bool,
    keep: &Keep<'_>,
    patience: &mut Patience<'_>,
) -> Result<StateSet, Interrupted> {
    let mut reaching = StateSet::with_room(graph.state_count());
    let all: Vec<StateId> = graph.states().collect();
    Components::new(graph).search(&all, keep, patience, &mut |component| {
        let arrives = |&state: &StateId| {
            let leads_on = |edge: &Edge| {
                keep(state, *edge) && edge.target().is_some_and(|target| reaching.contains(target))
            };
            !graph.is_expanded(state) || goal(state) || graph.edges(state).iter().any(leads_on)
        };
        if component.iter().any(arrives) {
            component.iter().for_each(|&state| reaching.insert(state));
        }
    })?;
    Ok(reaching)
}
