//! The largest rate of a fair execution, checked without going through all cycles.
//!
//! That no cycle has a larger ratio is shown by potentials: if every step has the weight of what it counts
//! above the ratio, no cycle weighs anything just if relaxing comes to an end (Bellman and Ford). The
//! steps that are tight then make up the cycles that have the ratio.

use std::collections::{BTreeMap, BTreeSet};

use squall::system::{ActionId, Arrow, Word};

use super::textbook::{Course, Textbook};

/// A rate: so much in so many ticks.
pub type Slope = (u64, u64);

/// Where a fair execution that counts can stay for ever.
pub struct Slopes<'a> {
    book: &'a Textbook<'a>,
    meter: usize,
    fair: Vec<BTreeSet<Word>>,
}

/// Whether an execution stays for ever in sets with a rate, and the fewest faults to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// A fair one does.
    Fairly(u32),
    /// One does, but none that is fair.
    Unfairly(u32),
    /// None does.
    Nowhere,
}

impl Reached {
    pub fn new(fairly: Option<u32>, unfairly: Option<u32>) -> Reached {
        match (fairly, unfairly) {
            (Some(faults), _) => Reached::Fairly(faults),
            (None, Some(faults)) => Reached::Unfairly(faults),
            (None, None) => Reached::Nowhere,
        }
    }
}

impl<'a> Slopes<'a> {
    pub fn new(book: &'a Textbook<'a>, calm: &BTreeSet<Word>, meter: usize) -> Slopes<'a> {
        let count = |_: Word, arrow: &Arrow| arrow.counts[meter];
        let course = Course { keep: &|_, _| true, count: &count };
        let fair = book.largest_fair_sets(calm, &course);
        Slopes { book, meter, fair }
    }

    /// Whether nothing counts for ever.
    pub fn is_flat(&self) -> bool {
        self.fair.is_empty()
    }

    /// What counts for ever in no time.
    pub fn timeless(&self) -> Reached {
        let count = |_: Word, arrow: &Arrow| arrow.counts[self.meter];
        let keep = |_: Word, arrow: &Arrow| arrow.action != ActionId::TICK;
        self.reached(&Course { keep: &keep, count: &count })
    }

    /// What has this rate, if none is larger.
    pub fn with(&self, slope: Slope) -> Option<Reached> {
        let mut tight = BTreeSet::new();
        for set in &self.fair {
            tight.extend(self.tight(set, slope)?);
        }
        let keep = |state: Word, arrow: &Arrow| tight.contains(&(state, arrow.action));
        let count = |_: Word, arrow: &Arrow| arrow.counts[0];
        Some(self.reached(&Course { keep: &keep, count: &count }))
    }

    fn reached(&self, course: &Course<'_>) -> Reached {
        let faults = self.book.faults();
        let fewest = |sets: Vec<BTreeSet<Word>>| {
            sets.into_iter().flatten().map(|state| faults[&state]).min()
        };
        let of_each =
            |set| (self.book.fair_sets(set, course), self.book.counting_parts(set, course));
        let (fair, all): (Vec<_>, Vec<_>) = self.fair.iter().map(of_each).unzip();
        Reached::new(fewest(fair.concat()), fewest(all.concat()))
    }

    /// The tight steps inside a set, unless a cycle in it has a larger ratio.
    fn tight(&self, set: &BTreeSet<Word>, slope: Slope) -> Option<Vec<(Word, ActionId)>> {
        let (count, ticks) = (i128::from(slope.0), i128::from(slope.1));
        let course = Course { keep: &|_, _| true, count: &|_, _| 1 };
        let inside = self.book.inside(set, &course);
        let steps: Vec<(Word, ActionId, Word, i128)> = inside
            .filter_map(|(state, arrow)| {
                let counts = arrow.counts[self.meter];
                let above = i128::from(counts) * ticks - i128::from(arrow.counts[0]) * count;
                Some((state, arrow.action, arrow.next.ok()?, above))
            })
            .collect();
        let mut heights: BTreeMap<Word, i128> = set.iter().map(|&state| (state, 0)).collect();
        for _ in 0..=set.len() {
            let before = heights.clone();
            for (state, _, next, above) in &steps {
                let height = heights[state] + above;
                let known = heights.entry(*next).or_insert(height);
                *known = height.max(*known);
            }
            if heights == before {
                let is_tight = |(state, _, next, above): &&(Word, ActionId, Word, i128)| {
                    heights[state] + above == heights[next]
                };
                let tight = steps.iter().filter(is_tight);
                return Some(tight.map(|(state, action, ..)| (*state, *action)).collect());
            }
        }
        None
    }
}
