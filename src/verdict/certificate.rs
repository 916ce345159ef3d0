//! What a second, small program needs to check a `holds` without exploring again.
//!
//! Nothing is found out here that the judgement did not find before: the components that are not fair
//! with what they put off, the heights that prove a ratio or a total, the distances to a goal. They are
//! written down for each state, in the order of the states, which is breadth first: so each is a start
//! or behind one that stands before it.

use itertools::Itertools;

use super::answer::{Ground, Verdict};
use super::chase::{Chase, counts_by_label, every_edge, region};
use super::cycle_ratio::largest_ratio;
use super::judge::meter_id;
use super::net::Course;
use super::order::{Order, Sorted};
use super::safety::states_where;
use super::temporal::refutation;
use super::{Judge, bound, window};
use crate::base::Id;
use crate::certificate::{Level, Proof, Reason};
use crate::explore::{
    Edge, Exploration, Graph, Interrupted, Observer, Patience, StateId, StateSet,
};
use crate::model::{Claim, Values};
use crate::system::{ActionId, FigureId, MeterId, Role, System};

impl Judge<'_> {
    /// What proves a claim with this verdict: nothing, unless it holds and can be certified.
    pub fn prove(
        &self,
        system: &dyn System,
        exploration: &Exploration,
        (claim, verdict): (&Claim, &Verdict),
        observer: &mut dyn Observer,
    ) -> Result<Option<Proof>, Interrupted> {
        let Verdict::Holds { ground, witness, .. } = verdict else { return Ok(None) };
        if let (Ground::Witness, Some(way)) = (ground, witness) {
            let actions = way.steps().iter().map(|step| step.action).collect();
            return Ok(way.states().first().map(|start| Proof::Trace(start.clone(), actions)));
        }
        let graph = &exploration.graph;
        let patience = &mut Patience::new(observer);
        let mut prover = Prover { system, graph, patience };
        let proof = match claim {
            Claim::Always(_) | Claim::Never(_) | Claim::Peak(..) => Proof::States,
            Claim::Possible(_) => return Ok(None),
            Claim::Temporal(formula) => {
                let memory_bytes = exploration.memory_bytes_left();
                return refutation(system, graph, formula, memory_bytes, prover.patience);
            }
            Claim::AlwaysPossible(goal) => Proof::Ranks(prover.ranks(*goal)?),
            Claim::Finite(meter, when) | Claim::Rate { meter, when, .. } => {
                let counts = counts_by_label(graph, meter_id(*meter));
                let count = |_: StateId, edge: Edge| counts[edge.label.index()];
                let region = prover.states_where(*when)?;
                Proof::Order(prover.order(region, &count)?)
            }
            Claim::Total { meter, within, when, .. } => {
                let counts = counts_by_label(graph, meter_id(*meter));
                let region = prover.states_where(*when)?;
                let count = |state: StateId, edge: Edge| match region.contains(state) {
                    true => counts[edge.label.index()],
                    false => 0,
                };
                Proof::Most(prover.most(&count, *within)?)
            }
            Claim::Recovers(within) => {
                let Some(healthy) = self.healthy else { return Ok(None) };
                let (calm, _) = region(system, graph, self.calm, prover.patience)?;
                let healthy = prover.states_where(healthy)?;
                let is_unwell = |state| calm.contains(state) && !healthy.contains(state);
                let steps = |state: StateId, _: Edge| u64::from(is_unwell(state));
                let ticks = |state: StateId, edge: Edge| match is_unwell(state) {
                    true => graph.count(edge.label, MeterId::TICKS),
                    false => 0,
                };
                let order = prover.order(calm.clone(), &steps)?;
                match within {
                    None => Proof::Order(order),
                    Some(_) => Proof::Recovery(order, prover.most(&ticks, None)?.concat()),
                }
            }
        };
        Ok(Some(proof))
    }

    /// The states of a graph, as the plain meaning sees them.
    pub fn states(&self, graph: &Graph) -> Vec<Values> {
        graph.states().map(|state| (self.decode)(&graph.words(state))).collect()
    }
}

