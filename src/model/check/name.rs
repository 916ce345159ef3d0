//! What a name, a field or an element stands for where it is read.

use super::turns::unconfined;
use super::{Checker, Place, Scope};
use crate::base::{Id, Span};
use crate::model::errors;
use crate::model::expression::{Expression, ExpressionKind as Kind};
use crate::model::names::{Symbol, nearest};
use crate::model::{EnumId, MachineId, Type, Value, VariableId};
use crate::syntax::ast::{self, ExpressionKind as Ast};

impl<'a> Checker<'a> {
    pub(super) fn name(
        &mut self,
        scope: &mut Scope,
        name: &str,
        span: Span,
        expected: Option<&Type>,
    ) -> Option<Expression> {
        if let Some((_, local)) = scope.visible.iter().rev().find(|(one, _)| one == name) {
            let ty = scope.locals[local.index()].ty.clone();
            return Some(Expression { span, ty, kind: Kind::Local(*local) });
        }
        let wanted_enum = expected.and_then(enum_of);
        if let Some(symbol) = self.lookup(scope, name) {
            let found = self.symbol(scope, symbol, name, span);
            let Some(id) = wanted_enum else { return found };
            // A name of the scope that cannot be meant gives way to the enum's value.
            match found {
                Some(typed) if self.join(&typed.ty, &Type::Enum(id)).is_none() => {
                    Some(self.enum_value(id, name, span).unwrap_or(typed))
                }
                found => found,
            }
        } else {
            let value = wanted_enum.and_then(|id| self.enum_value(id, name, span));
            if value.is_none()
                && let Some(predicate) = self.declared_predicate(name)
            {
                return self.inlined(scope, name, predicate, span);
            }
            if value.is_none() {
                self.report_unknown(scope, name, span, wanted_enum);
            }
            value
        }
    }

