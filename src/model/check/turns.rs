//! What turns of unordered loops accumulate: numbers that may leave their ranges until the loop ends.
//!
//! A turn sees the number before the loop plus all that it has added itself, which nobody judges before
//! the loop is over. So wherever a turn might read such a variable, nothing is known of its value.

use std::collections::BTreeSet;

use crate::model::Type;
use crate::model::types::Interval;
use crate::syntax::ast::{AssignOperator, Block, Expression, ExpressionKind, StatementKind};

/// Adds the names of the variables that some `+=` or `-=` changes, in a loop or in all of the block.
///
/// Names are enough: what is taken for accumulated and is not only costs a check.
pub(super) fn collect_accumulated(block: &Block, in_turn: bool, names: &mut BTreeSet<String>) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::Assign { place, operator, .. }
                if in_turn && *operator != AssignOperator::Set =>
            {
                names.extend(variable_name(place).map(str::to_owned));
            }
            StatementKind::If { branches, otherwise } => {
                let blocks = branches.iter().map(|(_, block)| block).chain(otherwise);
                blocks.for_each(|block| collect_accumulated(block, in_turn, names));
            }
            StatementKind::For { body, .. } => collect_accumulated(body, true, names),
            _ => {}
        }
    }
}

fn variable_name(place: &Expression) -> Option<&str> {
    match &place.kind {
        ExpressionKind::Name(name) => Some(name),
        ExpressionKind::Field { field, .. } => Some(&field.text),
        ExpressionKind::Element { base, .. } => variable_name(base),
        _ => None,
    }
}

/// The type, if nothing is known of the numbers in it.
pub(super) fn unconfined(ty: Type) -> Type {
    match ty {
        Type::Number(_) => Type::Number(Interval::ALL),
        Type::Array { index, element } => {
            Type::Array { index, element: Box::new(unconfined(*element)) }
        }
        other => other,
    }
}
