//! Whether the turns of an unordered loop may simply run one after the other.
//!
//! They may where each turn changes its own instance alone, and no turn looks at what another one
//! changes: then each sees what it would see if all of them began with the state before the loop, and
//! no two can disagree. What a turn adds to a number is left to the general way, which adds up first
//! and asks whether the sum fits afterwards.

use std::collections::BTreeSet;

use crate::model::{
    DefinitionId, Expression, ExpressionKind, LocalId, MachineId, Model, Place, Statement,
    StatementKind, Type, VariableId,
};

/// How a turn names its own instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Own {
    /// By the value of the loop.
    Local(LocalId),
    /// By `self`.
    Receiver,
    /// Not at all: the definition was called of somebody else.
    Nobody,
}

/// What one kind of turn does.
pub(super) struct Turn<'m> {
    pub(super) own: Own,
    pub(super) filter: Option<&'m Expression>,
    pub(super) body: &'m [Statement],
}

/// Whether turns of these kinds, for any number of instances each, do not depend on each other.
pub(super) fn are_independent(turns: &[Turn<'_>], model: &Model) -> bool {
    let mut written = Written::default();
    let writes_own = |turn: &Turn<'_>| written.take(turn.body, turn.own);
    if !turns.iter().map(writes_own).fold(true, |all, one| all & one) {
        return false;
    }
    let mut reading = Reading { model, written, known: BTreeSet::new() };
    turns.iter().all(|turn| {
        turn.filter.is_none_or(|filter| reading.keeps_to_itself(filter, turn.own))
            && reading.all_keep_to_themselves(turn.body, turn.own)
    })
}

/// What the turns change.
#[derive(Default)]
struct Written {
    variables: BTreeSet<VariableId>,
    /// The machines whose control state is set.
    controls: BTreeSet<MachineId>,
}

impl Written {
    /// Adds what statements change; false if it is not their own instance's, or added to.
    fn take(&mut self, body: &[Statement], own: Own) -> bool {
        body.iter().all(|statement| match &statement.kind {
            StatementKind::Assign(place, _)
            | StatementKind::Push(place, _)
            | StatementKind::PopFirst(place)
            | StatementKind::PopLast(place)
            | StatementKind::RemoveFromQueue(place, _)
            | StatementKind::AddToSet(place, _)
            | StatementKind::RemoveFromSet(place, _) => {
                self.variables.insert(place.variable);
                place.owner.as_ref().is_some_and(|owner| is_own(owner, own))
            }
            StatementKind::SetControl { instance, .. } => {
                if let Type::Instance(machine) = instance.ty {
                    self.controls.insert(machine);
                }
                is_own(instance, own)
            }
            StatementKind::Count(..) | StatementKind::Let(..) => true,
            StatementKind::If { branches, otherwise } => {
                branches.iter().all(|(_, body)| self.take(body, own)) && self.take(otherwise, own)
            }
            StatementKind::Add(..) | StatementKind::Subtract(..) | StatementKind::For { .. } => {
                false
            }
        })
    }
}

fn is_own(expression: &Expression, own: Own) -> bool {
    match (&expression.kind, own) {
        (ExpressionKind::Local(local), Own::Local(own)) => *local == own,
        (ExpressionKind::SelfInstance, Own::Receiver) => true,
        _ => false,
    }
}

/// Looks for what reads the changes of another turn.
struct Reading<'m> {
    model: &'m Model,
    written: Written,
    /// The definitions that were found to keep to themselves.
    known: BTreeSet<(DefinitionId, Own)>,
}

impl Reading<'_> {
    fn all_keep_to_themselves(&mut self, body: &[Statement], own: Own) -> bool {
        body.iter().all(|statement| match &statement.kind {
            StatementKind::Assign(place, value)
            | StatementKind::Add(place, value)
            | StatementKind::Subtract(place, value)
            | StatementKind::Push(place, value)
            | StatementKind::RemoveFromQueue(place, value)
            | StatementKind::AddToSet(place, value)
            | StatementKind::RemoveFromSet(place, value) => {
                self.place_keeps(place, own) && self.keeps_to_itself(value, own)
            }
            StatementKind::PopFirst(place) | StatementKind::PopLast(place) => {
                self.place_keeps(place, own)
            }
            StatementKind::SetControl { instance: value, .. }
            | StatementKind::Count(_, Some(value))
            | StatementKind::Let(_, value) => self.keeps_to_itself(value, own),
            StatementKind::Count(_, None) => true,
            StatementKind::If { branches, otherwise } => {
                let mut branches = branches.iter();
                branches.all(|(condition, body)| {
                    self.keeps_to_itself(condition, own) && self.all_keep_to_themselves(body, own)
                }) && self.all_keep_to_themselves(otherwise, own)
            }
            StatementKind::For { .. } => false,
        })
    }

    /// The owner is the turn's own instance; only the indices read anything.
    fn place_keeps(&mut self, place: &Place, own: Own) -> bool {
        place.indices.iter().all(|index| self.keeps_to_itself(index, own))
    }

    fn keeps_to_itself(&mut self, expression: &Expression, own: Own) -> bool {
        let itself = match &expression.kind {
            ExpressionKind::Variable { variable, owner } => {
                let is_own = owner.as_ref().is_some_and(|owner| is_own(owner, own));
                is_own || !self.is_written(*variable)
            }
            ExpressionKind::Is(instance, _) => {
                is_own(instance, own) || !self.is_control_written(&instance.ty)
            }
            ExpressionKind::Call { definition, owner, .. } => {
                let is_own = owner.as_ref().is_some_and(|owner| is_own(owner, own));
                self.definition_keeps(*definition, if is_own { Own::Receiver } else { Own::Nobody })
            }
            _ => true,
        };
        itself && expression.children().into_iter().all(|part| self.keeps_to_itself(part, own))
    }

    fn definition_keeps(&mut self, definition: DefinitionId, own: Own) -> bool {
        if self.known.contains(&(definition, own)) {
            return true;
        }
        let model = self.model;
        let keeps = self.keeps_to_itself(&model.definitions[definition].value, own);
        if keeps {
            self.known.insert((definition, own));
        }
        keeps
    }

    /// Whether a turn changes a variable, or whether it has a meaning.
    fn is_written(&self, variable: VariableId) -> bool {
        let declared = &self.model.variables[variable];
        let is_alive_written = declared.alive.is_some()
            && declared.machine.is_some_and(|machine| self.written.controls.contains(&machine));
        self.written.variables.contains(&variable) || is_alive_written
    }

    fn is_control_written(&self, ty: &Type) -> bool {
        match ty {
            Type::Instance(machine) => self.written.controls.contains(machine),
            Type::Optional(inner) => self.is_control_written(inner),
            _ => !self.written.controls.is_empty(),
        }
    }
}
