//! How much can be counted from a state on: by relaxing until nothing changes.

use std::collections::{BTreeSet, VecDeque};

use squall::system::{Arrow, Role, Word};

use super::textbook::{Course, Expected, Textbook};

/// What a step counts, or costs.
pub type Measure<'a> = dyn Fn(Word, &Arrow) -> u64 + 'a;

/// More than anything that ends.
const ENDLESS: u128 = u128::MAX;

/// The most that can be counted from each state on, by steps that cost no more than is there.
pub struct Heights<'a> {
    book: &'a Textbook<'a>,
    steps: Vec<Vec<Climb>>,
    /// By what is left to spend, then by place.
    heights: Vec<Vec<u128>>,
}

/// A step from one place to another.
struct Climb {
    next: usize,
    count: u128,
    price: usize,
}

impl<'a> Heights<'a> {
    pub fn new(
        book: &'a Textbook<'a>,
        count: &Measure,
        price: &Measure,
        purse: u64,
    ) -> Heights<'a> {
        let climb = |(state, arrow): (Word, &Arrow)| {
            let (count, price) = (count(state, arrow).into(), price(state, arrow) as usize);
            Some(Climb { next: book.place_of(arrow.next.ok()?), count, price })
        };
        let steps = |&state: &Word| book.arrows_from(state).filter_map(climb).collect();
        let steps: Vec<Vec<Climb>> = book.states.iter().map(steps).collect();
        let heights = vec![vec![0; steps.len()]; purse as usize + 1];
        let mut found = Heights { book, steps, heights };
        (0..=purse as usize).for_each(|left| found.relax(left));
        found
    }

    /// What still grows after as many rounds as there are places grows without end (Bellman and Ford).
    /// Steps that cost something lead to where less is left, and that is known by then.
    fn relax(&mut self, left: usize) {
        for round in 0.. {
            let mut changed = false;
            for place in 0..self.steps.len() {
                let most = self.after(place, left).map(|(height, _)| height).max().unwrap_or(0);
                if most > self.heights[left][place] {
                    let is_endless = round > self.steps.len();
                    self.heights[left][place] = if is_endless { ENDLESS } else { most };
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// What can be counted by each affordable step out of a place and from there on.
    fn after(&self, place: usize, left: usize) -> impl Iterator<Item = (u128, &Climb)> {
        let affordable = self.steps[place].iter().filter(move |step| step.price <= left);
        affordable.map(move |step| {
            (self.heights[left - step.price][step.next].saturating_add(step.count), step)
        })
    }

    fn most(&self, from: &[Word], left: u64) -> u128 {
        let height = |&state: &Word| self.heights[left as usize][self.book.place_of(state)];
        from.iter().map(height).max().unwrap_or(0)
    }

    /// The most that is counted from one of these states on, if there is a bound.
    pub fn count(&self, from: &[Word], left: u64) -> Option<u64> {
        let most = self.most(from, left);
        (most != ENDLESS).then(|| most.try_into().unwrap_or(u64::MAX))
    }

    /// The fewest steps from one of these states that count the most, which must have a bound: a search
    /// that carries along what is still to be counted, as long as it can be.
    pub fn distance(&self, from: &[Word], left: u64) -> usize {
        let most = self.most(from, left);
        let mut known: BTreeSet<(usize, usize, u128)> = from
            .iter()
            .map(|&state| (self.book.place_of(state), left as usize, most))
            .filter(|&(place, left, missing)| self.heights[left][place] == missing)
            .collect();
        let mut pending: VecDeque<_> = known.iter().map(|&place| (place, 0)).collect();
        while let Some(((place, left, missing), distance)) = pending.pop_front() {
            if missing == 0 {
                return distance;
            }
            for (height, step) in self.after(place, left).filter(|(height, _)| *height == missing) {
                let there = (step.next, left - step.price, height - step.count);
                if known.insert(there) {
                    pending.push_back((there, distance + 1));
                }
            }
        }
        unreachable!("the most can be counted")
    }
}

/// What the definitions say of a total.
pub struct ExpectedTotal {
    /// What counts for ever, if something does.
    pub endless: Expected,
    /// The most, if there is one, and the fewest steps that count it.
    pub most: Option<(u64, usize)>,
    /// The most with 0, 1, 2 … faults. A fault on a cycle is free, as it could come again.
    pub by_faults: Vec<u64>,
}

impl ExpectedTotal {
    pub fn new(
        book: &Textbook<'_>,
        course: &Course<'_>,
        curable: &BTreeSet<Word>,
    ) -> ExpectedTotal {
        let heights = Heights::new(book, course.count, &|_, _| 0, 0);
        let count = heights.count(&book.starts, 0);
        ExpectedTotal {
            endless: book.expected(&book.all(), course, curable),
            most: count.map(|count| (count, heights.distance(&book.starts, 0))),
            by_faults: by_faults(book, count, course),
        }
    }
}

fn by_faults(book: &Textbook<'_>, of_all: Option<u64>, course: &Course<'_>) -> Vec<u64> {
    let faults = book.states.iter().flat_map(|&state| book.arrows_from(state));
    let faults = faults.filter(|(_, arrow)| book.role(arrow) == Role::Fault);
    let is_once = |(state, arrow): &(Word, &Arrow)| {
        let returning = book.can_reach(|other| other == *state, |_| true);
        !arrow.next.is_ok_and(|next| returning.contains(&next))
    };
    let once: BTreeSet<_> =
        faults.filter(is_once).map(|(state, arrow)| (state, arrow.action)).collect();
    let price = |state: Word, arrow: &Arrow| u64::from(once.contains(&(state, arrow.action)));
    let mut by_faults = Vec::new();
    for purse in 0.. {
        let heights = Heights::new(book, course.count, &price, purse);
        let Some(count) = heights.count(&book.starts, purse) else { break };
        by_faults.push(count);
        if Some(count) == of_all {
            break;
        }
    }
    by_faults
}

/// What the definitions say of a total within a number of ticks.
pub struct ExpectedWindow<'a> {
    ticks: u64,
    heights: Heights<'a>,
    /// What counts for ever in no time, if something does.
    pub endless: Expected,
    /// The most, if there is one, and the fewest steps to where such a stretch begins.
    pub most: Option<(u64, usize)>,
}

impl<'a> ExpectedWindow<'a> {
    pub fn new(
        book: &'a Textbook<'a>,
        ticks: u64,
        course: &Course<'_>,
        curable: &BTreeSet<Word>,
    ) -> ExpectedWindow<'a> {
        let heights = Heights::new(book, course.count, &|_, arrow| arrow.counts[0], ticks);
        let is_best =
            |state: &&Word| heights.most(&[**state], ticks) == heights.most(&book.states, ticks);
        let nearest = book.states.iter().find(is_best).map_or(0, |state| book.depths[state]);
        let most = heights.count(&book.states, ticks).map(|most| (most, nearest));
        let endless = book.expected(&book.all(), course, curable);
        ExpectedWindow { ticks, heights, endless, most }
    }

    /// The fewest steps from a state that count the most from there.
    pub fn stretch(&self, from: Word) -> usize {
        self.heights.distance(&[from], self.ticks)
    }
}
