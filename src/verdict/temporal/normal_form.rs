//! Temporal formulas with `not` at the figures only, every part kept once.
//!
//! What is translated is the negation of a claim: what an execution is like that violates it. It is
//! seldom bound to the start of an execution, and then a search need not carry along that it waits:
//! `eventually f` is true of some execution if f is true of one that begins in any reachable state.
//! The same goes for what does not depend on how an execution begins, as `always eventually f` and all
//! that connectives make of such: there f may even begin as late as one likes, so that `eventually
//! always f` becomes `always f`. [`NormalForm::anywhere`] finds the formulas of this kind.

use std::collections::BTreeMap;

use crate::base::IdVec;
use crate::model::Formula;
use crate::system::FigureId;

crate::id!(
    /// A part of a formula.
    PartId
);

/// One connective, or a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Constant(bool),
    /// A figure, by its place among those of the formula, and the value that it must have.
    Is(usize, bool),
    And(PartId, PartId),
    Or(PartId, PartId),
    Next(PartId),
    /// The second comes, and until then the first holds.
    Until(PartId, PartId),
    /// The second holds until both do, or for ever.
    Release(PartId, PartId),
}

/// Formulas in normal form, each after its parts.
#[derive(Debug, Default)]
pub(super) struct NormalForm {
    parts: IdVec<PartId, Part>,
    ids: BTreeMap<Part, PartId>,
    /// By part: whether it is true of an execution if it is true of what remains of it later.
    timeless: IdVec<PartId, bool>,
    figures: Vec<FigureId>,
}

