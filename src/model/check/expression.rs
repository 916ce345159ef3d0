//! Gives every expression its type, from the inside out, with the expected type to find enum values by.

use super::turns::unconfined;
use super::{Checker, Place, Scope};
use crate::base::{Id, Span};
use crate::model::expression::{Binary, Expression, ExpressionKind as Kind, Quantifier};
use crate::model::names::{Symbol, nearest};
use crate::model::types::{Edge, Interval, SET_DOMAIN_MAX};
use crate::model::{DefinitionId, EnumId, Local, LocalId, MachineId, Type, Value, VariableId};
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
            matches!(wanted, Type::Number(_)).then(|| instance_of(&typed.ty)).flatten();
        match both_instances {
            Some(machine) => {
                let name = self.model.machines[machine].name.clone();
                self.report(errors::instances_have_no_order(typed.span, &name));
            }
            None => self.report(errors::wrong_type(typed.span, &found, &wanted_name)),
        }
        None
    }

    fn self_instance(&mut self, scope: &Scope, span: Span) -> Option<Expression> {
        let Some(machine) = scope.machine else {
            let help = "`self` is an instance of the machine around it; there is none here";
            self.report(errors::misplaced("`self`", "here", span, help));
            return None;
        };
        Some(Expression { span, ty: Type::Instance(machine), kind: Kind::SelfInstance })
    }

    fn name(
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
    fn declared_predicate(&self, name: &str) -> Option<&'a ast::Expression> {
        let declared = match name {
            "calm" => self.declared.calm,
            "healthy" => self.declared.healthy,
            _ => None,
        };
        declared.map(|(_, predicate)| predicate)
    }

    /// A predicate from outside machines, written out here: it sees none of the names in sight.
    fn inlined(
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
    fn lookup(&mut self, scope: &Scope, name: &str) -> Option<Symbol> {
        let own = scope.machine.and_then(|machine| self.members[machine].refer(name));
        own.or_else(|| self.global.refer(name))
    }

    fn symbol(
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
    fn implicit_owner(
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

    fn report_unknown(&mut self, scope: &Scope, name: &str, span: Span, wanted: Option<EnumId>) {
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
        let locals = scope.visible.iter().map(|(one, _)| one.as_str());
        let members = scope.machine.into_iter().flat_map(|one| self.members[one].iter());
        let globals = self.global.iter();
        let names = members.chain(globals).map(|(one, _)| one).chain(locals);
        let near = nearest(name, names).map(str::to_owned);
        self.report(errors::unknown_name(name, span, near.as_deref()));
    }

    /// A variable read, of the given owner.
    fn variable(
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

    fn refuse_meaningless_read(
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
    fn field(
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
        let machine = instance_of(&owner.ty)?;
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

    fn index_of(&mut self, scope: &Scope, owner: Expression, span: Span) -> Option<Expression> {
        if !matches!(scope.place, Place::Initial | Place::Assumption) {
            self.report(errors::index_outside_start(span, "`index`"));
            return None;
        }
        let machine = instance_of(&owner.ty)?;
        let ty = Type::number(0, i64::from(self.model.machines[machine].count) - 1);
        Some(Expression { span, ty, kind: Kind::IndexOf(Box::new(owner)) })
    }

    fn report_unknown_member(&mut self, machine: MachineId, field: &ast::Name) {
        let names = self.members[machine].iter().map(|(one, _)| one);
        let near = nearest(&field.text, names.chain(["state"])).map(str::to_owned);
        let machine = self.model.machines[machine].name.clone();
        let error = errors::unknown_member(&field.text, field.span, &machine, near.as_deref());
        self.report(error);
    }

    /// The enum of a name that no local and no member hides.
    fn enum_named(&mut self, scope: &Scope, name: &str) -> Option<EnumId> {
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
        let Some(machine) = instance_of(&owner.ty) else {
            let found = self.type_name(&owner.ty);
            self.report(errors::wrong_type(owner.span, &found, "an instance of a machine"));
            return None;
        };
        self.fit(owner, &Type::Instance(machine))
    }

    /// `base[index]`
    fn element(
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

    /// `f(…)` or `v.f(…)`
    fn call(
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
                let machine = instance_of(&owner.ty)?;
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
    fn instance_at(
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

    fn call_definition(
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

    fn prove_argument(&mut self, argument: &Expression, wanted: &Type) -> Option<()> {
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

    fn built_in(
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
                let near = nearest(name, names).map(str::to_owned);
                let name_span = Span { end: span.start + name.len() as u32, ..span };
                self.report(errors::unknown_name(name, name_span, near.as_deref()));
                None
            }
        }
    }

    fn extreme(
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

    fn built_in_of_one(&mut self, name: &str, inner: Expression, span: Span) -> Option<Expression> {
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

    /// `{a, b}` where a set is wanted.
    fn set(
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
    fn array(
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
    fn queue(
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
    fn elements(
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
    fn contains(
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

    fn prefix(
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

    fn infix(
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
                let (left, right) = (left?, right?);
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
                Some(Expression { span, ty: Type::Number(interval), kind })
            }
        }
    }

    fn compare(
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
    fn pair(
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
    fn needs_a_hint(&mut self, scope: &Scope, expression: &ast::Expression) -> bool {
        match &expression.kind {
            Ast::Name(name) => {
                let is_local = scope.visible.iter().any(|(one, _)| one == name);
                !is_local && self.lookup(scope, name).is_none()
            }
            Ast::Set(_) | Ast::Queue(_) => true,
            _ => false,
        }
    }

    fn is(
        &mut self,
        scope: &mut Scope,
        subject: &'a ast::Expression,
        states: &'a [ast::Name],
        span: Span,
    ) -> Option<Expression> {
        let subject = self.expression(scope, subject, None)?;
        let Some(machine) = instance_of(&subject.ty) else {
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

    fn quantifier(
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
            if let (Some(machine), Type::Number(_)) = (instance_of(&instance.ty), &other.ty) {
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

/// The type of what is read from a place of this type: what happens at its edge is the place's matter.
fn as_read(ty: Type) -> Type {
    match ty {
        Type::Number(interval) => Type::number(interval.low, interval.high),
        Type::Optional(inner) => Type::Optional(Box::new(as_read(*inner))),
        other => other,
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

/// The machine of an instance, optional or not.
pub(super) fn instance_of(ty: &Type) -> Option<MachineId> {
    match ty {
        Type::Instance(machine) => Some(*machine),
        Type::Optional(inner) => instance_of(inner),
        _ => None,
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
