//! What actions and obligations are after a renaming of instances.

use std::collections::BTreeMap;

use super::Kind;
use crate::base::IdVec;
use crate::model::{ActionDefinitionId, MachineId, Model, Value};
use crate::system::{ActionId, Facts, FairnessId, Permutation};

/// The actions of a model and its obligations, by the instances that they name.
#[derive(Debug)]
pub(super) struct Naming {
    /// By action: what tells it from others; none for the tick.
    actions: IdVec<ActionId, Option<Named>>,
    numbers: BTreeMap<Named, ActionId>,
    /// By obligation: the first instance of the kind that it is owed to, and which of them.
    owners: IdVec<FairnessId, Option<(usize, usize)>>,
}

/// An action instance: which action, whose, and its arguments.
type Named = (ActionDefinitionId, Place, Vec<(Place, Value)>);

/// An instance that can be renamed, among all of them; none for whatever else.
type Place = Option<usize>;

impl Naming {
    /// What the actions of a model and its obligations name.
    pub fn of(model: &Model, facts: &Facts, kinds: &[Kind]) -> Naming {
        let first = |machine: MachineId| {
            kinds.iter().find(|kind| kind.machine == machine).map(|kind| kind.first)
        };
        let mut actions: IdVec<ActionId, Option<Named>> = IdVec::new();
        actions.push(None);
        let mut owners: IdVec<FairnessId, Option<(usize, usize)>> =
            facts.fairness.iter().map(|_| None).collect();
        for (id, instance) in model.instances.iter() {
            let index = instance.index as usize;
            let kind = model.actions[instance.action].machine.and_then(first);
            for &owed in &facts.actions[id].obligations {
                owners[owed] = kind.map(|first| (first, index));
            }
            let arguments = instance.arguments.iter().map(|value| match value {
                Value::Instance(machine, index) if first(*machine).is_some() => {
                    (first(*machine).map(|first| first + *index as usize), Value::None)
                }
                other => (None, other.clone()),
            });
            let owner = kind.map(|first| first + index);
            actions.push(Some((instance.action, owner, arguments.collect())));
        }
        let numbers = actions.iter_with_ids();
        let numbers = numbers.filter_map(|(id, named)| Some((named.clone()?, id))).collect();
        Naming { actions, numbers, owners }
    }

    pub fn action(&self, action: ActionId, by: &Permutation) -> ActionId {
        let Some((definition, owner, arguments)) = &self.actions[action] else { return action };
        let renamed = |place: &Place| place.map(|place| by.of(place));
        let arguments = arguments.iter().map(|(place, value)| (renamed(place), value.clone()));
        let named = (*definition, renamed(owner), arguments.collect());
        *self.numbers.get(&named).expect("an action has an instance for every choice")
    }

    pub fn owner(&self, owed: FairnessId) -> Option<usize> {
        self.owners[owed].map(|(first, index)| first + index)
    }

    /// Those of one action, or of one fair machine, stand in the order of the instances.
    pub fn owed_to(&self, owed: FairnessId, owner: usize) -> FairnessId {
        match self.owners[owed] {
            None => owed,
            Some((first, index)) => FairnessId(owed.0 - index as u32 + (owner - first) as u32),
        }
    }
}
