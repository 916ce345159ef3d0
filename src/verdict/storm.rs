//! Failures that keep themselves alive: `finite m when p`, its grades, and a lasso that shows it.
//!
//! The claim fails if a fair execution, from some point on in p-states only, counts m again and again:
//! if a fair component of the p-states has an edge of its own that counts m. Both ends of every edge of
//! the cycle lie where p holds; the way in may lead anywhere.
//!
//! Three things are said beside the verdict. A *loop*: only cycles that put off something owed count m,
//! so the claim holds, but no bound follows. A *trap*: the cycle lies where no healthy state can be
//! reached without a further fault. A storm *beyond the region*: where p does not stay true a fair
//! execution counts m for ever, which the claim does not see.

use super::FigureBreach;
use super::components::Components;
use super::fairness::fair_components;
use super::lasso::{Demand, Lasso, Scene, fewest_faults};
use super::net::Needs;
use super::reach::can_reach;
use super::safety::states_where;
use super::way_in::WayIn;
use crate::base::Id;
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId, StateSet};
use crate::system::{FairnessId, FigureId, MeterId, Role, System};
use crate::trace::Trace;

/// What is asked: whether a meter counts without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StormQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The p of the claim; every state, if none is given.
    pub region: Option<FigureId>,
    /// What recovering means; without it no storm is a trap.
    pub healthy: Option<FigureId>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormAnswer {
    /// A storm: the claim fails.
    pub storm: Option<StormFinding>,
    /// There is no storm, but cycles that are not fair count.
    pub unfair_loop: Option<LoopFinding>,
    /// There is no storm in the region, but one that does not stay in it.
    pub beyond_region: Option<StormFinding>,
    /// Where `region` or `healthy` cannot be read. Such a state is outside the region, and is not known
    /// not to be healthy.
    pub breach: Option<FigureBreach>,
}

/// A fair lasso that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormFinding {
    /// The way in, with as few faults as lead to a storm of this grade, and the cycle.
    pub trace: Trace,
    /// How much one turn of the cycle counts.
    pub meter_per_turn: u64,
    /// How many ticks one turn takes; 0 if it takes no time at all.
    pub ticks_per_turn: u64,
    /// The faults on the way in.
    pub faults: u32,
    /// The fewest faults that lead to a storm of any grade.
    pub fewest_faults: u32,
    /// How bad it is.
    pub grade: Grade,
}

/// A cycle that counts and puts something off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopFinding {
    /// The way in and the cycle.
    pub trace: Trace,
    /// How much one turn of the cycle counts.
    pub meter_per_turn: u64,
    /// How many ticks one turn takes.
    pub ticks_per_turn: u64,
    /// An obligation that going round for ever violates.
    pub put_off: FairnessId,
}

/// How bad a storm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// A fair cycle counts.
    Storm,
    /// And no healthy state can be reached from it without a further fault.
    Trap,
}

/// Looks for storms.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn storm(
    system: &dyn System,
    graph: &Graph,
    question: StormQuestion,
    observer: &mut dyn Observer,
) -> Result<StormAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "storms need all edges");
    let mut chase = Chase {
        system,
        graph,
        question,
        counting: graph.labels().map(|label| graph.count(label, question.meter) > 0).collect(),
        breach: None,
        patience: Patience::new(observer),
    };
    let region = chase.region()?;
    let storm = chase.storm(&region)?;
    let unfair_loop = if storm.is_none() { chase.unfair_loop(&region)? } else { None };
    let beyond_region = match (&storm, question.region) {
        (None, Some(_)) => chase.storm(&graph.states().collect::<Vec<_>>())?,
        _ => None,
    };
    Ok(StormAnswer { storm, unfair_loop, beyond_region, breach: chase.breach })
}

/// A search for storms under way.
struct Chase<'a> {
    system: &'a dyn System,
    graph: &'a Graph,
    question: StormQuestion,
    /// By label: whether it counts.
    counting: Vec<bool>,
    breach: Option<FigureBreach>,
    patience: Patience<'a>,
}

