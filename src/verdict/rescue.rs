//! What operators can do: plans that lead back to where recovery is sure, whatever the system does, and
//! plans that lead there if it cooperates.
//!
//! Ranks count interventions. Recovery is sure without any in the states of rank 0. A state has a rank
//! of at most k + 1 if, without operators, every fair execution that stays calm either becomes healthy
//! for good, or comes to a state in which an operator step to a state of rank at most k is at hand. There
//! the operator acts, before anything else happens. Each rank is one round of what finds the sure states,
//! with one more set of states that save an execution. No further fault happens while a plan is carried
//! out.
//!
//! A plan for one state is a shortest run that carries it out; in a guaranteed one another run may come
//! to other decisions, which [`Rescue::intervention`] tells for each state.
//!
//! Cost: that of the sure states, for each rank.

use std::collections::{HashMap, VecDeque};

use super::reach::can_reach;
use super::regions::{Prospect, Regions, Terrain};
use super::way_in::{Fare, WayIn};
use crate::base::Id;
use crate::explore::{Edges, Graph, Interrupted, Observer, Patience, StateId, StateSet};
use crate::system::{ActionId, Role, System};
use crate::trace::rebuild::walk_back;

/// What operators can do in every state of a graph.
pub struct Rescue<'a> {
    terrain: Terrain<'a>,
    regions: &'a Regions,
    /// By state: its rank, or [`NO_RANK`].
    ranks: Vec<u32>,
}

/// No number of interventions guarantees anything.
const NO_RANK: u32 = u32::MAX;

/// What is to be done from one state on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescuePlan {
    /// A shortest run of the plan from the state: steps of the system, and interventions.
    pub actions: Vec<ActionId>,
    /// The fewest operator steps that are needed; in a guaranteed plan a lucky run may need fewer.
    pub interventions: u32,
}

/// What can be done from one state on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// To where recovery is sure, whatever the system does.
    pub guaranteed: Option<RescuePlan>,
    /// To where recovery is sure, if the system does what the plan says.
    pub cooperative: Option<RescuePlan>,
    /// To a healthy state, if the system does what the plan says. Without it no plan exists.
    pub hopeful: Option<RescuePlan>,
}

