//! Statements: what may be changed, and what can be proved about it.

use super::{Checker, Scope};
use crate::base::{Id, Span};
use crate::model::action::{Place as Target, Statement, StatementKind as Kind};
use crate::model::expression::{Binary, Expression, ExpressionKind};
use crate::model::names::{Symbol, nearest};
use crate::model::{LocalId, Type, VariableId, errors};
use crate::syntax::ast::{self, AssignOperator, ExpressionKind as Ast, StatementKind as AstKind};

impl<'a> Checker<'a> {
    /// A block; its `let`s are out of sight afterwards.
    pub(super) fn block(&mut self, scope: &mut Scope, block: &'a ast::Block) -> Vec<Statement> {
        let visible = scope.visible.len();
        let statements = block.statements.iter();
        let typed = statements.filter_map(|statement| self.statement(scope, statement)).collect();
        scope.visible.truncate(visible);
        typed
    }

    fn statement(&mut self, scope: &mut Scope, statement: &'a ast::Statement) -> Option<Statement> {
        let span = statement.span;
        let kind = match &statement.kind {
            AstKind::Assign { place, operator, value } => {
                self.assignment(scope, place, *operator, value)?
            }
            AstKind::Count { meter, amount } => {
                let amount = amount.as_ref().map(|amount| self.number(scope, amount));
                let meter = self.meter(meter)?;
                match amount {
                    None => Kind::Count(meter, None),
                    Some(amount) => {
                        let amount = amount?;
                        let interval = Self::interval(&amount);
                        if interval.high < 0 {
                            let range = (0, i64::MAX);
                            let value = (interval.low, interval.high);
                            self.report(errors::never_fits(amount.span, value, range));
                            return None;
                        }
                        Kind::Count(meter, Some(amount))
                    }
                }
            }
            AstKind::Let { name, value } => {
                let value = self.expression(scope, value, None)?;
                let local = self.bind(scope, name, value.ty.clone())?;
                Kind::Let(local, value)
            }
            AstKind::If { branches, otherwise } => {
                let typed = branches.iter().map(|(condition, block)| {
                    let condition = self.truth(scope, condition);
                    let block = self.block(scope, block);
                    Some((condition?, block))
                });
                let typed = typed.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>();
                let otherwise = otherwise.as_ref().map(|block| self.block(scope, block));
                Kind::If { branches: typed?, otherwise: otherwise.unwrap_or_default() }
            }
            AstKind::For { name, ty, filter, body } => {
                self.for_loop(scope, name, ty, filter.as_ref(), body)?
            }
            AstKind::Call { function, arguments } => {
                self.call_statement(scope, function, arguments, span)?
            }
            AstKind::Error => return None,
        };
        Some(Statement { span, kind })
    }

    fn for_loop(
        &mut self,
        scope: &mut Scope,
        name: &'a ast::Name,
        ty: &'a ast::Type,
        filter: Option<&'a ast::Expression>,
        body: &'a ast::Block,
    ) -> Option<Kind> {
        let domain = self.domain(ty);
        let visible = scope.visible.len();
        let (outer_loop, outer_turn) = (scope.loop_locals, scope.in_turn);
        let is_unordered = domain.as_ref().is_some_and(|domain| domain.machine().is_some());
        if is_unordered {
            scope.loop_locals = Some(scope.locals.len());
            scope.in_turn = true;
        }
        let local = self.bind(scope, name, domain.clone().unwrap_or(Type::Bool));
        let filter = filter.map(|filter| self.truth(scope, filter));
        let body = self.block(scope, body);
        scope.visible.truncate(visible);
        (scope.loop_locals, scope.in_turn) = (outer_loop, outer_turn);
        let filter = match filter {
            None => None,
            Some(filter) => Some(filter?),
        };
        Some(Kind::For { local: local?, domain: domain?, filter, body })
    }

