//! A smaller model that no claim of a run can tell from the model itself.
//!
//! [`lean`] leaves out what is written and never read ([`unread`]), and gives values that nothing reads
//! again no meaning ([`dead`]). The result has the same cells, action instances and figures, and its states
//! are states of the model but for the values of such variables: a trace of the one, start and actions, is
//! a trace of the other. Only its loops can close sooner. [`confluent`] finds steps of which one order is as
//! good as any, where claims are about single states.

mod confluent;
mod dead;
mod footprint;
mod unread;
mod whereabouts;

#[cfg(test)]
mod tests;

pub use confluent::confluent;

use crate::model::{
    Action, ActionKind, Expression, ExpressionKind, FigureId, Initial, Model, OnTick, Place,
    StatementKind, Value, VariableId,
};

/// What a run asks of a model.
#[derive(Clone, Debug)]
pub struct Question {
    /// The figures that it reads.
    pub figures: Vec<FigureId>,
    /// Whether operators act.
    pub has_operators: bool,
    /// Whether it is about executions, so that loops are told.
    pub is_about_executions: bool,
}

/// How many values may be gone through until a loop closes that is to be told. By taste.
const MOST_TURNS: u64 = 16;

/// A model without what nothing reads.
#[derive(Clone, Debug)]
pub struct Lean {
    /// The model; where a variable has no meaning in it that it has in the text, it is not read.
    pub model: Model,
    /// The variables of which some values are left out, in the order of the text.
    pub variables: Vec<VariableId>,
}

/// The model without what nothing reads; none if all of it is read.
pub fn lean(model: &Model, question: &Question) -> Option<Lean> {
    let mut lean = model.clone();
    let unread = unread::unread(model, question);
    if !unread.is_empty() {
        let actions = model.actions.iter().map(|action| Action {
            body: unread::without(&action.body, &unread),
            ..action.clone()
        });
        lean.actions = actions.collect();
        let blocks = model.on_tick.iter();
        let blocks = blocks
            .map(|block| OnTick { body: unread::without(&block.body, &unread), ..block.clone() });
        lean.on_tick = blocks.collect();
    }
    let mut variables = unread;
    for (variable, live) in dead::live_states(&lean, question) {
        lean.variables[variable].alive = Some(live);
        variables.insert(variable);
    }
    let variables: Vec<VariableId> = variables.into_iter().collect();
    (!variables.is_empty()).then_some(Lean { model: lean, variables })
}

/// The actions that can be taken. The others are never asked whether they can, or nobody looks.
fn taken<'m>(model: &'m Model, question: &Question) -> impl Iterator<Item = &'m Action> + use<'m> {
    let question = question.clone();
    model.actions.iter().filter(move |action| can_be_taken(action, &question))
}

fn can_be_taken(action: &Action, question: &Question) -> bool {
    let acts = question.has_operators || action.kind != ActionKind::Operator;
    acts && action.budget.is_none_or(|budget| budget.limit > 0)
}

/// What must be true for an action to be taken, in the order in which it is asked.
fn conditions(action: &Action) -> impl Iterator<Item = &Expression> {
    let filters = action.parameters.iter().filter_map(|parameter| parameter.filter.as_ref());
    filters.chain(&action.guard)
}

/// The value that a variable of every instance starts with, if that is one and known.
fn initial_value(variable: VariableId, model: &Model) -> Option<&Value> {
    match &model.variables[variable].initial {
        Initial::Value(Expression { kind: ExpressionKind::Constant(value), .. }) => Some(value),
        _ => None,
    }
}

/// Whether a statement assigns a variable what it starts with.
fn writes_initial_value(statement: &StatementKind, place: &Place, model: &Model) -> bool {
    let StatementKind::Assign(_, Expression { kind: ExpressionKind::Constant(value), .. }) =
        statement
    else {
        return false;
    };
    place.indices.is_empty() && initial_value(place.variable, model) == Some(value)
}
