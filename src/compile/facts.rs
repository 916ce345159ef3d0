//! The static facts of a model: which role each action instance has, and what it owes.

use crate::base::{Id, IdVec};
use crate::model::{Action, ActionDefinitionId, ActionKind, MachineId, Model};
use crate::system::{ActionFacts, ActionId, Facts, Fairness, FairnessId, Role, Strength};

/// The tick's obligation.
const TICK: FairnessId = FairnessId(0);

/// The facts of a model.
///
/// Obligations: the tick's; then each action that is owed, for each instance of its machine; then each
/// instance of a machine declared `fair`, for whatever it may do of its own.
pub fn facts(model: &Model) -> Facts {
    let mut fairness = IdVec::new();
    fairness.push(Fairness { strength: Strength::Weak });
    let of_actions = model.actions.iter().map(|action| {
        let owners = if is_owed(action.kind) { owner_count(action, model) } else { 0 };
        let strength = if action.strong { Strength::Strong } else { Strength::Weak };
        first_of(&mut fairness, owners, strength)
    });
    let of_actions: IdVec<ActionDefinitionId, FairnessId> = of_actions.collect();
    let of_machines = model.machines.iter().map(|machine| {
        let owners = if machine.fair { machine.count } else { 0 };
        first_of(&mut fairness, owners, Strength::Weak)
    });
    let of_machines: IdVec<MachineId, FairnessId> = of_machines.collect();

    let mut actions: IdVec<ActionId, ActionFacts> = IdVec::new();
    actions.push(ActionFacts { role: Role::Tick, obligations: vec![TICK] });
    for (_, instance) in model.instances.iter() {
        let action = &model.actions[instance.action];
        let own = is_owed(action.kind).then_some(of_actions[instance.action]);
        let fair = action.machine.filter(|&machine| model.machines[machine].fair);
        let process = fair.filter(|_| is_own_work(action.kind)).map(|it| of_machines[it]);
        let obligations = own.into_iter().chain(process);
        let obligations = obligations.map(|first| FairnessId(first.0 + instance.index)).collect();
        actions.push(ActionFacts { role: role(action.kind), obligations });
    }
    Facts { actions, fairness, meter_count: 1 + model.meters.len() }
}

/// Appends an obligation for each owner; the id of the first, even if there is none.
fn first_of(
    fairness: &mut IdVec<FairnessId, Fairness>,
    owners: u32,
    strength: Strength,
) -> FairnessId {
    let first = FairnessId::from_index(fairness.len());
    (0..owners).for_each(|_| {
        fairness.push(Fairness { strength });
    });
    first
}

fn owner_count(action: &Action, model: &Model) -> u32 {
    action.machine.map_or(1, |machine| model.machines[machine].count)
}

/// Whether the action must not be put off forever.
fn is_owed(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Urgent | ActionKind::Eventually)
}

/// Whether a fair machine counts it as a step of its own.
fn is_own_work(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Urgent | ActionKind::Eventually | ActionKind::May)
}

fn role(kind: ActionKind) -> Role {
    match kind {
        ActionKind::Urgent => Role::Urgent,
        ActionKind::Eventually => Role::Eventually,
        ActionKind::May => Role::May,
        ActionKind::Fault => Role::Fault,
        ActionKind::Operator => Role::Operator,
    }
}