    fn assignment(
        &mut self,
        scope: &mut Scope,
        place: &'a ast::Expression,
        operator: AssignOperator,
        value: &'a ast::Expression,
    ) -> Option<Kind> {
        if let Ast::Field { base, field } = &place.kind
            && field.text == "state"
        {
            return self.set_control(scope, base, operator, value, place.span);
        }
        let target = self.target(scope, place);
        let wanted = target.as_ref().map(|target| target.ty.clone());
        match operator {
            AssignOperator::Set => {
                let typed = self.expression(scope, value, wanted.as_ref());
                let (target, typed) = (target?, typed?);
                let typed = self.fit(typed, &target.ty)?;
                self.prove_fits(&typed, &target.ty, false)?;
                self.warn_lost_value(scope, &target);
                self.warn_same_for_all(scope, &target);
                Some(Kind::Assign(target, typed))
            }
            AssignOperator::Add | AssignOperator::Subtract => {
                let amount = self.number(scope, value);
                let (target, amount) = (target?, amount?);
                // Turns accumulate, and there is nothing to accumulate on `none`.
                if is_optional_number(&target.ty) && !scope.in_turn {
                    return self.change_optional(scope, (place, target), operator, amount);
                }
                if !matches!(target.ty, Type::Number(_)) {
                    let found = self.type_name(&target.ty);
                    self.report(errors::wrong_type(target.span, &found, "a number"));
                    return None;
                }
                self.refuse_meaningless_change(scope, &target);
                Some(match operator {
                    AssignOperator::Add => Kind::Add(target, amount),
                    _ => Kind::Subtract(target, amount),
                })
            }
        }
    }

    /// `v.state = s`
    fn set_control(
        &mut self,
        scope: &mut Scope,
        base: &'a ast::Expression,
        operator: AssignOperator,
        value: &'a ast::Expression,
        span: Span,
    ) -> Option<Kind> {
        let instance = self.owner(scope, base)?;
        let machine = instance.ty.machine()?;
        let Ast::Name(state) = &value.kind else {
            if !matches!(value.kind, Ast::Error) {
                self.report(errors::wrong_type(
                    value.span,
                    "an expression",
                    "the name of a control state",
                ));
            }
            return None;
        };
        if operator != AssignOperator::Set {
            self.report(errors::wrong_type(span, "a control state", "a number"));
            return None;
        }
        let name = ast::Name { text: state.clone(), span: value.span };
        let control = *self.control_states(machine, &[name])?.first()?;
        if scope.target.is_some() && instance.kind == ExpressionKind::SelfInstance {
            self.report(errors::own_state_assigned(span));
            return None;
        }
        Some(Kind::SetControl { instance, control })
    }

    /// What a statement may change: a variable or an element of one.
    fn target(&mut self, scope: &mut Scope, place: &'a ast::Expression) -> Option<Target> {
        let span = place.span;
        match &place.kind {
            Ast::Name(name) => {
                if scope.visible.iter().any(|(one, _)| one == name) {
                    self.report(errors::not_assignable(span, &format!("the local name `{name}`")));
                    return None;
                }
                let own = scope.machine.and_then(|machine| self.members[machine].refer(name));
                let own_machine = scope.machine.filter(|_| own.is_some());
                match own.or_else(|| self.global.refer(name)) {
                    Some(Symbol::Variable(id)) => {
                        let owner = own_machine.map(|machine| Expression {
                            span,
                            ty: Type::Instance(machine),
                            kind: ExpressionKind::SelfInstance,
                        });
                        self.target_variable(id, owner, span)
                    }
                    Some(symbol) => {
                        let what = format!("the {} `{name}`", kind_name(symbol));
                        self.report(errors::not_assignable(span, &what));
                        None
                    }
                    None => {
                        let members =
                            scope.machine.into_iter().flat_map(|one| self.members[one].iter());
                        let names = members.chain(self.global.iter());
                        let variables =
                            names.filter(|(_, one)| matches!(one.symbol, Symbol::Variable(_)));
                        let near = nearest(name, variables.map(|(one, _)| one)).map(str::to_owned);
                        self.report(errors::unknown_name(name, span, near.as_deref()));
                        None
                    }
                }
            }
            Ast::Field { base, field } => {
                let owner = self.owner(scope, base)?;
                let machine = owner.ty.machine()?;
                match self.members[machine].refer(&field.text) {
                    Some(Symbol::Variable(id)) => self.target_variable(id, Some(owner), span),
                    Some(symbol) => {
                        let what = format!("the {} `{}`", kind_name(symbol), field.text);
                        self.report(errors::not_assignable(span, &what));
                        None
                    }
                    None => {
                        let names = self.members[machine].iter().map(|(one, _)| one);
                        let near = nearest(&field.text, names.chain(["state"])).map(str::to_owned);
                        let machine = self.model.machines[machine].name.clone();
                        let error = errors::unknown_member(
                            &field.text,
                            field.span,
                            &machine,
                            near.as_deref(),
                        );
                        self.report(error);
                        None
                    }
                }
            }
            Ast::Element { base, index } => {
                let target = self.target(scope, base);
                let wanted = match target.as_ref().map(|target| &target.ty) {
                    Some(Type::Array { index, .. }) => Some((**index).clone()),
                    _ => None,
                };
                let index = self.expression(scope, index, wanted.as_ref());
                let (mut target, index) = (target?, index?);
                let Type::Array { index: wanted, element } = target.ty else {
                    let found = self.type_name(&target.ty);
                    self.report(errors::wrong_type(target.span, &found, "an array"));
                    return None;
                };
                target.indices.push(self.fit_index(index, &wanted)?);
                Some(Target { ty: *element, span, ..target })
            }
            Ast::Error => None,
            _ => {
                self.report(errors::not_assignable(span, "this expression"));
                None
            }
        }
    }

