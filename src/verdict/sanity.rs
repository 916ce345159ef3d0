//! What of a model was seen at work, and what never was: actions that do not happen, states that are
//! not entered, room that is not used.
//!
//! A claim can hold because the design is good, or because the model does not do what its author
//! thinks. So every complete exploration is asked what it did not show. Only what is told of all that
//! can be reached is worth telling: nothing is said of a run that was cut short or that breaches.
//!
//! Cost: the actions are noted while exploring; cells and strong fairness need passes over the states and
//! steps, which are left out where there are very many; that is said.

use std::collections::{BTreeMap, BTreeSet};

use super::persistence::persistence;
use crate::base::{Id, IdVec};
use crate::explore::{Edges, Exploration, Graph};
use crate::model::{
    Action, ActionDefinitionId, ActionKind, Cell, Edge, Initial, Interpreter, MachineId, Model,
    Type, Value, Values, VariableId,
};
use crate::system::{ActionId, Word};
use crate::trace::replay::{Meaning, Obligation};

/// What of a model was seen at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanity {
    has_one_start: bool,
    /// Whether one instance can stand for others: then it is not known of each what it did.
    is_renamed: bool,
    /// By action instance, whether it happened.
    taken: IdVec<ActionId, bool>,
    /// None if there were too many states to look at.
    cells: Option<CellsSeen>,
    /// By action that is strongly fair, whether that asks for more than weak fairness of some instance;
    /// those left out of which that is not known.
    strong: BTreeMap<ActionDefinitionId, bool>,
    /// Whether there is strong fairness of which that would be known, had instances not been renamed.
    is_strong_unseen: bool,
    /// The variables of which not all values were told apart.
    unread: BTreeSet<VariableId>,
}

/// What cells were seen to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CellsSeen {
    /// By machine and control state, whether any instance was in it.
    entered: IdVec<MachineId, Vec<bool>>,
    /// The most that a variable held: of a number its value, of a queue its length.
    most: IdVec<VariableId, i64>,
    /// The least that was left of a budget.
    least_left: IdVec<ActionDefinitionId, i64>,
}

/// Something that one would expect to see, and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Actions that never happen.
    NeverHappens(Vec<ActionDefinitionId>),
    /// Control states in which no instance ever is.
    NeverEntered(Vec<(MachineId, u32)>),
    /// Ranges that would clamp, and queues, that are never full.
    NeverFull(Vec<NeverFull>),
    /// Budgets that are never all spent.
    NeverSpent(Vec<NeverSpent>),
    /// Machines whose fairness asks for nothing, since nothing that it could ask for ever happens.
    IdleFairness(Vec<MachineId>),
    /// Actions whose strong fairness asks for no more than weak fairness would.
    NeedlessStrong(Vec<ActionDefinitionId>),
    /// The assumptions leave one start, of a model that could have several.
    OneStart,
    /// There were too many states to look at cells: at most so many are.
    CellsUnseen(usize),
    /// Ranges that would clamp, and queues, of which nobody knows how full they become.
    RoomUnseen(Vec<VariableId>),
    /// It was not followed who stays enabled, which tells whether strong fairness asks for anything.
    StrongUnseen,
}

/// A variable that never holds as much as it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeverFull {
    /// The variable.
    pub variable: VariableId,
    /// The most that it holds.
    pub most: i64,
    /// The most that it could hold.
    pub room: i64,
}

/// A budget of which something is always left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeverSpent {
    /// The action.
    pub action: ActionDefinitionId,
    /// The most that is used.
    pub used: i64,
    /// What there is.
    pub limit: i64,
}

/// The most states whose cells are looked at, so that looking does not take longer than exploring. By taste.
const STATES_MAX: usize = 100_000;

impl Sanity {
    /// What an exploration showed; nothing if it did not see all of what the model does.
    pub fn of(
        model: &Model,
        exploration: &Exploration,
        decode: &dyn Fn(&[Word]) -> Values,
    ) -> Option<Sanity> {
        let graph = &exploration.graph;
        let is_whole = exploration.exhausted().is_some() && exploration.breach_count == 0;
        if !is_whole || graph.state_count() == 0 {
            return None;
        }
        let actions = (0..model.instances.len()).map(ActionId::from_index);
        let taken = actions.map(|action| graph.is_taken(action)).collect();
        let is_small = graph.state_count() <= STATES_MAX;
        let strong = match graph.edges_kept() {
            Edges::Everywhere if is_small => strong(model, graph),
            _ => BTreeMap::new(),
        };
        let cells = (is_small && !graph.is_compact()).then(|| {
            let mut seen = CellsSeen::none(model);
            graph.states().for_each(|state| seen.see(model, &decode(&graph.words(state))));
            seen
        });
        let has_one_start = graph.start_count() == 1;
        Some(Sanity {
            has_one_start,
            is_renamed: false,
            taken,
            cells,
            strong,
            is_strong_unseen: false,
            unread: BTreeSet::new(),
        })
    }