    /// The predicate of `calm when …` or `healthy when …`, which may be named like a definition.
    pub(super) fn declared_predicate(&self, name: &str) -> Option<&'a ast::Expression> {
        let declared = match name {
            "calm" => self.declared.calm,
            "healthy" => self.declared.healthy,
            _ => None,
        };
        declared.map(|(_, predicate)| predicate)
    }

    /// A predicate from outside machines, written out here: it sees none of the names in sight.
    pub(super) fn inlined(
        &mut self,
        scope: &mut Scope,
        name: &str,
        predicate: &'a ast::Expression,
        user: Span,
    ) -> Option<Expression> {
        if self.inlining.iter().any(|one| one == name) {
            self.report(errors::depends_on_itself("predicate", name, user));
            return None;
        }
        self.inlining.push(name.to_owned());
        let visible = std::mem::take(&mut scope.visible);
        let machine = scope.machine.take();
        let typed = self.truth(scope, predicate);
        (scope.visible, scope.machine) = (visible, machine);
        self.inlining.pop();
        typed
    }

    /// What a name that is no local stands for: a member of the own machine, or a global name.
    pub(super) fn lookup(&mut self, scope: &Scope, name: &str) -> Option<Symbol> {
        let own = scope.machine.and_then(|machine| self.members[machine].refer(name));
        own.or_else(|| self.global.refer(name))
    }

    pub(super) fn symbol(
        &mut self,
        scope: &mut Scope,
        symbol: Symbol,
        name: &str,
        span: Span,
    ) -> Option<Expression> {
        match symbol {
            Symbol::Parameter(id) => {
                let value = self.parameter_value(id, span)?;
                Some(Expression { span, ty: type_of(&value)?, kind: Kind::Constant(value) })
            }
            Symbol::Mitigation(id) => {
                let value = Value::Bool(self.model.mitigations[id].applied);
                Some(Expression { span, ty: Type::Bool, kind: Kind::Constant(value) })
            }
            Symbol::Variable(id) => {
                let owner =
                    self.implicit_owner(scope, self.declared.variables[id.index()].machine, span)?;
                self.variable(scope, id, owner, span)
            }
            Symbol::Definition(id) => {
                let machine = self.declared.definitions[id.index()].machine;
                let owner = self.implicit_owner(scope, machine, span)?;
                self.call_definition(scope, id, owner, &[], span)
            }
            Symbol::Machine(id) => {
                if !self.model.machines[id].single {
                    let count = self.model.machines[id].count;
                    self.report(errors::machine_is_not_one(name, count, span));
                    return None;
                }
                let kind = Kind::Constant(Value::Instance(id, 0));
                Some(Expression { span, ty: Type::Instance(id), kind })
            }
            Symbol::Type(_) | Symbol::Enum(_) => {
                self.report(errors::wrong_type(span, &format!("the type `{name}`"), "a value"));
                None
            }
            Symbol::Action => {
                self.report(errors::wrong_type(span, &format!("the action `{name}`"), "a value"));
                None
            }
        }
    }

    /// `self` for a member of the own machine, nothing for what stands outside machines.
    pub(super) fn implicit_owner(
        &mut self,
        scope: &Scope,
        machine: Option<MachineId>,
        span: Span,
    ) -> Option<Option<Box<Expression>>> {
        match machine {
            None => Some(None),
            Some(_) => self.self_instance(scope, span).map(|one| Some(Box::new(one))),
        }
    }

    pub(super) fn enum_value(&self, id: EnumId, name: &str, span: Span) -> Option<Expression> {
        let rank = self.model.enums[id].values.iter().position(|value| value == name)?;
        let kind = Kind::Constant(Value::Enum(id, rank as u32));
        Some(Expression { span, ty: Type::Enum(id), kind })
    }

    pub(super) fn report_unknown(
        &mut self,
        scope: &Scope,
        name: &str,
        span: Span,
        wanted: Option<EnumId>,
    ) {
        if let Some(id) = wanted {
            let declared = self.model.enums[id].clone();
            self.report(errors::unknown_value(name, span, &declared.name, &declared.values));
            return;
        }
        let owners = self.model.enums.iter().filter(|one| one.values.iter().any(|v| v == name));
        if let Some(owner) = owners.map(|one| one.name.clone()).next() {
            let near = format!("{owner}.{name}");
            self.report(errors::unknown_name(name, span, Some(&near)));
            return;
        }
        if let Some((machine, index)) = self.named_as_in_traces(name) {
            let machine = self.model.machines[machine].name.clone();
            let is_start = matches!(scope.place, Place::Initial | Place::Assumption);
            let index = Some(index).filter(|_| is_start);
            self.report(errors::named_as_in_traces(name, span, &machine, index));
            return;
        }
        let locals = scope.visible.iter().map(|(one, _)| one.as_str());
        let members = scope.machine.into_iter().flat_map(|one| self.members[one].iter());
        let globals = self.global.iter();
        let names = members.chain(globals).map(|(one, _)| one).chain(locals);
        let near = nearest(name, names).map(str::to_owned);
        self.report(errors::unknown_name(name, span, near.as_deref()));
    }

    /// The instance that traces call so: `node2` is the instance of `Node` that is number 1 from 0.
    fn named_as_in_traces(&self, name: &str) -> Option<(MachineId, u32)> {
        let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let number: u32 = name[stem.len()..].parse().ok()?;
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        let machines = self.model.machines.iter_with_ids();
        let mut alike = machines.filter(|(_, one)| !one.single && plain(&one.name) == plain(stem));
        let (machine, declared) = alike.next()?;
        let index = number.checked_sub(1).filter(|index| *index < declared.count)?;
        Some((machine, index))
    }

    /// A variable read, of the given owner.
    pub(super) fn variable(
        &mut self,
        scope: &Scope,
        id: VariableId,
        owner: Option<Box<Expression>>,
        span: Span,
    ) -> Option<Expression> {
        if scope.place == Place::Constant {
            self.report(errors::not_constant(span));
            return None;
        }
        self.is_read[id.index()] = true;
        self.refuse_meaningless_read(scope, id, owner.as_deref(), span);
        let mut ty = as_read(self.variable_types.get(id.index())?.clone()?);
        if scope.in_turn
            && self.accumulated.contains(&self.declared.variables[id.index()].name.text)
        {
            ty = unconfined(ty);
        }
        Some(Expression { span, ty, kind: Kind::Variable { variable: id, owner } })
    }

    pub(super) fn refuse_meaningless_read(
        &mut self,
        scope: &Scope,
        id: VariableId,
        owner: Option<&Expression>,
        span: Span,
    ) {
        let declared = &self.declared.variables[id.index()];
        let (Some(alive), Some(machine)) = (declared.alive, declared.machine) else { return };
        let is_own = owner.is_some_and(|owner| owner.kind == Kind::SelfInstance);
        let (true, Some(own)) = (is_own, &scope.own_states) else { return };
        let states = &self.model.machines[machine].states;
        let lives =
            |state: &u32| alive.iter().any(|name| states.get(*state as usize) == Some(&name.text));
        if own.iter().any(lives) {
            return;
        }
        let from = own
            .iter()
            .filter_map(|&state| states.get(state as usize))
            .map(|one| format!("`{one}`"));
        let from = itertools::Itertools::join(&mut from.into_iter(), ", ");
        let error = errors::meaningless_read(&declared.name.text, span, &from, declared.name.span);
        self.report(error);
    }

    /// `base.field`
    pub(super) fn field(
        &mut self,
        scope: &mut Scope,
        base: &'a ast::Expression,
        field: &'a ast::Name,
        span: Span,
    ) -> Option<Expression> {
        if let Ast::Name(name) = &base.kind
            && let Some(id) = self.enum_named(scope, name)
        {
            let value = self.enum_value(id, &field.text, span);
            if value.is_none() {
                let declared = self.model.enums[id].clone();
                let error = errors::unknown_value(
                    &field.text,
                    field.span,
                    &declared.name,
                    &declared.values,
                );
                self.report(error);
            }
            return value;
        }
        let owner = self.owner(scope, base)?;
        let machine = owner.ty.machine()?;
        match self.members[machine].refer(&field.text) {
            Some(Symbol::Variable(id)) => self.variable(scope, id, Some(Box::new(owner)), span),
            Some(Symbol::Definition(id)) => {
                self.call_definition(scope, id, Some(Box::new(owner)), &[], span)
            }
            Some(_) => {
                let what = format!("the action `{}`", field.text);
                self.report(errors::wrong_type(field.span, &what, "a value"));
                None
            }
            None if field.text == "index" => self.index_of(scope, owner, span),
            None => {
                self.report_unknown_member(machine, field);
                None
            }
        }
    }

    pub(super) fn index_of(
        &mut self,
        scope: &Scope,
        owner: Expression,
        span: Span,
    ) -> Option<Expression> {
        if !matches!(scope.place, Place::Initial | Place::Assumption) {
            self.report(errors::index_outside_start(span, "`index`"));
            return None;
        }
        let machine = owner.ty.machine()?;
        let ty = Type::number(0, i64::from(self.model.machines[machine].count) - 1);
        Some(Expression { span, ty, kind: Kind::IndexOf(Box::new(owner)) })
    }

    pub(super) fn report_unknown_member(&mut self, machine: MachineId, field: &ast::Name) {
        if field.text == "state" {
            self.report(errors::read_control(field.span));
            return;
        }
        let names = self.members[machine].iter().map(|(one, _)| one);
        let near = nearest(&field.text, names.chain(["state"])).map(str::to_owned);
        let machine = self.model.machines[machine].name.clone();
        let error = errors::unknown_member(&field.text, field.span, &machine, near.as_deref());
        self.report(error);
    }

    /// The enum of a name that no local and no member hides.
    pub(super) fn enum_named(&mut self, scope: &Scope, name: &str) -> Option<EnumId> {
        if scope.visible.iter().any(|(one, _)| one == name) {
            return None;
        }
        match self.lookup(scope, name) {
            Some(Symbol::Enum(id)) => Some(id),
            _ => None,
        }
    }

    /// What stands before a dot: an instance.
    pub(super) fn owner(
        &mut self,
        scope: &mut Scope,
        base: &'a ast::Expression,
    ) -> Option<Expression> {
        let owner = self.expression(scope, base, None)?;
        let Some(machine) = owner.ty.machine() else {
            let found = self.type_name(&owner.ty);
            self.report(errors::wrong_type(owner.span, &found, "an instance of a machine"));
            return None;
        };
        self.fit(owner, &Type::Instance(machine))
    }

    /// `base[index]`
    pub(super) fn element(
        &mut self,
        scope: &mut Scope,
        base: &'a ast::Expression,
        index: &'a ast::Expression,
        span: Span,
    ) -> Option<Expression> {
        let array = self.expression(scope, base, None);
        let index_type = array.as_ref().and_then(|array| match &array.ty {
            Type::Array { index, .. } => Some((**index).clone()),
            _ => None,
        });
        let index = self.expression(scope, index, index_type.as_ref());
        let array = array?;
        let Type::Array { index: wanted, element } = array.ty.clone() else {
            let found = self.type_name(&array.ty);
            self.report(errors::wrong_type(array.span, &found, "an array"));
            return None;
        };
        let index = Box::new(self.fit_index(index?, &wanted)?);
        Some(Expression {
            span,
            ty: as_read(*element),
            kind: Kind::Element { array: Box::new(array), index },
        })
    }

    /// An index that fits an array's index type, or may.
    pub(super) fn fit_index(&mut self, index: Expression, wanted: &Type) -> Option<Expression> {
        let index = self.fit(index, wanted)?;
        if let Type::Number(range) = wanted {
            let value = Self::interval(&index);
            if value.high < range.low || value.low > range.high {
                let (value, range) = ((value.low, value.high), (range.low, range.high));
                self.report(errors::never_fits(index.span, value, range));
                return None;
            }
        }
        Some(index)
    }
}

/// The type of what is read from a place of this type: what happens at its edge is the place's matter.
fn as_read(ty: Type) -> Type {
    match ty {
        Type::Number(interval) => Type::number(interval.low, interval.high),
        Type::Optional(inner) => Type::Optional(Box::new(as_read(*inner))),
        other => other,
    }
}

fn enum_of(ty: &Type) -> Option<EnumId> {
    match ty {
        Type::Enum(id) => Some(*id),
        Type::Optional(inner) => enum_of(inner),
        _ => None,
    }
}

/// The type of a parameter's value.
fn type_of(value: &Value) -> Option<Type> {
    match value {
        Value::Bool(_) => Some(Type::Bool),
        Value::Number(number) => Some(Type::number(*number, *number)),
        Value::Enum(id, _) => Some(Type::Enum(*id)),
        _ => None,
    }
}
