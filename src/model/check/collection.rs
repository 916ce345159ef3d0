//! Sets, arrays and queues written out, and what is in them.

use super::{Checker, Scope};
use crate::base::Span;
use crate::model::errors;
use crate::model::expression::{Binary, Expression, ExpressionKind as Kind};
use crate::model::types::SET_DOMAIN_MAX;
use crate::model::{Type, Value};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    /// `{a, b}` where a set is wanted.
    pub(super) fn set(
        &mut self,
        scope: &mut Scope,
        elements: &'a [ast::Expression],
        span: Span,
        expected: Option<&Type>,
    ) -> Option<Expression> {
        let domain = match expected {
            Some(Type::Set(element)) => Some((**element).clone()),
            _ => None,
        };
        let (typed, joined) = self.elements(scope, elements, span, domain.as_ref())?;
        let element = domain.or(joined).unwrap_or(Type::Nothing);
        let count = element.value_count(&self.model);
        if count > SET_DOMAIN_MAX {
            let what = "the values between the least and the greatest of this set";
            self.report(errors::too_many(what, count, SET_DOMAIN_MAX, span));
            return None;
        }
        Some(Expression { span, ty: Type::Set(Box::new(element)), kind: Kind::SetOf(typed) })
    }

    /// `[a, b]` where an array is wanted.
    pub(super) fn array(
        &mut self,
        scope: &mut Scope,
        elements: &'a [ast::Expression],
        span: Span,
        wanted: (&Type, &Type),
    ) -> Option<Expression> {
        let (index, element) = wanted;
        let count = index.value_count(&self.model);
        if count != elements.len() as u64 {
            let all = format!("{count} values, one for each index,");
            self.report(errors::argument_count("this array", &all, elements.len(), span));
            return None;
        }
        let (typed, _) = self.elements(scope, elements, span, Some(element))?;
        let ty = Type::Array { index: Box::new(index.clone()), element: Box::new(element.clone()) };
        Some(Expression { span, ty, kind: Kind::ArrayOf(typed) })
    }

    /// `[a, b]`
    pub(super) fn queue(
        &mut self,
        scope: &mut Scope,
        elements: &'a [ast::Expression],
        span: Span,
        expected: Option<&Type>,
    ) -> Option<Expression> {
        let domain = match expected {
            Some(Type::Array { index, element }) => {
                return self.array(scope, elements, span, (index, element));
            }
            Some(Type::Queue { element, .. }) => Some((**element).clone()),
            _ => None,
        };
        let (typed, joined) = self.elements(scope, elements, span, domain.as_ref())?;
        let element = Box::new(domain.or(joined).unwrap_or(Type::Nothing));
        let capacity = typed.len() as u32;
        Some(Expression { span, ty: Type::Queue { element, capacity }, kind: Kind::QueueOf(typed) })
    }

    /// The elements of a literal, and the type that holds them all.
    pub(super) fn elements(
        &mut self,
        scope: &mut Scope,
        elements: &'a [ast::Expression],
        span: Span,
        domain: Option<&Type>,
    ) -> Option<(Vec<Expression>, Option<Type>)> {
        let mut typed = Vec::new();
        let mut joined: Option<Type> = None;
        for element in elements {
            let hint = domain.cloned().or_else(|| joined.clone());
            let mut one = self.expression(scope, element, hint.as_ref())?;
            if let Some(domain) = domain {
                one = self.fit(one, domain)?;
            }
            let both = match &joined {
                None => Some(one.ty.clone()),
                Some(earlier) => self.join(earlier, &one.ty),
            };
            if both.is_none() {
                let first = typed.first().cloned().unwrap_or(one.clone());
                self.report_difference(span, &first, &one);
                return None;
            }
            joined = both;
            typed.push(one);
        }
        Some((typed, joined))
    }

    /// `x in s`; a set written out is compared element by element, so any values can be in it.
    pub(super) fn contains(
        &mut self,
        scope: &mut Scope,
        element: &'a ast::Expression,
        set: &'a ast::Expression,
        span: Span,
    ) -> Option<Expression> {
        let Ast::Set(elements) = &set.kind else {
            let set = self.expression(scope, set, None);
            let domain = set.as_ref().and_then(|set| match &set.ty {
                Type::Set(element) => Some((**element).clone()),
                _ => None,
            });
            let element = self.expression(scope, element, domain.as_ref());
            let (set, element) = (set?, element?);
            let Some(domain) = domain else {
                let found = self.type_name(&set.ty);
                self.report(errors::wrong_type(set.span, &found, "a set, or a range like `0..3`,"));
                return None;
            };
            if self.join(&element.ty, &domain).is_none() {
                self.report_difference(span, &element, &set);
                return None;
            }
            let (set, element) = (Box::new(set), Box::new(element));
            return Some(Expression {
                span,
                ty: Type::Bool,
                kind: Kind::Contains { set, element },
            });
        };
        let mut any: Option<Expression> = None;
        for one in elements {
            let (left, right) = self.pair(scope, element, one, None)?;
            let equal = self.compare(Binary::Equal, left, right, span)?;
            any = Some(match any {
                None => equal,
                Some(before) => {
                    let kind = Kind::Binary(Binary::Or, Box::new(before), Box::new(equal));
                    Expression { span, ty: Type::Bool, kind }
                }
            });
        }
        let none = Expression { span, ty: Type::Bool, kind: Kind::Constant(Value::Bool(false)) };
        Some(any.unwrap_or(none))
    }
}
