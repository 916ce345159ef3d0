//! Types, machines, variables, definitions, actions and tick blocks.

use super::{Checker, Place, Progress, SIZE_MAX, Scope};
use crate::base::{Id, Span};
use crate::model::action::{Action, ActionKind, Budget, DocPiece, OnTick, Parameter};
use crate::model::expression::{Expression, ExpressionKind};
use crate::model::names::{Symbol, nearest};
use crate::model::types::{Edge, Interval, SET_DOMAIN_MAX};
use crate::model::{
    Definition, DefinitionId, Initial, MachineId, Type, Value, Variable, VariableId, constant,
    errors,
};
use crate::syntax::ast::{self, TypeKind};

/// The most instances a machine may have.
const INSTANCES_MAX: i64 = 4096;

impl<'a> Checker<'a> {
    /// Resolves every named type.
    pub(super) fn settle_types(&mut self) {
        self.named_types = vec![Progress::Todo; self.declared.types.len()];
        for index in 0..self.declared.types.len() {
            let span = self.declared.types[index].0.span;
            self.named_type(index, span);
        }
    }

    /// How many instances each machine has.
    pub(super) fn settle_machines(&mut self) {
        for (index, (name, count)) in self.declared.machines.clone().into_iter().enumerate() {
            let Some(count) = count else { continue };
            let what = format!("the number of `{}`", name.text);
            if let Some(count) = self.constant_between(&what, count, 1, INSTANCES_MAX) {
                self.model.machines[MachineId::from_index(index)].count = count as u32;
            }
        }
    }

    fn named_type(&mut self, index: usize, user: Span) -> Option<Type> {
        let (name, ty) = self.declared.types[index];
        match &self.named_types[index] {
            Progress::Done(ty) => return Some(ty.clone()),
            Progress::Failed => return None,
            Progress::Doing => {
                self.report(errors::depends_on_itself("type", &name.text, user));
                return None;
            }
            Progress::Todo => self.named_types[index] = Progress::Doing,
        }
        let resolved = self.resolve_type(ty);
        self.named_types[index] = match &resolved {
            Some(ty) => Progress::Done(ty.clone()),
            None => Progress::Failed,
        };
        resolved
    }

    /// What a type as written stands for.
    pub(super) fn resolve_type(&mut self, ty: &'a ast::Type) -> Option<Type> {
        match &ty.kind {
            TypeKind::Bool => Some(Type::Bool),
            TypeKind::Range { low, high, saturating } => {
                let (low, high) = (self.constant_number(low), self.constant_number(high));
                let (low, high) = (low?, high?);
                if low > high {
                    self.report(errors::empty_range(low, high, ty.span));
                    return None;
                }
                let edge = if *saturating { Edge::Clamp } else { Edge::Breach };
                Some(Type::Number(Interval { low, high, edge }))
            }
            TypeKind::Name(name) => self.type_named(name, ty.span),
            TypeKind::Optional(inner) => {
                let inner_type = self.resolve_type(inner)?;
                let is_plain = inner_type.is_scalar() && !matches!(inner_type, Type::Optional(_));
                if !is_plain {
                    let message =
                        "only a bool, a number, an enum value or an instance can be optional";
                    let help = "for a set or a queue, be empty instead of `none`";
                    self.report(errors::type_not_allowed(ty.span, message, help));
                    return None;
                }
                if let Type::Number(Interval { low: i64::MIN, .. }) = inner_type {
                    let message = "an optional number cannot go down to the lowest 64-bit number";
                    let help = "start the range one higher";
                    self.report(errors::type_not_allowed(ty.span, message, help));
                    return None;
                }
                Some(Type::Optional(Box::new(inner_type)))
            }
            TypeKind::Set(element) => {
                let element_type = self.resolve_scalar(element, "the elements of a set")?;
                let count = element_type.value_count(&self.model);
                if count > SET_DOMAIN_MAX {
                    let what = "the values that a set's elements can have";
                    self.report(errors::too_many(what, count, SET_DOMAIN_MAX, element.span));
                    return None;
                }
                Some(Type::Set(Box::new(element_type)))
            }
            TypeKind::Array { index, element } => {
                let index_type = self.resolve_scalar(index, "the index of an array");
                let element_type = self.resolve_type(element);
                let (index_type, element_type) = (index_type?, element_type?);
                self.limit_domain(&index_type, index.span)?;
                let (index, element) = (Box::new(index_type), Box::new(element_type));
                Some(Type::Array { index, element })
            }
            TypeKind::Queue { element, capacity } => {
                let element_type = self.resolve_scalar(element, "the elements of a queue");
                let capacity = self.constant_between("the size of a queue", capacity, 1, 4096);
                let element = Box::new(element_type?);
                Some(Type::Queue { element, capacity: capacity? as u32 })
            }
            TypeKind::Timer(high) => {
                let high =
                    self.constant_between("the longest time of a timer", high, 0, 1 << 32)?;
                Some(Type::Number(Interval { low: 0, high, edge: Edge::Timer }))
            }
            TypeKind::Error => None,
        }
    }