/// Writes down what proves a claim that holds.
struct Prover<'a, 'p, 'o> {
    system: &'a dyn System,
    graph: &'a Graph,
    patience: &'p mut Patience<'o>,
}

impl Prover<'_, '_, '_> {
    fn states_where(&mut self, figure: FigureId) -> Result<StateSet, Interrupted> {
        Ok(states_where(self.system, self.graph, figure, self.patience)?.states)
    }

    /// Why executions that stay in a region do not count for ever, or not too fast.
    fn order(
        &mut self,
        region: StateSet,
        count: &dyn Fn(StateId, Edge) -> u64,
    ) -> Result<Vec<Level>, Interrupted> {
        let counts = |state: StateId, edge: Edge| u64::from(count(state, edge) > 0);
        let course = Course { keep: &every_edge, needs: 1, met: &counts };
        // What does not count needs no reason.
        let lacks = &|_| None;
        let order = Order { net: self.graph, facts: self.system.facts(), course, lacks };
        let sorted = order.levels(region.iter().collect(), self.patience)?;
        let levels = sorted.into_iter().map(|Sorted { mut level, fair }| {
            self.add_ratios(&fair, count, &mut level)?;
            Ok(level)
        });
        levels.collect()
    }

    /// Fair components that count are there only where a claim is about how fast they do.
    fn add_ratios(
        &mut self,
        fair: &[(u32, Vec<StateId>)],
        count: &dyn Fn(StateId, Edge) -> u64,
        level: &mut Level,
    ) -> Result<(), Interrupted> {
        let mut heights = Vec::new();
        for (number, component) in fair {
            let peak = largest_ratio(self.graph, component, &every_edge, count, self.patience)?;
            let ratio = Reason::Ratio(peak.ratio.count as i128, peak.ratio.ticks.into());
            level.reasons.push((*number, ratio));
            heights.extend(component.iter().copied().zip(peak.heights));
        }
        level.reasons.sort_by_key(|(number, _)| *number);
        heights.sort_unstable();
        level.heights = heights.into_iter().map(|(_, height)| height).collect();
        Ok(())
    }

    /// How much can still be counted, by ticks left if there is a window.
    fn most(
        &mut self,
        count: &dyn Fn(StateId, Edge) -> u64,
        within: Option<i64>,
    ) -> Result<Vec<Vec<u64>>, Interrupted> {
        let Prover { system, graph, .. } = *self;
        let waits = |_: StateId, edge: Edge| graph.action(edge.label) != ActionId::TICK;
        match within {
            None => {
                let chase = Chase { system, graph, net: graph, keep: &every_edge, count };
                Ok(vec![bound::still_to_count(&chase, self.patience)?])
            }
            Some(ticks) => {
                let chase = Chase { system, graph, net: graph, keep: &waits, count };
                window::still_to_count(&chase, ticks.max(0).unsigned_abs(), self.patience)
            }
        }
    }

    /// By state: the fewest steps to a goal, none of them a fault.
    fn ranks(&mut self, goal: FigureId) -> Result<Vec<u64>, Interrupted> {
        let mut behind: Vec<Vec<StateId>> = vec![Vec::new(); self.graph.state_count()];
        for state in self.graph.states() {
            self.patience.spend()?;
            for edge in self.graph.edges(state) {
                let role = self.system.facts().actions[self.graph.action(edge.label)].role;
                if let (Some(target), true) = (edge.target(), role != Role::Fault) {
                    behind[target.index()].push(state);
                }
            }
        }
        let mut pending = self.states_where(goal)?.iter().collect_vec();
        let mut ranks = vec![u64::MAX; self.graph.state_count()];
        pending.iter().for_each(|state| ranks[state.index()] = 0);
        for rank in 1.. {
            let mut next = Vec::new();
            for before in pending.iter().flat_map(|state| &behind[state.index()]) {
                if ranks[before.index()] == u64::MAX {
                    ranks[before.index()] = rank;
                    next.push(*before);
                }
            }
            if next.is_empty() {
                break;
            }
            pending = next;
        }
        Ok(ranks)
    }
}
