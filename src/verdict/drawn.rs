//! Small systems that the tests of verdicts draw by hand.

use crate::base::Span;
use crate::explore::{Edges, Graph, Limits, Plan, Silent, explore};
use crate::system::{
    ActionFacts, ActionId, Arrow, Breach, Drawn, Facts, Fairness, FairnessId, HandDrawn, Role,
    Rule, Strength,
};
use crate::trace::Trace;

pub(super) const TICK: u32 = 0;
pub(super) const WEAK: u32 = 1;
pub(super) const OTHER_WEAK: u32 = 2;
pub(super) const STRONG: u32 = 3;
pub(super) const MAY: u32 = 4;
pub(super) const FAULT: u32 = 5;
pub(super) const OPERATOR: u32 = 6;
/// Where a step leads that breaches.
pub(super) const BREACHES: u64 = u64::MAX;

/// A step: from, action, what it counts on meter 1, to.
pub(super) type Line = (usize, u32, u64, u64);

/// A system that starts in 0, has at most eight states, and is calm and healthy in the given ones. The
/// tick, two actions and a strongly fair one owe something; a may action, a fault and an operator do not.
/// The action of an obligation has its number.
pub(super) fn draw(lines: &[Line], calm: &[u64], healthy: &[u64]) -> HandDrawn {
    let [weak, strong] = [Strength::Weak, Strength::Strong];
    let strengths = [weak, weak, weak, strong].map(|strength| Fairness { strength });
    let owing = |role, id| ActionFacts { role, obligations: vec![FairnessId(id)] };
    let free = |role| ActionFacts { role, obligations: Vec::new() };
    let actions = [
        owing(Role::Tick, TICK),
        owing(Role::Urgent, WEAK),
        owing(Role::Urgent, OTHER_WEAK),
        owing(Role::Eventually, STRONG),
        free(Role::May),
        free(Role::Fault),
        free(Role::Operator),
    ];
    let facts = Facts {
        actions: actions.into_iter().collect(),
        fairness: strengths.into_iter().collect(),
        meter_count: 2,
    };
    let among = |set: &[u64]| (0..8).map(|state| Ok(set.contains(&state).into())).collect();
    let system = HandDrawn::new(facts).start(Drawn::State(0));
    let system = system.figure(among(calm)).figure(among(healthy));
    lines.iter().fold(system, |system, &(from, action, count, to)| {
        let breach = Breach { rule: Rule::Foreign, place: Span::default() };
        let next = if to == BREACHES { Err(breach) } else { Ok(to) };
        let counts = vec![u64::from(action == TICK), count];
        system.arrow(from, Arrow { action: ActionId(action), counts, next })
    })
}

/// All of a system.
pub(super) fn explored(system: &HandDrawn) -> Graph {
    let plan =
        Plan { edges: Edges::Everywhere, figures: Vec::new(), limits: Limits::NONE, workers: 1 };
    explore(system, &plan, &mut Silent).graph
}

/// The actions of the way in, and those of the cycle if there is one.
pub(super) fn parts(trace: &Trace) -> (Vec<u32>, Vec<u32>) {
    let actions: Vec<u32> = trace.actions.iter().map(|action| action.0).collect();
    let cycle = trace.repeats_from.map_or(actions.len(), |first| first as usize);
    let (way_in, cycle) = actions.split_at(cycle);
    (way_in.to_vec(), cycle.to_vec())
}
