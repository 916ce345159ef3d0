//! Variables that keep values which nothing reads again: where they do, they are given no meaning.
//!
//! A variable of a machine is *live* in a control state of its instance if it may be read there, or if a
//! step leads from there to a control state in which it is live and does not surely assign it on the way.
//! Everywhere else it is dead, and as good as a `while` variable outside its `while`: it may as well hold
//! its initial value. (Dead variable reduction: Bozga, Fernandez & Ghirvu, "State space reduction based
//! on live variables analysis", 1999; by control states of processes: van de Pol & Timmer, "State space
//! reduction of linear processes using control flow reconstruction", 2009.)
//!
//! Why nothing changes. Take a state of the model, and the same with every dead variable at its initial
//! value. No guard, effect, figure or assumption that is evaluated in the one reads a dead variable, so in
//! both the same action instances are enabled, count the same, breach alike, and assign the same values.
//! What a step does not assign and is live behind it was live before it, and so was equal. So the two are
//! alike behind each step as well: they are bisimilar, labels, breaches and figures included, and no
//! claim can tell them apart, whatever it says of executions, fairness and counts. The starts are the
//! same states, since at a start a dead variable holds its initial value anyway.
//!
//! A loop closes as soon as in the model, or a few turns later, once what it assigns is assigned and timers
//! that nobody reads have run down.
//!
//! What is not asked of the model in hand is not read: neither watches nor the claims that are not
//! judged. `resting` looks at all there is; where it is asked for, nothing is dead.

use std::collections::{BTreeMap, BTreeSet};

use super::whereabouts::{Name, Reads, States, Whereabouts, name_of, own_name};
use super::{MOST_TURNS, Question, conditions, initial_value, taken, writes_initial_value};
use crate::model::{
    Action, Edge, Expression, Initial, MachineId, Model, Place, Statement, StatementKind, Type,
    Value, VariableId,
};

/// The variables that are dead somewhere and may hold more than their initial value there, each with the
/// control states in which it is live.
pub(super) fn live_states(model: &Model, question: &Question) -> Vec<(VariableId, Vec<u32>)> {
    let mut flow = Flow::of(model, question);
    for figure in &question.figures {
        flow.reads.add(&model.figures[*figure].expression, &Whereabouts::default());
    }
    if flow.reads.asks_for_rest {
        return Vec::new();
    }
    let settles_soon = |variable: VariableId| {
        let ty = &model.variables[variable].ty;
        !question.is_about_executions || !runs_down(ty) || ty.value_count(model) <= MOST_TURNS
    };
    let candidates = model.variables.ids();
    let candidates = candidates.filter(|&it| can_be_reset(it, model) && settles_soon(it));
    candidates.filter_map(|variable| Some((variable, flow.live_where_useful(variable)?))).collect()
}

/// Whether a variable starts with one value that is the same for all instances and names none of them.
fn can_be_reset(variable: VariableId, model: &Model) -> bool {
    let declared = &model.variables[variable];
    let has_states = declared.machine.is_some_and(|it| !model.machines[it].states.is_empty());
    has_states && initial_value(variable, model).is_some_and(names_nobody)
}

fn names_nobody(value: &Value) -> bool {
    match value {
        Value::Instance(..) => false,
        Value::Set(items) => items.iter().all(names_nobody),
        Value::Array(items) => items.iter().all(names_nobody),
        Value::Queue(items) => items.iter().all(names_nobody),
        _ => true,
    }
}

/// Steps that can lead instances of a machine from some control states to another.
struct Way {
    from: States,
    to: u32,
    /// What is surely assigned on the way, and whether that is its initial value.
    assigned: BTreeMap<VariableId, bool>,
}

/// What steps read and write, by control states.
struct Flow<'m> {
    model: &'m Model,
    reads: Reads<'m>,
    ways: BTreeMap<MachineId, Vec<Way>>,
    /// Where a variable may get another value than its initial one.
    changed: BTreeMap<VariableId, States>,
}

/// Statements that run one after the other, at the top of an action that ends with an arrow or not.
#[derive(Clone, Copy)]
struct Block<'m> {
    statements: &'m [Statement],
    /// The instance whose arrow follows.
    moves: Option<(MachineId, Name)>,
}

/// What a block has surely assigned, and whether that was the initial value.
type Assigned = BTreeMap<((MachineId, Name), VariableId), bool>;

