//! Variables that nothing reads: what is written to them is left out.
//!
//! A variable is *needed* if a guard, a filter, a condition or a figure that is asked for reads it, if a
//! statement that may breach writes it, or if what is assigned to a needed variable is computed from it.
//! All others are written for nothing. The statements that do so cannot breach, so without them every
//! action instance is enabled as before, counts the same, and does the same to all that is needed
//! (slicing by what a criterion depends on: Weiser, "Program slicing", 1981; for models, the cone of
//! influence: Clarke, Grumberg & Peled, "Model checking", 1999, section 13.1). States that agree about what
//! is needed are bisimilar, labels, breaches and figures included, and no claim can tell them apart.
//!
//! A loop of what is left closes in the model as well, once what is unread has settled. Where loops are told,
//! it settles soon: after one turn what is assigned from needed values, after as many turns as it has
//! values what is only added to and clamped; nothing else is left out then.
//!
//! An unread variable keeps the value that it starts with, so the starts are the same states. No action
//! goes away, whatever it does: one that is urgent would let time pass where it could not, and to take it
//! is to be counted and to be fair.

use std::collections::BTreeSet;

use super::whereabouts::{Reads, Whereabouts};
use super::{MOST_TURNS, Question, conditions, taken, writes_initial_value};
use crate::compile::layout::Domain;
use crate::compile::lower::cost::{Estimates, is_inside};
use crate::model::{
    Edge, Expression, ExpressionKind, Initial, Interval, LocalId, Model, Place, Statement,
    StatementKind, Type, VariableId,
};

/// The variables that get other values than they start with, and are never read.
pub(super) fn unread(model: &Model, question: &Question) -> BTreeSet<VariableId> {
    let mut needs = Needs {
        model,
        question,
        estimates: Estimates::of(model),
        reads: Reads::none(model),
        written: BTreeSet::new(),
    };
    let anywhere = Whereabouts::default();
    for figure in &question.figures {
        needs.reads.add(&model.figures[*figure].expression, &anywhere);
    }
    for action in taken(model, question) {
        conditions(action).for_each(|condition| needs.reads.add(condition, &anywhere));
    }
    loop {
        let before = needs.reads.variables.len();
        needs.add_statements();
        if needs.reads.asks_for_rest {
            return BTreeSet::new();
        }
        if needs.reads.variables.len() == before {
            return &needs.written - &needs.reads.variables;
        }
    }
}

/// The statements without those that write such variables.
pub(super) fn without(statements: &[Statement], unread: &BTreeSet<VariableId>) -> Vec<Statement> {
    let keep = |statement: &Statement| {
        let kind = match &statement.kind {
            StatementKind::If { branches, otherwise } => StatementKind::If {
                branches: branches
                    .iter()
                    .map(|(condition, body)| (condition.clone(), without(body, unread)))
                    .collect(),
                otherwise: without(otherwise, unread),
            },
            StatementKind::For { local, domain, filter, body } => StatementKind::For {
                local: *local,
                domain: domain.clone(),
                filter: filter.clone(),
                body: without(body, unread),
            },
            kind if place_of(kind).is_some_and(|place| unread.contains(&place.variable)) => {
                return None;
            }
            kind => kind.clone(),
        };
        Some(Statement { kind, ..*statement })
    };
    statements.iter().filter_map(keep).collect()
}

fn place_of(statement: &StatementKind) -> Option<&Place> {
    match statement {
        StatementKind::Assign(place, _)
        | StatementKind::Add(place, _)
        | StatementKind::Subtract(place, _)
        | StatementKind::Push(place, _)
        | StatementKind::PopFirst(place)
        | StatementKind::PopLast(place)
        | StatementKind::RemoveFromQueue(place, _)
        | StatementKind::AddToSet(place, _)
        | StatementKind::RemoveFromSet(place, _) => Some(place),
        _ => None,
    }
}

/// Whose turn it is in the unordered loops around a statement.
#[derive(Clone, Copy)]
enum Turn {
    /// There is no such loop.
    None,
    /// That of a loop's value, in one loop.
    Of(LocalId),
    /// That of `self`, in the blocks `on tick` of a machine.
    OfReceiver,
    /// Several loops, one in the other.
    Nested,
}

/// What is needed, as far as it is known.
struct Needs<'m> {
    model: &'m Model,
    question: &'m Question,
    estimates: Estimates<'m>,
    reads: Reads<'m>,
    written: BTreeSet<VariableId>,
}

impl<'m> Needs<'m> {
    fn add_statements(&mut self) {
        let model = self.model;
        for action in taken(model, self.question) {
            let given = |at: Whereabouts, condition| at.given(condition, true, model);
            if !conditions(action).fold(Whereabouts::default(), given).is_nowhere {
                self.add_block(&action.body, Turn::None);
            }
        }
        for block in &model.on_tick {
            let turn = block.machine.map_or(Turn::None, |_| Turn::OfReceiver);
            self.add_block(&block.body, turn);
        }
    }

