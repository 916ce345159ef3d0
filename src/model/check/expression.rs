//! Gives every expression its type, from the inside out, with the expected type to find enum values by.

use super::{Checker, Place, Scope};
use crate::base::{Id, Span};
use crate::model::expression::{Expression, ExpressionKind as Kind, Quantifier};
use crate::model::types::{Edge, Interval};
use crate::model::{Local, LocalId, MachineId, Type, Value};
use crate::model::{errors, ranges};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    /// An expression with its type; what is expected only helps to find enum values.
    pub(super) fn expression(
        &mut self,
        scope: &mut Scope,
        expression: &'a ast::Expression,
        expected: Option<&Type>,
    ) -> Option<Expression> {
        let span = expression.span;
        let constant = |value, ty| Some(Expression { span, ty, kind: Kind::Constant(value) });
        match &expression.kind {
            Ast::Number(number) => constant(Value::Number(*number), Type::number(*number, *number)),
            Ast::Bool(truth) => constant(Value::Bool(*truth), Type::Bool),
            Ast::None => constant(Value::None, Type::Optional(Box::new(Type::Nothing))),
            Ast::SelfInstance => self.self_instance(scope, span),
            Ast::Resting => {
                if scope.place != Place::Figure {
                    let help = "`resting` speaks of what could happen next: use it in claims";
                    self.report(errors::misplaced("`resting`", "here", span, help));
                    return None;
                }
                Some(Expression { span, ty: Type::Bool, kind: Kind::Resting })
            }
            Ast::Name(name) => self.name(scope, name, span, expected),
            Ast::Field { base, field } => self.field(scope, base, field, span),
            Ast::Element { base, index } => self.element(scope, base, index, span),
            Ast::Call { function, arguments } => self.call(scope, function, arguments, span),
            Ast::Set(elements) => self.set(scope, elements, span, expected),
            Ast::Queue(elements) => self.queue(scope, elements, span, expected),
            Ast::Prefix { operator, operand } => self.prefix(scope, *operator, operand, span),
            Ast::Infix { operator, left, right } => self.infix(scope, *operator, left, right, span),
            Ast::Is { subject, states } => self.is(scope, subject, states, span),
            Ast::In { element, set, high: Some(high) } => {
                let value = self.number(scope, element);
                let low = self.number(scope, set);
                let high = self.number(scope, high);
                let all = (Box::new(value?), Box::new(low?), Box::new(high?));
                Some(Expression { span, ty: Type::Bool, kind: Kind::Within(all.0, all.1, all.2) })
            }
            Ast::In { element, set, high: None } => self.contains(scope, element, set, span),
            Ast::If { condition, then, otherwise } => {
                let condition = self.truth(scope, condition);
                let (then, otherwise) = self.pair(scope, then, otherwise, expected)?;
                let ty = self.join(&then.ty, &otherwise.ty);
                let Some(ty) = ty else {
                    self.report_difference(span, &then, &otherwise);
                    return None;
                };
                let parts = (Box::new(condition?), Box::new(then), Box::new(otherwise));
                Some(Expression { span, ty, kind: Kind::If(parts.0, parts.1, parts.2) })
            }
            Ast::Quantifier { .. } => self.quantifier(scope, expression),
            Ast::Error => None,
        }
    }

    /// An expression that must be true or false.
    pub(super) fn truth(
        &mut self,
        scope: &mut Scope,
        expression: &'a ast::Expression,
    ) -> Option<Expression> {
        let typed = self.expression(scope, expression, Some(&Type::Bool))?;
        self.fit(typed, &Type::Bool)
    }

    /// An expression that must be a number.
    pub(super) fn number(
        &mut self,
        scope: &mut Scope,
        expression: &'a ast::Expression,
    ) -> Option<Expression> {
        let any = Type::Number(Interval::ALL);
        let typed = self.expression(scope, expression, Some(&any))?;
        self.fit(typed, &any)
    }

    /// The interval of an expression that is known to be a number.
    pub(super) fn interval(expression: &Expression) -> Interval {
        match &expression.ty {
            Type::Number(interval) => Interval { edge: Edge::Breach, ..*interval },
            _ => Interval::ALL,
        }
    }

    /// The expression as a value of the wanted kind of type: a `T?` is demanded where a `T` is
    /// wanted. Numbers fit whatever their intervals.
    pub(super) fn fit(&mut self, typed: Expression, wanted: &Type) -> Option<Expression> {
        if fits(&typed.ty, wanted) {
            return Some(typed);
        }
        if let Type::Optional(inner) = &typed.ty
            && **inner != Type::Nothing
            && fits(inner, wanted)
        {
            let (span, ty) = (typed.span, (**inner).clone());
            return Some(Expression { span, ty, kind: Kind::Demand(Box::new(typed)) });
        }
        let (found, wanted_name) = (self.type_name(&typed.ty), self.type_name(wanted));
        let both_instances =
            matches!(wanted, Type::Number(_)).then(|| typed.ty.machine()).flatten();
        match both_instances {
            Some(machine) => {
                let name = self.model.machines[machine].name.clone();
                self.report(errors::instances_have_no_order(typed.span, &name));
            }
            None => self.report(errors::wrong_type(typed.span, &found, &wanted_name)),
        }
        None
    }

    pub(super) fn self_instance(&mut self, scope: &Scope, span: Span) -> Option<Expression> {
        let Some(machine) = scope.machine else {
            let help = "`self` is an instance of the machine around it; there is none here";
            self.report(errors::misplaced("`self`", "here", span, help));
            return None;
        };
        Some(Expression { span, ty: Type::Instance(machine), kind: Kind::SelfInstance })
    }

    pub(super) fn is(
        &mut self,
        scope: &mut Scope,
        subject: &'a ast::Expression,
        states: &'a [ast::Name],
        span: Span,
    ) -> Option<Expression> {
        let subject = self.expression(scope, subject, None)?;
        let Some(machine) = subject.ty.machine() else {
            let found = self.type_name(&subject.ty);
            let error = errors::wrong_type(subject.span, &found, "an instance of a machine");
            self.report(
                error.help("`is` asks for a machine's control state; compare values with `==`"),
            );
            return None;
        };
        if scope.place == Place::Constant {
            self.report(errors::not_constant(span));
            return None;
        }
        let states = self.control_states(machine, states)?;
        Some(Expression { span, ty: Type::Bool, kind: Kind::Is(Box::new(subject), states) })
    }

    /// The positions of named control states, ascending.
    pub(super) fn control_states(
        &mut self,
        machine: MachineId,
        names: &[ast::Name],
    ) -> Option<Vec<u32>> {
        let declared = self.model.machines[machine].clone();
        let mut all = Vec::new();
        let mut is_complete = true;
        for name in names {
            match declared.states.iter().position(|state| *state == name.text) {
                Some(position) => all.push(position as u32),
                None => {
                    is_complete = false;
                    let error = errors::unknown_state(
                        &name.text,
                        name.span,
                        &declared.name,
                        &declared.states,
                    );
                    self.report(error);
                }
            }
        }
        all.sort_unstable();
        all.dedup();
        is_complete.then_some(all)
    }

    pub(super) fn quantifier(
        &mut self,
        scope: &mut Scope,
        expression: &'a ast::Expression,
    ) -> Option<Expression> {
        let span = expression.span;
        let Ast::Quantifier { quantifier, name, ty, filter, body } = &expression.kind else {
            unreachable!("called for quantifiers only")
        };
        let domain = self.domain(ty);
        let visible = scope.visible.len();
        let local = self.bind(scope, name, domain.clone().unwrap_or(Type::Bool));
        if domain.is_none() {
            scope.visible.truncate(visible);
            return None;
        }
        let filter = filter.as_ref().map(|filter| self.truth(scope, filter));
        let body = body.as_ref().map(|body| match quantifier {
            ast::Quantifier::Sum => self.number(scope, body),
            _ => self.truth(scope, body),
        });
        scope.visible.truncate(visible);
        let (domain, local) = (domain?, local?);
        let filter = transpose(filter)?;
        let body = transpose(body)?;
        let count = domain.value_count(&self.model) as i64;
        let (quantifier, ty) = match quantifier {
            ast::Quantifier::All => (Quantifier::All, Type::Bool),
            ast::Quantifier::Some => (Quantifier::Some, Type::Bool),
            ast::Quantifier::No => (Quantifier::No, Type::Bool),
            ast::Quantifier::Count => (Quantifier::Count, Type::number(0, count)),
            ast::Quantifier::Sum => {
                let one = body.as_ref().map_or(Interval::ALL, Self::interval);
                let least = if filter.is_some() { 0 } else { count };
                let turns = Interval::new(least, count);
                (Quantifier::Sum, Type::Number(ranges::multiply(one, turns)))
            }
        };
        let (filter, body) = (filter.map(Box::new), body.map(Box::new));
        let kind = Kind::Quantifier { quantifier, local, domain, filter, body };
        Some(Expression { span, ty, kind })
    }

    /// A new local name; an error if it is taken by another local.
    pub(super) fn bind(
        &mut self,
        scope: &mut Scope,
        name: &ast::Name,
        ty: Type,
    ) -> Option<LocalId> {
        if scope.visible.iter().any(|(one, _)| *one == name.text) {
            self.report(errors::shadowed_local(&name.text, name.span));
            return None;
        }
        let local = LocalId::from_index(scope.locals.len());
        scope.locals.push(Local { name: name.text.clone(), ty });
        scope.visible.push((name.text.clone(), local));
        Some(local)
    }

    pub(super) fn report_difference(&mut self, span: Span, left: &Expression, right: &Expression) {
        let order = [(left, right), (right, left)];
        for (instance, other) in order {
            if let (Some(machine), Type::Number(_)) = (instance.ty.machine(), &other.ty) {
                let name = self.model.machines[machine].name.clone();
                self.report(errors::instances_have_no_order(instance.span, &name));
                return;
            }
        }
        let (left_type, right_type) = (self.type_name(&left.ty), self.type_name(&right.ty));
        self.report(errors::different_types(
            span,
            (left.span, &left_type),
            (right.span, &right_type),
        ));
    }

    /// The type that holds the values of both, if they can be compared at all.
    pub(super) fn join(&self, left: &Type, right: &Type) -> Option<Type> {
        match (left, right) {
            (Type::Number(a), Type::Number(b)) => Some(Type::Number(ranges::join(*a, *b))),
            (Type::Nothing, other) | (other, Type::Nothing) => Some(other.clone()),
            (Type::Optional(a), Type::Optional(b)) => {
                Some(Type::Optional(Box::new(self.join(a, b)?)))
            }
            (Type::Optional(inner), other) | (other, Type::Optional(inner))
                if other.is_scalar() =>
            {
                Some(Type::Optional(Box::new(self.join(inner, other)?)))
            }
            (Type::Set(a), Type::Set(b)) => Some(Type::Set(Box::new(self.join(a, b)?))),
            (Type::Queue { element: a, capacity: m }, Type::Queue { element: b, capacity: n }) => {
                let element = Box::new(self.join(a, b)?);
                Some(Type::Queue { element, capacity: *m.max(n) })
            }
            (Type::Array { index: i, element: a }, Type::Array { index: j, element: b })
                if i == j =>
            {
                let element = Box::new(self.join(a, b)?);
                Some(Type::Array { index: i.clone(), element })
            }
            (left, right) if left == right => Some(left.clone()),
            _ => None,
        }
    }
}

fn transpose<T>(option: Option<Option<T>>) -> Option<Option<T>> {
    match option {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

/// Whether a value of one type may stand where the other is wanted, intervals apart.
pub(super) fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Number(_), Type::Number(_)) => true,
        (Type::Nothing, _) => true,
        (Type::Optional(a), Type::Optional(b)) => fits(a, b),
        (found, Type::Optional(inner)) => fits(found, inner),
        (Type::Set(a), Type::Set(b)) => fits(a, b),
        (Type::Queue { element: a, .. }, Type::Queue { element: b, .. }) => fits(a, b),
        (Type::Array { index: i, element: a }, Type::Array { index: j, element: b }) => {
            i == j && fits(a, b)
        }
        _ => found == wanted,
    }
}
