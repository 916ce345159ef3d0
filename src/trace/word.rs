//! Whether a formula is true of an execution that repeats: the textbook's definitions, as fixpoints.
//!
//! This certifies what the search finds, so it shares nothing with it. The truth of a formula is worked
//! out for all positions of the lasso at once; what comes after the last one is the first of the cycle.

use crate::model::Formula;
use crate::system::FigureId;

/// The positions of an execution that repeats.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// How many there are before it repeats.
    pub length: usize,
    /// The first position of the cycle; below `length`.
    pub repeats_from: usize,
}

impl Word {
    /// Whether a formula is true of the whole execution, given what figures are at each position.
    pub fn satisfies(self, formula: &Formula, holds: &dyn Fn(FigureId, usize) -> bool) -> bool {
        self.truth(formula, holds)[0]
    }

    /// By position: whether a formula is true of the execution from there on.
    fn truth(self, formula: &Formula, holds: &dyn Fn(FigureId, usize) -> bool) -> Vec<bool> {
        let of = |formula: &Formula| self.truth(formula, holds);
        match formula {
            Formula::Holds(figure) => (0..self.length).map(|at| holds(*figure, at)).collect(),
            Formula::Not(operand) => of(operand).into_iter().map(|truth| !truth).collect(),
            Formula::And(left, right) => zip(&of(left), &of(right), |left, right| left && right),
            Formula::Or(left, right) => zip(&of(left), &of(right), |left, right| left || right),
            Formula::Implies(left, right) => {
                zip(&of(left), &of(right), |left, right| !left || right)
            }
            Formula::Next(operand) => self.next(&of(operand)),
            Formula::Always(operand) => self.always(&of(operand)),
            Formula::Eventually(operand) => self.eventually(&of(operand)),
            Formula::Until(left, right) => self.until(&of(left), &of(right)),
            Formula::LeadsTo(left, right) => {
                let comes = self.eventually(&of(right));
                self.always(&zip(&of(left), &comes, |left, comes| !left || comes))
            }
        }
    }

    fn next(self, truth: &[bool]) -> Vec<bool> {
        let after = |at: usize| if at + 1 < self.length { at + 1 } else { self.repeats_from };
        (0..self.length).map(|at| truth[after(at)]).collect()
    }

    /// The largest set in which the operand holds and which is not left.
    fn always(self, operand: &[bool]) -> Vec<bool> {
        let step = |so_far: &[bool]| zip(operand, &self.next(so_far), |now, then| now && then);
        fixpoint(vec![true; self.length], step)
    }

    fn eventually(self, operand: &[bool]) -> Vec<bool> {
        self.until(&vec![true; self.length], operand)
    }

    /// The smallest set in which the right one holds, or the left one does and the set comes next.
    fn until(self, left: &[bool], right: &[bool]) -> Vec<bool> {
        let step = |so_far: &[bool]| {
            let waits = zip(left, &self.next(so_far), |left, then| left && then);
            zip(right, &waits, |right, waits| right || waits)
        };
        fixpoint(vec![false; self.length], step)
    }
}

fn zip(left: &[bool], right: &[bool], connect: impl Fn(bool, bool) -> bool) -> Vec<bool> {
    left.iter().zip(right).map(|(&left, &right)| connect(left, right)).collect()
}

fn fixpoint(mut truth: Vec<bool>, step: impl Fn(&[bool]) -> Vec<bool>) -> Vec<bool> {
    loop {
        let next = step(&truth);
        if next == truth {
            return truth;
        }
        truth = next;
    }
}
