//! Which cells of the state an action instance may read and may write.
//!
//! Both are wider than what it does: a part of an array is all of it, an instance that is found by way of
//! the state is every instance, and all branches are taken. To set a control state is to write whatever
//! has no meaning behind it; to read or write what has a meaning in some control states only is to read
//! the control state.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    ActionInstance, CellId, DefinitionId, Expression, ExpressionKind, LocalId, MachineId, Model,
    Place, Statement, StatementKind, Value, VariableId,
};

/// With how many names a definition is looked at, each by itself. By taste.
const MOST_CALLS: usize = 16;

/// What an action instance may read and write.
#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    pub(super) reads: BTreeSet<CellId>,
    pub(super) writes: BTreeSet<CellId>,
}

impl Footprint {
    /// That of an action instance.
    pub(super) fn of(model: &Model, instance: &ActionInstance) -> Footprint {
        let mut tracks = Tracks::none(model);
        tracks.act(instance);
        tracks.footprint()
    }
}

/// What names stand for, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Names {
    receiver: Option<Value>,
    locals: BTreeMap<LocalId, Value>,
}

/// Follows what is evaluated and executed.
pub(super) struct Tracks<'m> {
    model: &'m Model,
    print: Footprint,
    /// Whether all is read.
    pub(super) asks_for_rest: bool,
    seen: BTreeMap<DefinitionId, BTreeSet<Names>>,
}

