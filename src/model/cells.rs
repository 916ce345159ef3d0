//! What a state is made of, cell by cell, and which action instances there are: the two lists on
//! which the reference meaning and the compiled system agree, and all that they share.

use super::action::Action;
use super::value::Value;
use super::{ActionDefinitionId, MachineId, Model, VariableId};
use crate::base::{Id, IdVec};
use crate::system::ActionId;

crate::id!(
    /// A cell of the state.
    CellId
);

/// One cell of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The control state of a machine's instance.
    Control(MachineId, u32),
    /// A variable, of an instance if it belongs to a machine.
    Variable(VariableId, Option<u32>),
    /// What is left of an action's budget, of an instance if each has its own.
    Budget(ActionDefinitionId, Option<u32>),
}

/// All cells: the variables outside machines, then each machine's instances one after the other
/// (control state first, if the machine has any, then its variables as declared), then the budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    cells: IdVec<CellId, Cell>,
    controls: Vec<Vec<CellId>>,
    variables: Vec<Vec<CellId>>,
    budgets: Vec<Vec<CellId>>,
}

impl Cells {
    /// The cells of a model.
    pub fn of(model: &Model) -> Cells {
        let mut cells = Cells {
            cells: IdVec::new(),
            controls: vec![Vec::new(); model.machines.len()],
            variables: vec![Vec::new(); model.variables.len()],
            budgets: vec![Vec::new(); model.actions.len()],
        };
        for (id, _) in model.variables.iter_with_ids().filter(|(_, v)| v.machine.is_none()) {
            cells.add(Cell::Variable(id, None));
        }
        for (machine, declared) in model.machines.iter_with_ids() {
            for index in 0..declared.count {
                if !declared.states.is_empty() {
                    cells.add(Cell::Control(machine, index));
                }
                let own = model.variables.iter_with_ids();
                for (id, _) in own.filter(|(_, variable)| variable.machine == Some(machine)) {
                    cells.add(Cell::Variable(id, Some(index)));
                }
            }
        }
        for (id, action) in model.actions.iter_with_ids() {
            match (action.budget, action.machine) {
                (None, _) => {}
                (Some(budget), Some(machine)) if budget.each => {
                    for index in 0..model.machines[machine].count {
                        cells.add(Cell::Budget(id, Some(index)));
                    }
                }
                (Some(_), _) => cells.add(Cell::Budget(id, None)),
            }
        }
        cells
    }

    fn add(&mut self, cell: Cell) {
        let id = self.cells.push(cell);
        match cell {
            Cell::Control(machine, _) => self.controls[machine.index()].push(id),
            Cell::Variable(variable, _) => self.variables[variable.index()].push(id),
            Cell::Budget(action, _) => self.budgets[action.index()].push(id),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
    /// What a cell is.
    pub fn cell(&self, id: CellId) -> Cell {
        self.cells[id]
    }
    /// All cells, in order.
    pub fn iter(&self) -> impl Iterator<Item = (CellId, Cell)> + '_ {
        self.cells.iter_with_ids().map(|(id, &cell)| (id, cell))
    }
    /// The cell of an instance's control state; none if the machine has no control states.
    pub fn control(&self, machine: MachineId, index: u32) -> Option<CellId> {
        self.controls[machine.index()].get(index as usize).copied()
    }
    /// The cell of a variable; the index is of the owner, 0 for a variable outside machines.
    pub fn variable(&self, variable: VariableId, index: u32) -> CellId {
        self.variables[variable.index()][index as usize]
    }
    /// The cell of the budget that an action of this machine instance draws on.
    pub fn budget(&self, action: ActionDefinitionId, index: u32) -> Option<CellId> {
        let cells = &self.budgets[action.index()];
        if cells.len() == 1 { cells.first().copied() } else { cells.get(index as usize).copied() }
    }
}

/// An action for one machine instance and one choice of its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionInstance {
    /// Which action.
    pub action: ActionDefinitionId,
    /// The machine instance; 0 for an action outside machines.
    pub index: u32,
    /// The parameters' values.
    pub arguments: Vec<Value>,
}

/// All action instances: the tick as number 0 (absent here), then, action by action as declared,
/// machine instance by machine instance, every choice of parameters, the last one varying fastest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionInstances {
    instances: Vec<ActionInstance>,
}

impl ActionInstances {
    /// How many instances `action` would have, saturating.
    pub fn count(model: &Model, action: &Action) -> u64 {
        let owners = action.machine.map_or(1, |machine| u64::from(model.machines[machine].count));
        let choices = action.parameters.iter().map(|parameter| parameter.ty.value_count(model));
        choices.fold(owners, u64::saturating_mul)
    }

    /// All action instances of a model; analysis has made sure that they are not too many.
    pub fn of(model: &Model) -> ActionInstances {
        let mut instances = Vec::new();
        for (id, action) in model.actions.iter_with_ids() {
            let owners = action.machine.map_or(1, |machine| model.machines[machine].count);
            for index in 0..owners {
                for arguments in choices(model, action) {
                    instances.push(ActionInstance { action: id, index, arguments });
                }
            }
        }
        ActionInstances { instances }
    }

    /// How many there are, the tick included.
    pub fn len(&self) -> usize {
        self.instances.len() + 1
    }
    /// Never: there is always the tick.
    pub fn is_empty(&self) -> bool {
        false
    }
    /// The instance of an id; none for the tick.
    pub fn get(&self, id: ActionId) -> Option<&ActionInstance> {
        self.instances.get(id.index().checked_sub(1)?)
    }
    /// All instances but the tick, with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ActionId, &ActionInstance)> {
        self.instances.iter().enumerate().map(|(at, one)| (ActionId::from_index(at + 1), one))
    }
}

/// Every choice of an action's parameters, the last one varying fastest.
fn choices(model: &Model, action: &Action) -> Vec<Vec<Value>> {
    let mut all = vec![Vec::new()];
    for parameter in &action.parameters {
        let values = || parameter.ty.values(model);
        let extend = |one: Vec<Value>| values().map(move |value| [&one[..], &[value]].concat());
        all = all.into_iter().flat_map(extend).collect();
    }
    all
}
