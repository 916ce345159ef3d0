//! What an expression is worth: always from the left, in 64-bit numbers, or a breach.

use std::collections::{BTreeMap, BTreeSet};

use super::Interpreter;
use crate::base::{Id, Span};
use crate::model::{
    Binary, CellId, DefinitionId, Expression, ExpressionKind, LocalId, MachineId, Quantifier, Type,
    Value, Values, VariableId,
};
use crate::system::{Breach, Rule};

/// What an expression can see.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The state; none while initial values are worked out, which read each other.
    pub state: Option<&'s Values>,
    /// `self` and all that is local.
    pub names: &'s Names,
}

/// What `self` and local names stand for.
#[derive(Clone, Debug)]
pub(super) struct Names {
    own: Option<Value>,
    locals: BTreeMap<LocalId, Value>,
}

impl Names {
    /// The names inside a machine's instance, or outside machines; nothing is local yet.
    pub fn of(instance: Option<(MachineId, u32)>) -> Names {
        let own = instance.map(|(machine, index)| Value::Instance(machine, index));
        Names { own, locals: BTreeMap::new() }
    }

    /// From here on, `local` stands for `value`.
    pub fn bind(&mut self, local: LocalId, value: Value) {
        self.locals.insert(local, value);
    }

    /// What a local name stands for, if it is bound.
    pub fn known(&self, local: LocalId) -> Option<Value> {
        self.locals.get(&local).cloned()
    }

    fn local(&self, local: LocalId) -> Value {
        self.known(local).expect("a local name is bound before it is read")
    }

    /// What `self` stands for.
    pub fn own(&self) -> Value {
        self.own.clone().expect("`self` stands only inside machines")
    }

    /// These names, and `local` for `value`.
    pub fn with(&self, local: LocalId, value: Value) -> Names {
        let mut names = self.clone();
        names.bind(local, value);
        names
    }
}

