//! The largest ratio of what a cycle counts to the ticks it takes, in one strongly connected part.
//!
//! Howard's policy iteration in exact arithmetic (*Dynamic Programming and Markov Processes*, 1960; for
//! cycle ratios, Cochet-Terrasson, Cohen, Gaubert, McGettrick and Quadrat, 1998). A policy chooses one
//! edge out of each state. Let it lead every state to one cycle, whose ratio is p/q, and let an edge
//! that counts c in t ticks gain q·c - p·t: then the cycle gains nothing, and the gain on the way from
//! each state to a fixed one on the cycle is that state's *height*. Where another edge would make it
//! higher, choose that one. A new cycle can only close over edges that gain, and so has a larger ratio:
//! start again from it, changing nothing for states that lead there already. When nothing can be raised
//! no edge gains against the heights, so no cycle has a larger ratio; and cycles that attain it are just
//! those along edges that lose nothing, the *tight* ones.
//!
//! Every cycle that counts must take a tick. Cycles that neither count nor tick gain nothing whatever
//! the ratio, and are never closed.
//!
//! With fewer than 2^32 states and counts below 2^63 all heights stay below 2^127.
//!
//! Cost: a sweep for each round; rounds are few in practice, and for one ratio no more than there are
//! states, because a round raises heights at least as far as one of Bellman and Ford's.

use std::cmp::Ordering;

use super::components::Keep;
use super::fairness::Count;
use crate::explore::{Graph, Interrupted, Patience, StateId};
use crate::system::MeterId;

/// Counts for each tick: an exact fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// What is counted.
    pub count: u128,
    /// In so many ticks; not 0.
    pub ticks: u64,
}

impl Ratio {
    pub(super) fn new(count: u128, ticks: u64) -> Ratio {
        assert!(ticks > 0, "a cycle that counts takes a tick");
        let (mut divisor, mut rest) = (count, u128::from(ticks));
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Ratio { count: count / divisor, ticks: (u128::from(ticks) / divisor) as u64 }
    }

    /// What an edge gains against it.
    pub(super) fn gain(&self, count: u64, ticks: u64) -> i128 {
        i128::from(count) * i128::from(self.ticks) - self.count as i128 * i128::from(ticks)
    }

    /// Whether it is larger than the fraction of a claim; the denominator is positive.
    pub fn exceeds(&self, numerator: i64, denominator: i64) -> bool {
        let Ok(numerator) = u128::try_from(numerator) else { return true };
        let claimed = numerator * u128::from(self.ticks);
        // A count too large to be multiplied is larger than any claim.
        let found = self.count.checked_mul(u128::from(denominator.unsigned_abs()));
        found.is_none_or(|found| found > claimed)
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        let mine = self.count * u128::from(other.ticks);
        mine.cmp(&(other.count * u128::from(self.ticks)))
    }
}

/// The largest ratio of a part, and what proves it.
pub(super) struct Peak {
    pub(super) ratio: Ratio,
    /// By place in the part: no edge gains against these.
    pub(super) heights: Vec<i128>,
}

/// The largest ratio of a component: sorted, strongly connected by its own kept edges, with a tick among
/// them, and without a counting cycle that takes none.
pub(super) fn largest_ratio(
    graph: &Graph,
    component: &[StateId],
    keep: &Keep<'_>,
    count: &Count<'_>,
    patience: &mut Patience<'_>,
) -> Result<Peak, Interrupted> {
    let part = Part::new(graph, component, keep, count, patience)?;
    let mut howard = Howard::new(&part, patience)?;
    while howard.improve(patience)? {}
    Ok(Peak { ratio: howard.ratio, heights: howard.heights })
}

/// An edge of the part.
#[derive(Clone, Copy)]
struct Arc {
    from: u32,
    to: u32,
    count: u64,
    ticks: u64,
}

/// The edges of the part, by places.
struct Part {
    /// Ascending in `from`.
    arcs: Vec<Arc>,
    /// Where the arcs out of each place end.
    row_ends: Vec<usize>,
}

impl Part {
    fn new(
        graph: &Graph,
        component: &[StateId],
        keep: &Keep<'_>,
        count: &Count<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Part, Interrupted> {
        let mut part = Part { arcs: Vec::new(), row_ends: Vec::new() };
        for (from, &state) in component.iter().enumerate() {
            patience.spend()?;
            for &edge in graph.edges(state) {
                let place = edge.target().and_then(|target| component.binary_search(&target).ok());
                let Some(to) = place.filter(|_| keep(state, edge)) else { continue };
                let ticks = graph.count(edge.label, MeterId::TICKS);
                let (from, to) = (from as u32, to as u32);
                part.arcs.push(Arc { from, to, count: count(state, edge), ticks });
            }
            part.row_ends.push(part.arcs.len());
        }
        Ok(part)
    }

    fn place_count(&self) -> usize {
        self.row_ends.len()
    }

    /// The numbers of the arcs out of a place.
    fn row(&self, place: usize) -> std::ops::Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.row_ends[before]);
        start..self.row_ends[place]
    }

    /// The numbers of all arcs, by where they lead, and where those of each place end.
    fn arcs_into(&self) -> (Vec<usize>, Vec<usize>) {
        let mut ends = vec![0; self.place_count()];
        self.arcs.iter().for_each(|arc| ends[arc.to as usize] += 1);
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut next = ends.clone();
        let mut arcs = vec![0; self.arcs.len()];
        for (number, arc) in self.arcs.iter().enumerate().rev() {
            next[arc.to as usize] -= 1;
            arcs[next[arc.to as usize]] = number;
        }
        (arcs, ends)
    }
}