    fn type_named(&mut self, name: &str, span: Span) -> Option<Type> {
        match self.global.refer(name) {
            Some(Symbol::Type(index)) => self.named_type(index, span),
            Some(Symbol::Enum(id)) => Some(Type::Enum(id)),
            Some(Symbol::Machine(id)) => Some(Type::Instance(id)),
            _ => {
                let is_type = |symbol| {
                    matches!(symbol, Symbol::Type(_) | Symbol::Enum(_) | Symbol::Machine(_))
                };
                let types = self.global.iter().filter(|(_, entry)| is_type(entry.symbol));
                let names = types.map(|(name, _)| name).chain(["bool"]);
                let near = nearest(name, names).map(str::to_owned);
                self.report(errors::unknown_type(name, span, near.as_deref()));
                None
            }
        }
    }

    fn resolve_scalar(&mut self, ty: &'a ast::Type, what: &str) -> Option<Type> {
        let resolved = self.resolve_type(ty)?;
        let is_timer = matches!(&resolved, Type::Number(Interval { edge: Edge::Timer, .. }));
        if resolved.is_scalar() && !is_timer {
            return Some(resolved);
        }
        let message = format!("{what} must be simple values");
        let help = "use a bool, a range, an enum, a machine, or an optional one of these";
        self.report(errors::type_not_allowed(ty.span, message, help));
        None
    }

    /// A type over which one can choose or quantify.
    pub(super) fn domain(&mut self, ty: &'a ast::Type) -> Option<Type> {
        let domain = self.resolve_scalar(ty, "what is chosen or counted")?;
        self.limit_domain(&domain, ty.span)?;
        Some(domain)
    }

    fn limit_domain(&mut self, domain: &Type, span: Span) -> Option<()> {
        let count = domain.value_count(&self.model);
        if count <= SIZE_MAX {
            return Some(());
        }
        self.report(errors::too_many("the values to go through", count, SIZE_MAX, span));
        None
    }

    /// Types of variables, and where they have a meaning.
    pub(super) fn settle_variables(&mut self) {
        self.is_read = vec![false; self.declared.variables.len()];
        for index in 0..self.declared.variables.len() {
            let declared = &self.declared.variables[index];
            let (machine, name, alive) = (declared.machine, declared.name, declared.alive);
            let ty = self.resolve_type(declared.ty);
            let alive = match (alive, machine) {
                (None, _) => None,
                (Some(states), Some(machine)) => self.control_states(machine, states),
                (Some(_), None) => {
                    let help = "`while` speaks of the control states of the machine around it";
                    self.report(errors::misplaced("`while`", "outside a machine", name.span, help));
                    None
                }
            };
            self.model.variables.push(Variable {
                name: name.text.clone(),
                span: name.span,
                machine,
                ty: ty.clone().unwrap_or(Type::Bool),
                initial: Initial::Any,
                alive,
            });
            self.variable_types.push(ty);
        }
    }

