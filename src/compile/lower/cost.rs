//! What an expression costs, roughly, and whether it can breach: what decides on unrolling, on sharing
//! derived values, and on where a quantifier may stop early.

use std::cell::OnceCell;

use itertools::Itertools;

use crate::base::Id;
use crate::compile::layout::Domain;
use crate::model::{
    Binary, DefinitionId, Expression, ExpressionKind, Interval, Model, Quantifier, Statement,
    StatementKind, Type, Value,
};

/// How many instructions, about, one loop may be unrolled to. Chosen by taste.
pub const UNROLLED_COST: u64 = 400;

/// What a definition must cost for its value to be kept instead of computed again. Chosen by taste.
pub const DERIVED_COST: u64 = 12;

/// The most receivers and arguments for which a definition's values are kept. Chosen by taste.
pub const DERIVED_COUNT: u64 = 1024;

/// What is known of expressions before they are lowered; what definitions cost is worked out once.
#[derive(Debug)]
pub struct Estimates<'m> {
    model: &'m Model,
    definition_costs: Vec<OnceCell<u64>>,
    definition_breaches: Vec<OnceCell<bool>>,
}

impl<'m> Estimates<'m> {
    /// Nothing is worked out yet.
    pub fn of(model: &'m Model) -> Estimates<'m> {
        let count = model.definitions.len();
        Estimates {
            model,
            definition_costs: vec![OnceCell::new(); count],
            definition_breaches: vec![OnceCell::new(); count],
        }
    }

    /// What a definition's value costs.
    pub fn definition_cost(&self, id: DefinitionId) -> u64 {
        let value = &self.model.definitions[id].value;
        *self.definition_costs[id.index()].get_or_init(|| self.cost(value))
    }

    fn definition_may_breach(&self, id: DefinitionId) -> bool {
        let value = &self.model.definitions[id].value;
        *self.definition_breaches[id.index()].get_or_init(|| self.may_breach(value))
    }

    /// About how many instructions an expression takes, with quantifiers taken turn by turn.
    pub fn cost(&self, expression: &Expression) -> u64 {
        let of_parts = || {
            let costs = expression.children().into_iter().map(|part| self.cost(part));
            costs.fold(0, u64::saturating_add)
        };
        match &expression.kind {
            ExpressionKind::Constant(_)
            | ExpressionKind::Local(_)
            | ExpressionKind::SelfInstance => 0,
            ExpressionKind::Call { definition, .. } => {
                let body = self.definition_cost(*definition);
                // A value that is kept costs a look at whether it is known.
                of_parts().saturating_add(if body >= DERIVED_COST { 3 } else { body })
            }
            ExpressionKind::Quantifier { domain, .. } => self.turns(domain, 1 + of_parts()),
            _ => of_parts().saturating_add(1),
        }
    }

    /// What so many turns as a domain has values cost.
    pub fn turns(&self, domain: &Type, turn: u64) -> u64 {
        Domain::of(domain, self.model).size().saturating_mul(turn).saturating_add(1)
    }

    /// About how many instructions statements take.
    pub fn statements_cost(&self, statements: &[Statement]) -> u64 {
        let costs = statements.iter().map(|statement| 2 + self.statement_cost(&statement.kind));
        costs.fold(0, u64::saturating_add)
    }

    fn statement_cost(&self, statement: &StatementKind) -> u64 {
        match statement {
            StatementKind::Assign(place, value)
            | StatementKind::Add(place, value)
            | StatementKind::Subtract(place, value)
            | StatementKind::Push(place, value)
            | StatementKind::RemoveFromQueue(place, value)
            | StatementKind::AddToSet(place, value)
            | StatementKind::RemoveFromSet(place, value) => {
                let indices = place.indices.iter().map(|index| self.cost(index));
                indices.fold(self.cost(value), u64::saturating_add)
            }
            StatementKind::SetControl { instance: value, .. }
            | StatementKind::Count(_, Some(value))
            | StatementKind::Let(_, value) => self.cost(value),
            StatementKind::PopFirst(_)
            | StatementKind::PopLast(_)
            | StatementKind::Count(_, None) => 1,
            StatementKind::If { branches, otherwise } => {
                let costs = branches.iter().map(|(condition, body)| {
                    self.cost(condition).saturating_add(self.statements_cost(body))
                });
                costs.fold(self.statements_cost(otherwise), u64::saturating_add)
            }
            StatementKind::For { domain, filter, body, .. } => {
                let filter = filter.as_ref().map_or(0, |filter| self.cost(filter));
                let turn = self.statements_cost(body).saturating_add(filter + 2);
                self.turns(domain, turn)
            }
        }
    }

    /// Whether an expression might breach, as far as types tell; `false` is certain.
    pub fn may_breach(&self, expression: &Expression) -> bool {
        let itself = match &expression.kind {
            ExpressionKind::Demand(one) => matches!(one.ty, Type::Optional(_)),
            ExpressionKind::InstanceAt(..) | ExpressionKind::First(_) | ExpressionKind::Last(_) => {
                true
            }
            ExpressionKind::Variable { variable, .. } => {
                self.model.variables[*variable].alive.is_some()
            }
            ExpressionKind::Element { array, index } => match &array.ty {
                Type::Array { index: domain, .. } => {
                    !is_inside(index, &Domain::of(domain, self.model))
                }
                _ => true,
            },
            ExpressionKind::Call { definition, .. } => self.definition_may_breach(*definition),
            ExpressionKind::Negate(one) => interval(one).is_none_or(|one| one.low == i64::MIN),
            ExpressionKind::Binary(operator, left, right) => !is_total(*operator, left, right),
            ExpressionKind::Quantifier { quantifier: Quantifier::Sum, domain, body, .. } => {
                let turns = Domain::of(domain, self.model).size();
                !body.as_ref().is_some_and(|body| sum_fits(body, turns))
            }
            _ => false,
        };
        itself || expression.children().into_iter().any(|part| self.may_breach(part))
    }
}

/// Whether a sum of so many turns stays within 64 bits all the way.
pub fn sum_fits(body: &Expression, turns: u64) -> bool {
    let Some(interval) = interval(body) else { return false };
    let reach = interval.low.unsigned_abs().max(interval.high.unsigned_abs());
    reach.checked_mul(turns).is_some_and(|sum| sum < i64::MAX as u64)
}

/// Whether an operator has a result for all values of its operands.
pub fn is_total(operator: Binary, left: &Expression, right: &Expression) -> bool {
    let (Some(left), Some(right)) = (interval(left), interval(right)) else {
        return !matches!(
            operator,
            Binary::Add
                | Binary::Subtract
                | Binary::Multiply
                | Binary::Divide
                | Binary::Modulo
                | Binary::Power
        );
    };
    let ends = |combine: fn(i128, i128) -> i128| {
        let pairs = [left.low, left.high].into_iter().cartesian_product([right.low, right.high]);
        let mut results = pairs.map(|(a, b)| combine(i128::from(a), i128::from(b)));
        results.all(|result| i64::try_from(result).is_ok())
    };
    match operator {
        Binary::Add => ends(|a, b| a + b),
        Binary::Subtract => ends(|a, b| a - b),
        Binary::Multiply => ends(|a, b| a * b),
        Binary::Divide | Binary::Modulo => right.low > 0,
        Binary::Power => false,
        _ => true,
    }
}

/// The numbers that a numeric expression can have.
pub fn interval(expression: &Expression) -> Option<Interval> {
    match (&expression.kind, &expression.ty) {
        (ExpressionKind::Constant(Value::Number(number)), _) => {
            Some(Interval::new(*number, *number))
        }
        (_, Type::Number(interval)) => Some(*interval),
        _ => None,
    }
}

/// Whether an expression's values are all in a domain, as far as types tell.
pub fn is_inside(expression: &Expression, domain: &Domain) -> bool {
    let (inner, optional) = match &expression.ty {
        Type::Optional(inner) => (&**inner, true),
        ty => (ty, false),
    };
    let known = interval(expression).or(match inner {
        Type::Number(interval) => Some(*interval),
        _ => None,
    });
    let number_fits = match (known, domain.interval()) {
        (Some(known), Some(wanted)) => wanted.covers(&known),
        _ => true,
    };
    number_fits && (domain.optional || !optional)
}
