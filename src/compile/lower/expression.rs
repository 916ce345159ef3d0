//! Expressions with one value: scalars and sets.

use super::arithmetic::Extreme;
use super::{Binding, Lowering, Operand, Scope};
use crate::compile::layout::{Domain, NONE, code_of};
use crate::compile::program::Instruction;
use crate::model::{Binary, Expression, ExpressionKind, Quantifier, Type};
use crate::system::Rule;

impl Lowering<'_> {
    /// The value of a scalar expression; of a set, its mask over its own type's domain.
    pub(super) fn value(&mut self, expression: &Expression, scope: &mut Scope) -> Operand {
        if !self.routine.is_reachable() {
            return Operand::Constant(0);
        }
        if let Type::Set(domain) = &expression.ty {
            let domain = Domain::of(domain, self.model).strict();
            return self.set(expression, &domain, scope).mask;
        }
        let place = expression.span;
        match &expression.kind {
            ExpressionKind::Constant(value) => Operand::Constant(code_of(value)),
            ExpressionKind::Local(local) => match scope.locals[local.0 as usize] {
                Binding::Scalar(operand) => operand,
                _ => unreachable!("a scalar local is bound before it is read"),
            },
            ExpressionKind::SelfInstance => {
                scope.self_instance.expect("`self` stands only inside machines")
            }
            ExpressionKind::IndexOf(instance) => self.value(instance, scope),
            ExpressionKind::InstanceAt(machine, index) => {
                let index = self.value(index, scope);
                let last = i64::from(self.model.machines[*machine].count) - 1;
                self.require_range(index, 0, last, (Rule::Range, place));
                index
            }
            ExpressionKind::Variable { .. } | ExpressionKind::Element { .. } => {
                let address = self.locate(expression, scope);
                self.load(&address)
            }
            ExpressionKind::Demand(optional) => self.demand(optional, expression, scope),
            ExpressionKind::Call { definition, owner, arguments } => {
                self.call(*definition, owner.as_deref(), arguments, scope)
            }
            ExpressionKind::Negate(one) => {
                let value = self.value(one, scope);
                let zero = Expression {
                    kind: ExpressionKind::Constant(crate::model::Value::Number(0)),
                    ..(**one).clone()
                };
                let left = (&zero, Operand::Constant(0));
                self.arithmetic(Binary::Subtract, left, (one, value), place)
            }
            ExpressionKind::Binary(operator, left, right) if is_arithmetic(*operator) => {
                let left_value = self.value(left, scope);
                let right_value = self.value(right, scope);
                self.arithmetic(*operator, (left, left_value), (right, right_value), place)
            }
            ExpressionKind::If(condition, then, otherwise) => {
                self.choose(condition, (then, otherwise), scope)
            }
            ExpressionKind::Quantifier { quantifier, local, domain, filter, body } => {
                let turns = (*local, domain, filter.as_deref(), body.as_deref());
                match quantifier {
                    Quantifier::Count => self.count(turns, scope),
                    Quantifier::Sum => self.sum_of(turns, scope, place),
                    _ => self.truth(expression, scope),
                }
            }
            ExpressionKind::Min(all) => self.extremes(Extreme::Least, all, scope),
            ExpressionKind::Max(all) => self.extremes(Extreme::Greatest, all, scope),
            ExpressionKind::First(queue) => self.end_of_queue(queue, End::First, scope, place),
            ExpressionKind::Last(queue) => self.end_of_queue(queue, End::Last, scope, place),
            ExpressionKind::Length(queue) => {
                let address = self.locate(queue, scope);
                self.load(&address)
            }
            ExpressionKind::Size(set) => self.size(set, scope),
            ExpressionKind::Resting => self.resting(),
            ExpressionKind::Not(_)
            | ExpressionKind::Binary(..)
            | ExpressionKind::Is(..)
            | ExpressionKind::Contains { .. }
            | ExpressionKind::Within(..) => self.truth(expression, scope),
            ExpressionKind::SetOf(_) | ExpressionKind::QueueOf(_) | ExpressionKind::ArrayOf(_) => {
                unreachable!("sets, queues and arrays are no scalars")
            }
        }
    }

    fn demand(
        &mut self,
        optional: &Expression,
        expression: &Expression,
        scope: &mut Scope,
    ) -> Operand {
        let value = self.value(optional, scope);
        match value {
            Operand::Constant(NONE) => self.fail(Rule::NoneRead, expression.span),
            Operand::Register(register) if matches!(optional.ty, Type::Optional(_)) => {
                let site = self.site(Rule::NoneRead, expression.span);
                self.emit(Instruction::RequireSome(register, site));
            }
            _ => {}
        }
        value
    }

    /// `if p then a else b`, for scalars.
    fn choose(
        &mut self,
        condition: &Expression,
        (then, otherwise): (&Expression, &Expression),
        scope: &mut Scope,
    ) -> Operand {
        let (not_so, end) = (self.routine.label(), self.routine.label());
        let to = self.temporary();
        self.branch(condition, false, not_so, scope);
        let chosen = self.value(then, scope);
        if self.routine.is_reachable() && !self.routine.is_jumped_to(not_so) {
            self.routine.place(not_so);
            self.routine.place(end);
            return chosen;
        }
        self.copy(to, chosen);
        self.routine.jump(end);
        self.routine.place(not_so);
        let chosen = self.value(otherwise, scope);
        if self.routine.is_reachable() && !self.routine.is_jumped_to(end) {
            self.routine.place(end);
            return chosen;
        }
        self.copy(to, chosen);
        self.routine.place(end);
        Operand::Register(to)
    }

    fn extremes(&mut self, which: Extreme, all: &[Expression], scope: &mut Scope) -> Operand {
        let mut best = None;
        for expression in all {
            let value = self.value(expression, scope);
            best = Some(best.map_or(value, |best| self.extreme(which, best, value)));
        }
        best.expect("the grammar wants one at least")
    }

    fn end_of_queue(
        &mut self,
        queue: &Expression,
        end: End,
        scope: &mut Scope,
        place: crate::base::Span,
    ) -> Operand {
        let address = self.locate(queue, scope);
        let length = self.load(&address);
        let length = self.register(length);
        let zero = self.register(Operand::Constant(0));
        let occupied = self.routine.label();
        self.emit(Instruction::JumpLess(zero, length, super::routine::target(occupied)));
        self.fail(Rule::QueueEmpty, place);
        self.routine.place(occupied);
        let index = match end {
            End::First => Operand::Constant(1),
            End::Last => Operand::Register(length),
        };
        self.load(&address.moved(index, 1))
    }

    /// The register in which the machine says whether the state is at rest.
    fn resting(&mut self) -> Operand {
        let register = match self.resting {
            Some(register) => register,
            None => self.fresh_register(0),
        };
        self.resting = Some(register);
        Operand::Register(register)
    }
}

/// Which end of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// Whether an operator yields a number.
fn is_arithmetic(operator: Binary) -> bool {
    matches!(
        operator,
        Binary::Add
            | Binary::Subtract
            | Binary::Multiply
            | Binary::Divide
            | Binary::Modulo
            | Binary::Power
    )
}
