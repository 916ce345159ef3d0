//! Whether the system gets well again, and how long it takes: `recovers [within n ticks]`.
//!
//! The claim fails if a fair execution, from some point on calm, is unhealthy again and again: if a fair
//! component of the calm states has a state that is not healthy. That is a storm that counts the steps
//! which start unhealthy. The recovery time is a total: the ticks that start calm but not healthy, added
//! up along all of an execution.

use super::FigureBreach;
use super::bound::{Total, most};
use super::chase::{Chase, StormFinding, every_edge, region};
use super::safety::states_where;
use super::twists::Folded;
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId};
use crate::system::{FigureId, MeterId, System};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryQuestion {
    /// When the trigger is over; always, if the model does not say.
    pub calm: Option<FigureId>,
    /// What recovering means.
    pub healthy: FigureId,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryAnswer {
    /// A fair lasso whose cycle is calm, and unhealthy somewhere; what it counts are the steps of a turn
    /// that start unhealthy. The claim fails.
    pub never: Option<StormFinding>,
    /// The worst recovery time: the ticks that start calm but not healthy.
    pub time: Total,
    /// The same with no fault, with at most one, and so on; as for any total.
    pub time_by_faults: Vec<u64>,
    /// Where `calm` or `healthy` cannot be read. Such a state is neither calm nor unhealthy.
    pub breach: Option<FigureBreach>,
}

/// Finds executions that never recover, and the worst recovery time.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn recovery(
    system: &dyn System,
    graph: &Graph,
    question: RecoveryQuestion,
    observer: &mut dyn Observer,
) -> Result<RecoveryAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "recovery needs all edges");
    let patience = &mut Patience::new(observer);
    let folded = Folded::new(system, graph);
    let (calm, mut breach) = region(system, graph, question.calm, patience)?;
    let healthy = states_where(system, graph, question.healthy, patience)?;
    breach = breach.or(healthy.breach);
    let is_unwell = |state| {
        calm.contains(state)
            && !healthy.states.contains(state)
            && !healthy.unreadable.contains(state)
    };
    let steps = |state: StateId, _: Edge| u64::from(is_unwell(state));
    let ticks = |state: StateId, edge: Edge| match is_unwell(state) {
        true => graph.count(edge.label, MeterId::TICKS),
        false => 0,
    };
    let chase = Chase { system, graph, net: &folded, keep: &every_edge, count: &steps };
    let never =
        chase.storm(calm.iter().collect(), Some(question.healthy), &mut breach, patience)?;
    let timing = Chase { count: &ticks, ..chase };
    let (time, time_by_faults) = most(&timing, Some(question.healthy), &mut breach, patience)?;
    Ok(RecoveryAnswer { never, time, time_by_faults, breach })
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{FAULT, Line, MAY, TICK, WEAK, draw, explored, parts};
    use super::*;
    use crate::explore::Silent;

    /// Expects the cycle that never recovers, and the worst recovery time if there is one.
    fn check(lines: &[Line], healthy: &[u64], never: Option<&[u32]>, time: Option<u64>) {
        let system = draw(lines, &[0, 1, 2, 3], healthy);
        let question = RecoveryQuestion { calm: Some(FigureId(0)), healthy: FigureId(1) };
        let answer = recovery(&system, &explored(&system), question, &mut Silent)
            .expect("nobody interrupts");
        let cycle = answer.never.map(|storm| parts(&storm.trace).1);
        assert_eq!(cycle.as_deref(), never);
        let most = match answer.time {
            Total::Exactly(most) => Some(most.count),
            _ => None,
        };
        assert_eq!(most, time);
    }

    #[test]
    fn ticks_that_start_unhealthy_add_up() {
        let lines =
            [(0, FAULT, 0, 1), (1, TICK, 0, 2), (2, TICK, 0, 3), (3, TICK, 0, 0), (0, TICK, 0, 0)];
        // The fault could come again: each round adds to the time, though each is over in the end.
        check(&lines, &[0], Some(&[FAULT, TICK, TICK, TICK]), None);
        let once = [(0, FAULT, 0, 1), (1, TICK, 0, 2), (2, TICK, 0, 3), (3, TICK, 0, 3)];
        check(&once, &[0, 3], None, Some(2));
        check(&once, &[0, 2, 3], None, Some(1));
    }

    #[test]
    fn what_is_unhealthy_again_and_again_never_recovers() {
        let lines = [(0, FAULT, 0, 1), (1, TICK, 0, 2), (2, TICK, 0, 1)];
        check(&lines, &[0, 2], Some(&[TICK, TICK]), None);
    }

    #[test]
    fn recovery_can_be_sure_and_take_any_time() {
        let lines = [(0, FAULT, 0, 1), (1, TICK, 0, 1), (1, WEAK, 0, 2), (2, TICK, 0, 2)];
        check(&lines, &[0, 2], None, None);
    }

    #[test]
    fn unhealthy_steps_that_take_no_time_cost_none() {
        let lines = [(0, FAULT, 0, 1), (1, MAY, 0, 1), (1, WEAK, 0, 2), (2, TICK, 0, 2)];
        check(&lines, &[0, 2], None, Some(0));
    }
}
