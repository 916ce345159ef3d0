//! From where recovery is sure, possible with luck, or out of reach; and where a trace passes the point
//! of no return.
//!
//! Nothing further goes wrong and nobody helps: from a state on there are no faults and no operator
//! steps. Recovery is *out of reach* where no execution gets to a healthy state. Otherwise it is *sure*
//! if every fair execution that stays calm is healthy from some point on, and depends on *luck* if one is
//! not: if, through calm states, a fair component of calm states that has an unhealthy one can be
//! reached. Out of reach comes first, as it might be that no fair execution stays calm.
//!
//! For the states on a trace that are not calm the same is asked, of executions that stay calm once they
//! are: no edge from a calm state to another is followed. So one sweep answers both.
//!
//! The graph may hold operator steps. Then the states out of reach are told apart by whether they could
//! help, and states that are reached with their help only are not surveyed.
//!
//! Cost: that of the fair components, and three sweeps.

use super::FigureBreach;
use super::chase::{Chase, region};
use super::reach::can_reach;
use super::safety::{StateFinding, states_where};
use super::twists::Folded;
use super::way_in::{Fare, WayIn};
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId, StateSet};
use crate::system::{FigureId, Role, System};
use crate::trace::Trace;

/// What recovery means, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionsQuestion {
    /// When the trigger is over; always, if the model does not say.
    pub calm: Option<FigureId>,
    /// What recovering means.
    pub healthy: FigureId,
}

/// How recovery stands in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Prospect {
    /// Every fair execution that stays calm is healthy from some point on.
    Sure,
    /// Some execution gets to a healthy state, but not all that are fair stay in such states.
    WithLuck,
    /// No execution gets to a healthy state, unless an operator helps.
    NeedsOperators,
    /// No execution gets to a healthy state, not even with operator steps, if the graph has any.
    OutOfReach,
}

impl Prospect {
    /// All of them, the best first.
    pub const ALL: [Prospect; 4] =
        [Prospect::Sure, Prospect::WithLuck, Prospect::NeedsOperators, Prospect::OutOfReach];
}

/// How recovery stands in every state of a graph. Nothing is certain where the graph is unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    /// The calm states.
    pub calm: StateSet,
    /// The states that are known to be healthy, or cannot be asked.
    pub(super) healthy: StateSet,
    sure: StateSet,
    possible: StateSet,
    with_operators: StateSet,
    /// The regions of the calm states that are reached without operators, in the order of
    /// [`Prospect::ALL`]; those without a state are left out.
    pub survey: Vec<RegionFinding>,
    /// Where `calm` or `healthy` cannot be read. Such a state is neither calm nor unhealthy.
    pub breach: Option<FigureBreach>,
}

/// The calm states of one prospect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionFinding {
    /// Which.
    pub prospect: Prospect,
    /// How many there are.
    pub state_count: usize,
    /// The one with the fewest faults on the way to it, then with the fewest steps.
    pub first: StateFinding,
    /// The faults on that way.
    pub faults: u32,
}

/// Where a trace passes the point of no return: numbers of its states, of which 0 is the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoReturn {
    /// The last state in which recovery was sure.
    pub last_sure: Option<usize>,
    /// The last in which it was possible.
    pub last_possible: Option<usize>,
}

/// Finds out from where recovery is sure.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn regions(
    system: &dyn System,
    graph: &Graph,
    question: RegionsQuestion,
    observer: &mut dyn Observer,
) -> Result<Regions, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "regions need all edges");
    let patience = &mut Patience::new(observer);
    let (calm, mut breach) = region(system, graph, question.calm, patience)?;
    let found = states_where(system, graph, question.healthy, patience)?;
    breach = breach.or(found.breach);
    let healthy: StateSet = found.states.iter().chain(found.unreadable.iter()).collect();
    let terrain = Terrain { system, graph, calm: &calm, healthy: &healthy };
    let is_healthy = |state| healthy.contains(state);
    let possible = can_reach(graph, &is_healthy, &|_, edge| terrain.is_quiet(edge), patience)?;
    let helped = |_, edge| terrain.role(edge) != Role::Fault;
    let with_operators = match terrain.operators_act() {
        true => can_reach(graph, &is_healthy, &helped, patience)?,
        false => possible.clone(),
    };
    let failing = terrain.failing(&StateSet::default(), patience)?;
    let sure = possible.iter().filter(|&state| !failing.contains(state)).collect();
    let survey = Vec::new();
    let mut regions = Regions { calm, healthy, sure, possible, with_operators, survey, breach };
    regions.survey = regions.survey(system, graph, patience)?;
    Ok(regions)
}

