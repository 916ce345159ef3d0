//! The most that an execution counts: `total m [within n ticks] <= k [when p]`.
//!
//! A step counts if it starts in a p-state, wherever it leads, and all the execution before and after
//! may lie anywhere. If no cycle counts, the most is the weight of a heaviest path through the
//! components, found in one sweep since they come out after those they lead to; a shortest trace that
//! reaches it is a breadth-first search over *tight* edges, those that lose nothing against the most.
//! Weights telescope along such edges, so every heaviest path consists of them, and the first state from
//! which nothing more can be counted ends a shortest one.
//!
//! If a cycle counts, there is no most. Either a fair one does, and one execution counts without end; or
//! every fair execution stops counting, but only after putting something off for as long as it likes.
//! That something is told, with the cycle to go round.
//!
//! What an execution counts is judged on its finite beginnings. Each of them is the beginning of a fair
//! execution, as fairness can be caught up with at any moment, unless every continuation ends in a step
//! that breaches; a breaching step itself does not happen, and counts nothing.
//!
//! Sums stop growing at 2^64 - 1, which is above every bound that can be written.
//!
//! Cost: linear, times one more than the faults for the amplification; 12 bytes a state.

use std::collections::VecDeque;

pub use super::chase::{LoopFinding, StormFinding};

use super::FigureBreach;
use super::chase::{Chase, counts_by_label, every_edge, region};
use super::components::Condensation;
use super::fairness::{Count, sorted};
use super::twists::Folded;
use super::window::window;
use crate::base::Id;
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId, StateSet};
use crate::system::{ActionId, FigureId, MeterId, Role, System};
use crate::trace::Trace;
use crate::trace::rebuild::walk_back;

/// What is asked: how much a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The p of the claim: steps that start in such states count. Every state, if none is given.
    pub region: Option<FigureId>,
    /// Count only in a stretch of consecutive steps with at most so many ticks.
    pub within: Option<u64>,
    /// What recovering means, for the grade of a storm.
    pub healthy: Option<FigureId>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalAnswer {
    /// The most.
    pub total: Total,
    /// The most with no fault, with at most one, and so on. It ends where it reaches the most of all, or
    /// before the first number of faults with which there is none. A fault that could come again and
    /// again is not counted. Empty if the count is within a number of ticks.
    pub by_faults: Vec<u64>,
    /// Where `region` or `healthy` cannot be read. Steps from such a state do not count, and it is not
    /// known not to be healthy.
    pub breach: Option<FigureBreach>,
}

/// The most that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Total {
    /// No execution counts more, and one counts as much.
    Exactly(Most),
    /// A fair execution counts without end; in no time, if the count is within a number of ticks.
    Storm(StormFinding),
    /// Each fair execution stops counting, but there is no bound while something is put off.
    FiniteEachTime(LoopFinding),
}

/// A most, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Most {
    /// How much.
    pub count: u64,
    /// A shortest trace that counts so much. Within a number of ticks: a shortest way to where the
    /// stretch begins, and a shortest stretch from there. None if nothing counts.
    pub trace: Option<Trace>,
    /// The step of the trace with which counting begins.
    pub counts_from: u32,
}

impl Most {
    /// Nothing counts.
    pub(super) const NOTHING: Most = Most { count: 0, trace: None, counts_from: 0 };
}

/// Finds the most that is counted.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn total(
    system: &dyn System,
    graph: &Graph,
    question: TotalQuestion,
    observer: &mut dyn Observer,
) -> Result<TotalAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "totals need all edges");
    let patience = &mut Patience::new(observer);
    let folded = Folded::new(system, graph);
    let counts = counts_by_label(graph, question.meter);
    let (region, mut breach) = region(system, graph, question.region, patience)?;
    let count = |state: StateId, edge: Edge| match region.contains(state) {
        true => counts[edge.label.index()],
        false => 0,
    };
    let (total, by_faults) = match question.within {
        None => {
            let chase = Chase { system, graph, net: &folded, keep: &every_edge, count: &count };
            most(&chase, question.healthy, &mut breach, patience)?
        }
        Some(ticks) => {
            let waits = |_, edge: Edge| graph.action(edge.label) != ActionId::TICK;
            let chase = Chase { system, graph, net: &folded, keep: &waits, count: &count };
            let total = window(&chase, ticks, question.healthy, &mut breach, patience)?;
            (total, Vec::new())
        }
    };
    Ok(TotalAnswer { total, by_faults, breach })
}