/// No place, and no arc.
const NONE: usize = usize::MAX;

/// A policy under improvement.
struct Howard<'a> {
    part: &'a Part,
    /// By place: the arc it chooses. Invariant: all places lead to `anchor`.
    policy: Vec<usize>,
    /// A place on the cycle.
    anchor: usize,
    /// Of the cycle.
    ratio: Ratio,
    /// By place: the gain on the way to the anchor.
    heights: Vec<i128>,
}

impl<'a> Howard<'a> {
    /// Begins with some cycle that takes a tick.
    fn new(part: &'a Part, patience: &mut Patience<'_>) -> Result<Howard<'a>, Interrupted> {
        let ticking = part.arcs.iter().position(|arc| arc.ticks > 0);
        let ticking = ticking.expect("a tick is among the edges");
        let anchor = part.arcs[ticking].from as usize;
        let mut howard = Howard {
            part,
            policy: vec![NONE; part.place_count()],
            anchor,
            ratio: Ratio { count: 0, ticks: 1 },
            heights: vec![0; part.place_count()],
        };
        howard.policy[anchor] = ticking;
        howard.settle(anchor, patience)?;
        Ok(howard)
    }

    /// Takes a place that chose its arc for the anchor, leads there whatever does not, and measures
    /// everything against it.
    fn settle(&mut self, anchor: usize, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        self.anchor = anchor;
        self.lead_to_anchor(patience)?;
        self.ratio = self.ratio_through(anchor);
        self.measure(patience)
    }

    /// Chooses a shortest way to what leads to the anchor, for all places that do not lead there.
    fn lead_to_anchor(&mut self, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        let mut leads = self.leading();
        let mut pending: Vec<usize> = (0..leads.len()).filter(|&place| leads[place]).collect();
        if pending.len() == leads.len() {
            return Ok(());
        }
        let (arcs, ends) = self.part.arcs_into();
        let mut next = 0;
        while let Some(&place) = pending.get(next) {
            patience.spend()?;
            let start = place.checked_sub(1).map_or(0, |before| ends[before]);
            for &number in &arcs[start..ends[place]] {
                let from = self.part.arcs[number].from as usize;
                if !leads[from] {
                    leads[from] = true;
                    self.policy[from] = number;
                    pending.push(from);
                }
            }
            next += 1;
        }
        Ok(())
    }

    /// By place: whether the policy leads it to the anchor.
    fn leading(&self) -> Vec<bool> {
        let mut known = vec![Known::Nothing; self.part.place_count()];
        known[self.anchor] = Known::Leads;
        for place in 0..known.len() {
            let mut way = Vec::new();
            let mut at = place;
            while at != NONE && known[at] == Known::Nothing {
                known[at] = Known::Strays;
                way.push(at);
                at = self.next(at);
            }
            if at != NONE && known[at] == Known::Leads {
                way.into_iter().for_each(|place| known[place] = Known::Leads);
            }
        }
        known.into_iter().map(|known| known == Known::Leads).collect()
    }

    /// Where the policy leads from a place, if it chose already.
    fn next(&self, place: usize) -> usize {
        self.part.arcs.get(self.policy[place]).map_or(NONE, |arc| arc.to as usize)
    }

    /// The ratio of the cycle through a place.
    fn ratio_through(&self, place: usize) -> Ratio {
        let (mut count, mut ticks, mut at) = (0, 0, place);
        loop {
            let arc = self.part.arcs[self.policy[at]];
            count += u128::from(arc.count);
            ticks += arc.ticks;
            at = arc.to as usize;
            if at == place {
                return Ratio::new(count, ticks);
            }
        }
    }

    /// Measures all heights against the anchor.
    fn measure(&mut self, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        let mut is_known = vec![false; self.part.place_count()];
        is_known[self.anchor] = true;
        self.heights[self.anchor] = 0;
        let mut way = Vec::new();
        for place in 0..is_known.len() {
            let mut at = place;
            while !is_known[at] {
                patience.spend()?;
                is_known[at] = true;
                way.push(at);
                at = self.next(at);
            }
            while let Some(place) = way.pop() {
                let arc = self.part.arcs[self.policy[place]];
                self.heights[place] = self.beyond(arc);
            }
        }
        Ok(())
    }

    /// How high a place is that chooses this arc.
    fn beyond(&self, arc: Arc) -> i128 {
        self.ratio.gain(arc.count, arc.ticks) + self.heights[arc.to as usize]
    }

    /// One round; returns whether anything changed.
    fn improve(&mut self, patience: &mut Patience<'_>) -> Result<bool, Interrupted> {
        if !self.raise(patience)? {
            return Ok(false);
        }
        let (ratio, place) = self.best_cycle();
        if ratio > self.ratio {
            self.settle(place, patience)?;
        } else {
            self.measure(patience)?;
        }
        Ok(true)
    }

    /// Chooses the highest arc out of each place that can be raised.
    fn raise(&mut self, patience: &mut Patience<'_>) -> Result<bool, Interrupted> {
        let mut is_raised = false;
        for place in 0..self.part.place_count() {
            patience.spend()?;
            let mut highest = self.heights[place];
            for number in self.part.row(place) {
                let height = self.beyond(self.part.arcs[number]);
                if height > highest {
                    highest = height;
                    self.policy[place] = number;
                    is_raised = true;
                }
            }
        }
        Ok(is_raised)
    }

    /// The largest ratio of the cycles that the policy closes, and a place on such a cycle.
    fn best_cycle(&self) -> (Ratio, usize) {
        let mut best: Option<(Ratio, usize)> = None;
        let mut walk_of = vec![NONE; self.part.place_count()];
        for walk in 0..walk_of.len() {
            let mut at = walk;
            while walk_of[at] == NONE {
                walk_of[at] = walk;
                at = self.next(at);
            }
            if walk_of[at] == walk {
                let ratio = self.ratio_through(at);
                if best.is_none_or(|(largest, _)| ratio > largest) {
                    best = Some((ratio, at));
                }
            }
        }
        best.expect("a policy closes a cycle")
    }
}

