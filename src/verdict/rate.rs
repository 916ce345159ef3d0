//! The most that is counted a tick in the long run: `rate m <= r [when p]`.
//!
//! A fair execution that stays in the p-states ends in a fair component of theirs, and in the long run
//! counts no more a tick than the cycle of that component with the largest ratio. As much is reached by
//! going round that cycle ever more often before each detour that fairness asks for. So fairness decides
//! which components there are, and the ratio is that of cycles, fair or not. But it is a difference for
//! whoever reads the cycle: *attained* if a lasso that is itself fair has this ratio, *approached* if
//! only ever rarer detours lead there. The cycles with the largest ratio are those along tight edges, so
//! it is attained just if these have a fair component.
//!
//! If a loop without a tick counts in such a component, there is no largest ratio: infinitely much is
//! counted in no time, or more and more in a tick.

pub use super::cycle_ratio::Ratio;
pub use super::lasso::Lasso;

use super::FigureBreach;
use super::chase::{Chase, counts_by_label, every_edge, region};
use super::cycle_ratio::{Peak, largest_ratio};
use super::twists::Folded;
use crate::base::Id;
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId};
use crate::system::{ActionId, FigureId, MeterId, System};

/// What is asked: how much a meter counts a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The p of the claim; every state, if none is given.
    pub region: Option<FigureId>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateAnswer {
    /// The largest rate.
    pub rate: Rate,
    /// Where `region` cannot be read. Such a state is outside the region.
    pub breach: Option<FigureBreach>,
}

/// The largest rate of a fair execution. A cycle that shows it is attained if it puts nothing off;
/// otherwise the rate is only approached, by going round it ever more often before what it puts off is
/// done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Every fair execution stops counting, or leaves the region again and again.
    Zero,
    /// So much a tick, and a cycle with this ratio.
    Exactly(Ratio, Lasso),
    /// More than any number: a cycle that counts and takes no tick.
    NoTick(Lasso),
}

/// Finds the largest rate.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn rate(
    system: &dyn System,
    graph: &Graph,
    question: RateQuestion,
    observer: &mut dyn Observer,
) -> Result<RateAnswer, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "rates need all edges");
    let patience = &mut Patience::new(observer);
    let folded = Folded::new(system, graph);
    let counts = counts_by_label(graph, question.meter);
    let count = |_: StateId, edge: Edge| counts[edge.label.index()];
    let chase = Chase { system, graph, net: &folded, keep: &every_edge, count: &count };
    let (region, breach) = region(system, graph, question.region, patience)?;
    let fair = chase.fair(region.iter().collect(), patience)?;
    let rate = largest_rate(&chase, &fair, patience)?;
    Ok(RateAnswer { rate, breach })
}

/// The largest rate in fair components that count.
fn largest_rate(
    chase: &Chase<'_>,
    fair: &[Vec<StateId>],
    patience: &mut Patience<'_>,
) -> Result<Rate, Interrupted> {
    let waits = |_, edge: Edge| chase.graph.action(edge.label) != ActionId::TICK;
    if let Some(lasso) = fair_if_possible(&Chase { keep: &waits, ..*chase }, fair, patience)? {
        return Ok(Rate::NoTick(lasso));
    }
    let mut best: Vec<(&Vec<StateId>, Peak)> = Vec::new();
    for component in fair {
        let peak = largest_ratio(chase.graph, component, chase.keep, chase.count, patience)?;
        if best.first().is_some_and(|(_, other)| peak.ratio < other.ratio) {
            continue;
        }
        best.retain(|(_, other)| other.ratio == peak.ratio);
        best.push((component, peak));
    }
    let Some(ratio) = best.first().map(|(_, peak)| peak.ratio) else { return Ok(Rate::Zero) };
    let tight = Tight::new(chase, ratio, &best);
    let best: Vec<Vec<StateId>> =
        best.into_iter().map(|(component, _)| component.clone()).collect();
    let keep = |state, edge| tight.contains(state, edge);
    let lasso = fair_if_possible(&Chase { keep: &keep, ..*chase }, &best, patience)?;
    let lasso = lasso.expect("a cycle has the largest ratio");
    let shown = Ratio::new(u128::from(lasso.meter_per_turn), lasso.ticks_per_turn);
    assert!(shown == ratio || lasso.meter_per_turn == u64::MAX, "it has this ratio");
    Ok(Rate::Exactly(ratio, lasso))
}

/// A lasso over kept edges that counts, in one of the components.
fn fair_if_possible(
    chase: &Chase<'_>,
    components: &[Vec<StateId>],
    patience: &mut Patience<'_>,
) -> Result<Option<Lasso>, Interrupted> {
    // Taken together they have no cycle that leaves one of them.
    let states: Vec<StateId> = components.iter().flatten().copied().collect();
    match chase.fair_lasso(states.clone(), patience)? {
        Some(lasso) => Ok(Some(lasso)),
        None => chase.counting_lasso(&states, patience),
    }
}

/// The edges of components that lose nothing against their largest ratio.
struct Tight<'a> {
    chase: &'a Chase<'a>,
    ratio: Ratio,
    /// By state: its height, if it is in one of the components.
    heights: Vec<Option<i128>>,
}