impl<'a> Rescue<'a> {
    /// Ranks all states of a graph with operator steps.
    ///
    /// # Panics
    /// If the graph does not keep all edges.
    pub fn new(
        system: &'a dyn System,
        graph: &'a Graph,
        regions: &'a Regions,
        observer: &mut dyn Observer,
    ) -> Result<Rescue<'a>, Interrupted> {
        assert!(graph.edges_kept() == Edges::Everywhere, "rescues need all edges");
        let patience = &mut Patience::new(observer);
        let terrain = Terrain { system, graph, calm: &regions.calm, healthy: &regions.healthy };
        let sure = |state| regions.prospect(state) == Prospect::Sure;
        let rank = |state| if sure(state) { 0 } else { NO_RANK };
        let ranks = graph.states().map(rank).collect();
        let mut rescue = Rescue { terrain, regions, ranks };
        let mut interventions = 1;
        while rescue.rank_next(interventions, patience)? {
            interventions += 1;
        }
        Ok(rescue)
    }

    /// Ranks the states that need so many interventions; returns whether there is one.
    fn rank_next(
        &mut self,
        interventions: u32,
        patience: &mut Patience<'_>,
    ) -> Result<bool, Interrupted> {
        let graph = self.terrain.graph;
        let is_saved = |&state: &StateId| self.is_saved(state, interventions);
        let saved: StateSet = graph.states().filter(is_saved).collect();
        let failing = self.terrain.failing(&saved, patience)?;
        let is_quiet = |_, edge| self.terrain.is_quiet(edge);
        let helped = can_reach(graph, &|state| saved.contains(state), &is_quiet, patience)?;
        let mut is_any = false;
        for state in helped.iter().filter(|&state| !failing.contains(state)) {
            if self.ranks[state.index()] == NO_RANK {
                self.ranks[state.index()] = interventions;
                is_any = true;
            }
        }
        Ok(is_any)
    }

    /// Whether fewer interventions are enough, now or after one at once.
    fn is_saved(&self, state: StateId, interventions: u32) -> bool {
        self.ranks[state.index()] < interventions
            || self.steps(state).any(|(_, target)| self.ranks[target.index()] < interventions)
    }

    /// The operator steps out of a state.
    fn steps(&self, state: StateId) -> impl Iterator<Item = (ActionId, StateId)> {
        let graph = self.terrain.graph;
        let edges = graph.edges(state).iter();
        let edges = edges.filter(|&&edge| self.terrain.role(edge) == Role::Operator);
        edges.filter_map(move |edge| Some((graph.action(edge.label), edge.target()?)))
    }

    /// The fewest interventions that lead to where recovery is sure, whatever the system does.
    pub fn rank(&self, state: StateId) -> Option<u32> {
        Some(self.ranks[state.index()]).filter(|&rank| rank != NO_RANK)
    }

    /// What a guaranteed plan does in a state at once: an operator step that leaves fewer to be taken.
    /// None where it waits for the system.
    pub fn intervention(&self, state: StateId) -> Option<(ActionId, StateId)> {
        let rank = self.rank(state)?;
        let step = self.steps(state).min_by_key(|(_, target)| self.ranks[target.index()])?;
        (self.ranks[step.1.index()] < rank).then_some(step)
    }

    /// How many calm states of the graph there are from which 0, 1, 2 … interventions guarantee recovery.
    pub fn state_counts(&self) -> Vec<usize> {
        let ranks = self.regions.calm.iter().filter_map(|state| self.rank(state));
        let mut counts = Vec::new();
        for rank in ranks {
            counts.resize(counts.len().max(rank as usize + 1), 0);
            counts[rank as usize] += 1;
        }
        counts
    }

    /// How many calm states of the graph there are from which no plan exists, not even a hopeful one.
    pub fn hopeless_count(&self) -> usize {
        let hopeless = |&state: &StateId| self.regions.prospect(state) == Prospect::OutOfReach;
        self.regions.calm.iter().filter(hopeless).count()
    }

    /// What can be done from a state on.
    pub fn advice(
        &self,
        state: StateId,
        observer: &mut dyn Observer,
    ) -> Result<Advice, Interrupted> {
        let patience = &mut Patience::new(observer);
        let Terrain { system, graph, .. } = self.terrain;
        let from = std::iter::once(state);
        let ways = WayIn::from_any(from, graph, system.facts(), operators_are_dear, patience)?;
        let plan = |is_goal: &dyn Fn(StateId) -> bool| {
            let goals = graph.states().filter(|&goal| ways.leads_to(goal) && is_goal(goal));
            goals.min_by_key(|&goal| ways.cost(goal)).map(|goal| RescuePlan {
                actions: ways.walk(goal).1,
                interventions: ways.cost(goal).dear,
            })
        };
        Ok(Advice {
            guaranteed: self.guaranteed(state, patience)?,
            cooperative: plan(&|goal| self.ranks[goal.index()] == 0),
            hopeful: plan(&|goal| self.regions.healthy.contains(goal)),
        })
    }

    /// A run of a guaranteed plan.
    fn guaranteed(
        &self,
        mut state: StateId,
        patience: &mut Patience<'_>,
    ) -> Result<Option<RescuePlan>, Interrupted> {
        let Some(interventions) = self.rank(state) else { return Ok(None) };
        let mut actions = Vec::new();
        while self.ranks[state.index()] > 0 {
            state = match self.intervention(state) {
                Some((action, target)) => {
                    actions.push(action);
                    target
                }
                None => self.wait(state, &mut actions, patience)?,
            };
        }
        Ok(Some(RescuePlan { actions, interventions }))
    }

    /// The nearest state that saves a run, by steps of the system.
    fn wait(
        &self,
        from: StateId,
        actions: &mut Vec<ActionId>,
        patience: &mut Patience<'_>,
    ) -> Result<StateId, Interrupted> {
        let graph = self.terrain.graph;
        let mut pending = VecDeque::from([from]);
        let mut parents = HashMap::from([(from, None)]);
        while let Some(state) = pending.pop_front() {
            patience.spend()?;
            if self.is_saved(state, self.ranks[from.index()]) {
                actions.extend(walk_back(state, |state| parents[&state]).1);
                return Ok(state);
            }
            for &edge in graph.edges(state).iter().filter(|&&edge| self.terrain.is_quiet(edge)) {
                let Some(target) = edge.target() else { continue };
                parents.entry(target).or_insert_with(|| {
                    pending.push_back(target);
                    Some((state, graph.action(edge.label)))
                });
            }
        }
        unreachable!("a ranked state leads to one that saves it")
    }
}