/// The most that all of an execution counts, and the most by faults.
pub(super) fn most(
    chase: &Chase<'_>,
    healthy: Option<FigureId>,
    breach: &mut Option<FigureBreach>,
    patience: &mut Patience<'_>,
) -> Result<(Total, Vec<u64>), Interrupted> {
    let climb = Climb::new(chase, patience)?;
    let heights = climb.heights(&Faults::Free, patience)?;
    let by_faults = climb.by_faults(&heights, patience)?;
    let total = match endless(chase, healthy, breach, patience)? {
        Some(total) => total,
        None => Total::Exactly(climb.way_down(&heights, patience)?),
    };
    Ok((total, by_faults))
}

/// By state: the most that is counted from there on, all faults allowed.
pub(super) fn still_to_count(
    chase: &Chase<'_>,
    patience: &mut Patience<'_>,
) -> Result<Vec<u64>, Interrupted> {
    let climb = Climb::new(chase, patience)?;
    let heights = climb.heights(&Faults::Free, patience)?;
    let height = |state| heights[climb.condensation.component_of(state)];
    Ok(chase.graph.states().map(height).collect())
}

/// Why there is no most, if there is none: a cycle of kept edges that counts, fair if possible.
pub(super) fn endless(
    chase: &Chase<'_>,
    healthy: Option<FigureId>,
    breach: &mut Option<FigureBreach>,
    patience: &mut Patience<'_>,
) -> Result<Option<Total>, Interrupted> {
    let all: Vec<StateId> = chase.graph.states().collect();
    let counting = sorted(&chase.counting(&all, patience)?.concat());
    if let Some(storm) = chase.storm(counting.clone(), healthy, breach, patience)? {
        return Ok(Some(Total::Storm(storm)));
    }
    Ok(chase.unfair_loop(&counting, patience)?.map(Total::FiniteEachTime))
}

/// More than can be told, or than there is.
const NO_BOUND: u64 = u64::MAX;

/// How far a sweep may pass faults.
enum Faults<'h> {
    /// Like any other step.
    Free,
    /// Not at all.
    Barred,
    /// Beyond a fault, only so much can be counted.
    Then(&'h [u64]),
}

/// The sweeps over the components of a graph.
struct Climb<'a> {
    graph: &'a Graph,
    chase: &'a Chase<'a>,
    count: &'a Count<'a>,
    condensation: Condensation,
}