    /// Definitions, each when it is first needed.
    pub(super) fn settle_definitions(&mut self) {
        self.definition_types = vec![Progress::Todo; self.declared.definitions.len()];
        for index in 0..self.declared.definitions.len() {
            let declared = &self.declared.definitions[index];
            self.model.definitions.push(Definition {
                name: declared.name.text.clone(),
                machine: declared.machine,
                parameter_count: declared.parameters.len(),
                locals: Vec::new(),
                value: Expression {
                    span: declared.name.span,
                    ty: Type::Bool,
                    kind: ExpressionKind::Constant(Value::Bool(false)),
                },
            });
        }
        for index in 0..self.declared.definitions.len() {
            let span = self.declared.definitions[index].name.span;
            self.definition_type(DefinitionId::from_index(index), span);
        }
    }

    /// The type of a definition, which is checked when it is first needed.
    pub(super) fn definition_type(&mut self, id: DefinitionId, user: Span) -> Option<Type> {
        let declared = &self.declared.definitions[id.index()];
        let (name, machine) = (declared.name, declared.machine);
        let (parameters, value) = (declared.parameters, declared.value);
        match &self.definition_types[id.index()] {
            Progress::Done(ty) => return Some(ty.clone()),
            Progress::Failed => return None,
            Progress::Doing => {
                self.report(errors::depends_on_itself("definition", &name.text, user));
                return None;
            }
            Progress::Todo => self.definition_types[id.index()] = Progress::Doing,
        }
        let mut scope = Scope::new(Place::Behaviour, machine);
        scope.in_turn = true;
        let mut is_sound = true;
        for parameter in parameters {
            let ty = self.domain(&parameter.ty);
            is_sound &= ty.is_some();
            let bound = self.bind(&mut scope, &parameter.name, ty.unwrap_or(Type::Bool));
            is_sound &= bound.is_some();
            if let Some(filter) = &parameter.filter {
                let help = "put the condition into the definition itself";
                let what = "`where`";
                self.report(errors::misplaced(
                    what,
                    "in a definition's parameter",
                    filter.span,
                    help,
                ));
            }
        }
        self.model.definitions[id].locals = scope.locals.clone();
        let typed = if is_sound { self.expression(&mut scope, value, None) } else { None };
        let Some(typed) = typed else {
            self.definition_types[id.index()] = Progress::Failed;
            return None;
        };
        let ty = typed.ty.clone();
        self.model.definitions[id].locals = scope.locals;
        self.model.definitions[id].value = typed;
        self.definition_types[id.index()] = Progress::Done(ty.clone());
        Some(ty)
    }

    /// Initial values, defaults written out.
    pub(super) fn settle_initial_values(&mut self) {
        for index in 0..self.declared.variables.len() {
            let id = VariableId::from_index(index);
            let Some(ty) = self.variable_types[index].clone() else { continue };
            let initial = self.initial_value(id, &ty);
            if let Some(initial) = initial {
                self.model.variables[id].initial = initial;
            }
        }
        self.refuse_initial_circles();
    }

    fn initial_value(&mut self, id: VariableId, ty: &Type) -> Option<Initial> {
        let declared = &self.declared.variables[id.index()];
        let (name, machine, initial) = (declared.name, declared.machine, declared.initial);
        let is_scoped = declared.alive.is_some();
        match initial {
            ast::Initial::Value(value) => {
                let place = if is_scoped { Place::Constant } else { Place::Initial };
                let mut scope = Scope::new(place, if is_scoped { None } else { machine });
                let typed = self.initial_expression(&mut scope, value, ty)?;
                if is_scoped && constant::evaluate(&typed).is_err() {
                    self.report(errors::not_constant(value.span));
                    return None;
                }
                let typed = match constant::evaluate(&typed) {
                    Ok(value) => Expression { kind: ExpressionKind::Constant(value), ..typed },
                    Err(_) => typed,
                };
                Some(Initial::Value(typed))
            }
            ast::Initial::Any(span) => {
                if is_scoped || !can_be_any(ty) {
                    let message = "this variable cannot start with `any` value";
                    let help = "give it one value; `any` is for simple values, sets and arrays \
                                without `while`";
                    self.report(errors::type_not_allowed(*span, message, help));
                    return None;
                }
                Some(Initial::Any)
            }
            ast::Initial::Default => match self.default_value(ty) {
                Some(value) => {
                    let kind = ExpressionKind::Constant(value);
                    Some(Initial::Value(Expression { span: name.span, ty: ty.clone(), kind }))
                }
                None => {
                    let message = format!("`{}` needs an initial value", name.text);
                    let help = "instances are interchangeable, so none is the first: write `= any`, \
                                or choose one, like `= Node(self.index)`";
                    self.report(errors::type_not_allowed(name.span, message, help));
                    None
                }
            },
        }
    }

