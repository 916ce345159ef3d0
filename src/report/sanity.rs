//! What one would expect to see of a model and did not, in words: one line if there is nothing.

use itertools::Itertools;

use super::number::counted;
use crate::model::{ActionDefinitionId, MachineId, Model, VariableId};
use crate::pipeline::{Answers, Prepared};
use crate::verdict::Oddity;

/// What was looked for in all that can be reached, and what is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SanityReport {
    /// What is odd; nothing, if all is well.
    pub notes: Vec<SanityNote>,
}

/// One kind of oddity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SanityNote {
    /// A word for programs, like `never_happens`.
    pub kind: &'static str,
    /// What it is about, like `Volume.reconnect`.
    pub names: Vec<String>,
    /// The same for people.
    pub text: String,
}

impl SanityReport {
    /// The sanity of a run; nothing, if not all that can be reached was seen.
    pub fn of(prepared: &Prepared, answers: &Answers) -> Option<SanityReport> {
        let model = &prepared.model;
        let mut notes = Vec::new();
        let idle = prepared.idle_mitigations.iter().map(|&id| model.mitigations[id].name.clone());
        let idle = idle.collect_vec();
        if !idle.is_empty() {
            let text = format!("changes nothing: {}", idle.join(", "));
            notes.push(SanityNote { kind: "idle_mitigation", names: idle, text });
        }
        let oddities = answers.oddities(model)?;
        notes.extend(oddities.iter().map(|oddity| note(model, oddity, prepared.is_compact)));
        Some(SanityReport { notes })
    }
}

fn note(model: &Model, oddity: &Oddity, is_compact: bool) -> SanityNote {
    let action = |id: ActionDefinitionId| action_name(model, id);
    let (kind, names, text) = match oddity {
        Oddity::NeverHappens(actions) => {
            let names = actions.iter().map(|&id| action(id)).collect_vec();
            let text = format!("never happens: {}", names.join(", "));
            ("never_happens", names, text)
        }
        Oddity::NeverEntered(states) => {
            let name = |&(machine, at): &(MachineId, u32)| {
                let machine = &model.machines[machine];
                format!("{} is {}", machine.name, machine.states[at as usize])
            };
            let names = states.iter().map(name).collect_vec();
            let text = format!("never true: {}", names.join(", "));
            ("never_entered", names, text)
        }
        Oddity::NeverFull(variables) => {
            let names = variables.iter().map(|one| variable_name(model, one.variable));
            let names = names.collect_vec();
            let said = names.iter().zip(variables);
            let said = said.map(|(name, one)| format!("{name} ({} of {})", one.most, one.room));
            let text = format!("never full: {}", said.format(", "));
            ("never_full", names, text)
        }
        Oddity::NeverSpent(budgets) => {
            let names = budgets.iter().map(|one| action(one.action)).collect_vec();
            let said = names.iter().zip(budgets);
            let said = said.map(|(name, one)| format!("{name} ({} of {})", one.used, one.limit));
            let text = format!("never spent: the budget of {}", said.format(", "));
            ("never_spent", names, text)
        }
        Oddity::IdleFairness(machines) => {
            let names = machines.iter().map(|&id| model.machines[id].name.clone()).collect_vec();
            let text = format!("`fair` asks for nothing: no step of {}", names.join(", "));
            ("idle_fairness", names, text)
        }
        Oddity::NeedlessStrong(actions) => {
            let names = actions.iter().map(|&id| action(id)).collect_vec();
            let text = format!(
                "`strong` asks for no more than weak fairness, since what is enabled stays so until \
                 it is taken: {}",
                names.join(", ")
            );
            ("needless_strong", names, text)
        }
        Oddity::CellsUnseen(most) => {
            let states = counted(*most as u64, "state");
            let when = match is_compact {
                true => "with fingerprints".to_owned(),
                false => format!("above {states}"),
            };
            let text =
                format!("not checked {when}: unused states and variables, needless `strong`");
            ("not_looked_at", Vec::new(), text)
        }
        Oddity::RoomUnseen(variables) => {
            let names = variables.iter().map(|&id| variable_name(model, id)).collect_vec();
            let text = format!(
                "not checked, since no claim depends on it: how full {} can be",
                names.join(", ")
            );
            ("not_looked_at", names, text)
        }
        Oddity::StrongUnseen => {
            let text = "not checked where instances are renamed: needless `strong`";
            ("not_looked_at", Vec::new(), text.to_owned())
        }
        Oddity::OneStart => {
            let text = format!(
                "one start: all that begins with `any` is settled by {}",
                counted(model.assumptions.len() as u64, "assumption")
            );
            ("one_start", Vec::new(), text)
        }
    };
    SanityNote { kind, names, text }
}

/// An action as declared, like `Volume.claim`.
pub fn action_name(model: &Model, id: ActionDefinitionId) -> String {
    let declared = &model.actions[id];
    owned(model, declared.machine, &declared.name)
}

/// A variable as declared, like `Volume.mirror`.
pub(super) fn variable_name(model: &Model, id: VariableId) -> String {
    let declared = &model.variables[id];
    owned(model, declared.machine, &declared.name)
}

fn owned(model: &Model, machine: Option<MachineId>, name: &str) -> String {
    match machine {
        Some(machine) => format!("{}.{name}", model.machines[machine].name),
        None => name.to_owned(),
    }
}
