//! Where time stops: states from which no tick can be reached.
//!
//! While the tick is enabled it is among the steps, so such states lie where it is not, and only the
//! edges out of states where time waits matter. A tick that breaches is enabled: time does not stop
//! there, the model breaks.

use super::reach::can_reach;
use crate::explore::{Edges, Graph, Interrupted, Observer, Patience};
use crate::system::System;
use crate::trace::Trace;
use crate::trace::rebuild::rebuild;

/// States from which no tick can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedTime {
    /// How many there are.
    pub state_count: usize,
    /// A shortest trace to the first of them.
    pub trace: Trace,
}

/// Whether time stops anywhere.
///
/// # Panics
/// If the graph does not keep the edges where time waits.
pub fn stopped_time(
    system: &dyn System,
    graph: &Graph,
    observer: &mut dyn Observer,
) -> Result<Option<StoppedTime>, Interrupted> {
    assert!(graph.edges_kept() >= Edges::WhereTimeWaits, "needs the edges where time waits");
    let mut patience = Patience::new(observer);
    let passes = |state| graph.is_tick_enabled(state);
    if passes_everywhere(graph, &mut patience)? {
        return Ok(None);
    }
    let moving = can_reach(graph, &passes, &|state, _| !passes(state), &mut patience)?;
    let first = graph.states().find(|&state| !moving.contains(state));
    Ok(first.map(|state| StoppedTime {
        state_count: graph.state_count() - moving.len(),
        trace: rebuild(system, graph, state),
    }))
}

/// Whether the tick is enabled in every state: most often it is, and nothing else needs to be known.
fn passes_everywhere(graph: &Graph, patience: &mut Patience<'_>) -> Result<bool, Interrupted> {
    for state in graph.states() {
        patience.spend()?;
        if !graph.is_tick_enabled(state) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::explore::{Limits, Plan, Silent, explore};
    use crate::system::{
        ActionFacts, ActionId, Arrow, Breach, Drawn, Facts, HandDrawn, Role, Rule,
    };

    /// Expects the number of states where time has stopped, and the length of the trace to the first.
    /// A step is from, whether it is a tick, to; the last is none if the step breaches.
    fn check(steps: &[(usize, bool, Option<u64>)], expected: Option<(usize, usize)>) {
        let known = |role| ActionFacts { role, obligations: Vec::new() };
        let urgent = steps.iter().map(|_| known(Role::Urgent));
        let actions = std::iter::once(known(Role::Tick)).chain(urgent).collect();
        let mut system = HandDrawn::new(Facts { actions, ..Facts::default() });
        system = system.start(Drawn::State(0));
        for (index, &(from, is_tick, to)) in steps.iter().enumerate() {
            let action = if is_tick { ActionId::TICK } else { ActionId(index as u32 + 1) };
            let next = to.ok_or(Breach { rule: Rule::Foreign, place: Span::default() });
            system = system.arrow(from, Arrow { action, counts: Vec::new(), next });
        }
        let plan = Plan {
            edges: Edges::WhereTimeWaits,
            figures: Vec::new(),
            limits: Limits::NONE,
            workers: 1,
        };
        let graph = explore(&system, &plan, &mut Silent).graph;
        let found = stopped_time(&system, &graph, &mut Silent).expect("silence does not interrupt");
        assert_eq!(found.map(|found| (found.state_count, found.trace.actions.len())), expected);
    }

    #[test]
    fn time_stops_in_a_loop_that_no_tick_leaves() {
        check(&[(0, true, Some(1)), (1, false, Some(2)), (2, false, Some(1))], Some((2, 1)));
    }

    #[test]
    fn a_loop_that_can_be_left_does_not_stop_time() {
        check(&[(0, false, Some(0)), (0, false, Some(1)), (1, true, Some(1))], None);
    }

    #[test]
    fn a_tick_that_breaches_is_enabled() {
        check(&[(0, false, Some(1)), (1, true, None)], None);
    }

    #[test]
    fn time_stops_where_every_step_breaches() {
        check(&[(0, false, None)], Some((1, 0)));
    }
}