/// What is known of a place while ways are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    Leads,
    /// It does not lead there, or nobody knows yet.
    Strays,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Silent;

    /// An arc: from, count, ticks, to.
    type Line = (u32, u64, u64, u32);

    fn check(place_count: u32, lines: Vec<Line>, (count, ticks): (u128, u64), most_rounds: usize) {
        assert_eq!(solve(place_count, lines, most_rounds), Ratio::new(count, ticks));
    }

    /// The largest ratio, found in few rounds and proved by the heights.
    fn solve(place_count: u32, mut lines: Vec<Line>, most_rounds: usize) -> Ratio {
        lines.sort_unstable();
        let row_end = |place| lines.partition_point(|&(from, ..)| from <= place);
        let row_ends = (0..place_count).map(row_end).collect();
        let arc = |&(from, count, ticks, to): &Line| Arc { from, to, count, ticks };
        let part = Part { arcs: lines.iter().map(arc).collect(), row_ends };
        let mut silent = Silent;
        let patience = &mut Patience::new(&mut silent);
        let mut howard = Howard::new(&part, patience).expect("nobody interrupts");
        let mut rounds = 1;
        while howard.improve(patience).expect("nobody interrupts") {
            rounds += 1;
        }
        let height = |place: u32| howard.heights[place as usize];
        assert!(part.arcs.iter().all(|&arc| howard.beyond(arc) <= height(arc.from)));
        assert!(rounds <= most_rounds, "{rounds} rounds");
        howard.ratio
    }

    #[test]
    fn the_largest_of_several_cycles_is_found() {
        let arcs = vec![
            (0, 1, 1, 0),
            (0, 0, 0, 1),
            (1, 7, 2, 0),
            (1, 3, 1, 1),
            (1, 0, 5, 2),
            (2, 40, 6, 0),
        ];
        check(3, arcs, (40, 11), 5);
    }

    #[test]
    fn a_long_ring_takes_a_round_and_not_one_for_each_state() {
        let length = 100_000;
        let ring = |place: u32| (place, u64::from(place == 17), 1, (place + 1) % length);
        check(length, (0..length).map(ring).collect(), (1, 100_000), 2);
    }

    #[test]
    fn a_large_part_takes_few_rounds() {
        let count: u32 = 100_000;
        let mut seed = 1_u32;
        let mut dice = move |bound: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % bound
        };
        let mut arcs: Vec<_> = (0..count).map(|place| (place, 0, 1, (place + 1) % count)).collect();
        for place in 0..count {
            // Near and far, fast and slow; what takes no time leads up, so that no cycle is timeless.
            let near = (place + 1 + dice(50)).min(count - 1);
            if near > place {
                arcs.push((place, u64::from(dice(5)), 0, near));
            }
            arcs.push((place, u64::from(dice(9)), 1, dice(count)));
        }
        solve(count, arcs, 150);
    }

    #[test]
    fn a_large_grid_takes_few_rounds() {
        // Right takes a tick and down does not; what is counted differs from place to place.
        let side: u32 = 300;
        let at = |row: u32, column: u32| (row % side) * side + column % side;
        let worth = |row: u32, column: u32| u64::from((row * 7919 + column * 104_729) % 11);
        let mut lines = Vec::new();
        for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            lines.push((at(row, column), worth(row, column), 1, at(row, column + 1)));
            let ticks = u64::from(row == side - 1);
            lines.push((at(row, column), worth(column, row), ticks, at(row + 1, column)));
        }
        solve(side * side, lines, 200);
    }
}
