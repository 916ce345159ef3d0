//! Whether a fair execution violates a temporal formula: by the tableau, which is slow and plain.
//!
//! A place is a state and, for each part of the formula, whether it is true from here on (Lichtenstein and
//! Pnueli, "Checking that finite state concurrent programs satisfy their linear specification", 1985).
//! What is true now and what was promised for later must agree along each step, and a promise must be
//! kept: that is one more thing that is owed.

use std::collections::BTreeMap;

use squall::model::Formula;
use squall::system::{FigureId, Role, Strength, System, Word};

use super::peeling::{Ground, Owed, Stride};
use super::textbook::Textbook;

/// A part of a formula; the numbers are those of its own parts, which come first.
enum Part {
    Holds(FigureId),
    Not(usize),
    And(usize, usize),
    Or(usize, usize),
    Next(usize),
    Until(usize, usize),
    Always(usize),
}

/// What is true of each part.
type Truths = Vec<bool>;

/// The parts of a formula, the formula itself last.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn add(&mut self, formula: &Formula) -> usize {
        let part = match formula {
            Formula::Holds(figure) => Part::Holds(*figure),
            Formula::Not(operand) => Part::Not(self.add(operand)),
            Formula::And(left, right) => Part::And(self.add(left), self.add(right)),
            Formula::Or(left, right) => Part::Or(self.add(left), self.add(right)),
            Formula::Implies(left, right) => {
                let denied = Formula::Not(left.clone());
                Part::Or(self.add(&denied), self.add(right))
            }
            Formula::Next(operand) => Part::Next(self.add(operand)),
            Formula::Until(left, right) => Part::Until(self.add(left), self.add(right)),
            Formula::Always(operand) => Part::Always(self.add(operand)),
            Formula::Eventually(operand) => {
                // Something is so at some time just if it is not never so.
                let never = Formula::Always(Formula::Not(operand.clone()).into());
                Part::Not(self.add(&never))
            }
            Formula::LeadsTo(left, right) => {
                let comes = Formula::Eventually(right.clone()).into();
                let promised = Formula::Implies(left.clone(), comes);
                return self.add(&Formula::Always(promised.into()));
            }
        };
        self.0.push(part);
        self.0.len() - 1
    }

    /// All that may be true in a state: what it says itself, and each guess about what is to come that
    /// does not contradict it. None if it cannot be read.
    fn guesses(&self, book: &Textbook<'_>, state: Word) -> Option<Vec<Truths>> {
        let mut guesses: Vec<Truths> = vec![Vec::new()];
        for part in &self.0 {
            let read = match part {
                Part::Holds(figure) => Some(book.system.read(*figure, &[state]).ok()? == 1),
                _ => None,
            };
            let mut longer = Vec::new();
            for truths in guesses {
                let options: &[bool] = match *part {
                    Part::Holds(_) => &[read == Some(true)],
                    Part::Not(operand) => &[!truths[operand]],
                    Part::And(left, right) => &[truths[left] && truths[right]],
                    Part::Or(left, right) => &[truths[left] || truths[right]],
                    Part::Next(_) => &[false, true],
                    Part::Until(_, right) if truths[right] => &[true],
                    Part::Until(left, _) if !truths[left] => &[false],
                    Part::Until(..) => &[false, true],
                    Part::Always(operand) if !truths[operand] => &[false],
                    Part::Always(_) => &[false, true],
                };
                let longer_by = |&truth: &bool| truths.iter().copied().chain([truth]).collect();
                longer.extend(options.iter().map(longer_by));
            }
            guesses = longer;
        }
        Some(guesses)
    }

    /// Whether what was promised is so after a step.
    fn agree(&self, now: &Truths, then: &Truths) -> bool {
        self.0.iter().enumerate().all(|(at, part)| match *part {
            Part::Next(operand) => now[at] == then[operand],
            Part::Until(left, right) => now[right] || !now[left] || now[at] == then[at],
            Part::Always(operand) => !now[operand] || now[at] == then[at],
            _ => true,
        })
    }

    /// By part: whether nothing is left to be kept of a promise. That something is not always so is a
    /// promise as well.
    fn kept(&self, truths: &Truths) -> Vec<bool> {
        let kept = self.0.iter().enumerate().map(|(at, part)| match *part {
            Part::Until(_, right) => !truths[at] || truths[right],
            Part::Always(operand) => truths[at] || !truths[operand],
            _ => true,
        });
        kept.collect()
    }
}

/// States with what is true there.
struct Tableau<'a> {
    book: &'a Textbook<'a>,
    parts: Parts,
    places: Vec<(Word, Truths)>,
    numbers: BTreeMap<(Word, Truths), usize>,
    ground: Ground,
    /// By place and step: whether the step is a fault.
    faults: Vec<Vec<bool>>,
}