    /// The same, of an exploration up to renaming, which may count two starts as one: so it is said whether
    /// there is one only. Who stays enabled was not followed.
    pub fn up_to_renaming(self, has_one_start: bool) -> Sanity {
        Sanity {
            has_one_start,
            is_renamed: true,
            is_strong_unseen: !self.strong.is_empty(),
            strong: BTreeMap::new(),
            ..self
        }
    }

    /// The same, of an exploration that did not tell all values of these variables apart.
    pub fn without(self, unread: &[VariableId]) -> Sanity {
        Sanity { unread: unread.iter().copied().collect(), ..self }
    }

    /// What was seen by either of two explorations of one model.
    pub fn or(mut self, other: &Sanity) -> Sanity {
        self.is_renamed |= other.is_renamed;
        self.is_strong_unseen |= other.is_strong_unseen;
        self.unread.extend(&other.unread);
        for (id, taken) in other.taken.iter_with_ids() {
            self.taken[id] |= taken;
        }
        // What is not known of either is not known of both.
        self.strong.retain(|id, _| other.strong.contains_key(id));
        self.strong.iter_mut().for_each(|(id, helps)| *helps |= other.strong[id]);
        self.cells = match (self.cells, &other.cells) {
            (Some(one), Some(other)) => Some(one.or(other)),
            _ => None,
        };
        self
    }

    /// Whether an action instance happened; nothing if another one may have stood for it.
    pub fn is_taken(&self, action: ActionId) -> Option<bool> {
        (!self.is_renamed).then(|| self.taken[action])
    }

    /// Whether some instance of an action happened.
    pub fn happened(&self, model: &Model, action: ActionDefinitionId) -> bool {
        let mut own = model.instances.iter().filter(|(_, instance)| instance.action == action);
        own.any(|(id, _)| self.taken[id])
    }

    /// What one would expect to see, and did not. Operators are expected only where they could act.
    pub fn oddities(&self, model: &Model, operators_act: bool) -> Vec<Oddity> {
        let can_act = |action: &Action| {
            (operators_act || action.kind != ActionKind::Operator)
                && action.budget.is_none_or(|budget| budget.limit > 0)
        };
        let idle = model.actions.iter_with_ids().filter(|(id, one)| {
            // A budget of nothing says by itself that the action does not happen.
            can_act(one) && !self.happened(model, *id)
        });
        let mut oddities = vec![Oddity::NeverHappens(idle.map(|(id, _)| id).collect())];
        oddities.push(Oddity::IdleFairness(self.idle_fairness(model)));
        let needless = self.strong.iter().filter(|(_, helps)| !**helps).map(|(id, _)| *id);
        oddities.push(Oddity::NeedlessStrong(needless.collect()));
        match &self.cells {
            Some(cells) => {
                oddities.push(Oddity::NeverEntered(cells.never_entered(model)));
                let is_unseen = |one: &NeverFull| self.unread.contains(&one.variable);
                let (unseen, seen) = cells.never_full(model).into_iter().partition(is_unseen);
                let unseen: Vec<NeverFull> = unseen;
                oddities.push(Oddity::NeverFull(seen));
                let unseen = unseen.iter().map(|one| one.variable).collect();
                oddities.push(Oddity::RoomUnseen(unseen));
                oddities.push(Oddity::NeverSpent(self.never_spent(model, cells)));
            }
            None => oddities.push(Oddity::CellsUnseen(STATES_MAX)),
        }
        let could_differ = model.variables.iter().any(|one| one.initial == Initial::Any);
        if self.has_one_start && could_differ && !model.assumptions.is_empty() {
            oddities.push(Oddity::OneStart);
        }
        if self.is_strong_unseen {
            oddities.push(Oddity::StrongUnseen);
        }
        oddities.retain(|one| !one.is_empty());
        oddities
    }

    fn idle_fairness(&self, model: &Model) -> Vec<MachineId> {
        let is_own = |action: &Action, machine| {
            action.machine == Some(machine)
                && !matches!(action.kind, ActionKind::Fault | ActionKind::Operator)
        };
        let asks = |machine: MachineId| {
            let mut actions = model.actions.iter_with_ids();
            actions.any(|(id, action)| is_own(action, machine) && self.happened(model, id))
        };
        let fair = model.machines.iter_with_ids().filter(|(_, machine)| machine.fair);
        fair.map(|(id, _)| id).filter(|&id| !asks(id)).collect()
    }

