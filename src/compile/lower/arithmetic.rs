//! Arithmetic and comparison of operands, folded where both are constant.

use super::cost::is_total;
use super::{Lowering, Operand};
use crate::base::Span;
use crate::compile::arithmetic::{self, Outcome};
use crate::compile::program::{Instruction, Register};
use crate::model::{Binary, Expression};
use crate::system::Rule;

/// An instruction with a result and two operands.
type Three = fn(Register, Register, Register) -> Instruction;

/// Which end of several numbers is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    Least,
    Greatest,
}

impl Lowering<'_> {
    /// Emits an instruction without a breach, and yields its result.
    pub(super) fn combine(&mut self, make: Three, left: Operand, right: Operand) -> Operand {
        let (left, right) = (self.register(left), self.register(right));
        let to = self.temporary();
        self.emit(make(to, left, right));
        Operand::Register(to)
    }

    /// `left operator right`, for numbers.
    pub(super) fn arithmetic(
        &mut self,
        operator: Binary,
        (left_expression, left): (&Expression, Operand),
        (right_expression, right): (&Expression, Operand),
        place: Span,
    ) -> Operand {
        if let (Operand::Constant(left), Operand::Constant(right)) = (left, right) {
            return self.folded(fold(operator, left, right), place);
        }
        if is_total(operator, left_expression, right_expression) {
            match operator {
                Binary::Add => return self.sum(left, right),
                Binary::Subtract => return self.combine(Instruction::Subtract, left, right),
                Binary::Multiply => return self.combine(Instruction::Multiply, left, right),
                _ => {}
            }
        }
        self.checked(operator, left, right, place)
    }

    /// `left + right`, known to fit.
    pub(super) fn sum(&mut self, left: Operand, right: Operand) -> Operand {
        match (left, right) {
            (Operand::Constant(0), other) | (other, Operand::Constant(0)) => other,
            (Operand::Constant(a), Operand::Constant(b)) => Operand::Constant(a.wrapping_add(b)),
            _ => self.combine(Instruction::Add, left, right),
        }
    }

    /// Arithmetic that breaches where it has no result.
    pub(super) fn checked(
        &mut self,
        operator: Binary,
        left: Operand,
        right: Operand,
        place: Span,
    ) -> Operand {
        let (left, right) = (self.register(left), self.register(right));
        let overflow = self.site(Rule::Overflow, place);
        let to = self.temporary();
        let mut both = || [self.site(Rule::Division, place), overflow];
        let instruction = match operator {
            Binary::Add => Instruction::AddChecked(to, left, right, overflow),
            Binary::Subtract => Instruction::SubtractChecked(to, left, right, overflow),
            Binary::Multiply => Instruction::MultiplyChecked(to, left, right, overflow),
            Binary::Divide => Instruction::Divide(to, left, right, both()),
            Binary::Modulo => Instruction::Modulo(to, left, right, both()[0]),
            Binary::Power => Instruction::Power(to, left, right, both()),
            _ => unreachable!("comparisons do not come here"),
        };
        self.emit(instruction);
        Operand::Register(to)
    }

    /// A comparison of numbers, or an equality of scalars.
    pub(super) fn compare(&mut self, operator: Binary, left: Operand, right: Operand) -> Operand {
        if let (Operand::Constant(left), Operand::Constant(right)) = (left, right) {
            return Operand::Constant(i64::from(judge(operator, left, right)));
        }
        match operator {
            Binary::Equal => self.combine(Instruction::Equal, left, right),
            Binary::Different => self.combine(Instruction::Different, left, right),
            Binary::Less => self.combine(Instruction::Less, left, right),
            Binary::AtMost => self.combine(Instruction::AtMost, left, right),
            Binary::Greater => self.combine(Instruction::Less, right, left),
            Binary::AtLeast => self.combine(Instruction::AtMost, right, left),
            _ => unreachable!("arithmetic does not come here"),
        }
    }

    /// The lesser or the greater of two.
    pub(super) fn extreme(&mut self, which: Extreme, left: Operand, right: Operand) -> Operand {
        match (which, left, right) {
            (Extreme::Least, Operand::Constant(left), Operand::Constant(right)) => {
                Operand::Constant(left.min(right))
            }
            (Extreme::Greatest, Operand::Constant(left), Operand::Constant(right)) => {
                Operand::Constant(left.max(right))
            }
            (Extreme::Least, ..) => self.combine(Instruction::Minimum, left, right),
            (Extreme::Greatest, ..) => self.combine(Instruction::Maximum, left, right),
        }
    }

    fn folded(&mut self, outcome: Outcome, place: Span) -> Operand {
        Operand::Constant(outcome.unwrap_or_else(|rule| {
            self.fail(rule, place);
            0
        }))
    }
}

/// The result of an operator on constants.
fn fold(operator: Binary, left: i64, right: i64) -> Outcome {
    match operator {
        Binary::Add => arithmetic::add(left, right),
        Binary::Subtract => arithmetic::subtract(left, right),
        Binary::Multiply => arithmetic::multiply(left, right),
        Binary::Divide => arithmetic::divide(left, right),
        Binary::Modulo => arithmetic::modulo(left, right),
        Binary::Power => arithmetic::power(left, right),
        _ => unreachable!("comparisons do not come here"),
    }
}

/// Whether a comparison holds.
pub(super) fn judge(operator: Binary, left: i64, right: i64) -> bool {
    match operator {
        Binary::Equal => left == right,
        Binary::Different => left != right,
        Binary::Less => left < right,
        Binary::AtMost => left <= right,
        Binary::Greater => left > right,
        Binary::AtLeast => left >= right,
        _ => unreachable!("arithmetic does not come here"),
    }
}