    /// An initial value; for an array, one value of its elements' type stands for all of them.
    fn initial_expression(
        &mut self,
        scope: &mut Scope,
        value: &'a ast::Expression,
        ty: &Type,
    ) -> Option<Expression> {
        if let Type::Array { index, element } = ty
            && !matches!(value.kind, ast::ExpressionKind::Queue(_))
        {
            let each = self.initial_expression(scope, value, element)?;
            let all = vec![each; index.value_count(&self.model) as usize];
            let (span, ty) = (value.span, ty.clone());
            return Some(Expression { span, ty, kind: ExpressionKind::ArrayOf(all) });
        }
        let typed = self.expression(scope, value, Some(ty))?;
        let typed = self.fit(typed, ty)?;
        self.prove_fits(&typed, ty, true)?;
        Some(typed)
    }

    fn default_value(&self, ty: &Type) -> Option<Value> {
        Some(match ty {
            Type::Bool => Value::Bool(false),
            Type::Number(interval) => Value::Number(interval.low),
            Type::Enum(id) => Value::Enum(*id, 0),
            Type::Optional(_) => Value::None,
            Type::Set(_) => Value::Set(Default::default()),
            Type::Queue { .. } => Value::Queue(Vec::new()),
            Type::Array { index, element } => {
                let element = self.default_value(element)?;
                Value::Array(vec![element; index.value_count(&self.model) as usize])
            }
            Type::Instance(_) | Type::Nothing => return None,
        })
    }

    /// Initial values may read each other, but not in circles, and not what starts with `any`.
    fn refuse_initial_circles(&mut self) {
        for id in self.model.variables.ids() {
            let mut seen = vec![false; self.model.variables.len()];
            let mut pending = vec![id];
            let mut is_circular = false;
            let mut reads_any = None;
            while let Some(one) = pending.pop() {
                let Initial::Value(value) = &self.model.variables[one].initial else { continue };
                for (read, span) in variables_read(value) {
                    let reads_itself = read == id;
                    is_circular |= reads_itself;
                    let declared = self.declared.variables[read.index()].initial;
                    if one == id && matches!(declared, ast::Initial::Any(_)) {
                        reads_any = Some((read, span));
                    }
                    if !std::mem::replace(&mut seen[read.index()], true) {
                        pending.push(read);
                    }
                }
            }
            let variable = &self.model.variables[id];
            if is_circular {
                let error =
                    errors::depends_on_itself("initial value of", &variable.name, variable.span);
                self.report(error);
            } else if let Some((read, span)) = reads_any {
                let message =
                    format!("`{}` starts with `any` value", self.model.variables[read].name);
                let help = "tie the two together with `assume` instead";
                self.report(errors::type_not_allowed(span, message, help));
            }
        }
    }

    /// Whether a value lies in the range of a place: an error if it never can.
    ///
    /// With `strictly` the value is fixed, so that not provably in range is provably out of it only
    /// for constants; everything else is left to the running model.
    pub(super) fn prove_fits(
        &mut self,
        value: &Expression,
        place: &Type,
        strictly: bool,
    ) -> Option<()> {
        let (found, range) = match (&value.ty, place) {
            (Type::Number(found), Type::Number(range)) => (*found, *range),
            (Type::Number(found), Type::Optional(inner)) => match **inner {
                Type::Number(range) => (*found, range),
                _ => return Some(()),
            },
            _ => return Some(()),
        };
        let clamps = range.edge == Edge::Clamp && !strictly;
        let is_outside = found.high < range.low || found.low > range.high;
        if is_outside && !clamps {
            let (found, range) = ((found.low, found.high), (range.low, range.high));
            self.report(errors::never_fits(value.span, found, range));
            return None;
        }
        Some(())
    }