    fn add_block(&mut self, statements: &'m [Statement], turn: Turn) {
        statements.iter().for_each(|statement| self.add_statement(&statement.kind, turn));
    }

    fn add_statement(&mut self, statement: &'m StatementKind, turn: Turn) {
        if let Some(place) = place_of(statement) {
            if !writes_initial_value(statement, place, self.model) {
                self.written.insert(place.variable);
            }
            if !self.can_be_left_out(statement, place, turn) {
                self.reads.variables.insert(place.variable);
            }
            if self.reads.variables.contains(&place.variable) {
                place.owner.iter().chain(&place.indices).for_each(|part| self.read(part));
                value_of(statement).into_iter().for_each(|value| self.read(value));
            } else if self.question.is_about_executions {
                value_of(statement).into_iter().for_each(|value| self.read(value));
            }
            return;
        }
        match statement {
            StatementKind::SetControl { instance: value, .. }
            | StatementKind::Count(_, Some(value))
            | StatementKind::Let(_, value) => self.read(value),
            StatementKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.read(condition);
                    self.add_block(body, turn);
                }
                self.add_block(otherwise, turn);
            }
            StatementKind::For { local, domain, filter, body } => {
                filter.iter().for_each(|filter| self.read(filter));
                let turn = match (domain.machine().is_some(), turn) {
                    (false, turn) => turn,
                    (true, Turn::None) => Turn::Of(*local),
                    (true, _) => Turn::Nested,
                };
                self.add_block(body, turn);
            }
            _ => {}
        }
    }

    fn read(&mut self, expression: &Expression) {
        self.reads.add(expression, &Whereabouts::default());
    }

    /// Whether a statement can neither breach by itself nor together with other turns.
    fn can_be_left_out(&self, statement: &StatementKind, place: &Place, turn: Turn) -> bool {
        // States with different starts may be one once they are written to.
        if self.model.variables[place.variable].initial == Initial::Any {
            return false;
        }
        let mut parts = place.owner.iter().chain(value_of(statement));
        if !place.indices.is_empty()
            || parts.any(|part| self.estimates.may_breach(part))
            || !is_own(place.owner.as_ref(), turn)
        {
            return false;
        }
        match statement {
            StatementKind::Assign(_, value) => self.fits(value, &place.ty),
            StatementKind::Add(_, amount) | StatementKind::Subtract(_, amount) => {
                let has_meaning = self.model.variables[place.variable].alive.is_none();
                let fits = is_clamped(&place.ty) && is_small(&place.ty) && is_small(&amount.ty);
                let soon = place.ty.value_count(self.model) <= MOST_TURNS;
                has_meaning && fits && (soon || !self.question.is_about_executions)
            }
            _ => false,
        }
    }

    /// Whether every value of an expression can be assigned to a place of this type.
    fn fits(&self, value: &Expression, ty: &Type) -> bool {
        match ty {
            _ if is_clamped(ty) => true,
            Type::Optional(inner) if is_clamped(inner) => true,
            _ if ty.is_scalar() => is_inside(value, &Domain::of(ty, self.model)),
            _ => false,
        }
    }
}

/// Numbers of which so many can be added up as a step adds without overflowing.
const SMALL: Interval = Interval { low: -(1 << 31), high: 1 << 31, edge: Edge::Breach };

fn is_small(ty: &Type) -> bool {
    matches!(ty, Type::Number(interval) if SMALL.covers(interval))
}

fn is_clamped(ty: &Type) -> bool {
    matches!(ty, Type::Number(interval) if interval.edge == Edge::Clamp)
}

/// Whether no other turn of an unordered loop can write the same variable of the same instance here.
fn is_own(owner: Option<&Expression>, turn: Turn) -> bool {
    match (turn, owner.map(|owner| &owner.kind)) {
        (Turn::None, _) | (Turn::OfReceiver, Some(ExpressionKind::SelfInstance)) => true,
        (Turn::Of(own), Some(ExpressionKind::Local(local))) => own == *local,
        _ => false,
    }
}

fn value_of(statement: &StatementKind) -> Option<&Expression> {
    match statement {
        StatementKind::Assign(_, value)
        | StatementKind::Add(_, value)
        | StatementKind::Subtract(_, value)
        | StatementKind::Push(_, value)
        | StatementKind::RemoveFromQueue(_, value)
        | StatementKind::AddToSet(_, value)
        | StatementKind::RemoveFromSet(_, value) => Some(value),
        _ => None,
    }
}