    /// Budgets of actions that happen, and less often than they may.
    fn never_spent(&self, model: &Model, cells: &CellsSeen) -> Vec<NeverSpent> {
        let spent = model.actions.iter_with_ids().filter_map(|(action, declared)| {
            let limit = i64::from(declared.budget?.limit);
            let used = limit - cells.least_left[action];
            (self.happened(model, action) && used < limit).then_some(NeverSpent {
                action,
                used,
                limit,
            })
        });
        spent.collect()
    }
}

/// By action that is strongly fair and happens, whether that asks for more than weak fairness.
fn strong(model: &Model, graph: &Graph) -> BTreeMap<ActionDefinitionId, bool> {
    let obligations: Vec<Obligation> =
        Interpreter::new(model).obligations().iter().cloned().collect();
    let mut helps = BTreeMap::new();
    for (owed, stays) in persistence(graph, &obligations) {
        let first = owed.actions.first().and_then(|&action| model.instances.get(action));
        if let Some(instance) = first {
            *helps.entry(instance.action).or_insert(false) |= !stays;
        }
    }
    helps
}

impl CellsSeen {
    fn none(model: &Model) -> CellsSeen {
        CellsSeen {
            entered: model.machines.iter().map(|one| vec![false; one.states.len()]).collect(),
            most: model.variables.iter().map(|_| i64::MIN).collect(),
            least_left: model.actions.iter().map(|_| i64::MAX).collect(),
        }
    }

    fn see(&mut self, model: &Model, state: &Values) {
        for (id, cell) in model.cells.iter() {
            match (cell, &state[id.index()]) {
                (Cell::Control(machine, _), Value::Control(_, at)) => {
                    self.entered[machine][*at as usize] = true;
                }
                (Cell::Budget(action, _), Value::Number(left)) => {
                    self.least_left[action] = self.least_left[action].min(*left);
                }
                (Cell::Variable(variable, _), value) => {
                    self.most[variable] = self.most[variable].max(amount(value));
                }
                _ => {}
            }
        }
    }

    fn or(mut self, other: &CellsSeen) -> CellsSeen {
        for (machine, states) in other.entered.iter_with_ids() {
            for (at, entered) in states.iter().enumerate() {
                self.entered[machine][at] |= entered;
            }
        }
        for (variable, most) in other.most.iter_with_ids() {
            self.most[variable] = self.most[variable].max(*most);
        }
        for (action, left) in other.least_left.iter_with_ids() {
            self.least_left[action] = self.least_left[action].min(*left);
        }
        self
    }

    fn never_entered(&self, model: &Model) -> Vec<(MachineId, u32)> {
        let machines = model.machines.ids();
        let states =
            machines.flat_map(|id| (0..model.machines[id].states.len()).map(move |at| (id, at)));
        let missing = states.filter(|&(id, at)| !self.entered[id][at]);
        missing.map(|(id, at)| (id, at as u32)).collect()
    }

    fn never_full(&self, model: &Model) -> Vec<NeverFull> {
        let of = |(variable, most): (VariableId, &i64)| {
            let room = room(&model.variables[variable].ty)?;
            (*most < room).then_some(NeverFull { variable, most: *most, room })
        };
        self.most.iter_with_ids().filter_map(of).collect()
    }
}

impl Oddity {
    fn is_empty(&self) -> bool {
        match self {
            Oddity::NeverHappens(actions) => actions.is_empty(),
            Oddity::NeverEntered(states) => states.is_empty(),
            Oddity::NeverFull(variables) => variables.is_empty(),
            Oddity::NeverSpent(budgets) => budgets.is_empty(),
            Oddity::IdleFairness(machines) => machines.is_empty(),
            Oddity::NeedlessStrong(actions) => actions.is_empty(),
            Oddity::RoomUnseen(variables) => variables.is_empty(),
            Oddity::OneStart | Oddity::CellsUnseen(_) | Oddity::StrongUnseen => false,
        }
    }
}

/// How much a value is: a number itself, of a queue its length, of an array the most of its elements.
fn amount(value: &Value) -> i64 {
    match value {
        Value::Number(number) => *number,
        Value::Queue(items) => items.len() as i64,
        Value::Array(items) => items.iter().map(amount).max().unwrap_or(i64::MIN),
        _ => i64::MIN,
    }
}

/// How much fits into a variable that says what happens when it is full.
fn room(ty: &Type) -> Option<i64> {
    match ty {
        Type::Number(interval) if interval.edge == Edge::Clamp => Some(interval.high),
        Type::Queue { capacity, .. } => Some(i64::from(*capacity)),
        Type::Array { element, .. } => room(element),
        _ => None,
    }
}