impl Regions {
    /// How recovery stands in a state.
    pub fn prospect(&self, state: StateId) -> Prospect {
        if self.sure.contains(state) {
            Prospect::Sure
        } else if self.possible.contains(state) {
            Prospect::WithLuck
        } else if self.with_operators.contains(state) {
            Prospect::NeedsOperators
        } else {
            Prospect::OutOfReach
        }
    }

    /// The point of no return among the states of a trace.
    pub fn no_return(&self, states: &[StateId]) -> NoReturn {
        let last = |worst| states.iter().rposition(|&state| self.prospect(state) <= worst);
        NoReturn { last_sure: last(Prospect::Sure), last_possible: last(Prospect::WithLuck) }
    }

    fn survey(
        &self,
        system: &dyn System,
        graph: &Graph,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<RegionFinding>, Interrupted> {
        let way_in = WayIn::new(graph, system.facts(), nobody_helps, patience)?;
        let mut findings = Vec::new();
        for prospect in Prospect::ALL {
            let belongs =
                |&state: &StateId| way_in.leads_to(state) && self.prospect(state) == prospect;
            let states: Vec<StateId> = self.calm.iter().filter(belongs).collect();
            let first = states.iter().copied().min_by_key(|&state| way_in.cost(state));
            findings.extend(first.map(|state| RegionFinding {
                prospect,
                state_count: states.len(),
                first: StateFinding { state, trace: way_in.trace(graph, state) },
                faults: way_in.cost(state).dear,
            }));
        }
        Ok(findings)
    }
}

fn nobody_helps(role: Role) -> Fare {
    match role {
        Role::Fault => Fare::Dear,
        Role::Operator => Fare::Barred,
        _ => Fare::Cheap,
    }
}

/// The states that a trace passes, if the graph holds them all.
pub fn states_of(graph: &Graph, trace: &Trace) -> Option<Vec<StateId>> {
    let mut states = vec![graph.find(&trace.start)?];
    for &action in &trace.actions {
        let edges = graph.edges(*states.last()?);
        let edge = edges.iter().find(|edge| graph.action(edge.label) == action)?;
        states.push(edge.target()?);
    }
    Some(states)
}

/// Where executions go while nothing further goes wrong and nobody helps.
#[derive(Clone, Copy)]
pub(super) struct Terrain<'a> {
    pub(super) system: &'a dyn System,
    pub(super) graph: &'a Graph,
    pub(super) calm: &'a StateSet,
    /// Those that cannot be asked among them.
    pub(super) healthy: &'a StateSet,
}