impl<'m> Tracks<'m> {
    /// Nothing is read or written yet.
    pub(super) fn none(model: &'m Model) -> Tracks<'m> {
        let print = Footprint::default();
        Tracks { model, print, asks_for_rest: false, seen: BTreeMap::new() }
    }

    /// What was read and written.
    pub(super) fn footprint(self) -> Footprint {
        self.print
    }

    /// Reads all that an expression outside actions may.
    pub(super) fn read(&mut self, expression: &Expression) {
        self.evaluate(expression, &Names::default());
    }

    fn act(&mut self, instance: &ActionInstance) {
        let action = &self.model.actions[instance.action];
        let receiver = action.machine.map(|machine| Value::Instance(machine, instance.index));
        let mut names = Names { receiver, ..Names::default() };
        for (parameter, argument) in action.parameters.iter().zip(&instance.arguments) {
            names.locals.insert(parameter.local, argument.clone());
        }
        if let Some(machine) = action.machine {
            if action.from.is_some() {
                self.read_control(machine, &[instance.index]);
            }
            if action.to.is_some() {
                self.write_control(machine, &[instance.index]);
            }
        }
        if let Some(cell) = self.model.cells.budget(instance.action, instance.index) {
            self.print.reads.insert(cell);
            self.print.writes.insert(cell);
        }
        super::conditions(action).for_each(|condition| self.evaluate(condition, &names));
        self.execute(&action.body, &mut names);
    }

    fn execute(&mut self, statements: &[Statement], names: &mut Names) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Assign(place, value) => {
                    self.evaluate(value, names);
                    self.write(place, names);
                }
                StatementKind::Add(place, value)
                | StatementKind::Subtract(place, value)
                | StatementKind::Push(place, value)
                | StatementKind::RemoveFromQueue(place, value)
                | StatementKind::AddToSet(place, value)
                | StatementKind::RemoveFromSet(place, value) => {
                    self.evaluate(value, names);
                    self.write(place, names);
                    self.read_variable(place.variable, place.owner.as_ref(), names);
                }
                StatementKind::PopFirst(place) | StatementKind::PopLast(place) => {
                    self.write(place, names);
                    self.read_variable(place.variable, place.owner.as_ref(), names);
                }
                StatementKind::SetControl { instance, .. } => {
                    self.evaluate(instance, names);
                    if let Some((machine, indices)) = self.instances(instance, names) {
                        self.write_control(machine, &indices);
                    }
                }
                StatementKind::Count(_, value) => {
                    value.iter().for_each(|value| self.evaluate(value, names));
                }
                StatementKind::Let(local, value) => {
                    self.evaluate(value, names);
                    match known(value, names) {
                        Some(value) => names.locals.insert(*local, value),
                        None => names.locals.remove(local),
                    };
                }
                StatementKind::If { branches, otherwise } => {
                    for (condition, body) in branches {
                        self.evaluate(condition, names);
                        self.execute(body, &mut names.clone());
                    }
                    self.execute(otherwise, &mut names.clone());
                }
                StatementKind::For { local, filter, body, .. } => {
                    let mut inside = names.clone();
                    inside.locals.remove(local);
                    filter.iter().for_each(|filter| self.evaluate(filter, &inside));
                    self.execute(body, &mut inside);
                }
            }
        }
    }

    fn evaluate(&mut self, expression: &Expression, names: &Names) {
        match &expression.kind {
            ExpressionKind::Variable { variable, owner } => {
                owner.iter().for_each(|owner| self.evaluate(owner, names));
                self.read_variable(*variable, owner.as_deref(), names);
            }
            ExpressionKind::Is(one, _) => {
                self.evaluate(one, names);
                if let Some((machine, indices)) = self.instances(one, names) {
                    self.read_control(machine, &indices);
                }
            }
            ExpressionKind::Call { definition, owner, arguments } => {
                owner.iter().for_each(|owner| self.evaluate(owner, names));
                arguments.iter().for_each(|argument| self.evaluate(argument, names));
                let locals = (0..).map(LocalId).zip(arguments);
                let locals = locals.filter_map(|(at, one)| Some((at, known(one, names)?)));
                let inside = Names {
                    receiver: owner.as_ref().and_then(|owner| known(owner, names)),
                    locals: locals.collect(),
                };
                self.call(*definition, inside);
            }
            ExpressionKind::Quantifier { local, filter, body, .. } => {
                let mut inside = names.clone();
                inside.locals.remove(local);
                filter.iter().chain(body).for_each(|part| self.evaluate(part, &inside));
            }
            ExpressionKind::Resting => self.asks_for_rest = true,
            _ => expression.children().into_iter().for_each(|part| self.evaluate(part, names)),
        }
    }

    /// What a definition reads; if it is called with very many names, whatever they stand for.
    fn call(&mut self, definition: DefinitionId, inside: Names) {
        let seen = self.seen.entry(definition).or_default();
        let inside = if seen.len() < MOST_CALLS { inside } else { Names::default() };
        if seen.insert(inside.clone()) {
            self.evaluate(&self.model.definitions[definition].value, &inside);
        }
    }

    fn write(&mut self, place: &Place, names: &Names) {
        place.owner.iter().chain(&place.indices).for_each(|part| self.evaluate(part, names));
        let cells = self.cells(place.variable, place.owner.as_ref(), names);
        self.print.writes.extend(cells);
        self.read_meaning(place.variable, place.owner.as_ref(), names);
    }

    fn read_variable(&mut self, variable: VariableId, owner: Option<&Expression>, names: &Names) {
        let cells = self.cells(variable, owner, names);
        self.print.reads.extend(cells);
        self.read_meaning(variable, owner, names);
    }

    /// Whether a variable has a meaning depends on a control state.
    fn read_meaning(&mut self, variable: VariableId, owner: Option<&Expression>, names: &Names) {
        if let (Some(_), Some(owner)) = (&self.model.variables[variable].alive, owner)
            && let Some((machine, indices)) = self.instances(owner, names)
        {
            self.read_control(machine, &indices);
        }
    }

    fn read_control(&mut self, machine: MachineId, indices: &[u32]) {
        let cells = indices.iter().filter_map(|&index| self.model.cells.control(machine, index));
        self.print.reads.extend(cells);
    }

    /// What has no meaning in the new control state is reset.
    fn write_control(&mut self, machine: MachineId, indices: &[u32]) {
        let variables = self.model.variables.iter_with_ids();
        let own = variables.filter(|(_, it)| it.machine == Some(machine) && it.alive.is_some());
        let own: Vec<VariableId> = own.map(|(id, _)| id).collect();
        for &index in indices {
            self.print.writes.extend(self.model.cells.control(machine, index));
            let cells = own.iter().map(|&variable| self.model.cells.variable(variable, index));
            self.print.writes.extend(cells);
        }
    }

    fn cells(
        &self,
        variable: VariableId,
        owner: Option<&Expression>,
        names: &Names,
    ) -> Vec<CellId> {
        let owners = owner.and_then(|owner| self.instances(owner, names));
        let indices = owners.map_or(vec![0], |(_, indices)| indices);
        indices.into_iter().map(|index| self.model.cells.variable(variable, index)).collect()
    }

    /// The instances that an expression may stand for; none if it is no instance.
    fn instances(&self, expression: &Expression, names: &Names) -> Option<(MachineId, Vec<u32>)> {
        let machine = expression.ty.machine()?;
        Some(match known(expression, names) {
            Some(Value::Instance(machine, index)) => (machine, vec![index]),
            _ => (machine, (0..self.model.machines[machine].count).collect()),
        })
    }
}

/// The value of an expression that no state changes.
fn known(expression: &Expression, names: &Names) -> Option<Value> {
    match &expression.kind {
        ExpressionKind::Constant(value) => Some(value.clone()),
        ExpressionKind::Local(local) => names.locals.get(local).cloned(),
        ExpressionKind::SelfInstance => names.receiver.clone(),
        ExpressionKind::Demand(inner) => known(inner, names),
        _ => None,
    }
}