impl<'m> Flow<'m> {
    fn of(model: &'m Model, question: &Question) -> Flow<'m> {
        let reads = Reads::none(model);
        let mut flow = Flow { model, reads, ways: BTreeMap::new(), changed: BTreeMap::new() };
        let start = Whereabouts::start();
        for assumption in &model.assumptions {
            flow.reads.add(&assumption.expression, &start);
        }
        for variable in model.variables.iter() {
            if let Initial::Value(value) = &variable.initial {
                flow.reads.add(value, &start);
            }
        }
        taken(model, question).for_each(|action| flow.add_action(action));
        flow.add_tick();
        flow
    }

    fn add_action(&mut self, action: &'m Action) {
        let model = self.model;
        let own = own_name(action, model);
        let mut at = Whereabouts::of(action, model);
        for condition in conditions(action) {
            self.reads.add(condition, &at);
            at = at.given(condition, true, model);
        }
        let Some((own, to)) = own.zip(action.to) else {
            self.add_block(Block { statements: &action.body, moves: None }, &mut at);
            return;
        };
        let from = match &action.from {
            Some(from) => from.iter().copied().collect(),
            None => (0..model.machines[own.0].states.len() as u32).collect(),
        };
        let block = Block { statements: &action.body, moves: Some(own) };
        let assigned = self.add_block(block, &mut at);
        let assigned = of_instance(&assigned, own);
        self.ways.entry(own.0).or_default().push(Way { from, to, assigned });
    }

    /// The blocks outside machines run one after the other, then each instance sees what they did.
    fn add_tick(&mut self) {
        let mut outside = Whereabouts::default();
        let blocks = |machine| self.model.on_tick.iter().filter(move |it| it.machine == machine);
        for block in blocks(None) {
            self.add_block(Block { statements: &block.body, moves: None }, &mut outside);
        }
        for machine in self.model.machines.ids() {
            let mut at = outside.clone();
            for block in blocks(Some(machine)) {
                self.add_block(Block { statements: &block.body, moves: None }, &mut at);
            }
        }
        for (variable, declared) in self.model.variables.iter_with_ids() {
            let rests = initial_value(variable, self.model) == Some(&Value::Number(0));
            if runs_down(&declared.ty) && !rests {
                let machine = declared.machine.map_or(0, |it| self.model.machines[it].states.len());
                self.changed.entry(variable).or_default().extend(0..machine as u32);
            }
        }
    }

    fn add_block(&mut self, block: Block<'m>, at: &mut Whereabouts) -> Assigned {
        let mut assigned = Assigned::new();
        for statement in block.statements {
            if at.is_nowhere {
                break;
            }
            self.add_statement(statement, block, at, &mut assigned);
        }
        assigned
    }

    fn add_statement(
        &mut self,
        statement: &'m Statement,
        block: Block<'m>,
        at: &mut Whereabouts,
        assigned: &mut Assigned,
    ) {
        match &statement.kind {
            StatementKind::Assign(place, value) => {
                self.reads.add(value, at);
                let is_initial = writes_initial_value(&statement.kind, place, self.model);
                self.write(place, at);
                let name = place.owner.as_ref().and_then(|owner| name_of(owner, self.model));
                if let (Some(name), true) = (name, place.indices.is_empty()) {
                    assigned.insert((name, place.variable), is_initial);
                    // The value arrives where the arrow leads.
                    if block.moves == Some(name) {
                        return;
                    }
                }
                if !is_initial {
                    self.change(place, at);
                }
            }
            StatementKind::Add(place, value)
            | StatementKind::Subtract(place, value)
            | StatementKind::Push(place, value)
            | StatementKind::RemoveFromQueue(place, value)
            | StatementKind::AddToSet(place, value)
            | StatementKind::RemoveFromSet(place, value) => {
                self.reads.add(value, at);
                self.read_and_write(place, at);
            }
            StatementKind::PopFirst(place) | StatementKind::PopLast(place) => {
                self.read_and_write(place, at);
            }
            StatementKind::SetControl { instance, control } => {
                self.reads.add(instance, at);
                self.set_control(instance, *control, at, assigned);
            }
            StatementKind::Count(_, value) => {
                value.iter().for_each(|value| self.reads.add(value, at));
            }
            StatementKind::Let(_, value) => self.reads.add(value, at),
            StatementKind::If { branches, otherwise } => {
                let mut left = Vec::new();
                let mut rest = at.clone();
                for (condition, body) in branches {
                    self.reads.add(condition, &rest);
                    let mut inside = rest.given(condition, true, self.model);
                    self.add_block(Block { statements: body, moves: None }, &mut inside);
                    left.push(inside);
                    rest = rest.given(condition, false, self.model);
                }
                self.add_block(Block { statements: otherwise, moves: None }, &mut rest);
                left.iter().chain([&rest]).for_each(|way| at.unsettle_as(way));
            }
            StatementKind::For { local, domain, filter, body } => {
                let mut inside = at.without(*local);
                if domain.machine().is_none() {
                    // A turn sees what those before it did.
                    machines_set(body).into_iter().for_each(|machine| inside.unsettle(machine));
                }
                if let Some(filter) = filter {
                    self.reads.add(filter, &inside);
                    inside = inside.given(filter, true, self.model);
                }
                self.add_block(Block { statements: body, moves: None }, &mut inside);
                at.unsettle_as(&inside);
            }
        }
    }

    /// What is evaluated to find a place; a part of a variable cannot be changed without the rest of it.
    fn write(&mut self, place: &Place, at: &Whereabouts) {
        place.owner.iter().chain(&place.indices).for_each(|part| self.reads.add(part, at));
        if !place.indices.is_empty() {
            self.reads.note(place.variable, place.owner.as_ref(), at);
        }
    }

    fn read_and_write(&mut self, place: &Place, at: &Whereabouts) {
        self.write(place, at);
        self.reads.note(place.variable, place.owner.as_ref(), at);
        self.change(place, at);
    }

    fn change(&mut self, place: &Place, at: &Whereabouts) {
        let states = at.states(place.owner.as_ref(), self.model);
        self.changed.entry(place.variable).or_default().extend(states);
    }

    fn set_control(
        &mut self,
        instance: &Expression,
        to: u32,
        at: &mut Whereabouts,
        assigned: &Assigned,
    ) {
        let Type::Instance(machine) = instance.ty else {
            unreachable!("only an instance has a control state to be set")
        };
        let from = at.states(Some(instance), self.model);
        let name = name_of(instance, self.model);
        let assigned = name.map(|name| of_instance(assigned, name)).unwrap_or_default();
        self.ways.entry(machine).or_default().push(Way { from, to, assigned });
        at.unsettle(machine);
    }

    /// The control states in which a variable is live, if it is kept in others for nothing.
    fn live_where_useful(&self, variable: VariableId) -> Option<Vec<u32>> {
        let declared = &self.model.variables[variable];
        let machine = declared.machine?;
        let all = 0..self.model.machines[machine].states.len() as u32;
        let alive: States = match &declared.alive {
            Some(alive) => alive.iter().copied().collect(),
            None => all.collect(),
        };
        let ways = self.ways.get(&machine).map_or(&[][..], Vec::as_slice);
        let ways = || ways.iter().filter(|way| alive.contains(&way.to));
        let live = closed(&self.reads.states_of(variable) & &alive, |live| {
            let into = |way: &&Way| live.contains(&way.to) && !way.assigned.contains_key(&variable);
            ways().filter(into).flat_map(|way| &way.from & &alive).collect()
        });
        let other =
            closed(self.changed.get(&variable).map_or(States::new(), |it| it & &alive), |other| {
                let carries = |way: &&Way| match way.assigned.get(&variable) {
                    Some(is_initial) => !is_initial,
                    None => !way.from.is_disjoint(other),
                };
                ways().filter(carries).map(|way| way.to).collect()
            });
        let is_kept_for_nothing = !other.is_subset(&live);
        is_kept_for_nothing.then(|| live.into_iter().collect())
    }
}

/// What follows from some states, and from what follows from them.
fn closed(mut states: States, follow: impl Fn(&States) -> States) -> States {
    loop {
        let more = &states | &follow(&states);
        if more == states {
            return states;
        }
        states = more;
    }
}

fn of_instance(assigned: &Assigned, name: (MachineId, Name)) -> BTreeMap<VariableId, bool> {
    let own = assigned.iter().filter(|((owner, _), _)| *owner == name);
    own.map(|((_, variable), is_initial)| (*variable, *is_initial)).collect()
}

/// Whether time runs a variable of this type down.
fn runs_down(ty: &Type) -> bool {
    match ty {
        Type::Number(interval) => interval.edge == Edge::Timer,
        Type::Optional(inner) => runs_down(inner),
        Type::Array { element, .. } => runs_down(element),
        _ => false,
    }
}

/// The machines of which statements set a control state.
fn machines_set(statements: &[Statement]) -> BTreeSet<MachineId> {
    let of = |statement: &Statement| match &statement.kind {
        StatementKind::SetControl {
            instance: Expression { ty: Type::Instance(it), .. }, ..
        } => BTreeSet::from([*it]),
        StatementKind::If { branches, otherwise } => {
            let bodies = branches.iter().map(|(_, body)| body).chain([otherwise]);
            bodies.flat_map(|body| machines_set(body)).collect()
        }
        StatementKind::For { body, .. } => machines_set(body),
        _ => BTreeSet::new(),
    };
    statements.iter().flat_map(of).collect()
}