fn operators_are_dear(role: Role) -> Fare {
    match role {
        Role::Operator => Fare::Dear,
        Role::Fault => Fare::Barred,
        _ => Fare::Cheap,
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{FAULT, Line, MAY, OPERATOR, TICK, WEAK, draw, explored};
    use super::super::regions::{RegionsQuestion, regions};
    use super::*;
    use crate::explore::Silent;
    use crate::system::FigureId;

    /// Expects the plans from a state: guaranteed, cooperative and hopeful. All states are calm, and 0 is
    /// healthy.
    fn check(lines: &[Line], from: u64, expected: [Option<&[u32]>; 3]) {
        let system = draw(lines, &[0, 1, 2, 3, 4, 5], &[0]);
        let graph = explored(&system);
        let question = RegionsQuestion { calm: None, healthy: FigureId(1) };
        let regions = regions(&system, &graph, question, &mut Silent).expect("nobody interrupts");
        let rescue =
            Rescue::new(&system, &graph, &regions, &mut Silent).expect("nobody interrupts");
        let state = graph.find(&[from]).expect("the state is reachable");
        let advice = rescue.advice(state, &mut Silent).expect("nobody interrupts");
        let actions = |plan: Option<RescuePlan>| {
            plan.map(|plan| plan.actions.iter().map(|action| action.0).collect::<Vec<_>>())
        };
        let found = [advice.guaranteed, advice.cooperative, advice.hopeful].map(actions);
        assert_eq!(found, expected.map(|plan| plan.map(<[u32]>::to_vec)));
    }

    #[test]
    fn an_intervention_that_leads_to_luck_is_hopeful_only() {
        let lines = [
            (0, TICK, 0, 0),
            (0, FAULT, 0, 1),
            (1, TICK, 0, 1),
            (1, OPERATOR, 0, 2),
            (2, TICK, 0, 2),
            (2, MAY, 0, 3),
            (3, TICK, 0, 3),
            (3, FAULT, 0, 4),
            (4, TICK, 0, 4),
        ];
        // Nothing healthy is within reach yet.
        check(&lines, 1, [None, None, None]);
        let lines = [&lines[..], &[(3, WEAK, 0, 0)]].concat();
        let plan: &[u32] = &[OPERATOR, MAY];
        check(&lines, 1, [None, Some(plan), Some(&[OPERATOR, MAY, WEAK])]);
        check(&lines, 4, [None, None, None]);
    }

    #[test]
    fn a_plan_waits_for_what_must_come() {
        let lines = [
            (0, TICK, 0, 0),
            (0, FAULT, 0, 1),
            (1, MAY, 0, 1),
            (1, WEAK, 0, 2),
            (2, TICK, 0, 2),
            (2, OPERATOR, 0, 0),
        ];
        let plan: &[u32] = &[WEAK, OPERATOR];
        check(&lines, 1, [Some(plan), Some(plan), Some(plan)]);
    }

    #[test]
    fn a_plan_does_not_count_on_what_may_come() {
        let lines = [
            (0, TICK, 0, 0),
            (0, FAULT, 0, 1),
            (1, TICK, 0, 1),
            (1, MAY, 0, 2),
            (2, TICK, 0, 2),
            (2, OPERATOR, 0, 0),
        ];
        let plan: &[u32] = &[MAY, OPERATOR];
        check(&lines, 1, [None, Some(plan), Some(plan)]);
    }
}
