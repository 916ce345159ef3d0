//! Claims decided on a model without what nothing reads.
//!
//! What is found there is found in the model: the same start, the same actions. Only a loop may close
//! there while what is unread still changes; it goes round until the model is back where it was.

use super::{Operators, Prepared, question};
use crate::compile::{Compiled, Symmetry, compile, lean};
use crate::model::{Interpreter, Model, PropertyId, Values, VariableId};
use crate::system::ActionId;
use crate::trace::Trace;

/// A model without what nothing reads, compiled.
pub(super) struct Lean {
    /// The model itself.
    pub(super) model: Model,
    pub(super) compiled: Compiled,
    /// The variables of which some values are left out.
    pub(super) variables: Vec<VariableId>,
    pub(super) symmetry: Option<Symmetry>,
}

impl Lean {
    /// What these properties need of a model; none if that is all of it, or nobody wants it.
    pub(super) fn of(
        prepared: &Prepared,
        properties: &[PropertyId],
        operators: Operators,
    ) -> Option<Lean> {
        if !prepared.is_lean {
            return None;
        }
        let model = &prepared.model;
        let lean = lean(model, &question(model, properties, operators))?;
        let compiled = compile(&lean.model).evaluated(prepared.compiled.evaluator());
        let symmetry = prepared.symmetry.as_ref();
        let symmetry = symmetry.and_then(|_| Symmetry::of(&lean.model, &compiled));
        Some(Lean { model: lean.model, compiled, variables: lean.variables, symmetry })
    }
}

/// The same trace, its loop gone round until it closes.
///
/// Every turn takes the same actions from wherever the one before ended, so there is a turn that ends where
/// one before it did.
pub(super) fn closing(meaning: &Interpreter<'_>, start: Values, trace: &Trace) -> Trace {
    let Some(first) = trace.repeats_from else { return trace.clone() };
    let (way, turn) = trace.actions.split_at(first as usize);
    let walk = |from: Values, actions: &[ActionId]| {
        let step = |state: Values, &action| meaning.step(action, &state)?.next.ok();
        actions.iter().try_fold(from, step)
    };
    let mut actions = way.to_vec();
    let mut heads: Vec<Values> = Vec::new();
    let mut head = walk(start, way);
    // A way that does not exist is told by whoever replays it.
    while let Some(state) = head {
        if let Some(before) = heads.iter().position(|one| *one == state) {
            let repeats_from = (first as usize + before * turn.len()) as u32;
            return Trace { actions, repeats_from: Some(repeats_from), ..trace.clone() };
        }
        actions.extend(turn);
        head = walk(state.clone(), turn);
        heads.push(state);
    }
    trace.clone()
}
