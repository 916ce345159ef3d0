//! Operators, and the one type that both their sides must have.

use super::{Checker, Scope};
use crate::base::Span;
use crate::model::expression::{Binary, Expression, ExpressionKind as Kind};
use crate::model::{Type, Value};
use crate::model::{errors, ranges};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    pub(super) fn prefix(
        &mut self,
        scope: &mut Scope,
        operator: ast::Prefix,
        operand: &'a ast::Expression,
        span: Span,
    ) -> Option<Expression> {
        match operator {
            ast::Prefix::Not => {
                let inner = self.truth(scope, operand)?;
                Some(Expression { span, ty: Type::Bool, kind: Kind::Not(Box::new(inner)) })
            }
            ast::Prefix::Negate => {
                let inner = self.number(scope, operand)?;
                let ty = Type::Number(ranges::negate(Self::interval(&inner)));
                if let Kind::Constant(Value::Number(number)) = inner.kind
                    && let Some(negated) = number.checked_neg()
                {
                    let kind = Kind::Constant(Value::Number(negated));
                    return Some(Expression { span, ty, kind });
                }
                Some(Expression { span, ty, kind: Kind::Negate(Box::new(inner)) })
            }
            _ => {
                let help = "temporal operators belong at the top of a claim, over state predicates";
                self.report(errors::misplaced(
                    "a temporal operator",
                    "inside an expression",
                    span,
                    help,
                ));
                None
            }
        }
    }

    pub(super) fn infix(
        &mut self,
        scope: &mut Scope,
        operator: ast::Infix,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        span: Span,
    ) -> Option<Expression> {
        let Some(operator) = binary(operator) else {
            let help = "temporal operators belong at the top of a claim, over state predicates";
            self.report(errors::misplaced(
                "a temporal operator",
                "inside an expression",
                span,
                help,
            ));
            return None;
        };
        match operator {
            Binary::And | Binary::Or | Binary::Implies => {
                let (left, right) = (self.truth(scope, left), self.truth(scope, right));
                let kind = Kind::Binary(operator, Box::new(left?), Box::new(right?));
                Some(Expression { span, ty: Type::Bool, kind })
            }
            Binary::Equal | Binary::Different => {
                let is_equal = operator == Binary::Equal;
                if self.refuse_compared_control(scope, (left, right), is_equal, span) {
                    return None;
                }
                let (left, right) = self.pair(scope, left, right, None)?;
                self.compare(operator, left, right, span)
            }
            Binary::Less | Binary::AtMost | Binary::Greater | Binary::AtLeast => {
                let (left, right) = (self.number(scope, left), self.number(scope, right));
                let kind = Kind::Binary(operator, Box::new(left?), Box::new(right?));
                Some(Expression { span, ty: Type::Bool, kind })
            }
            _ => {
                let (left, right) = (self.number(scope, left), self.number(scope, right));
                Some(Self::arithmetic(operator, left?, right?, span))
            }
        }
    }

    /// Refuses `v.state == a` and `v == a`, where `a` is a control state.
    fn refuse_compared_control(
        &mut self,
        scope: &mut Scope,
        sides: (&'a ast::Expression, &'a ast::Expression),
        is_equal: bool,
        span: Span,
    ) -> bool {
        let (left, right) = sides;
        for (subject, other) in [(left, right), (right, left)] {
            let Ast::Name(name) = &other.kind else { continue };
            let is_control = |states: &[String]| states.iter().any(|state| state == name);
            let mut machines = self.model.machines.iter();
            if !machines.any(|one| is_control(&one.states)) || !self.needs_a_hint(scope, other) {
                continue;
            }
            let subject = match &subject.kind {
                Ast::Field { base, field } if field.text == "state" => base,
                Ast::Name(_) if self.needs_a_hint(scope, subject) => continue,
                _ => subject,
            };
            let Some(typed) = self.expression(scope, subject, None) else { return true };
            let machine = typed.ty.machine();
            if machine.is_some_and(|machine| is_control(&self.model.machines[machine].states)) {
                let subject = self.text(subject.span).to_owned();
                self.report(errors::compared_control(span, &subject, name, is_equal));
                return true;
            }
        }
        false
    }

    /// What an operator makes of two numbers.
    pub(super) fn arithmetic(
        operator: Binary,
        left: Expression,
        right: Expression,
        span: Span,
    ) -> Expression {
        let (a, b) = (Self::interval(&left), Self::interval(&right));
        let interval = match operator {
            Binary::Add => ranges::add(a, b),
            Binary::Subtract => ranges::subtract(a, b),
            Binary::Multiply => ranges::multiply(a, b),
            Binary::Divide => ranges::divide(a, b),
            Binary::Modulo => ranges::modulo(a, b),
            _ => ranges::power(a, b),
        };
        let kind = Kind::Binary(operator, Box::new(left), Box::new(right));
        Expression { span, ty: Type::Number(interval), kind }
    }

    pub(super) fn compare(
        &mut self,
        operator: Binary,
        left: Expression,
        right: Expression,
        span: Span,
    ) -> Option<Expression> {
        if self.join(&left.ty, &right.ty).is_none() {
            self.report_difference(span, &left, &right);
            return None;
        }
        let kind = Kind::Binary(operator, Box::new(left), Box::new(right));
        Some(Expression { span, ty: Type::Bool, kind })
    }

    /// Two expressions that are to have one type: whichever is plain first helps the other.
    pub(super) fn pair(
        &mut self,
        scope: &mut Scope,
        left: &'a ast::Expression,
        right: &'a ast::Expression,
        expected: Option<&Type>,
    ) -> Option<(Expression, Expression)> {
        let left_waits = expected.is_none() && self.needs_a_hint(scope, left);
        if left_waits {
            let right = self.expression(scope, right, None);
            let hint = right.as_ref().map(|one| one.ty.clone());
            let left = self.expression(scope, left, hint.as_ref());
            return Some((left?, right?));
        }
        let left = self.expression(scope, left, expected);
        let hint = expected.cloned().or_else(|| left.as_ref().map(|one| one.ty.clone()));
        let right = self.expression(scope, right, hint.as_ref());
        Some((left?, right?))
    }

    /// Whether an expression is a name that only an expected type can explain, or a bare literal.
    pub(super) fn needs_a_hint(&mut self, scope: &Scope, expression: &ast::Expression) -> bool {
        match &expression.kind {
            Ast::Name(name) => {
                let is_local = scope.visible.iter().any(|(one, _)| one == name);
                !is_local && self.lookup(scope, name).is_none()
            }
            Ast::Set(_) | Ast::Queue(_) => true,
            _ => false,
        }
    }
}

fn binary(operator: ast::Infix) -> Option<Binary> {
    Some(match operator {
        ast::Infix::Implies => Binary::Implies,
        ast::Infix::Or => Binary::Or,
        ast::Infix::And => Binary::And,
        ast::Infix::Equal => Binary::Equal,
        ast::Infix::Different => Binary::Different,
        ast::Infix::Less => Binary::Less,
        ast::Infix::AtMost => Binary::AtMost,
        ast::Infix::Greater => Binary::Greater,
        ast::Infix::AtLeast => Binary::AtLeast,
        ast::Infix::Add => Binary::Add,
        ast::Infix::Subtract => Binary::Subtract,
        ast::Infix::Multiply => Binary::Multiply,
        ast::Infix::Divide => Binary::Divide,
        ast::Infix::Modulo => Binary::Modulo,
        ast::Infix::Power => Binary::Power,
        ast::Infix::Until | ast::Infix::LeadsTo => return None,
    })
}
