//! Quantifiers, counts and sums.
//!
//! The meaning judges every value that passes the filter, because a later one may breach. Where
//! none can, a quantifier stops at the first value that decides.

use super::column::Column;
use super::cost::sum_fits;
use super::routine::Label;
use super::{Lowering, Operand, Scope};
use crate::base::Span;
use crate::compile::layout::Domain;
use crate::compile::program::{Instruction, Register};
use crate::model::{Binary, Expression, LocalId, Quantifier, Type};

/// The local, its domain, the filter and the body.
pub(super) type Turns<'e> = (LocalId, &'e Type, Option<&'e Expression>, Option<&'e Expression>);

impl Lowering<'_> {
    /// Goes to `label` if it is `when` that all, some or no values are as asked.
    pub(super) fn branch_on_all(
        &mut self,
        quantifier: Quantifier,
        turns: Turns<'_>,
        (when, label): (bool, Label),
        scope: &mut Scope,
    ) {
        let end = self.routine.label();
        if let Some(column) = self.column_of_turns(turns, quantifier, scope) {
            let one_by_one = self.routine.label();
            let word = self.ask(&column, one_by_one);
            let (wanted, operator) = match quantifier {
                Quantifier::All => (Self::full(&column), Binary::Equal),
                Quantifier::Some => (Operand::Constant(0), Binary::Different),
                _ => (Operand::Constant(0), Binary::Equal),
            };
            self.branch_on_comparison(operator, (word, wanted), when, label);
            self.routine.jump(end);
            self.routine.place(one_by_one);
            if self.routine.is_reachable() {
                self.after_giving_up(|lowering| {
                    lowering.branch_on_each(quantifier, turns, (when, label), scope);
                });
            }
        } else {
            self.branch_on_each(quantifier, turns, (when, label), scope);
        }
        self.routine.place(end);
    }

    /// The same, turn by turn.
    fn branch_on_each(
        &mut self,
        quantifier: Quantifier,
        turns: Turns<'_>,
        (when, label): (bool, Label),
        scope: &mut Scope,
    ) {
        let (_, _, filter, body) = turns;
        let body = body.expect("only `count` has no body");
        // What the body must be for one value to decide, and what the quantifier is then.
        let decisive = quantifier != Quantifier::All;
        let decided = quantifier == Quantifier::Some;
        let may_breach =
            filter.into_iter().chain([body]).any(|part| self.estimates.may_breach(part));
        if may_breach {
            let verdict = self.temporary();
            self.copy(verdict, Operand::Constant(i64::from(!decided)));
            self.judge_each(turns, scope, |lowering, scope, next| {
                lowering.branch(body, !decisive, next, scope);
                lowering.copy(verdict, Operand::Constant(i64::from(decided)));
            });
            return self.branch_on_value(Operand::Register(verdict), when, label);
        }
        let end = self.routine.label();
        let exit = if decided == when { label } else { end };
        self.judge_each(turns, scope, |lowering, scope, _| {
            lowering.branch(body, decisive, exit, scope);
        });
        if decided != when {
            self.routine.jump(label);
        }
        self.routine.place(end);
    }

    /// The column of what decides a quantifier.
    fn column_of_turns(
        &mut self,
        (local, domain, filter, body): Turns<'_>,
        quantifier: Quantifier,
        scope: &Scope,
    ) -> Option<Column> {
        let is_filtered_all = quantifier == Quantifier::All && filter.is_some();
        let conditions: Vec<&Expression> = filter.into_iter().chain(body).collect();
        let domain = Domain::of(domain, self.model);
        if is_filtered_all || self.after_giving_up {
            return None;
        }
        self.column_of_conditions((local, &domain), &conditions, scope)
    }

    /// Lowers `judge` for every value that passes the filter; it may go to the next turn.
    fn judge_each(
        &mut self,
        (local, domain, filter, body): Turns<'_>,
        scope: &mut Scope,
        mut judge: impl FnMut(&mut Self, &mut Scope, Label),
    ) {
        let cost = self.turn_cost(filter, body);
        self.each((local, domain), cost, scope, |lowering, scope, _| {
            let next = lowering.routine.label();
            if let Some(filter) = filter {
                lowering.branch(filter, false, next, scope);
            }
            judge(lowering, scope, next);
            lowering.routine.place(next);
        });
    }

    fn turn_cost(&self, filter: Option<&Expression>, body: Option<&Expression>) -> u64 {
        let costs = filter.into_iter().chain(body).map(|part| self.estimates.cost(part));
        costs.fold(1, u64::saturating_add)
    }

    /// How many values pass the filter.
    pub(super) fn count(&mut self, turns: Turns<'_>, scope: &mut Scope) -> Operand {
        let Some(column) = self.column_of_turns(turns, Quantifier::Count, scope) else {
            return self.count_each(turns, scope);
        };
        let (to, one_by_one, end) = (self.temporary(), self.routine.label(), self.routine.label());
        let word = self.ask(&column, one_by_one);
        let word = self.register(word);
        self.emit(Instruction::Size(to, word));
        self.routine.jump(end);
        self.routine.place(one_by_one);
        if self.routine.is_reachable() {
            let count = self.after_giving_up(|lowering| lowering.count_each(turns, scope));
            self.copy(to, count);
        }
        self.routine.place(end);
        Operand::Register(to)
    }

    /// The same, turn by turn.
    fn count_each(&mut self, turns: Turns<'_>, scope: &mut Scope) -> Operand {
        let (local, domain, filter, body) = turns;
        let total = self.temporary();
        let one = self.register(Operand::Constant(1));
        self.copy(total, Operand::Constant(0));
        let mut certain = 0;
        let mut is_certain = true;
        let cost = self.turn_cost(filter, body);
        self.each((local, domain), cost, scope, |lowering, scope, times| {
            let next = lowering.routine.label();
            let conditions = filter.into_iter().chain(body);
            conditions.for_each(|one| lowering.branch(one, false, next, scope));
            if lowering.routine.is_reachable() && !lowering.routine.is_jumped_to(next) {
                certain += times as i64;
            } else if lowering.routine.is_reachable() {
                is_certain = false;
                lowering.emit(Instruction::Add(total, total, one));
            }
            lowering.routine.place(next);
        });
        if is_certain {
            return Operand::Constant(certain);
        }
        self.sum(Operand::Register(total), Operand::Constant(certain))
    }

    /// The sum over the values that pass the filter.
    pub(super) fn sum_of(&mut self, turns: Turns<'_>, scope: &mut Scope, place: Span) -> Operand {
        let body = turns.3.expect("only `count` has no body");
        let size = Domain::of(turns.1, self.model).size();
        let fits = sum_fits(body, size);
        let total = self.temporary();
        self.copy(total, Operand::Constant(0));
        self.judge_each(turns, scope, |lowering, scope, _| {
            let value = lowering.value(body, scope);
            lowering.add_to(total, value, fits, place);
        });
        Operand::Register(total)
    }

    fn add_to(&mut self, total: Register, value: Operand, fits: bool, place: Span) {
        let sum = if fits {
            self.sum(Operand::Register(total), value)
        } else {
            self.checked(Binary::Add, Operand::Register(total), value, place)
        };
        self.copy(total, sum);
    }
}