impl<'a> Tableau<'a> {
    fn number(&mut self, state: Word, truths: Truths) -> usize {
        let next = self.places.len();
        let number = *self.numbers.entry((state, truths.clone())).or_insert(next);
        if number == next {
            self.places.push((state, truths));
        }
        number
    }

    fn expand(&mut self) {
        let guesses: BTreeMap<Word, Vec<Truths>> = self
            .book
            .states
            .iter()
            .filter_map(|&state| Some((state, self.parts.guesses(self.book, state)?)))
            .collect();
        let violates = |truths: &&Truths| truths.last() == Some(&false);
        for &start in &self.book.starts {
            for truths in guesses.get(&start).into_iter().flatten().filter(violates) {
                self.number(start, truths.clone());
            }
        }
        let promises = self.book.owed().len();
        while let Some((state, truths)) = self.places.get(self.ground.steps.len()).cloned() {
            let kept = self.parts.kept(&truths).into_iter().enumerate();
            let kept: Vec<usize> =
                kept.filter(|(_, kept)| *kept).map(|(part, _)| promises + part).collect();
            let (mut steps, mut faults) = (Vec::new(), Vec::new());
            for arrow in self.book.system.arrows(state) {
                let Ok(next) = arrow.next else { continue };
                for then in guesses.get(&next).into_iter().flatten() {
                    if self.parts.agree(&truths, then) {
                        let meets = self.book.meets(arrow).into_iter().chain(kept.iter().copied());
                        let next = self.number(next, then.clone());
                        steps.push(Stride { next, meets: meets.collect() });
                        faults.push(self.book.role(arrow) == Role::Fault);
                    }
                }
            }
            self.ground.steps.push(steps);
            self.faults.push(faults);
        }
        let states: Vec<usize> =
            self.places.iter().map(|(state, _)| self.book.place_of(*state)).collect();
        for owed in self.book.owed() {
            let enabled = states.iter().map(|&state| owed.enabled[state]).collect();
            self.ground.owed.push(Owed { enabled, ..owed });
        }
        for _ in &self.parts.0 {
            let enabled = vec![true; states.len()];
            self.ground.owed.push(Owed { strength: Strength::Weak, enabled });
        }
    }

    /// The places that a fair execution visits for ever, by the steps of some ground.
    fn fair(&self, ground: &Ground) -> Vec<usize> {
        let all: Vec<usize> = (0..self.places.len()).collect();
        ground.fair_sets(&all).into_iter().flatten().collect()
    }

    /// The fewest faults to one of these places.
    fn fewest_faults(&self, goals: &[usize]) -> Option<u32> {
        let is_start = |place: &usize| self.book.starts.contains(&self.places[*place].0);
        let mut costs: BTreeMap<usize, u32> = BTreeMap::new();
        let violating = |place: &usize| self.places[*place].1.last() == Some(&false);
        let first = (0..self.places.len()).filter(|place| is_start(place) && violating(place));
        costs.extend(first.map(|place| (place, 0)));
        loop {
            let before = costs.clone();
            for (place, cost) in &before {
                for (step, fault) in self.ground.steps[*place].iter().zip(&self.faults[*place]) {
                    let cost = cost + u32::from(*fault);
                    let known = costs.entry(step.next).or_insert(cost);
                    *known = cost.min(*known);
                }
            }
            if costs == before {
                return goals.iter().filter_map(|goal| costs.get(goal)).min().copied();
            }
        }
    }
}

/// The fewest faults on the way into a cycle that a fair execution takes to violate a formula.
pub struct FewestFaults {
    /// The cycle may take further ones.
    pub at_all: u32,
    /// The cycle takes none, if there is such a one.
    pub in_all: Option<u32>,
}

/// Looks for fair executions that violate a formula, of those that pass no state that cannot be read.
pub fn violation(book: &Textbook<'_>, formula: &Formula) -> Option<FewestFaults> {
    let mut tableau = Tableau {
        book,
        parts: Parts::default(),
        places: Vec::new(),
        numbers: BTreeMap::new(),
        ground: Ground { steps: Vec::new(), owed: Vec::new() },
        faults: Vec::new(),
    };
    tableau.parts.add(formula);
    tableau.expand();
    let at_all = tableau.fewest_faults(&tableau.fair(&tableau.ground))?;
    let without_faults = tableau.ground.without(&tableau.faults);
    let in_all = tableau.fewest_faults(&tableau.fair(&without_faults));
    Some(FewestFaults { at_all, in_all })
}