    /// All actions and tick blocks.
    pub(super) fn settle_actions(&mut self) {
        for (machine, doc, action) in self.declared.actions.clone() {
            self.action(machine, doc, action);
        }
        let blocks = self.declared.on_ticks.clone();
        let outside_first = blocks
            .iter()
            .filter(|one| one.0.is_none())
            .chain(blocks.iter().filter(|one| one.0.is_some()));
        for &(machine, span, body) in outside_first {
            let mut scope = Scope::new(Place::Behaviour, machine);
            scope.in_turn = machine.is_some();
            if machine.is_some_and(|machine| self.model.machines[machine].count > 1) {
                scope.loop_locals = Some(0);
            }
            let body = self.block(&mut scope, body);
            self.model.on_tick.push(OnTick { machine, span, body, locals: scope.locals });
        }
    }

    fn action(
        &mut self,
        machine: Option<MachineId>,
        doc: Option<&'a ast::Doc>,
        declared: &'a ast::Action,
    ) {
        let mut scope = Scope::new(Place::Behaviour, machine);
        let budget = self.budget(machine, declared);
        self.refuse_strong(declared);
        let (from, to) = self.arrow(machine, declared);
        scope.own_states = from.clone();
        let parameters = declared.parameters.iter().map(|parameter| {
            let ty = self.domain(&parameter.ty);
            let local = self.bind(&mut scope, &parameter.name, ty.clone().unwrap_or(Type::Bool));
            let filter = parameter.filter.as_ref().map(|filter| self.truth(&mut scope, filter));
            Some(Parameter { local: local?, ty: ty?, filter: filter.flatten() })
        });
        let parameters = parameters.collect::<Vec<_>>().into_iter().flatten().collect();
        let guard = declared.guard.as_ref().and_then(|guard| self.truth(&mut scope, guard));
        let doc = self.doc(&mut scope, doc);
        let visible = scope.visible.len();
        scope.target = to;
        let body = self.block(&mut scope, &declared.body);
        scope.visible.truncate(visible);
        self.model.actions.push(Action {
            name: declared.name.text.clone(),
            doc,
            span: declared.name.span,
            machine,
            kind: kind_of(declared.kind),
            strong: declared.strong.is_some(),
            parameters,
            budget,
            from,
            to,
            guard,
            body,
            locals: scope.locals,
        });
    }

    fn budget(&mut self, machine: Option<MachineId>, declared: &'a ast::Action) -> Option<Budget> {
        let name = declared.name.span;
        let is_owed =
            matches!(declared.kind, ast::ActionKind::Urgent | ast::ActionKind::Eventually);
        let Some(budget) = &declared.budget else {
            if declared.kind == ast::ActionKind::Fault {
                let help = "say how often it may happen: `at most 1`";
                self.report(errors::budget(name, "a fault needs a budget", help));
            }
            return None;
        };
        if is_owed {
            let message = "an action that must happen cannot have a budget";
            let help = "make it a `may action`, or guard it with a counter of its own";
            self.report(errors::budget(budget.span, message, help));
            return None;
        }
        if budget.each && machine.is_none() {
            let message = "`each` gives every machine instance a budget, and there is no machine";
            let help = "remove `each`, or move the action into a machine";
            self.report(errors::budget(budget.span, message, help));
            return None;
        }
        let limit = self.constant_between("the budget", &budget.limit, 0, 1 << 24)?;
        Some(Budget { limit: limit as u32, each: budget.each })
    }

    fn refuse_strong(&mut self, declared: &ast::Action) {
        let is_owed =
            matches!(declared.kind, ast::ActionKind::Urgent | ast::ActionKind::Eventually);
        if let (Some(span), false) = (declared.strong, is_owed) {
            let message = "only an `action` or an `eventually action` can be strongly fair";
            let help = "what may happen or not owes nothing; remove `strong`";
            self.report(errors::budget(span, message, help));
        }
    }

    fn arrow(
        &mut self,
        machine: Option<MachineId>,
        declared: &'a ast::Action,
    ) -> (Option<Vec<u32>>, Option<u32>) {
        let Some(machine) = machine else {
            if let Some(state) = declared.from.first().or(declared.to.as_ref()) {
                let help = "only a machine's action has control states; move it into one";
                self.report(errors::misplaced("a control state", "here", state.span, help));
            }
            return (None, None);
        };
        let from = match declared.from.is_empty() {
            true => None,
            false => self.control_states(machine, &declared.from),
        };
        let to = declared.to.as_ref().and_then(|to| {
            let all = self.control_states(machine, std::slice::from_ref(to))?;
            all.first().copied()
        });
        (from, to)
    }

