//! Calls: definitions, instances by number in initial values, and what is built in.

use super::{Checker, Place, Scope};
use crate::base::{Id, Span};
use crate::model::errors;
use crate::model::expression::{Expression, ExpressionKind as Kind};
use crate::model::names::{Symbol, nearest};
use crate::model::types::Interval;
use crate::model::{DefinitionId, MachineId, Type};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    /// `f(…)` or `v.f(…)`
    pub(super) fn call(
        &mut self,
        scope: &mut Scope,
        function: &'a ast::Expression,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Expression> {
        match &function.kind {
            Ast::Name(name) => {
                let is_local = scope.visible.iter().any(|(one, _)| one == name);
                let symbol = if is_local { None } else { self.lookup(scope, name) };
                match symbol {
                    Some(Symbol::Definition(id)) => {
                        let machine = self.declared.definitions[id.index()].machine;
                        let owner = self.implicit_owner(scope, machine, span)?;
                        self.call_definition(scope, id, owner, arguments, span)
                    }
                    Some(Symbol::Machine(id)) => self.instance_at(scope, id, arguments, span),
                    None if !is_local => self.built_in(scope, name, arguments, span),
                    _ => {
                        let found = format!("`{name}`");
                        self.report(errors::wrong_type(
                            function.span,
                            &found,
                            "a definition to call",
                        ));
                        None
                    }
                }
            }
            Ast::Field { base, field } => {
                let owner = self.owner(scope, base)?;
                let machine = owner.ty.machine()?;
                match self.members[machine].refer(&field.text) {
                    Some(Symbol::Definition(id)) => {
                        self.call_definition(scope, id, Some(Box::new(owner)), arguments, span)
                    }
                    Some(_) => {
                        let found = format!("`{}`", field.text);
                        self.report(errors::wrong_type(field.span, &found, "a definition to call"));
                        None
                    }
                    None => {
                        self.report_unknown_member(machine, field);
                        None
                    }
                }
            }
            Ast::Error => None,
            _ => {
                self.report(errors::wrong_type(
                    function.span,
                    "an expression",
                    "the name of a definition",
                ));
                None
            }
        }
    }

    /// `Node(i)`
    pub(super) fn instance_at(
        &mut self,
        scope: &mut Scope,
        machine: MachineId,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Expression> {
        if !matches!(scope.place, Place::Initial | Place::Assumption) {
            let what = format!("`{}(…)`", self.model.machines[machine].name);
            self.report(errors::index_outside_start(span, &what));
            return None;
        }
        let name = self.model.machines[machine].name.clone();
        let [index] = arguments else {
            self.report(errors::argument_count(&name, "one index", arguments.len(), span));
            return None;
        };
        let index = self.number(scope, index)?;
        let (value, count) =
            (Self::interval(&index), i64::from(self.model.machines[machine].count));
        if value.high < 0 || value.low >= count {
            let value = (value.low, value.high);
            self.report(errors::never_fits(index.span, value, (0, count - 1)));
            return None;
        }
        let kind = Kind::InstanceAt(machine, Box::new(index));
        Some(Expression { span, ty: Type::Instance(machine), kind })
    }

    pub(super) fn call_definition(
        &mut self,
        scope: &mut Scope,
        id: DefinitionId,
        owner: Option<Box<Expression>>,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Expression> {
        if matches!(scope.place, Place::Constant | Place::Initial) {
            self.report(
                errors::not_constant(span)
                    .help("definitions read the running system; write the expression out here"),
            );
            return None;
        }
        let ty = self.definition_type(id, span)?;
        let declared = &self.declared.definitions[id.index()];
        let (name, parameters) = (declared.name, declared.parameters);
        if parameters.len() != arguments.len() {
            let wanted = match parameters.len() {
                0 => "no arguments".to_owned(),
                1 => "1 argument".to_owned(),
                count => format!("{count} arguments"),
            };
            let error = errors::argument_count(&name.text, &wanted, arguments.len(), span);
            self.report(error.also(name.span, "declared here"));
            return None;
        }
        let locals = self.model.definitions[id].locals.clone();
        let typed = arguments.iter().zip(&locals).map(|(argument, local)| {
            let typed = self.expression(scope, argument, Some(&local.ty))?;
            let typed = self.fit(typed, &local.ty)?;
            self.prove_argument(&typed, &local.ty)?;
            Some(typed)
        });
        let typed = typed.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
        Some(Expression { span, ty, kind: Kind::Call { definition: id, owner, arguments: typed } })
    }

    pub(super) fn prove_argument(&mut self, argument: &Expression, wanted: &Type) -> Option<()> {
        let (Some(value), Some(range)) = (numbers_of(&argument.ty), numbers_of(wanted)) else {
            return Some(());
        };
        if range.covers(&value) {
            return Some(());
        }
        let (value, range) = ((value.low, value.high), (range.low, range.high));
        self.report(errors::argument_may_not_fit(argument.span, value, range));
        None
    }

    pub(super) fn built_in(
        &mut self,
        scope: &mut Scope,
        name: &str,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Expression> {
        match name {
            "min" | "max" => self.extreme(scope, name, arguments, span),
            "first" | "last" | "length" | "size" => {
                let [argument] = arguments else {
                    self.report(errors::argument_count(name, "1 argument", arguments.len(), span));
                    return None;
                };
                let inner = self.expression(scope, argument, None)?;
                self.built_in_of_one(name, inner, span)
            }
            _ => {
                let known = ["min", "max", "first", "last", "length", "size"];
                let members = scope.machine.into_iter().flat_map(|one| self.members[one].iter());
                let names = members.chain(self.global.iter()).map(|(one, _)| one).chain(known);
                let near = foreign_function(name).or_else(|| nearest(name, names));
                let near = near.map(str::to_owned);
                let name_span = Span { end: span.start + name.len() as u32, ..span };
                self.report(errors::unknown_name(name, name_span, near.as_deref()));
                None
            }
        }
    }

    pub(super) fn extreme(
        &mut self,
        scope: &mut Scope,
        name: &str,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Expression> {
        if arguments.is_empty() {
            self.report(errors::argument_count(name, "one number at least", 0, span));
            return None;
        }
        let typed = arguments.iter().map(|one| self.number(scope, one)).collect::<Vec<_>>();
        let typed = typed.into_iter().collect::<Option<Vec<_>>>()?;
        let intervals = || typed.iter().map(Self::interval);
        let of = |choose: fn(i64, i64) -> i64| {
            let low = intervals().map(|one| one.low).reduce(choose).unwrap_or(i64::MIN);
            let high = intervals().map(|one| one.high).reduce(choose).unwrap_or(i64::MAX);
            Type::number(low, high)
        };
        let (ty, kind) = match name {
            "min" => (of(i64::min), Kind::Min(typed)),
            _ => (of(i64::max), Kind::Max(typed)),
        };
        Some(Expression { span, ty, kind })
    }

    pub(super) fn built_in_of_one(
        &mut self,
        name: &str,
        inner: Expression,
        span: Span,
    ) -> Option<Expression> {
        let (ty, kind) = match (name, inner.ty.clone()) {
            ("first", Type::Queue { element, .. }) => (*element, Kind::First(Box::new(inner))),
            ("last", Type::Queue { element, .. }) => (*element, Kind::Last(Box::new(inner))),
            ("length", Type::Queue { capacity, .. }) => {
                (Type::number(0, i64::from(capacity)), Kind::Length(Box::new(inner)))
            }
            ("size", Type::Set(element)) => {
                let count = element.value_count(&self.model).min(i64::MAX as u64) as i64;
                (Type::number(0, count), Kind::Size(Box::new(inner)))
            }
            (_, found) => {
                let wanted = if name == "size" { "a set" } else { "a queue" };
                let found = self.type_name(&found);
                self.report(errors::wrong_type(inner.span, &found, wanted));
                return None;
            }
        };
        Some(Expression { span, ty, kind })
    }
}

/// The interval of a number, optional or not.
fn numbers_of(ty: &Type) -> Option<Interval> {
    match ty {
        Type::Number(interval) => Some(*interval),
        Type::Optional(inner) => numbers_of(inner),
        _ => None,
    }
}

/// What we call a function of another language.
fn foreign_function(name: &str) -> Option<&'static str> {
    match name {
        "len" | "Len" => Some("length"),
        "card" | "Cardinality" => Some("size"),
        "head" | "Head" | "front" => Some("first"),
        _ => None,
    }
}
