//! Why an action is not enabled in a state: the first obstacle in the order of meaning, and a condition
//! that is false taken apart into what makes it so.

use std::collections::BTreeMap;

use super::evaluate::{Names, Scope, as_instance};
use super::{Interpreter, TICK};
use crate::base::{Id, Span};
use crate::model::{
    ActionKind, Binary, Expression, ExpressionKind, Local, LocalId, Quantifier, Value, Values,
};
use crate::system::{ActionId, Breach};

/// What keeps an action from being taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A tick waits for urgent actions; these are enabled.
    Urgent(Vec<ActionId>),
    /// Its instance is in this control state, from which it does not start.
    State(u32),
    /// Its budget is spent.
    Budget,
    /// The condition of a parameter is false, or its guard is.
    Condition(Part),
}

/// An expression, what it is worth in a state, and what makes it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it stands.
    pub place: Span,
    /// What it is worth; a breach where it cannot be read.
    pub value: Result<Value, Breach>,
    /// What its names stand for: `self`, parameters, and what quantifiers run over.
    pub names: Vec<(String, Value)>,
    /// What decides its value.
    pub inside: Vec<Part>,
    /// Whether one part inside decides it alone: the first condition that is worth the same, or, where
    /// none is, the first.
    pub is_settled_by_one: bool,
}

impl Interpreter<'_> {
    /// What keeps an action instance from being taken in a state: nothing, if it is enabled there, be it
    /// to breach.
    pub fn obstacle(&self, action: ActionId, values: &Values) -> Option<Obstacle> {
        if action == TICK {
            let urgent = self.urgent_in(values);
            return (!urgent.is_empty()).then_some(Obstacle::Urgent(urgent));
        }
        let instance = self.model.instances.get(action)?;
        let declared = &self.model.actions[instance.action];
        if let (Some(machine), Some(from)) = (declared.machine, &declared.from)
            && let Some(cell) = self.model.cells.control(machine, instance.index)
            && let Value::Control(_, at) = values[cell.index()]
            && !from.contains(&at)
        {
            return Some(Obstacle::State(at));
        }
        let budget = self.model.cells.budget(instance.action, instance.index);
        if budget.is_some_and(|cell| values[cell.index()] == Value::Number(0)) {
            return Some(Obstacle::Budget);
        }
        let names = self.names_of(instance);
        let scope = Scope { state: Some(values), names: &names };
        let filters = declared.parameters.iter().filter_map(|parameter| parameter.filter.as_ref());
        let mut conditions = filters.chain(&declared.guard);
        let failing = conditions.find(|condition| self.is_true(condition, scope) != Ok(true))?;
        let surgeon = Surgeon { interpreter: self, locals: &declared.locals };
        let is_false = self.is_true(failing, scope) == Ok(false);
        is_false.then(|| Obstacle::Condition(surgeon.take_apart(failing, scope)))
    }

    fn urgent_in(&self, values: &Values) -> Vec<ActionId> {
        let urgent = self.model.instances.iter().filter(|(_, instance)| {
            self.model.actions[instance.action].kind == ActionKind::Urgent
                && self.is_enabled(instance, values) != Ok(false)
        });
        urgent.map(|(id, _)| id).collect()
    }
}

/// Takes expressions apart that stand in one declaration.
#[derive(Clone, Copy)]
struct Surgeon<'s> {
    interpreter: &'s Interpreter<'s>,
    /// The declaration's local names.
    locals: &'s [Local],
}