    /// An action's documentation, cut into words and what is filled in.
    fn doc(&mut self, scope: &mut Scope, doc: Option<&'a ast::Doc>) -> Vec<DocPiece> {
        let mut pieces = Vec::new();
        for line in doc.iter().flat_map(|doc| &doc.lines) {
            if !pieces.is_empty() {
                pieces.push(DocPiece::Text(" ".to_owned()));
            }
            let mut rest = line.text.trim();
            while let Some((before, after)) = rest.split_once('{') {
                let Some((name, behind)) = after.split_once('}') else { break };
                pieces.push(DocPiece::Text(before.to_owned()));
                pieces.push(match self.shown(scope, name.trim(), line.span) {
                    Some(shown) => DocPiece::Shown(shown),
                    None => DocPiece::Text(format!("{{{name}}}")),
                });
                rest = behind;
            }
            pieces.push(DocPiece::Text(rest.to_owned()));
        }
        pieces
    }

    /// What `{name}` stands for in a documentation text.
    fn shown(&mut self, scope: &mut Scope, name: &str, span: Span) -> Option<Expression> {
        if name == "self"
            && let Some(machine) = scope.machine
        {
            return Some(Expression {
                span,
                ty: Type::Instance(machine),
                kind: ExpressionKind::SelfInstance,
            });
        }
        if let Some((_, local)) = scope.visible.iter().find(|(one, _)| one == name) {
            let ty = scope.locals[local.index()].ty.clone();
            return Some(Expression { span, ty, kind: ExpressionKind::Local(*local) });
        }
        let own = scope.machine.and_then(|machine| self.members[machine].find(name));
        let found = own.or_else(|| self.global.find(name)).map(|entry| entry.symbol);
        match found {
            Some(Symbol::Variable(id)) => {
                let ty = self.variable_types[id.index()].clone()?;
                let owner = self.declared.variables[id.index()].machine.map(|machine| {
                    let ty = Type::Instance(machine);
                    Box::new(Expression { span, ty, kind: ExpressionKind::SelfInstance })
                });
                let kind = ExpressionKind::Variable { variable: id, owner };
                Some(Expression { span, ty, kind })
            }
            Some(Symbol::Parameter(id)) => {
                let value = self.parameter_value(id, span)?;
                let kind = ExpressionKind::Constant(value);
                Some(Expression { span, ty: Type::Bool, kind })
            }
            _ => {
                let locals = scope.visible.iter().map(|(one, _)| one.as_str());
                let members = scope.machine.into_iter().flat_map(|one| self.members[one].iter());
                let names = members.map(|(one, _)| one).chain(locals).chain(["self"]);
                let near = nearest(name, names).map(str::to_owned);
                self.report(errors::unknown_in_doc(name, span, near.as_deref()));
                None
            }
        }
    }
}

fn kind_of(kind: ast::ActionKind) -> ActionKind {
    match kind {
        ast::ActionKind::Urgent => ActionKind::Urgent,
        ast::ActionKind::Eventually => ActionKind::Eventually,
        ast::ActionKind::May => ActionKind::May,
        ast::ActionKind::Fault => ActionKind::Fault,
        ast::ActionKind::Operator => ActionKind::Operator,
    }
}

fn can_be_any(ty: &Type) -> bool {
    match ty {
        Type::Array { element, .. } => can_be_any(element),
        Type::Set(_) => true,
        other => other.is_scalar(),
    }
}

/// The variables that an expression reads directly, with the place of each.
pub(super) fn variables_read(expression: &Expression) -> Vec<(VariableId, Span)> {
    let mut all = Vec::new();
    let mut pending = vec![expression];
    while let Some(one) = pending.pop() {
        if let ExpressionKind::Variable { variable, .. } = &one.kind {
            all.push((*variable, one.span));
        }
        pending.extend(one.children());
    }
    all
}