    fn target_variable(
        &mut self,
        variable: VariableId,
        owner: Option<Expression>,
        span: Span,
    ) -> Option<Target> {
        let ty = self.variable_types.get(variable.index())?.clone()?;
        Some(Target { variable, owner, indices: Vec::new(), ty, span })
    }

    /// `push(q, e)`, `pop_first(q)`, `pop_last(q)`, `add(s, e)`, `remove(q or s, e)`
    fn call_statement(
        &mut self,
        scope: &mut Scope,
        function: &'a ast::Name,
        arguments: &'a [ast::Expression],
        span: Span,
    ) -> Option<Kind> {
        let wanted = match function.text.as_str() {
            "push" | "add" | "remove" => 2,
            "pop_first" | "pop_last" => 1,
            other => {
                let known = ["push", "pop_first", "pop_last", "add", "remove"];
                let near = nearest(other, known).map(str::to_owned);
                self.report(errors::unknown_name(other, function.span, near.as_deref()));
                return None;
            }
        };
        if arguments.len() != wanted {
            let wanted = if wanted == 1 { "1 argument" } else { "2 arguments" };
            self.report(errors::argument_count(&function.text, wanted, arguments.len(), span));
            return None;
        }
        let target = self.target(scope, &arguments[0])?;
        self.refuse_meaningless_change(scope, &target);
        let element = match &target.ty {
            Type::Queue { element, .. } | Type::Set(element) => (**element).clone(),
            other => {
                let found = self.type_name(other);
                self.report(errors::wrong_type(target.span, &found, "a queue or a set"));
                return None;
            }
        };
        let is_queue = matches!(target.ty, Type::Queue { .. });
        let value = match arguments.get(1) {
            None => None,
            Some(value) => {
                let typed = self.expression(scope, value, Some(&element))?;
                let typed = self.fit(typed, &element)?;
                if function.text != "remove" {
                    self.prove_fits(&typed, &element, true)?;
                }
                Some(typed)
            }
        };
        match (function.text.as_str(), is_queue, value) {
            ("push", true, Some(value)) => Some(Kind::Push(target, value)),
            ("pop_first", true, None) => Some(Kind::PopFirst(target)),
            ("pop_last", true, None) => Some(Kind::PopLast(target)),
            ("remove", true, Some(value)) => Some(Kind::RemoveFromQueue(target, value)),
            ("add", false, Some(value)) => Some(Kind::AddToSet(target, value)),
            ("remove", false, Some(value)) => Some(Kind::RemoveFromSet(target, value)),
            _ => {
                let (found, wanted) =
                    if is_queue { ("a queue", "a set") } else { ("a set", "a queue") };
                let help = if is_queue {
                    "a queue takes `push`"
                } else {
                    "a set takes `add` and `remove`"
                };
                self.report(errors::wrong_type(target.span, found, wanted).help(help));
                None
            }
        }
    }