impl Surgeon<'_> {
    /// A truth value with all that decides it.
    fn take_apart(&self, whole: &Expression, scope: Scope) -> Part {
        let mut part = self.judge(whole, scope);
        let is_true = part.value == Ok(Value::Bool(true));
        part.is_settled_by_one = is_settled_by_one(whole, is_true);
        part.inside = match &whole.kind {
            ExpressionKind::Binary(operator @ (Binary::And | Binary::Or), ..) => {
                self.operands(whole, *operator, is_true, scope)
            }
            ExpressionKind::Binary(Binary::Implies, premise, conclusion) => {
                let sides = [premise, conclusion].map(|side| self.take_apart(side, scope));
                sides.into_iter().filter(|side| !is_true || side.value == part.value).collect()
            }
            ExpressionKind::Not(inner) => vec![self.take_apart(inner, scope)],
            ExpressionKind::If(condition, then, otherwise) => {
                let taken = self.interpreter.is_true(condition, scope);
                let branch = if taken == Ok(true) { then } else { otherwise };
                vec![self.take_apart(condition, scope), self.take_apart(branch, scope)]
            }
            ExpressionKind::Call { .. } => {
                self.definition(whole, scope, |inside, body, scope| inside.take_apart(body, scope))
            }
            ExpressionKind::Quantifier { quantifier, .. } => {
                let witness = part.is_settled_by_one.then_some(*quantifier != Quantifier::All);
                self.turns(whole, witness, scope)
            }
            _ => self.atoms(whole, scope),
        };
        part
    }

    /// The operands of a chain of one operator; those are taken apart that make it what it is.
    fn operands(
        &self,
        chain: &Expression,
        operator: Binary,
        value: bool,
        scope: Scope,
    ) -> Vec<Part> {
        let mut operands = Vec::new();
        flatten(chain, operator, &mut operands);
        let part = |operand: &&Expression| {
            let judged = self.judge(operand, scope);
            let decides = judged.value == Ok(Value::Bool(value));
            if decides { self.take_apart(operand, scope) } else { judged }
        };
        operands.iter().map(part).collect()
    }

    /// The turns of a quantifier: the first that is as the witness must be, or all of them.
    fn turns(&self, whole: &Expression, witness: Option<bool>, scope: Scope) -> Vec<Part> {
        let ExpressionKind::Quantifier { local, domain, filter, body: Some(body), .. } =
            &whole.kind
        else {
            return Vec::new();
        };
        let mut turns = Vec::new();
        for value in domain.values(self.interpreter.model) {
            let names = scope.names.with(*local, value);
            let turn = Scope { names: &names, ..scope };
            let passes = filter
                .as_ref()
                .is_none_or(|filter| self.interpreter.is_true(filter, turn) == Ok(true));
            let judged = passes.then(|| self.judge(body, turn).value);
            match (judged, witness) {
                (None, _) => {}
                (Some(value), Some(wanted)) if value == Ok(Value::Bool(wanted)) => {
                    return vec![self.take_apart(body, turn)];
                }
                (Some(_), Some(_)) => {}
                (Some(_), None) => turns.push(self.take_apart(body, turn)),
            }
        }
        turns
    }

    /// What a definition stands for, where it is called.
    fn definition(
        &self,
        call: &Expression,
        scope: Scope,
        look: impl Fn(&Surgeon, &Expression, Scope) -> Part,
    ) -> Vec<Part> {
        let ExpressionKind::Call { definition, owner, arguments } = &call.kind else {
            return Vec::new();
        };
        let value = |of: &Expression| self.interpreter.evaluate(of, scope);
        let owner = owner.as_deref().map(value).transpose().map(|it| it.map(as_instance));
        let arguments = arguments.iter().map(value).collect::<Result<Vec<_>, _>>();
        let (Ok(owner), Ok(arguments)) = (owner, arguments) else { return Vec::new() };
        let mut names = Names::of(owner);
        for (position, argument) in arguments.into_iter().enumerate() {
            names.bind(LocalId::from_index(position), argument);
        }
        let declared = &self.interpreter.model.definitions[*definition];
        let inside = Surgeon { locals: &declared.locals, ..*self };
        vec![look(&inside, &declared.value, Scope { names: &names, ..scope })]
    }

    /// What a comparison or a number reads: variables, elements, definitions, counts. What the value of
    /// a definition is made of is told with it, one level deep.
    fn atoms(&self, whole: &Expression, scope: Scope) -> Vec<Part> {
        let mut atoms = Vec::new();
        for child in whole.children() {
            self.collect_atoms(child, scope, true, &mut atoms);
        }
        if let ExpressionKind::Is(instance, _) = &whole.kind {
            atoms.extend(self.control_of(instance, scope));
        }
        atoms
    }

    fn collect_atoms(
        &self,
        expression: &Expression,
        scope: Scope,
        deeper: bool,
        atoms: &mut Vec<Part>,
    ) {
        match &expression.kind {
            ExpressionKind::Call { .. } => {
                let mut part = self.judge(expression, scope);
                if deeper {
                    part.inside = self.definition(expression, scope, |surgeon, body, scope| {
                        let mut body_part = surgeon.judge(body, scope);
                        surgeon.collect_atoms(body, scope, false, &mut body_part.inside);
                        body_part
                    });
                }
                atoms.push(part);
            }
            ExpressionKind::Constant(_)
            | ExpressionKind::Variable { .. }
            | ExpressionKind::Element { .. }
            | ExpressionKind::Quantifier { .. }
            | ExpressionKind::First(_)
            | ExpressionKind::Last(_)
            | ExpressionKind::Length(_)
            | ExpressionKind::Size(_) => atoms.push(self.judge(expression, scope)),
            // What a local name stands for is told anyway.
            ExpressionKind::Local(_) | ExpressionKind::SelfInstance => {}
            _ => {
                for child in expression.children() {
                    self.collect_atoms(child, scope, deeper, atoms);
                }
            }
        }
    }

    /// The control state of the instance that an expression names.
    fn control_of(&self, instance: &Expression, scope: Scope) -> Option<Part> {
        let Ok(Value::Instance(machine, index)) = self.interpreter.evaluate(instance, scope) else {
            return None;
        };
        let cell = self.interpreter.model.cells.control(machine, index)?;
        let value = Ok(scope.state?[cell.index()].clone());
        Some(Part {
            place: instance.span,
            value,
            names: Vec::new(),
            inside: Vec::new(),
            is_settled_by_one: false,
        })
    }

    /// What an expression is worth, and what its names stand for.
    fn judge(&self, expression: &Expression, scope: Scope) -> Part {
        let value = self.interpreter.evaluate(expression, scope);
        let mut names = BTreeMap::new();
        self.collect_names(expression, scope, &mut names);
        let names = names.into_values().collect();
        Part { place: expression.span, value, names, inside: Vec::new(), is_settled_by_one: false }
    }

    /// `self` first, then local names as declared; those that are bound inside stand for nothing yet.
    fn collect_names(
        &self,
        expression: &Expression,
        scope: Scope,
        names: &mut BTreeMap<Option<LocalId>, (String, Value)>,
    ) {
        match &expression.kind {
            ExpressionKind::SelfInstance => {
                names.insert(None, ("self".to_owned(), scope.names.own()));
            }
            ExpressionKind::Local(local) => {
                if let Some(value) = scope.names.known(*local) {
                    let name = self.locals[local.index()].name.clone();
                    names.insert(Some(*local), (name, value));
                }
            }
            _ => {}
        }
        expression.children().iter().for_each(|child| self.collect_names(child, scope, names));
    }
}

/// Whether one part of a condition is enough to make it what it is: one false operand of an `and`, one
/// witness of a quantifier.
fn is_settled_by_one(condition: &Expression, is_true: bool) -> bool {
    match &condition.kind {
        ExpressionKind::Binary(Binary::And, ..) => !is_true,
        ExpressionKind::Binary(Binary::Or, ..) => is_true,
        ExpressionKind::Not(_) | ExpressionKind::Call { .. } => true,
        ExpressionKind::Quantifier { quantifier, .. } => match quantifier {
            Quantifier::All | Quantifier::No => !is_true,
            Quantifier::Some => is_true,
            Quantifier::Count | Quantifier::Sum => false,
        },
        _ => false,
    }
}

/// The operands of a chain of one operator, from the left.
fn flatten<'e>(chain: &'e Expression, operator: Binary, operands: &mut Vec<&'e Expression>) {
    match &chain.kind {
        ExpressionKind::Binary(found, left, right) if *found == operator => {
            flatten(left, operator, operands);
            flatten(right, operator, operands);
        }
        _ => operands.push(chain),
    }
}
