//! Where strong fairness asks for no more than weak: of what stays enabled until it is taken.
//!
//! If no step but its own ever disables an obligation, whatever is enabled again and again without being
//! taken is enabled all along; so both kinds of fairness exclude the same executions.
//!
//! Cost: two passes over the edges, times the strong obligations.

use crate::base::IdVec;
use crate::explore::{Edges, Graph, StateSet};
use crate::system::{ActionId, Strength};
use crate::trace::replay::Obligation;

/// The strong obligations that are enabled somewhere, each with whether it stays so until it is taken.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn persistence<'o>(
    graph: &Graph,
    obligations: &'o [Obligation],
) -> Vec<(&'o Obligation, bool)> {
    assert!(graph.edges_kept() == Edges::Everywhere, "fairness is about all steps");
    let strong = obligations.iter().filter(|one| one.strength == Strength::Strong);
    let strong = strong.map(|owed| (owed, is_persistent(graph, &owed.actions)));
    strong.filter_map(|(owed, is)| Some((owed, is?))).collect()
}

/// Whether some of these actions stays enabled until one is taken; none if they never are.
fn is_persistent(graph: &Graph, owed: &[ActionId]) -> Option<bool> {
    let labels = graph.labels();
    let is_own: IdVec<_, bool> = labels.map(|label| owed.contains(&graph.action(label))).collect();
    let enables = |&state: &_| graph.edges(state).iter().any(|edge| is_own[edge.label]);
    let enabled: StateSet = graph.states().filter(enables).collect();
    let stays = |state| {
        let others = graph.edges(state).iter().filter(|edge| !is_own[edge.label]);
        others.filter_map(|edge| edge.target()).all(|target| enabled.contains(target))
    };
    (!enabled.is_empty()).then(|| enabled.iter().all(stays))
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{FAULT, Line, MAY, STRONG, TICK, WEAK, draw, explored};
    use super::*;

    /// Expects whether the strong action stays enabled until it is taken; none if it never is.
    fn check(lines: &[Line], expected: Option<bool>) {
        let owed = |strength, action| Obligation { strength, actions: vec![ActionId(action)] };
        let obligations = [owed(Strength::Weak, WEAK), owed(Strength::Strong, STRONG)];
        let graph = explored(&draw(lines, &[], &[]));
        let found = persistence(&graph, &obligations);
        assert_eq!(found.first().map(|(_, stays)| *stays), expected);
    }

    #[test]
    fn what_another_step_disables_is_not_persistent() {
        let until_taken = [(0, FAULT, 0, 1), (1, TICK, 0, 1), (1, MAY, 0, 2), (2, TICK, 0, 1)];
        let until_taken = [&until_taken[..], &[(1, STRONG, 0, 0), (2, STRONG, 0, 0)]].concat();
        check(&until_taken, Some(true));
        check(&[&until_taken[..], &[(2, WEAK, 0, 0)]].concat(), Some(false));
        check(&[(0, TICK, 0, 0)], None);
    }
}
