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

pub use super::chase::{Grade, LoopFinding, StormFinding};

use super::FigureBreach;
use super::chase::{Chase, counts_by_label, every_edge, region};
use super::fairness::sorted;
use super::twists::Folded;
use crate::base::Id;
use crate::explore::{Edge, Edges, Graph, Interrupted, Observer, Patience, StateId};
use crate::system::{FigureId, MeterId, System};

/// What is asked: whether a meter counts without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StormQuestion {
    /// The meter.
    pub meter: MeterId,
    /// The p of the claim; every state, if none is given.
    pub region: Option<FigureId>,
    /// What recovering means. Without it, a storm is a trap if no fair execution stops counting.
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
    let patience = &mut Patience::new(observer);
    let folded = Folded::new(system, graph);
    let counts = counts_by_label(graph, question.meter);
    let count = |_: StateId, edge: Edge| counts[edge.label.index()];
    let chase = Chase { system, graph, net: &folded, keep: &every_edge, count: &count };
    let (calm, mut breach) = region(system, graph, question.region, patience)?;
    let calm: Vec<StateId> = calm.iter().collect();
    // Most often nothing that counts is on a cycle, and then this is all there is to look at.
    let counting = sorted(&chase.counting(&calm, patience)?.concat());
    let storm = chase.storm(counting.clone(), question.healthy, &mut breach, patience)?;
    let unfair_loop = if storm.is_none() { chase.unfair_loop(&counting, patience)? } else { None };
    let beyond_region = match (&storm, question.region) {
        (None, Some(_)) if calm.len() < graph.state_count() => {
            let all = graph.states().collect();
            chase.storm(all, question.healthy, &mut breach, patience)?
        }
        _ => None,
    };
    Ok(StormAnswer { storm, unfair_loop, beyond_region, breach })
}

/// Whether every fair execution without a further fault counts for ever, from the first start on.
///
/// # Panics
/// If the graph does not keep all edges.
pub fn is_endless(
    system: &dyn System,
    graph: &Graph,
    meter: MeterId,
    observer: &mut dyn Observer,
) -> Result<bool, Interrupted> {
    assert!(graph.edges_kept() == Edges::Everywhere, "storms need all edges");
    let folded = Folded::new(system, graph);
    let counts = counts_by_label(graph, meter);
    let count = |_: StateId, edge: Edge| counts[edge.label.index()];
    let chase = Chase { system, graph, net: &folded, keep: &every_edge, count: &count };
    let stoppable = chase.stoppable(&mut Patience::new(observer))?;
    Ok(graph.states().next().is_some_and(|start| !stoppable.contains(start)))
}

#[cfg(test)]
mod tests {
    use super::super::drawn::{
        BREACHES, FAULT, Line, MAY, OTHER_WEAK, STRONG, TICK, WEAK, draw, explored, parts,
    };
    use super::*;

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
        check_question(lines, calm, Some(healthy), expected);
    }

    fn check_question(lines: &[Line], calm: &[u64], healthy: Option<&[u64]>, expected: &Found) {
        let system = draw(lines, calm, healthy.unwrap_or_default());
        let graph = explored(&system);
        let question = StormQuestion {
            meter: MeterId(1),
            region: Some(FigureId(0)),
            healthy: healthy.map(|_| FigureId(1)),
        };
        let answer = storm(&system, &graph, question, &mut crate::explore::Silent)
            .expect("nobody interrupts");
        assert_eq!(&found(answer), expected);
    }

    fn found(answer: StormAnswer) -> Found {
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
    fn where_nobody_says_what_healthy_is_a_storm_that_never_stops_is_a_trap() {
        let trap = Found::Storm(Grade::Trap, vec![FAULT], vec![WEAK]);
        let stuck = [(0, FAULT, 0, 1), (1, WEAK, 1, 1), (1, FAULT, 0, 0), (0, TICK, 0, 0)];
        check_question(&stuck, &[1], None, &trap);
        let free = [&stuck[..], &[(1, MAY, 0, 0)]].concat();
        check_question(&free, &[1], None, &storm_of(&[FAULT], &[WEAK]));
        // To stop by putting WEAK off for ever is not fair.
        let lazy = [&stuck[..], &[(1, MAY, 0, 1)]].concat();
        check_question(&lazy, &[1], None, &trap);
    }

    #[test]
    fn a_cycle_that_counts_nothing_is_no_storm() {
        check(&[(0, MAY, 1, 1), (1, TICK, 0, 1)], &[0, 1], &Found::Nothing);
    }
}
