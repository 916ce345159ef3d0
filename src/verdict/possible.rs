//! Whether a goal stays within reach: `always possible p`, and the traps that it falls into.
//!
//! The claim fails in a state from which no p-state can be reached without a further fault. Operator
//! steps lead on like any others; a caller who does not want them explores without them.

use super::FigureBreach;
use super::reach::can_reach;
use super::safety::{StateFinding, states_where};
use super::way_in::{WayIn, faults_are_dear};
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId};
use crate::system::{FigureId, Role, System};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleAnswer {
    /// The states from which the goal is out of reach, if there are any.
    pub traps: Option<TrapFinding>,
    /// Where the goal cannot be read. Such a state is not known not to be one.
    pub breach: Option<FigureBreach>,
}

/// States from which a goal is out of reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrapFinding {
    /// How many there are.
    pub state_count: usize,
    /// The one with the fewest faults on the way to it, then with the fewest steps. Its last step is the
    /// one that falls into the trap.
    pub first: StateFinding,
    /// The faults on that way.
    pub faults: u32,
}

/// Finds the states from which a goal is out of reach.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn always_possible(
    system: &dyn System,
    graph: &Graph,
    goal: FigureId,
    observer: &mut dyn Observer,
) -> Result<PossibleAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "traps need all edges");
    let patience = &mut Patience::new(observer);
    let facts = system.facts();
    let found = states_where(system, graph, goal, patience)?;
    let is_goal = |state| found.states.contains(state) || found.unreadable.contains(state);
    let is_no_fault = |_, edge: Edge| facts.actions[graph.action(edge.label)].role != Role::Fault;
    let free = can_reach(graph, &is_goal, &is_no_fault, patience)?;
    let trapped = graph.states().filter(|&state| !free.contains(state));
    let trapped: Vec<StateId> = trapped.collect();
    let traps = if trapped.is_empty() {
        None
    } else {
        let way_in = WayIn::new(graph, facts, faults_are_dear, patience)?;
        let cheapest = trapped.iter().copied().min_by_key(|&state| way_in.cost(state));
        cheapest.map(|state| TrapFinding {
            state_count: trapped.len(),
            first: StateFinding { state, trace: way_in.trace(graph, state) },
            faults: way_in.cost(state).dear,
        })
    };
    Ok(PossibleAnswer { traps, breach: found.breach })
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{FAULT, Line, MAY, OPERATOR, TICK, draw, explored, parts};
    use super::*;
    use crate::explore::Silent;

    /// Expects the number of trapped states, and the way into the trap.
    fn check(lines: &[Line], goal: &[u64], expected: Option<(usize, &[u32])>) {
        let system = draw(lines, &[], goal);
        let answer = always_possible(&system, &explored(&system), FigureId(1), &mut Silent)
            .expect("nobody interrupts");
        let found = answer.traps.map(|traps| (traps.state_count, parts(&traps.first.trace).0));
        assert_eq!(found, expected.map(|(count, way)| (count, way.to_vec())));
    }

    #[test]
    fn a_way_back_needs_no_further_fault() {
        let lines = [(0, FAULT, 0, 1), (1, TICK, 0, 2), (2, FAULT, 0, 0), (0, TICK, 0, 0)];
        check(&lines, &[0], Some((2, &[FAULT])));
        check(&[&lines[..], &[(2, MAY, 0, 0)]].concat(), &[0], None);
        check(&[&lines[..], &[(2, OPERATOR, 0, 0)]].concat(), &[0], None);
    }

    #[test]
    fn the_trap_with_fewest_faults_is_shown() {
        let lines = [
            (0, FAULT, 0, 1),
            (1, TICK, 0, 1),
            (0, MAY, 0, 2),
            (2, MAY, 0, 3),
            (3, TICK, 0, 3),
            (2, TICK, 0, 0),
        ];
        check(&lines, &[0], Some((2, &[MAY, MAY])));
    }
}
