//! A temporal claim taken apart, and the ways in which formulas can be true.
//!
//! What an execution is in its first state, and which formulas are true of its rest, decide which are
//! true of all of it (Gerth, Peled, Vardi and Wolper, *Simple On-the-fly Automatic Verification of Linear
//! Temporal Logic*, 1995): `p until q` is true if q is, or if p is and `p until q` is true of the rest.
//! Reading this from right to left gives the ways in which a formula can be true. If it is true of an
//! execution, then one of them is the case: all that it asks for is true of the rest, and each `until`
//! that it puts off is true but what it waits for is not. A way that asks for more than another and puts
//! off as much is left out, since the other is the case as well.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checked, Refusal};
use crate::model::{FigureId, Formula};

/// The formulas of a claim, numbered from 1 as certificates have it; below 0 they are negated.
#[derive(Default)]
pub(super) struct Formulas {
    kinds: Vec<Kind>,
    numbers: BTreeMap<Kind, i32>,
}

/// A formula over the numbers of others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    True,
    Figure(FigureId),
    And(i32, i32),
    Next(i32),
    Until(i32, i32),
}

/// A way in which formulas can be true.
#[derive(Clone, Default)]
pub(super) struct Way {
    /// What it asks for of the rest of an execution; no conjunctions.
    pub(super) next: BTreeSet<i32>,
    /// The `until`s that are true, and what they wait for is not.
    pub(super) put_off: BTreeSet<i32>,
}

/// What figures are in a state.
pub(super) type Letter = BTreeMap<FigureId, bool>;

/// More ways than these are not looked through. By taste.
const MOST_WAYS: usize = 1 << 10;

impl Formulas {
    /// The formulas of a claim, and its number.
    pub(super) fn of(claim: &Formula) -> (Formulas, i32) {
        let mut formulas = Formulas::default();
        formulas.number(Kind::True);
        let claim = formulas.add(claim);
        (formulas, claim)
    }

    fn add(&mut self, formula: &Formula) -> i32 {
        match formula {
            Formula::Holds(figure) => self.number(Kind::Figure(*figure)),
            Formula::Not(p) => -self.add(p),
            Formula::And(p, q) => {
                let (p, q) = (self.add(p), self.add(q));
                self.both(p, q)
            }
            Formula::Or(p, q) => {
                let (p, q) = (self.add(p), self.add(q));
                -self.both(-p, -q)
            }
            Formula::Implies(p, q) => {
                let (p, q) = (self.add(p), self.add(q));
                -self.both(p, -q)
            }
            Formula::Next(p) => match self.add(p) {
                p if p < 0 => -self.number(Kind::Next(-p)),
                p => self.number(Kind::Next(p)),
            },
            Formula::Eventually(p) => {
                let p = self.add(p);
                self.eventually(p)
            }
            Formula::Always(p) => {
                let p = self.add(p);
                -self.eventually(-p)
            }
            Formula::Until(p, q) => {
                let (p, q) = (self.add(p), self.add(q));
                self.number(Kind::Until(p, q))
            }
            Formula::LeadsTo(p, q) => {
                let (p, q) = (self.add(p), self.add(q));
                let comes = self.eventually(q);
                let fails = self.both(p, -comes);
                -self.eventually(fails)
            }
        }
    }

    fn both(&mut self, p: i32, q: i32) -> i32 {
        self.number(Kind::And(p, q))
    }

    fn eventually(&mut self, p: i32) -> i32 {
        let anything = self.number(Kind::True);
        self.number(Kind::Until(anything, p))
    }

    fn number(&mut self, kind: Kind) -> i32 {
        *self.numbers.entry(kind).or_insert_with(|| {
            self.kinds.push(kind);
            self.kinds.len() as i32
        })
    }

    /// The figures that occur.
    pub(super) fn figures(&self) -> impl Iterator<Item = FigureId> {
        self.kinds.iter().filter_map(|kind| match kind {
            Kind::Figure(figure) => Some(*figure),
            _ => None,
        })
    }

    fn kind(&self, formula: i32) -> Checked<Kind> {
        let place = (formula.unsigned_abs() as usize).checked_sub(1);
        let kind = place.and_then(|place| self.kinds.get(place));
        kind.copied().ok_or(Refusal::new("there is no such formula"))
    }

    /// The formulas of which one is the conjunction.
    pub(super) fn conjuncts(&self, formula: i32) -> Checked<BTreeSet<i32>> {
        match self.kind(formula)? {
            Kind::And(p, q) if formula > 0 => Ok(&self.conjuncts(p)? | &self.conjuncts(q)?),
            _ => Ok(BTreeSet::from([formula])),
        }
    }

    /// The ways in which all of these are true of an execution that begins with a letter.
    pub(super) fn ways_of_all(&self, formulas: &[i32], letter: &Letter) -> Checked<Vec<Way>> {
        formulas.iter().try_fold(vec![Way::default()], |ways, &formula| {
            both(&ways, &self.ways(formula, letter)?)
        })
    }

    fn ways(&self, formula: i32, letter: &Letter) -> Checked<Vec<Way>> {
        let is_so = formula > 0;
        let next = |formula| Ok(vec![Way { next: self.conjuncts(formula)?, ..Way::default() }]);
        let ways = |formula| self.ways(formula, letter);
        match self.kind(formula)? {
            Kind::True => Ok(if_so(is_so)),
            Kind::Figure(figure) => Ok(if_so(letter[&figure] == is_so)),
            Kind::And(p, q) if is_so => both(&ways(p)?, &ways(q)?),
            Kind::And(p, q) => either(ways(-p)?, ways(-q)?),
            Kind::Next(p) => next(if is_so { p } else { -p }),
            Kind::Until(p, q) if is_so => {
                let put_off = BTreeSet::from([formula]);
                let later = vec![Way { next: put_off.clone(), put_off }];
                either(ways(q)?, both(&ways(p)?, &later)?)
            }
            Kind::Until(p, q) => both(&ways(-q)?, &either(ways(-p)?, next(formula)?)?),
        }
    }
}

/// The one way that asks for nothing, or none.
fn if_so(is_so: bool) -> Vec<Way> {
    if is_so { vec![Way::default()] } else { Vec::new() }
}

/// The ways in which both are true.
fn both(some: &[Way], others: &[Way]) -> Checked<Vec<Way>> {
    let mut all = Vec::new();
    for (one, other) in some.iter().flat_map(|one| others.iter().map(move |other| (one, other))) {
        let (next, put_off) = (&one.next | &other.next, &one.put_off | &other.put_off);
        offer(&mut all, Way { next, put_off })?;
    }
    Ok(all)
}

/// The ways in which one of both is true.
fn either(some: Vec<Way>, others: Vec<Way>) -> Checked<Vec<Way>> {
    let mut all = Vec::new();
    some.into_iter().chain(others).try_for_each(|way| offer(&mut all, way))?;
    Ok(all)
}

/// Adds a way, unless another one is as easy.
fn offer(all: &mut Vec<Way>, way: Way) -> Checked {
    let is_as_easy = |one: &Way, other: &Way| {
        one.next.is_subset(&other.next) && one.put_off.is_subset(&other.put_off)
    };
    if all.iter().any(|other| is_as_easy(other, &way)) {
        return Ok(());
    }
    all.retain(|other| !is_as_easy(&way, other));
    all.push(way);
    match all.len() > MOST_WAYS {
        true => Err(Refusal::new("the claim is too large to be audited")),
        false => Ok(()),
    }
}