impl NormalForm {
    pub(super) fn part(&self, part: PartId) -> Part {
        self.parts[part]
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The figures that occur, in order of their places.
    pub(super) fn figures(&self) -> &[FigureId] {
        &self.figures
    }

    /// The formula, or its negation.
    pub(super) fn add(&mut self, formula: &Formula, is_wanted: bool) -> PartId {
        match formula {
            Formula::Holds(figure) => {
                let place = self.place(*figure);
                self.intern(Part::Is(place, is_wanted))
            }
            Formula::Not(operand) => self.add(operand, !is_wanted),
            Formula::And(left, right) => {
                let (left, right) = (self.add(left, is_wanted), self.add(right, is_wanted));
                if is_wanted { self.and(left, right) } else { self.or(left, right) }
            }
            Formula::Or(left, right) => {
                let (left, right) = (self.add(left, is_wanted), self.add(right, is_wanted));
                if is_wanted { self.or(left, right) } else { self.and(left, right) }
            }
            Formula::Implies(left, right) => {
                let (left, right) = (self.add(left, !is_wanted), self.add(right, is_wanted));
                if is_wanted { self.or(left, right) } else { self.and(left, right) }
            }
            Formula::Always(operand) => {
                let operand = self.add(operand, is_wanted);
                if is_wanted { self.always(operand) } else { self.eventually(operand) }
            }
            Formula::Eventually(operand) => {
                let operand = self.add(operand, is_wanted);
                if is_wanted { self.eventually(operand) } else { self.always(operand) }
            }
            Formula::Next(operand) => {
                let operand = self.add(operand, is_wanted);
                self.next(operand)
            }
            Formula::Until(left, right) => {
                let (left, right) = (self.add(left, is_wanted), self.add(right, is_wanted));
                if is_wanted { self.until(left, right) } else { self.release(left, right) }
            }
            Formula::LeadsTo(left, right) => {
                let (left, right) = (self.add(left, !is_wanted), self.add(right, is_wanted));
                if is_wanted {
                    let comes = self.eventually(right);
                    let either = self.or(left, comes);
                    self.always(either)
                } else {
                    let never = self.always(right);
                    let both = self.and(left, never);
                    self.eventually(both)
                }
            }
        }
    }

    /// The place of a figure among those of the formula.
    pub(super) fn place(&mut self, figure: FigureId) -> usize {
        self.figures.iter().position(|&other| other == figure).unwrap_or_else(|| {
            self.figures.push(figure);
            self.figures.len() - 1
        })
    }

    /// A part as it stands.
    pub(super) fn intern(&mut self, part: Part) -> PartId {
        if let Some(&id) = self.ids.get(&part) {
            return id;
        }
        let is_timeless = match part {
            Part::Constant(_) => true,
            Part::Is(..) => false,
            Part::And(left, right) | Part::Or(left, right) => {
                self.timeless[left] && self.timeless[right]
            }
            Part::Next(operand) => self.timeless[operand],
            Part::Until(_, right) => {
                self.eventually_of(part).is_some() && { self.always_of(self.part(right)).is_some() }
            }
            Part::Release(_, right) => {
                self.always_of(part).is_some() && { self.eventually_of(self.part(right)).is_some() }
            }
        };
        let id = self.parts.push(part);
        self.timeless.push(is_timeless);
        self.ids.insert(part, id);
        id
    }

    fn constant(&mut self, value: bool) -> PartId {
        self.intern(Part::Constant(value))
    }

    fn and(&mut self, left: PartId, right: PartId) -> PartId {
        match (self.part(left), self.part(right)) {
            (Part::Constant(false), _) | (_, Part::Constant(true)) => left,
            (Part::Constant(true), _) | (_, Part::Constant(false)) => right,
            _ if left == right => left,
            _ => self.intern(Part::And(left.min(right), left.max(right))),
        }
    }

    fn or(&mut self, left: PartId, right: PartId) -> PartId {
        match (self.part(left), self.part(right)) {
            (Part::Constant(true), _) | (_, Part::Constant(false)) => left,
            (Part::Constant(false), _) | (_, Part::Constant(true)) => right,
            _ if left == right => left,
            _ => self.intern(Part::Or(left.min(right), left.max(right))),
        }
    }

    fn next(&mut self, operand: PartId) -> PartId {
        if self.timeless[operand] { operand } else { self.intern(Part::Next(operand)) }
    }

    fn eventually(&mut self, operand: PartId) -> PartId {
        let anything = self.constant(true);
        self.until(anything, operand)
    }

    fn always(&mut self, operand: PartId) -> PartId {
        let nothing = self.constant(false);
        self.release(nothing, operand)
    }

    fn until(&mut self, left: PartId, right: PartId) -> PartId {
        let comes_anyhow = self.eventually_of(self.part(right)).is_some();
        let is_now_or_never = self.part(left) == Part::Constant(false);
        if comes_anyhow || is_now_or_never || self.timeless[right] {
            right
        } else {
            self.intern(Part::Until(left, right))
        }
    }

    fn release(&mut self, left: PartId, right: PartId) -> PartId {
        let holds_anyhow = self.always_of(self.part(right)).is_some();
        let is_only_now = self.part(left) == Part::Constant(true);
        if holds_anyhow || is_only_now || self.timeless[right] {
            right
        } else {
            self.intern(Part::Release(left, right))
        }
    }

    /// The f of `eventually f`.
    fn eventually_of(&self, part: Part) -> Option<PartId> {
        let Part::Until(left, right) = part else { return None };
        (self.part(left) == Part::Constant(true)).then_some(right)
    }

    /// The f of `always f`.
    fn always_of(&self, part: Part) -> Option<PartId> {
        let Part::Release(left, right) = part else { return None };
        (self.part(left) == Part::Constant(false)).then_some(right)
    }

    /// The alternatives of which a formula is made: that of those bound to the start of an execution,
    /// and that of those that an execution meets if, from one of its states on, it meets what is
    /// returned for them.
    pub(super) fn split(&mut self, formula: PartId) -> (PartId, PartId) {
        let nothing = self.constant(false);
        let (mut at_start, mut anywhere) = (nothing, nothing);
        let mut pending = vec![formula];
        while let Some(one) = pending.pop() {
            if let Some(late) = self.anywhere(one) {
                anywhere = self.or(anywhere, late);
            } else if let Part::Or(left, right) = self.part(one) {
                pending.extend([right, left]);
            } else {
                at_start = self.or(at_start, one);
            }
        }
        (at_start, anywhere)
    }

    /// A formula that an execution meets from one of its states on just if it meets the given one.
    fn anywhere(&mut self, formula: PartId) -> Option<PartId> {
        if self.timeless[formula] {
            return Some(self.late(formula));
        }
        match self.part(formula) {
            Part::Or(left, right) => {
                let (left, right) = (self.anywhere(left)?, self.anywhere(right)?);
                Some(self.or(left, right))
            }
            // What is timeless may not begin later than the rest of it here.
            Part::And(left, right) if self.timeless[left] => {
                let right = self.anywhere(right)?;
                Some(self.and(left, right))
            }
            Part::And(left, right) if self.timeless[right] => {
                let left = self.anywhere(left)?;
                Some(self.and(left, right))
            }
            part => self.eventually_of(part),
        }
    }

    /// What remains to be met of a timeless formula if one waits long enough.
    fn late(&mut self, formula: PartId) -> PartId {
        match self.part(formula) {
            Part::And(left, right) => {
                let (left, right) = (self.late(left), self.late(right));
                self.and(left, right)
            }
            Part::Or(left, right) => {
                let (left, right) = (self.late(left), self.late(right));
                self.or(left, right)
            }
            part => self.eventually_of(part).unwrap_or(formula),
        }
    }
}