impl<'a> Climb<'a> {
    fn new(chase: &'a Chase<'a>, patience: &mut Patience<'_>) -> Result<Climb<'a>, Interrupted> {
        let condensation = Condensation::new(chase.graph, chase.keep, patience)?;
        Ok(Climb { graph: chase.graph, chase, count: chase.count, condensation })
    }

    /// By component: the most that is counted from it on.
    fn heights(
        &self,
        faults: &Faults<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<u64>, Interrupted> {
        let mut heights: Vec<u64> = Vec::new();
        for component in self.condensation.components() {
            let mut highest = 0;
            for &state in component {
                patience.spend()?;
                let edges = self.graph.edges(state).iter();
                let beyond = edges.map(|&edge| self.beyond(state, edge, &heights, faults));
                highest = beyond.fold(highest, u64::max);
            }
            heights.push(highest);
        }
        Ok(heights)
    }

    /// The most that is counted by an edge and after it; `heights` is known of all components below.
    fn beyond(&self, state: StateId, edge: Edge, heights: &[u64], faults: &Faults<'_>) -> u64 {
        let Some(target) = edge.target() else { return 0 };
        let component = self.condensation.component_of(target);
        let counted = (self.count)(state, edge);
        if component == self.condensation.component_of(state) {
            return if counted > 0 { NO_BOUND } else { 0 };
        }
        match faults {
            Faults::Barred if self.is_fault(edge) => 0,
            Faults::Then(after) if self.is_fault(edge) => counted.saturating_add(after[component]),
            _ => counted.saturating_add(heights[component]),
        }
    }

    fn is_fault(&self, edge: Edge) -> bool {
        self.chase.facts().actions[self.graph.action(edge.label)].role == Role::Fault
    }

    /// The most from any start.
    fn at_starts(&self, heights: &[u64]) -> u64 {
        let starts = self.graph.states().take(self.graph.start_count());
        starts.map(|state| heights[self.condensation.component_of(state)]).max().unwrap_or(0)
    }

    fn by_faults(
        &self,
        of_all: &[u64],
        patience: &mut Patience<'_>,
    ) -> Result<Vec<u64>, Interrupted> {
        let most = self.at_starts(of_all);
        let mut by_faults = Vec::new();
        let mut heights = self.heights(&Faults::Barred, patience)?;
        loop {
            let reached = self.at_starts(&heights);
            if reached == NO_BOUND {
                return Ok(by_faults);
            }
            by_faults.push(reached);
            if reached == most {
                return Ok(by_faults);
            }
            heights = self.heights(&Faults::Then(&heights), patience)?;
        }
    }

    /// A shortest way on which as much is counted as can be.
    fn way_down(&self, heights: &[u64], patience: &mut Patience<'_>) -> Result<Most, Interrupted> {
        let most = self.at_starts(heights);
        if most == 0 {
            return Ok(Most::NOTHING);
        }
        let height = |state: StateId| heights[self.condensation.component_of(state)];
        let starts = self.graph.states().take(self.graph.start_count());
        let mut pending: VecDeque<StateId> =
            starts.filter(|&state| height(state) == most).collect();
        let mut seen: StateSet = pending.iter().copied().collect();
        let mut parents = vec![None; self.graph.state_count()];
        while let Some(state) = pending.pop_front() {
            patience.spend()?;
            if height(state) == 0 {
                let (start, actions) = walk_back(state, |state| parents[state.index()]);
                let start = self.graph.words(start).to_vec();
                let trace = Some(Trace { start, actions, repeats_from: None });
                return Ok(Most { count: most, trace, counts_from: 0 });
            }
            for &edge in self.graph.edges(state) {
                let Some(target) = edge.target().filter(|&target| !seen.contains(target)) else {
                    continue;
                };
                let beyond = (self.count)(state, edge).saturating_add(height(target));
                if beyond == height(state) {
                    seen.insert(target);
                    parents[target.index()] = Some((state, self.graph.action(edge.label)));
                    pending.push_back(target);
                }
            }
        }
        unreachable!("what can be counted can be counted on some way")
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{
        BREACHES, FAULT, Line, MAY, OTHER_WEAK, STRONG, TICK, WEAK, draw, explored, parts,
    };
    use super::*;
    use crate::explore::Silent;

    /// What a total amounts to.
    #[derive(Debug, PartialEq, Eq)]
    enum Found {
        /// So much, and the trace to it.
        Most(u64, Vec<u32>),
        /// The cycle.
        Storm(Vec<u32>),
        /// The cycle, and what it puts off.
        FiniteEachTime(Vec<u32>, u32),
    }

    fn check(lines: &[Line], calm: &[u64], within: Option<u64>, expected: Found) -> Vec<u64> {
        let system = draw(lines, calm, &[]);
        let region = Some(FigureId(0));
        let question = TotalQuestion { meter: MeterId(1), region, within, healthy: None };
        let answer =
            total(&system, &explored(&system), question, &mut Silent).expect("nobody interrupts");
        let found = match answer.total {
            Total::Exactly(most) => {
                Found::Most(most.count, most.trace.map_or(Vec::new(), |trace| parts(&trace).0))
            }
            Total::Storm(storm) => Found::Storm(parts(&storm.trace).1),
            Total::FiniteEachTime(found) => {
                Found::FiniteEachTime(parts(&found.trace).1, found.put_off.0)
            }
        };
        assert_eq!(found, expected);
        answer.by_faults
    }

    #[test]
    fn a_step_counts_where_it_starts() {
        let lines = [(0, MAY, 1, 1), (1, MAY, 2, 2), (2, MAY, 4, 3), (3, TICK, 0, 3)];
        check(&lines, &[0, 2], None, Found::Most(5, vec![MAY, MAY, MAY]));
        check(&lines, &[0], None, Found::Most(1, vec![MAY]));
        check(&lines, &[3], None, Found::Most(0, vec![]));
    }

    #[test]
    fn the_region_may_be_left_and_entered_again() {
        // The cycle is no storm of the region, but an execution counts in the region for ever.
        let lines = [(0, MAY, 1, 1), (1, MAY, 0, 0)];
        check(&lines, &[0], None, Found::Storm(vec![MAY, MAY]));
    }

    #[test]
    fn faults_amplify() {
        let lines = [
            (0, MAY, 1, 1),
            (1, FAULT, 2, 2),
            (2, MAY, 3, 3),
            (3, FAULT, 0, 4),
            (4, MAY, 9, 5),
            (5, TICK, 0, 5),
        ];
        let all = [0, 1, 2, 3, 4, 5];
        let trace = vec![MAY, FAULT, MAY, FAULT, MAY];
        assert_eq!(check(&lines, &all, None, Found::Most(15, trace)), [1, 6, 15]);
    }

    #[test]
    fn amplification_is_told_up_to_the_fault_that_starts_the_storm() {
        let lines = [(0, MAY, 1, 1), (1, FAULT, 0, 2), (2, MAY, 1, 2), (1, TICK, 0, 1)];
        assert_eq!(check(&lines, &[0, 1, 2], None, Found::Storm(vec![MAY])), [1]);
    }

    /// Trap 12: a number where an unfair cycle counts.
    #[test]
    fn trap_12_no_number_where_a_counting_cycle_puts_something_off() {
        let lines = [(0, MAY, 1, 0), (0, WEAK, 0, 1), (1, TICK, 0, 1)];
        check(&lines, &[0, 1], None, Found::FiniteEachTime(vec![MAY], WEAK));
        let lines = [(0, MAY, 1, 1), (1, MAY, 0, 0), (1, STRONG, 0, 2), (2, TICK, 0, 2)];
        check(&lines, &[0, 1, 2], None, Found::FiniteEachTime(vec![MAY, MAY], STRONG));
    }

    /// Trap 3: enabledness judged by the edges that are followed only.
    #[test]
    fn trap_3_the_tick_is_owed_though_no_window_follows_it() {
        let lines = [(0, MAY, 1, 0), (0, TICK, 0, 0)];
        check(&lines, &[0], Some(3), Found::FiniteEachTime(vec![MAY], TICK));
        check(&lines[..1], &[0], Some(3), Found::Storm(vec![MAY]));
    }

    #[test]
    fn a_breaching_step_counts_nothing() {
        let lines = [(0, MAY, 1, 1), (1, MAY, 7, BREACHES), (0, OTHER_WEAK, 0, 1)];
        check(&lines, &[0, 1], None, Found::Most(1, vec![MAY]));
    }

    #[test]
    fn a_window_has_room_for_its_ticks_and_the_steps_between() {
        let lines = [(0, MAY, 2, 1), (1, TICK, 0, 2), (2, MAY, 3, 3), (3, TICK, 4, 0)];
        let all = [0, 1, 2, 3];
        check(&lines, &all, None, Found::Storm(vec![MAY, TICK, MAY, TICK]));
        check(&lines, &all, Some(0), Found::Most(3, vec![MAY, TICK, MAY]));
        check(&lines, &all, Some(1), Found::Most(9, vec![MAY, TICK, MAY, TICK, MAY]));
        let two = vec![MAY, TICK, MAY, TICK, MAY, TICK, MAY];
        check(&lines, &all, Some(2), Found::Most(12, two));
    }

    #[test]
    fn sums_stop_growing_where_no_bound_can_be_written() {
        let lines = [(0, MAY, u64::MAX - 1, 1), (1, MAY, 7, 2), (2, TICK, 0, 2)];
        check(&lines, &[0, 1], None, Found::Most(u64::MAX, vec![MAY, MAY]));
    }
}
