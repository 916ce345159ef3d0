//! What is not wrong but probably not meant: unused names, states that nothing leads to, a `calm`
//! that the system itself can end.

use std::collections::BTreeSet;

use super::Checker;
use super::declaration::variables_read;
use crate::base::Id;
use crate::model::action::{ActionKind, Statement, StatementKind};
use crate::model::expression::{Expression, ExpressionKind};
use crate::model::names::{Space, Symbol};
use crate::model::{Claim, DefinitionId, MachineId, VariableId, errors};

/// Something that an action writes and `calm` may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Variable(VariableId),
    Control(MachineId),
}

impl Checker<'_> {
    /// All warnings about a model without errors.
    pub(super) fn warn(&mut self) {
        self.warn_unused();
        self.warn_unreachable_states();
        self.warn_calm_reads_own();
    }

    fn warn_unused(&mut self) {
        let global = self.global.clone();
        self.warn_unused_in(&global);
        for members in self.members.clone().iter() {
            self.warn_unused_in(members);
        }
        let meters = self.meters.clone();
        for (name, (id, is_counted)) in &meters {
            if !is_counted {
                let span = self.model.meters[*id].span;
                self.report(errors::unused("meter", name, span));
            }
        }
    }

    fn warn_unused_in(&mut self, space: &Space) {
        for (name, entry) in space.iter() {
            let what = match entry.symbol {
                Symbol::Variable(id) if entry.is_used && !self.is_read[id.index()] => {
                    self.report(errors::never_read(name, entry.span));
                    continue;
                }
                _ if entry.is_used => continue,
                Symbol::Parameter(_) => "parameter",
                Symbol::Mitigation(id) => {
                    let changes_something =
                        !self.declared.mitigations[id.index()].changes.is_empty();
                    if changes_something {
                        continue;
                    }
                    "mitigation"
                }
                Symbol::Type(_) => "type",
                Symbol::Enum(_) => "enum",
                Symbol::Variable(_) => "variable",
                Symbol::Definition(_) => "definition",
                // A machine acts by itself, and so does an action.
                Symbol::Machine(_) | Symbol::Action => continue,
            };
            self.report(errors::unused(what, name, entry.span));
        }
    }

    fn warn_unreachable_states(&mut self) {
        let mut reached: BTreeSet<(MachineId, u32)> = BTreeSet::new();
        for action in self.model.actions.iter() {
            if let (Some(machine), Some(to)) = (action.machine, action.to) {
                reached.insert((machine, to));
            }
            each_statement(&action.body, &mut |statement| reached.extend(control_set(statement)));
        }
        for block in &self.model.on_tick {
            each_statement(&block.body, &mut |statement| reached.extend(control_set(statement)));
        }
        for index in 0..self.declared.states.len() {
            let Some((_, states)) = self.declared.states[index] else { continue };
            let machine = MachineId::from_index(index);
            let name = self.model.machines[machine].name.clone();
            for (position, state) in states.iter().enumerate().skip(1) {
                if !reached.contains(&(machine, position as u32)) {
                    self.report(errors::unreachable_state(&name, &state.text, state.span));
                }
            }
        }
    }

    /// What `calm` reads must not be what only the system's own steps write.
    fn warn_calm_reads_own(&mut self) {
        let (Some(figure), Some((span, _))) = (self.model.calm, self.declared.calm) else { return };
        let read = self.parts_read(&self.model.figures[figure].expression);
        let written = |kinds: &[ActionKind]| {
            let actions = self.model.actions.iter().filter(|action| kinds.contains(&action.kind));
            actions
                .flat_map(|action| {
                    let mut parts = parts_written(&action.body);
                    parts.extend(action.machine.filter(|_| action.to.is_some()).map(Part::Control));
                    parts.into_iter().map(|part| (part, (action.name.clone(), action.span)))
                })
                .collect::<Vec<_>>()
        };
        // Operators are a trigger only for claims that see them.
        let about_calm = |claim: &Claim| match claim {
            Claim::Recovers(_) => true,
            Claim::Finite(_, when) | Claim::Total { when, .. } | Claim::Rate { when, .. } => {
                *when == figure
            }
            _ => false,
        };
        let mut properties = self.model.properties.iter();
        let by_faults = match properties.any(|one| one.with_operators && about_calm(&one.claim)) {
            true => written(&[ActionKind::Fault, ActionKind::Operator]),
            false => written(&[ActionKind::Fault]),
        };
        let own = written(&[ActionKind::Urgent, ActionKind::Eventually, ActionKind::May]);
        for part in read {
            if by_faults.iter().any(|(one, _)| *one == part) {
                continue;
            }
            if let Some((_, (name, place))) = own.iter().find(|(one, _)| *one == part) {
                let what = match part {
                    Part::Variable(id) => format!("`{}`", self.model.variables[id].name),
                    Part::Control(id) => format!("the state of `{}`", self.model.machines[id].name),
                };
                let warning = errors::calm_reads_own(&what, span, (name, *place));
                self.report(warning);
            }
        }
    }

    /// What an expression reads, through all definitions.
    fn parts_read(&self, expression: &Expression) -> BTreeSet<Part> {
        let mut parts = BTreeSet::new();
        let mut called: BTreeSet<DefinitionId> = BTreeSet::new();
        let mut pending = vec![expression];
        while let Some(one) = pending.pop() {
            parts.extend(variables_read(one).into_iter().map(|(id, _)| Part::Variable(id)));
            let mut inside = vec![one];
            while let Some(inner) = inside.pop() {
                match &inner.kind {
                    ExpressionKind::Is(subject, _) => {
                        parts.extend(subject.ty.machine().map(Part::Control));
                    }
                    ExpressionKind::Call { definition, .. } if called.insert(*definition) => {
                        pending.push(&self.model.definitions[*definition].value);
                    }
                    _ => {}
                }
                inside.extend(inner.children());
            }
        }
        parts
    }
}

/// Calls `visit` for every statement, those inside others included.
fn each_statement<'s>(statements: &'s [Statement], visit: &mut dyn FnMut(&'s Statement)) {
    for statement in statements {
        visit(statement);
        match &statement.kind {
            StatementKind::If { branches, otherwise } => {
                for (_, branch) in branches {
                    each_statement(branch, visit);
                }
                each_statement(otherwise, visit);
            }
            StatementKind::For { body, .. } => each_statement(body, visit),
            _ => {}
        }
    }
}

fn control_set(statement: &Statement) -> Option<(MachineId, u32)> {
    match &statement.kind {
        StatementKind::SetControl { instance, control } => Some((instance.ty.machine()?, *control)),
        _ => None,
    }
}

fn parts_written(statements: &[Statement]) -> BTreeSet<Part> {
    let mut parts = BTreeSet::new();
    each_statement(statements, &mut |statement| match &statement.kind {
        StatementKind::Assign(place, _)
        | StatementKind::Add(place, _)
        | StatementKind::Subtract(place, _)
        | StatementKind::Push(place, _)
        | StatementKind::PopFirst(place)
        | StatementKind::PopLast(place)
        | StatementKind::RemoveFromQueue(place, _)
        | StatementKind::AddToSet(place, _)
        | StatementKind::RemoveFromSet(place, _) => {
            parts.insert(Part::Variable(place.variable));
        }
        StatementKind::SetControl { .. } => {
            parts.extend(control_set(statement).map(|(machine, _)| Part::Control(machine)));
        }
        _ => {}
    });
    parts
}