impl Interpreter<'_> {
    /// The value of an expression.
    pub(super) fn evaluate(&self, expression: &Expression, scope: Scope) -> Result<Value, Breach> {
        let place = expression.span;
        let value = |of: &Expression| self.evaluate(of, scope);
        let values = |of: &[Expression]| of.iter().map(value).collect::<Result<Vec<_>, _>>();
        let number = |of: &Expression| value(of).map(as_number);
        let truth = |of: &Expression| value(of).map(as_truth);
        Ok(match &expression.kind {
            ExpressionKind::Constant(constant) => constant.clone(),
            ExpressionKind::Local(local) => scope.names.local(*local),
            ExpressionKind::SelfInstance => scope.names.own(),
            ExpressionKind::IndexOf(instance) => {
                Value::Number(as_instance(value(instance)?).1.into())
            }
            ExpressionKind::InstanceAt(machine, index) => {
                let rank = u64::try_from(number(index)?).ok();
                let at = rank.and_then(|rank| Type::Instance(*machine).value_at(rank, self.model));
                at.ok_or(Breach { rule: Rule::Range, place })?
            }
            ExpressionKind::Variable { variable, owner } => {
                let owner = owner.as_deref().map(value).transpose()?.map(as_instance);
                self.read_variable(*variable, owner, scope, place)?
            }
            ExpressionKind::Element { array, index } => {
                let items = as_array(value(array)?);
                let rank = self.rank(&value(index)?, index_type(&array.ty));
                items[rank.ok_or(Breach { rule: Rule::Range, place })?].clone()
            }
            ExpressionKind::Demand(optional) => match value(optional)? {
                Value::None => return Err(Breach { rule: Rule::NoneRead, place }),
                there => there,
            },
            ExpressionKind::Call { definition, owner, arguments } => {
                let owner = owner.as_deref().map(value).transpose()?.map(as_instance);
                self.call(*definition, owner, values(arguments)?, scope)?
            }
            ExpressionKind::Not(operand) => Value::Bool(!truth(operand)?),
            ExpressionKind::Negate(operand) => {
                let negated = number(operand)?.checked_neg();
                Value::Number(negated.ok_or(Breach { rule: Rule::Overflow, place })?)
            }
            ExpressionKind::Binary(Binary::And, left, right) => {
                Value::Bool(truth(left)? && truth(right)?)
            }
            ExpressionKind::Binary(Binary::Or, left, right) => {
                Value::Bool(truth(left)? || truth(right)?)
            }
            ExpressionKind::Binary(Binary::Implies, left, right) => {
                Value::Bool(!truth(left)? || truth(right)?)
            }
            ExpressionKind::Binary(operator, left, right) => {
                let left = value(left)?;
                binary(*operator, left, value(right)?).map_err(|rule| Breach { rule, place })?
            }
            ExpressionKind::Is(instance, states) => match value(instance)? {
                Value::None => Value::Bool(false),
                there => Value::Bool(self.reads_as_in(as_instance(there), states, scope)?),
            },
            ExpressionKind::Contains { set, element } => {
                let set = as_set(value(set)?);
                Value::Bool(set.contains(&value(element)?))
            }
            ExpressionKind::Within(operand, low, high) => {
                let (operand, low, high) = (number(operand)?, number(low)?, number(high)?);
                Value::Bool(low <= operand && operand <= high)
            }
            ExpressionKind::If(condition, then, otherwise) => {
                value(if truth(condition)? { then } else { otherwise })?
            }
            ExpressionKind::Quantifier { quantifier, local, domain, filter, body } => {
                let judged = self.judged(*local, domain, filter.as_deref(), body.as_deref(), scope);
                quantified(*quantifier, judged, place)?
            }
            ExpressionKind::SetOf(elements) => Value::Set(values(elements)?.into_iter().collect()),
            ExpressionKind::ArrayOf(elements) => Value::Array(values(elements)?),
            ExpressionKind::QueueOf(elements) => Value::Queue(values(elements)?),
            ExpressionKind::Min(operands) => {
                let least = values(operands)?.into_iter().map(as_number).min();
                Value::Number(least.expect("`min` is of one at least"))
            }
            ExpressionKind::Max(operands) => {
                let most = values(operands)?.into_iter().map(as_number).max();
                Value::Number(most.expect("`max` is of one at least"))
            }
            ExpressionKind::First(queue) => {
                let first = as_queue(value(queue)?).first().cloned();
                first.ok_or(Breach { rule: Rule::QueueEmpty, place })?
            }
            ExpressionKind::Last(queue) => {
                let last = as_queue(value(queue)?).last().cloned();
                last.ok_or(Breach { rule: Rule::QueueEmpty, place })?
            }
            ExpressionKind::Length(queue) => Value::Number(as_queue(value(queue)?).len() as i64),
            ExpressionKind::Size(set) => Value::Number(as_set(value(set)?).len() as i64),
            ExpressionKind::Resting => {
                let state = scope.state.expect("`resting` is asked only of a state");
                Value::Bool(self.is_resting(state))
            }
        })
    }

    /// Whether a condition is true.
    pub(super) fn is_true(&self, condition: &Expression, scope: Scope) -> Result<bool, Breach> {
        self.evaluate(condition, scope).map(as_truth)
    }

    /// The value of a variable; a breach where it has no meaning.
    fn read_variable(
        &self,
        variable: VariableId,
        owner: Option<(MachineId, u32)>,
        scope: Scope,
        place: Span,
    ) -> Result<Value, Breach> {
        if let (Some(alive), Some(owner)) = (&self.model.variables[variable].alive, owner)
            && !self.reads_as_in(owner, alive, scope)?
        {
            return Err(Breach { rule: Rule::Meaningless, place });
        }
        let index = owner.map_or(0, |(_, index)| index);
        self.read(self.model.cells.variable(variable, index), scope)
    }

    /// Whether an instance is seen to be in one of these control states.
    fn reads_as_in(
        &self,
        (machine, index): (MachineId, u32),
        states: &[u32],
        scope: Scope,
    ) -> Result<bool, Breach> {
        let cell = self.model.cells.control(machine, index);
        let control =
            self.read(cell.expect("`is` asks machines that have control states"), scope)?;
        Ok(states.iter().any(|&state| control == Value::Control(machine, state)))
    }

    /// The value of a cell: in the state, or, while there is none, the one it starts with.
    fn read(&self, cell: CellId, scope: Scope) -> Result<Value, Breach> {
        match scope.state {
            Some(values) => Ok(values[cell.index()].clone()),
            None => {
                Ok(self.initial(cell)?.expect("an initial value reads no variable that is `any`"))
            }
        }
    }

    /// The value of a definition, in which nothing of the caller's names is known.
    fn call(
        &self,
        definition: DefinitionId,
        owner: Option<(MachineId, u32)>,
        arguments: Vec<Value>,
        scope: Scope,
    ) -> Result<Value, Breach> {
        let mut names = Names::of(owner);
        for (position, argument) in arguments.into_iter().enumerate() {
            names.bind(LocalId::from_index(position), argument);
        }
        let inside = Scope { names: &names, ..scope };
        self.evaluate(&self.model.definitions[definition].value, inside)
    }

    /// What each value of a domain that passes the filter is judged to be; `true` if nothing is asked.
    fn judged<'s>(
        &'s self,
        local: LocalId,
        domain: &'s Type,
        filter: Option<&'s Expression>,
        body: Option<&'s Expression>,
        scope: Scope<'s>,
    ) -> impl Iterator<Item = Result<Value, Breach>> + 's {
        domain.values(self.model).filter_map(move |value| {
            let names = scope.names.with(local, value);
            let turn = Scope { names: &names, ..scope };
            match filter.map_or(Ok(true), |filter| self.is_true(filter, turn)) {
                Ok(true) => {
                    Some(body.map_or(Ok(Value::Bool(true)), |body| self.evaluate(body, turn)))
                }
                Ok(false) => None,
                Err(breach) => Some(Err(breach)),
            }
        })
    }

    /// Where a value stands among all values of a type, from 0; none if it is not one of them.
    pub(super) fn rank(&self, value: &Value, ty: &Type) -> Option<usize> {
        ty.values(self.model).position(|one| one == *value)
    }
}