impl<'a> Tight<'a> {
    fn new(chase: &'a Chase<'a>, ratio: Ratio, best: &[(&Vec<StateId>, Peak)]) -> Tight<'a> {
        let mut heights = vec![None; chase.graph.state_count()];
        for (component, peak) in best {
            for (state, &height) in component.iter().zip(&peak.heights) {
                heights[state.index()] = Some(height);
            }
        }
        Tight { chase, ratio, heights }
    }

    fn contains(&self, state: StateId, edge: Edge) -> bool {
        let target = edge.target().and_then(|target| self.heights[target.index()]);
        let (Some(from), Some(to)) = (self.heights[state.index()], target) else { return false };
        let ticks = self.chase.graph.count(edge.label, MeterId::TICKS);
        self.ratio.gain((self.chase.count)(state, edge), ticks) + to == from
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{
        FAULT, Line, MAY, OTHER_WEAK, STRONG, TICK, WEAK, draw, explored, parts,
    };
    use super::*;
    use crate::explore::Silent;

    /// What a rate amounts to; what a cycle puts off stands last.
    #[derive(Debug, PartialEq, Eq)]
    enum Found {
        Zero,
        NoTick(Vec<u32>, Option<u32>),
        /// Count, ticks, the cycle.
        Rate(u128, u64, Vec<u32>, Option<u32>),
    }

    fn check(lines: &[Line], calm: &[u64], expected: Found) {
        let system = draw(lines, calm, &[]);
        let question = RateQuestion { meter: MeterId(1), region: Some(FigureId(0)) };
        let answer =
            rate(&system, &explored(&system), question, &mut Silent).expect("nobody interrupts");
        let cycle = |lasso: &Lasso| parts(&lasso.trace).1;
        let found = match answer.rate {
            Rate::Zero => Found::Zero,
            Rate::NoTick(lasso) => Found::NoTick(cycle(&lasso), lasso.put_off.map(|owed| owed.0)),
            Rate::Exactly(ratio, lasso) => {
                let put_off = lasso.put_off.map(|owed| owed.0);
                Found::Rate(ratio.count, ratio.ticks, cycle(&lasso), put_off)
            }
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_rate_is_a_fraction_in_lowest_terms() {
        let lines =
            [(0, TICK, 1, 1), (1, TICK, 0, 2), (2, TICK, 0, 3), (3, TICK, 1, 0), (0, FAULT, 9, 1)];
        check(&lines[..4], &[0, 1, 2, 3], Found::Rate(1, 2, vec![TICK; 4], None));
        check(&lines[..4], &[0, 1, 2], Found::Zero);
    }

    #[test]
    fn what_fairness_asks_for_can_be_done_ever_more_rarely() {
        // Round 0 counts 1 a tick, but only the way through 1, which counts less, discharges WEAK.
        let lines = [(0, TICK, 1, 0), (0, WEAK, 0, 1), (1, TICK, 0, 0)];
        check(&lines, &[0, 1], Found::Rate(1, 1, vec![TICK], Some(WEAK)));
    }

    #[test]
    fn what_is_paid_for_at_the_same_rate_is_attained() {
        let lines = [(0, TICK, 1, 0), (0, WEAK, 0, 1), (1, TICK, 1, 0)];
        check(&lines, &[0, 1], Found::Rate(1, 1, vec![WEAK, TICK], None));
    }

    #[test]
    fn a_component_that_is_not_fair_has_no_rate() {
        let lines = [(0, TICK, 5, 0), (0, WEAK, 0, 1), (1, TICK, 1, 1)];
        check(&lines, &[0, 1], Found::Rate(1, 1, vec![TICK], None));
        // A strong obligation forbids the way through 1, and with it the faster cycle.
        let lines =
            [(0, TICK, 1, 0), (0, MAY, 0, 1), (1, TICK, 5, 0), (1, STRONG, 0, 2), (2, TICK, 0, 2)];
        check(&lines, &[0, 1, 2], Found::Rate(1, 1, vec![TICK], None));
    }

    /// Trap 10: executions without ticks left out, because time would pass otherwise.
    #[test]
    fn trap_10_infinitely_many_in_no_time_are_more_than_any_rate() {
        check(&[(0, WEAK, 1, 0)], &[0], Found::NoTick(vec![WEAK], None));
        let lines = [(0, MAY, 1, 0), (0, TICK, 0, 0)];
        check(&lines, &[0], Found::NoTick(vec![MAY], Some(TICK)));
        let lines = [(0, MAY, 1, 0), (0, TICK, 0, 1), (1, TICK, 3, 1)];
        check(&lines, &[0, 1], Found::Rate(3, 1, vec![TICK], None));
    }

    #[test]
    fn steps_that_neither_count_nor_take_time_are_free() {
        let lines = [
            (0, MAY, 0, 1),
            (1, MAY, 0, 0),
            (1, TICK, 2, 1),
            (0, OTHER_WEAK, 0, 0),
            (0, TICK, 3, 1),
        ];
        check(&lines, &[0, 1], Found::Rate(3, 1, vec![TICK, MAY], None));
    }
}