impl Chase<'_> {
    fn region(&mut self) -> Result<Vec<StateId>, Interrupted> {
        let Some(figure) = self.question.region else { return Ok(self.graph.states().collect()) };
        let found = states_where(self.system, self.graph, figure, &mut self.patience)?;
        self.breach = found.breach;
        Ok(found.states.iter().collect())
    }

    /// The worst storm in a region.
    fn storm(&mut self, region: &[StateId]) -> Result<Option<StormFinding>, Interrupted> {
        let storms = self.fair(region.to_vec())?;
        if storms.is_empty() {
            return Ok(None);
        }
        let traps = self.traps(&storms)?;
        let way_in = WayIn::new(self.graph, self.system.facts(), &mut self.patience)?;
        let Some(fewest) = fewest_faults(&way_in, &storms) else { return Ok(None) };
        let (grade, worst) =
            if traps.is_empty() { (Grade::Storm, storms) } else { (Grade::Trap, traps) };
        let lasso = self.lasso(&way_in, &worst, Demand::Fair)?;
        Ok(lasso.map(|lasso| StormFinding {
            trace: lasso.trace(self.graph, way_in.walk(lasso.entry())),
            meter_per_turn: lasso.per_turn(self.graph, self.question.meter),
            ticks_per_turn: lasso.per_turn(self.graph, MeterId::TICKS),
            faults: lasso.faults,
            fewest_faults: fewest,
            grade,
        }))
    }

    /// The fair components of a region that count.
    fn fair(&mut self, region: Vec<StateId>) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let counts = |_: StateId, edge: Edge| u64::from(self.counting[edge.label.index()]);
        let needs = Needs { all: 1, met: &counts };
        fair_components(self.graph, self.system.facts(), region, &needs, &mut self.patience)
    }

    /// The fair components inside storms from which no healthy state can be reached.
    fn traps(&mut self, storms: &[Vec<StateId>]) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let Some(figure) = self.question.healthy else { return Ok(Vec::new()) };
        let curable = self.curable(figure)?;
        let states = storms.iter().flatten().copied();
        self.fair(states.filter(|&state| !curable.contains(state)).collect())
    }

    /// The states from which a healthy state can be reached without a fault, or might be.
    fn curable(&mut self, healthy: FigureId) -> Result<StateSet, Interrupted> {
        let found = states_where(self.system, self.graph, healthy, &mut self.patience)?;
        if self.breach.is_none() {
            self.breach = found.breach;
        }
        let goal = |state| found.states.contains(state) || found.unreadable.contains(state);
        let actions = &self.system.facts().actions;
        let keep = |_, edge: Edge| actions[self.graph.action(edge.label)].role != Role::Fault;
        can_reach(self.graph, &goal, &keep, &mut self.patience)
    }

    /// A cycle that counts, in a region without storms.
    fn unfair_loop(&mut self, region: &[StateId]) -> Result<Option<LoopFinding>, Interrupted> {
        let components = self.counting_components(region)?;
        if components.is_empty() {
            return Ok(None);
        }
        let way_in = WayIn::new(self.graph, self.system.facts(), &mut self.patience)?;
        let lasso = self.lasso(&way_in, &components, Demand::Any)?;
        Ok(lasso.map(|lasso| LoopFinding {
            trace: lasso.trace(self.graph, way_in.walk(lasso.entry())),
            meter_per_turn: lasso.per_turn(self.graph, self.question.meter),
            ticks_per_turn: lasso.per_turn(self.graph, MeterId::TICKS),
            put_off: lasso.put_off.expect("a fair cycle that counts would be a storm"),
        }))
    }

    /// The components of a region with an edge of their own that counts, fair or not.
    fn counting_components(
        &mut self,
        region: &[StateId],
    ) -> Result<Vec<Vec<StateId>>, Interrupted> {
        let mut counting = Vec::new();
        let mut finder = Components::new(self.graph);
        finder.search(region, &|_, _| true, &mut self.patience, &mut |component| {
            let mut component = component.to_vec();
            component.sort_unstable();
            let counts = |edge: &Edge| {
                let inside = |target| component.binary_search(&target).is_ok();
                self.counting[edge.label.index()] && edge.target().is_some_and(inside)
            };
            if component.iter().any(|&state| self.graph.edges(state).iter().any(counts)) {
                counting.push(component);
            }
        })?;
        Ok(counting)
    }

    fn lasso(
        &mut self,
        way_in: &WayIn<'_>,
        components: &[Vec<StateId>],
        demand: Demand,
    ) -> Result<Option<Lasso>, Interrupted> {
        let counts = |_: StateId, edge: Edge| u64::from(self.counting[edge.label.index()]);
        let needs = Needs { all: 1, met: &counts };
        let facts = self.system.facts();
        Scene { net: self.graph, facts, way_in, needs, demand }
            .lasso(components, &mut self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::explore::{Limits, Plan, Silent, explore};
    use crate::system::{
        ActionFacts, ActionId, Arrow, Breach, Drawn, Facts, Fairness, HandDrawn, Rule, Strength,
    };

    const TICK: u32 = 0;
    const WEAK: u32 = 1;
    const OTHER_WEAK: u32 = 2;
    const STRONG: u32 = 3;
    const MAY: u32 = 4;
    const FAULT: u32 = 5;
    const BREACHES: u64 = u64::MAX;

    /// A step: from, action, what it counts on meter 1, to.
    type Line = (usize, u32, u64, u64);

    /// A system that starts in 0 and is calm and healthy in the given states. The tick, two actions and
    /// a strongly fair one owe something; a may action and a fault do not.
    fn draw(lines: &[Line], calm: &[u64], healthy: &[u64]) -> HandDrawn {
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

    /// What an answer amounts to.
    #[derive(Debug, PartialEq, Eq)]
    enum Found {
        Nothing,
        /// Puts off this obligation.
        Loop(u32),
        /// Grade, the actions of the way in, and those of the cycle.
        Storm(Grade, Vec<u32>, Vec<u32>),
        /// A storm, but not in calm states.
        Beyond(Vec<u32>, Vec<u32>),
    }

    fn check(lines: &[Line], calm: &[u64], expected: &Found) {
        check_grade(lines, calm, &[0, 1, 2, 3, 4, 5, 6, 7], expected);
    }

    fn check_grade(lines: &[Line], calm: &[u64], healthy: &[u64], expected: &Found) {
        let system = draw(lines, calm, healthy);
        let plan = Plan { edges: Edges::Everywhere, limits: Limits::NONE, workers: 1 };
        let graph = explore(&system, &plan, &mut Silent).graph;
        let question = StormQuestion {
            meter: MeterId(1),
            region: Some(FigureId(0)),
            healthy: Some(FigureId(1)),
        };
        let answer = storm(&system, &graph, question, &mut Silent).expect("nobody interrupts");
        assert_eq!(&found(answer), expected);
    }

    fn found(answer: StormAnswer) -> Found {
        let parts = |trace: &Trace| {
            let actions: Vec<u32> = trace.actions.iter().map(|action| action.0).collect();
            let (way_in, cycle) = actions.split_at(trace.repeats_from.unwrap_or(0) as usize);
            (way_in.to_vec(), cycle.to_vec())
        };
        match answer {
            StormAnswer { storm: Some(storm), .. } => {
                let (way_in, cycle) = parts(&storm.trace);
                Found::Storm(storm.grade, way_in, cycle)
            }
            StormAnswer { beyond_region: Some(storm), .. } => {
                let (way_in, cycle) = parts(&storm.trace);
                Found::Beyond(way_in, cycle)
            }
            StormAnswer { unfair_loop: Some(found), .. } => Found::Loop(found.put_off.0),
            _ => Found::Nothing,
        }
    }

    fn storm_of(way_in: &[u32], cycle: &[u32]) -> Found {
        Found::Storm(Grade::Storm, way_in.to_vec(), cycle.to_vec())
    }

    #[test]
    fn a_failed_attempt_that_changes_nothing_is_a_storm() {
        check(&[(0, FAULT, 0, 1), (1, WEAK, 1, 1)], &[0, 1], &storm_of(&[FAULT], &[WEAK]));
    }

    #[test]
    fn a_storm_that_takes_no_time_is_one_all_the_same() {
        check(&[(0, WEAK, 1, 1), (1, WEAK, 0, 0)], &[0, 1], &storm_of(&[], &[WEAK, WEAK]));
    }

    #[test]
    fn parallel_steps_each_discharge_their_own_obligation() {
        let lines = [(0, WEAK, 1, 0), (0, OTHER_WEAK, 0, 0)];
        check(&lines, &[0], &storm_of(&[], &[WEAK, OTHER_WEAK]));
    }

    #[test]
    fn a_cycle_may_not_put_off_the_tick() {
        check(&[(0, TICK, 0, 0), (0, MAY, 1, 0)], &[0], &storm_of(&[], &[TICK, MAY]));
        check(&[(0, TICK, 0, 1), (0, MAY, 1, 0), (1, TICK, 0, 1)], &[0, 1], &Found::Loop(TICK));
    }

    #[test]
    fn what_leaves_the_region_is_enabled_all_the_same() {
        let lines = [(0, MAY, 1, 0), (0, WEAK, 0, 1), (1, TICK, 0, 1)];
        check(&lines, &[0], &Found::Loop(WEAK));
    }

    #[test]
    fn what_breaches_is_enabled_all_the_same() {
        check(&[(0, MAY, 1, 0), (0, WEAK, 0, BREACHES)], &[0], &Found::Loop(WEAK));
    }

    #[test]
    fn a_cycle_through_other_states_is_no_storm_of_the_region() {
        let lines = [(0, MAY, 1, 1), (1, MAY, 0, 0)];
        check(&lines, &[0], &Found::Beyond(vec![], vec![MAY, MAY]));
    }

    #[test]
    fn what_is_taken_outside_the_region_does_not_discharge() {
        // The component of the graph takes WEAK on its way back; that of the region never does.
        let lines = [(0, MAY, 1, 0), (0, WEAK, 0, 1), (1, WEAK, 0, 0)];
        check(&lines, &[0], &Found::Beyond(vec![], vec![WEAK, WEAK, MAY]));
    }

    #[test]
    fn what_is_enabled_again_and_again_is_owed_if_strong() {
        let around = |owed| [(0, MAY, 1, 1), (1, MAY, 0, 0), (1, owed, 0, 2), (2, TICK, 0, 2)];
        check(&around(WEAK), &[0, 1, 2], &storm_of(&[], &[MAY, MAY]));
        check(&around(STRONG), &[0, 1, 2], &Found::Loop(STRONG));
    }

    #[test]
    fn a_strong_obligation_is_escaped_by_leaving_its_states() {
        let lines = [
            (0, MAY, 1, 1),
            (1, MAY, 1, 0),
            (1, WEAK, 1, 2),
            (2, MAY, 0, 1),
            (2, STRONG, 0, 3),
            (3, TICK, 0, 3),
        ];
        check(&lines, &[0, 1, 2, 3], &storm_of(&[], &[MAY, MAY]));
    }

    #[test]
    fn a_cycle_does_not_visit_a_strong_obligation_to_discharge_it() {
        let lines =
            [(0, MAY, 1, 0), (0, WEAK, 0, 1), (1, STRONG, 0, 2), (2, WEAK, 0, 0), (0, TICK, 0, 0)];
        let lines = [&lines[..], &[(0, OTHER_WEAK, 0, 3), (3, WEAK, 0, 0)]].concat();
        // WEAK, OTHER_WEAK and the tick are owed in 0; the way through 3 knows nothing of STRONG.
        check(&lines, &[0, 1, 2, 3], &storm_of(&[], &[OTHER_WEAK, WEAK, MAY]));
    }

    #[test]
    fn fewest_faults_come_before_a_short_way() {
        let lines = [
            (0, FAULT, 0, 1),
            (1, MAY, 1, 1),
            (0, MAY, 0, 2),
            (2, MAY, 0, 3),
            (3, MAY, 0, 4),
            (4, MAY, 1, 4),
        ];
        let all = [0, 1, 2, 3, 4];
        check(&lines, &all, &storm_of(&[MAY, MAY, MAY], &[MAY]));
        check(&lines, &[1], &storm_of(&[FAULT], &[MAY]));
    }

    #[test]
    fn of_ways_with_as_few_faults_the_shortest_is_taken() {
        let lines = [
            (0, MAY, 0, 1),
            (1, MAY, 0, 2),
            (2, FAULT, 0, 3),
            (0, FAULT, 0, 4),
            (4, MAY, 0, 3),
            (3, MAY, 1, 3),
        ];
        check(&lines, &[3], &storm_of(&[FAULT, MAY], &[MAY]));
    }

    #[test]
    fn a_storm_that_only_a_fault_ends_is_a_trap() {
        let lines = [(0, FAULT, 0, 1), (1, WEAK, 1, 1), (1, FAULT, 0, 0), (0, TICK, 0, 0)];
        let trap = Found::Storm(Grade::Trap, vec![FAULT], vec![WEAK]);
        check_grade(&lines, &[1], &[0], &trap);
        let lines = [&lines[..], &[(1, MAY, 0, 0)]].concat();
        check_grade(&lines, &[1], &[0], &storm_of(&[FAULT], &[WEAK]));
    }

    #[test]
    fn a_cycle_that_counts_nothing_is_no_storm() {
        check(&[(0, MAY, 1, 1), (1, TICK, 0, 1)], &[0, 1], &Found::Nothing);
    }
}