impl Terrain<'_> {
    pub(super) fn role(&self, edge: Edge) -> Role {
        self.system.facts().actions[self.graph.action(edge.label)].role
    }

    /// Whether the graph has a step of an operator.
    fn operators_act(&self) -> bool {
        let mut labels = self.graph.labels();
        let facts = self.system.facts();
        labels.any(|label| facts.actions[self.graph.action(label)].role == Role::Operator)
    }

    /// Whether a step is neither a fault nor an operator's.
    pub(super) fn is_quiet(&self, edge: Edge) -> bool {
        !matches!(self.role(edge), Role::Fault | Role::Operator)
    }

    /// The states from which a fair execution that stays calm, once it is, need not become healthy for
    /// good, and passes no state that saves it.
    pub(super) fn failing(
        &self,
        saved: &StateSet,
        patience: &mut Patience<'_>,
    ) -> Result<StateSet, Interrupted> {
        let keep = |_, edge| self.is_quiet(edge);
        let count = |state, _| u64::from(!self.healthy.contains(state));
        let (system, graph) = (self.system, self.graph);
        let folded = Folded::new(system, graph);
        let chase = Chase { system, graph, net: &folded, keep: &keep, count: &count };
        let region = self.calm.iter().filter(|&state| !saved.contains(state)).collect();
        let unwell: StateSet = chase.fair(region, patience)?.into_iter().flatten().collect();
        let leads_on = |state, edge: Edge| {
            let goes_on = |target| !saved.contains(target) && self.stays_calm(state, target);
            self.is_quiet(edge) && !saved.contains(state) && edge.target().is_some_and(goes_on)
        };
        can_reach(self.graph, &|state| unwell.contains(state), &leads_on, patience)
    }

    fn stays_calm(&self, state: StateId, target: StateId) -> bool {
        !self.calm.contains(state) || self.calm.contains(target)
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{FAULT, Line, MAY, OPERATOR, TICK, WEAK, draw, explored};
    use super::*;
    use crate::explore::Silent;
    use Prospect::{NeedsOperators, OutOfReach, Sure, WithLuck};

    /// Expects the prospects of the states 0, 1, 2 … where 0 is healthy, and how many calm ones each has.
    fn check(lines: &[Line], calm: &[u64], expected: &[Prospect], survey: &[(Prospect, usize)]) {
        let system = draw(lines, calm, &[0]);
        let graph = explored(&system);
        let question = RegionsQuestion { calm: Some(FigureId(0)), healthy: FigureId(1) };
        let found = regions(&system, &graph, question, &mut Silent).expect("nobody interrupts");
        for (number, &prospect) in expected.iter().enumerate() {
            let state = graph.find(&[number as u64]).expect("the state is reachable");
            assert_eq!(found.prospect(state), prospect, "state {number}");
        }
        let counts = found.survey.iter().map(|region| (region.prospect, region.state_count));
        assert_eq!(counts.collect::<Vec<_>>(), survey);
    }

    #[test]
    fn recovery_is_sure_with_luck_or_out_of_reach() {
        let lines = [
            (0, TICK, 0, 0),
            (0, FAULT, 0, 1),
            (1, WEAK, 0, 0),
            (1, FAULT, 0, 2),
            (2, TICK, 0, 2),
            (2, MAY, 0, 0),
            (2, FAULT, 0, 3),
            (3, TICK, 0, 3),
            (3, OPERATOR, 0, 4),
            (4, WEAK, 0, 0),
            (3, FAULT, 0, 5),
            (5, TICK, 0, 5),
        ];
        let expected = [Sure, Sure, WithLuck, NeedsOperators, Sure, OutOfReach];
        // What only an operator leads to is not surveyed.
        let survey = [(Sure, 2), (WithLuck, 1), (NeedsOperators, 1), (OutOfReach, 1)];
        check(&lines, &[0, 1, 2, 3, 4, 5], &expected, &survey);
    }

    #[test]
    fn a_trace_that_is_not_calm_yet_is_judged_by_what_it_leads_to() {
        let lines = [
            (0, TICK, 0, 0),
            (0, FAULT, 0, 1),
            (1, MAY, 0, 2),
            (1, WEAK, 0, 0),
            (2, WEAK, 0, 3),
            (3, TICK, 0, 3),
        ];
        let expected = [Sure, WithLuck, OutOfReach, OutOfReach];
        check(&lines, &[0, 3], &expected, &[(Sure, 1), (OutOfReach, 1)]);
    }

    #[test]
    fn what_does_not_stay_calm_is_no_reason_for_doubt() {
        let lines =
            [(0, TICK, 0, 0), (0, FAULT, 0, 1), (1, MAY, 0, 2), (1, WEAK, 0, 0), (2, WEAK, 0, 1)];
        check(&lines, &[0, 1], &[Sure, Sure, Sure], &[(Sure, 2)]);
        check(&lines, &[0, 1, 2], &[Sure, WithLuck, WithLuck], &[(Sure, 1), (WithLuck, 2)]);
    }

    #[test]
    fn the_point_of_no_return_is_the_last_good_state() {
        let lines = [
            (0, FAULT, 0, 1),
            (1, WEAK, 0, 0),
            (1, MAY, 0, 2),
            (2, TICK, 0, 2),
            (2, MAY, 0, 0),
            (2, FAULT, 0, 3),
            (3, TICK, 0, 3),
        ];
        let system = draw(&lines, &[0, 1, 2, 3], &[0]);
        let graph = explored(&system);
        let question = RegionsQuestion { calm: Some(FigureId(0)), healthy: FigureId(1) };
        let found = regions(&system, &graph, question, &mut Silent).expect("nobody interrupts");
        let actions = [FAULT, MAY, TICK, FAULT, TICK].map(crate::system::ActionId).to_vec();
        let trace = Trace { start: vec![0], actions, repeats_from: Some(4) };
        let states = states_of(&graph, &trace).expect("the trace is in the graph");
        let point = NoReturn { last_sure: Some(0), last_possible: Some(3) };
        assert_eq!(found.no_return(&states), point);
    }
}