/// What a quantifier makes of what it judges, all of it. A sum is added up on the way.
fn quantified(
    quantifier: Quantifier,
    mut judged: impl Iterator<Item = Result<Value, Breach>>,
    place: Span,
) -> Result<Value, Breach> {
    if quantifier == Quantifier::Sum {
        let overflow = Breach { rule: Rule::Overflow, place };
        let add =
            |sum: i64, value: Result<Value, _>| sum.checked_add(as_number(value?)).ok_or(overflow);
        return judged.try_fold(0, add).map(Value::Number);
    }
    let judged = judged.collect::<Result<Vec<_>, _>>()?;
    let mut truths = judged.iter().map(|value| *value == Value::Bool(true));
    Ok(match quantifier {
        Quantifier::All => Value::Bool(truths.all(|truth| truth)),
        Quantifier::Some => Value::Bool(truths.any(|truth| truth)),
        Quantifier::No => Value::Bool(!truths.any(|truth| truth)),
        Quantifier::Count => Value::Number(judged.len() as i64),
        Quantifier::Sum => unreachable!("it was added up"),
    })
}

/// An operator that needs both of its sides.
fn binary(operator: Binary, left: Value, right: Value) -> Result<Value, Rule> {
    if let Binary::Equal | Binary::Different = operator {
        return Ok(Value::Bool((left == right) == (operator == Binary::Equal)));
    }
    let (left, right) = (as_number(left), as_number(right));
    let result = match operator {
        Binary::Less => return Ok(Value::Bool(left < right)),
        Binary::AtMost => return Ok(Value::Bool(left <= right)),
        Binary::Greater => return Ok(Value::Bool(left > right)),
        Binary::AtLeast => return Ok(Value::Bool(left >= right)),
        Binary::Add => left.checked_add(right),
        Binary::Subtract => left.checked_sub(right),
        Binary::Multiply => left.checked_mul(right),
        Binary::Divide => divide(left, right)?,
        Binary::Modulo => Some(modulo(left, right)?),
        Binary::Power => power(left, right)?,
        Binary::And | Binary::Or | Binary::Implies | Binary::Equal | Binary::Different => {
            unreachable!("they do not need both sides as numbers")
        }
    };
    result.map(Value::Number).ok_or(Rule::Overflow)
}

/// Rounds down; none if it leaves the 64-bit range.
fn divide(left: i64, right: i64) -> Result<Option<i64>, Rule> {
    if right == 0 {
        return Err(Rule::Division);
    }
    let exact_sign_differs = (left < 0) != (right < 0);
    let quotient = left.checked_div(right);
    let rounds = exact_sign_differs && left.wrapping_rem(right) != 0;
    Ok(quotient.map(|quotient| if rounds { quotient - 1 } else { quotient }))
}

/// Has the divisor's sign.
fn modulo(left: i64, right: i64) -> Result<i64, Rule> {
    if right == 0 {
        return Err(Rule::Division);
    }
    let rest = left.wrapping_rem(right);
    Ok(if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest })
}

/// None if it leaves the 64-bit range.
fn power(base: i64, exponent: i64) -> Result<Option<i64>, Rule> {
    if exponent < 0 {
        return Err(Rule::Division);
    }
    // Beyond some small exponent only powers of -1, 0 and 1 stay in range, and they repeat every two.
    let exponent = if exponent > 64 { 64 + exponent % 2 } else { exponent };
    Ok(base.checked_pow(exponent as u32))
}

fn index_type(array: &Type) -> &Type {
    match array {
        Type::Array { index, .. } => index,
        _ => unreachable!("the checker lets only arrays be indexed"),
    }
}

fn as_truth(value: Value) -> bool {
    match value {
        Value::Bool(truth) => truth,
        other => unreachable!("the checker wants a truth value here, not {other:?}"),
    }
}

/// A value that is a number.
pub(super) fn as_number(value: Value) -> i64 {
    match value {
        Value::Number(number) => number,
        other => unreachable!("the checker wants a number here, not {other:?}"),
    }
}

/// A value that is an instance of a machine.
pub(super) fn as_instance(value: Value) -> (MachineId, u32) {
    match value {
        Value::Instance(machine, index) => (machine, index),
        other => unreachable!("the checker wants an instance here, not {other:?}"),
    }
}

fn as_array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => unreachable!("the checker wants an array here, not {other:?}"),
    }
}

fn as_set(value: Value) -> BTreeSet<Value> {
    match value {
        Value::Set(elements) => elements,
        other => unreachable!("the checker wants a set here, not {other:?}"),
    }
}

/// A value that is a queue.
pub(super) fn as_queue(value: Value) -> Vec<Value> {
    match value {
        Value::Queue(elements) => elements,
        other => unreachable!("the checker wants a queue here, not {other:?}"),
    }
}