    /// `x += e` where x may be `none`: reads x as a number, and assigns.
    fn change_optional(
        &mut self,
        scope: &mut Scope,
        (place, target): (&'a ast::Expression, Target),
        operator: AssignOperator,
        amount: Expression,
    ) -> Option<Kind> {
        let before = self.number(scope, place)?;
        let operator = match operator {
            AssignOperator::Subtract => Binary::Subtract,
            _ => Binary::Add,
        };
        let after = Self::arithmetic(operator, before, amount, place.span);
        self.prove_fits(&after, &target.ty, false)?;
        self.warn_lost_value(scope, &target);
        Some(Kind::Assign(target, after))
    }

    /// A change that reads what it changes needs a meaning to start from.
    fn refuse_meaningless_change(&mut self, scope: &Scope, target: &Target) {
        let Some(alive) = self.model.variables[target.variable].alive.clone() else { return };
        let is_own =
            target.owner.as_ref().is_some_and(|one| one.kind == ExpressionKind::SelfInstance);
        let (true, Some(own)) = (is_own, &scope.own_states) else { return };
        if own.iter().any(|state| alive.contains(state)) {
            return;
        }
        let variable = &self.model.variables[target.variable];
        let names = variable.machine.map(|machine| self.model.machines[machine].states.clone());
        let names = names.unwrap_or_default();
        let from = own.iter().filter_map(|&state| names.get(state as usize));
        let from = itertools::Itertools::join(&mut from.map(|one| format!("`{one}`")), ", ");
        let error = errors::meaningless_read(&variable.name, target.span, &from, variable.span);
        self.report(error);
    }

    fn warn_lost_value(&mut self, scope: &Scope, target: &Target) {
        let variable = &self.model.variables[target.variable];
        let Some(alive) = &variable.alive else { return };
        let is_own =
            target.owner.as_ref().is_some_and(|one| one.kind == ExpressionKind::SelfInstance);
        let (true, Some(own)) = (is_own, &scope.own_states) else { return };
        let is_kept = match scope.target {
            Some(target) => alive.contains(&target),
            None => own.iter().any(|state| alive.contains(state)),
        };
        if !is_kept {
            let error = errors::meaningless_write(&variable.name, target.span, variable.span);
            self.report(error);
        }
    }

    /// Inside an unordered loop, assigning what does not depend on the turn.
    fn warn_same_for_all(&mut self, scope: &Scope, target: &Target) {
        let Some(before) = scope.loop_locals else { return };
        let parts = target.owner.iter().chain(&target.indices);
        let in_tick_block = before == 0;
        let depends = parts.into_iter().any(|part| depends_on_turn(part, before, in_tick_block));
        if !depends {
            let name = self.model.variables[target.variable].name.clone();
            self.report(errors::turns_assign_the_same(&name, target.span));
        }
    }
}

/// Whether an expression names a local of the loop; in a tick block, whose turns are the instances,
/// `self` counts as well.
fn depends_on_turn(expression: &Expression, before: usize, in_tick_block: bool) -> bool {
    match &expression.kind {
        ExpressionKind::Local(LocalId(id)) => *id as usize >= before,
        ExpressionKind::SelfInstance => in_tick_block,
        _ => {
            expression.children().into_iter().any(|one| depends_on_turn(one, before, in_tick_block))
        }
    }
}

fn kind_name(symbol: Symbol) -> &'static str {
    match symbol {
        Symbol::Parameter(_) => "parameter",
        Symbol::Mitigation(_) => "mitigation",
        Symbol::Type(_) => "type",
        Symbol::Enum(_) => "enum",
        Symbol::Machine(_) => "machine",
        Symbol::Variable(_) => "variable",
        Symbol::Definition(_) => "definition",
        Symbol::Action => "action",
    }
}

fn is_optional_number(ty: &Type) -> bool {
    matches!(ty, Type::Optional(inner) if matches!(**inner, Type::Number(_)))
}
