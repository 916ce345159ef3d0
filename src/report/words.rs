//! How everything in a model is called in traces and messages: `volume2.former`, `node1`, `none`.

use itertools::Itertools;

use crate::base::Id;
use crate::explore::{Limit, Unfinished};
use crate::model::{Cell, CellId, MachineId, Model, ModelMeterId, Value, Values};
use crate::system::{ActionId, Breach, Rule};
use crate::trace::replay::Obligation;
use crate::verdict::Reason;

/// Names for the parts of one model.
#[derive(Clone, Copy)]
pub struct Naming<'m> {
    model: &'m Model,
}

impl<'m> Naming<'m> {
    /// The names of a model.
    pub fn of(model: &'m Model) -> Naming<'m> {
        Naming { model }
    }

    /// An instance: its machine's name in small letters and, unless there is only one, its number
    /// from 1.
    pub fn instance(&self, machine: MachineId, index: u32) -> String {
        let declared = &self.model.machines[machine];
        let name = in_small_letters(&declared.name);
        if declared.single { name } else { format!("{name}{}", index + 1) }
    }

    /// A value.
    pub fn value(&self, value: &Value) -> String {
        let list =
            |values: &mut dyn Iterator<Item = &Value>| values.map(|one| self.value(one)).join(", ");
        match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Enum(id, rank) => self.model.enums[*id].values[*rank as usize].clone(),
            Value::Instance(machine, index) => self.instance(*machine, *index),
            Value::Control(machine, state) => {
                self.model.machines[*machine].states[*state as usize].clone()
            }
            Value::None => "none".to_owned(),
            Value::Set(elements) => format!("{{{}}}", list(&mut elements.iter())),
            Value::Array(elements) | Value::Queue(elements) => {
                format!("[{}]", list(&mut elements.iter()))
            }
        }
    }

    /// What a cell of the state is called; the control state has its instance's name.
    pub fn cell(&self, cell: CellId) -> String {
        match self.model.cells.cell(cell) {
            Cell::Control(machine, index) => self.instance(machine, index),
            Cell::Variable(variable, owner) => {
                let declared = &self.model.variables[variable];
                match (declared.machine, owner) {
                    (Some(machine), Some(index)) => {
                        format!("{}.{}", self.instance(machine, index), declared.name)
                    }
                    _ => declared.name.clone(),
                }
            }
            Cell::Budget(action, owner) => {
                let declared = &self.model.actions[action];
                match (declared.machine, owner) {
                    (Some(machine), Some(index)) => {
                        format!("{}.{} left", self.instance(machine, index), declared.name)
                    }
                    _ => format!("{} left", declared.name),
                }
            }
        }
    }

    /// An action with its instances, like `volume2.claim(node3)`.
    pub fn action(&self, action: ActionId) -> String {
        let Some(instance) = self.model.instances.get(action) else { return "tick".to_owned() };
        let arguments = instance.arguments.iter().map(|one| self.value(one)).join(", ");
        let name = self.action_of_owner(action);
        if instance.arguments.is_empty() { name } else { format!("{name}({arguments})") }
    }

    /// An action without its parameters, like `volume2.claim`.
    fn action_of_owner(&self, action: ActionId) -> String {
        let Some(instance) = self.model.instances.get(action) else { return "tick".to_owned() };
        let declared = &self.model.actions[instance.action];
        match declared.machine {
            Some(machine) => {
                format!("{}.{}", self.instance(machine, instance.index), declared.name)
            }
            None => declared.name.clone(),
        }
    }

    /// What is owed: an action of an instance, or any step of a fair machine's instance.
    pub fn obligation(&self, obligation: &Obligation) -> String {
        let names = obligation.actions.iter().map(|&action| self.action_of_owner(action));
        match names.unique().collect_vec().as_slice() {
            [] => "nothing".to_owned(),
            [one] => one.clone(),
            [first, ..] => format!("any step of {}", first.split('.').next().unwrap_or(first)),
        }
    }

    /// A meter of the system: the ticks, or a declared one.
    pub fn meter(&self, index: usize) -> String {
        match index.checked_sub(1) {
            None => "tick".to_owned(),
            Some(declared) => self.model.meters[ModelMeterId::from_index(declared)].name.clone(),
        }
    }

    /// Whether a cell has a meaning in a state: a `while` variable only in some control states.
    pub fn is_meaningful(&self, cell: CellId, state: &Values) -> bool {
        let Cell::Variable(variable, Some(index)) = self.model.cells.cell(cell) else {
            return true;
        };
        let declared = &self.model.variables[variable];
        let (Some(alive), Some(machine)) = (&declared.alive, declared.machine) else { return true };
        let control = self.model.cells.control(machine, index);
        let control = control.map(|cell| &state[cell.index()]);
        matches!(control, Some(Value::Control(_, now)) if alive.contains(now))
    }
}

/// `StorageNode` as `storage_node`, and `DynamoDB` as `dynamo_db`.
fn in_small_letters(name: &str) -> String {
    let letters = name.chars().collect_vec();
    let is_large = |at: usize| letters.get(at).is_some_and(|letter| letter.is_uppercase());
    let is_small = |at: usize| letters.get(at).is_some_and(|letter| letter.is_lowercase());
    let mut small = String::new();
    for (at, letter) in letters.iter().enumerate() {
        // Large letters in a row are one word, but for the last if small ones follow.
        let is_first = at > 0 && is_large(at) && (!is_large(at - 1) || is_small(at + 1));
        if is_first && !small.ends_with('_') {
            small.push('_');
        }
        small.extend(letter.to_lowercase());
    }
    small
}

/// What breaks, in words.
pub fn breach(breach: Breach) -> &'static str {
    match breach.rule {
        Rule::Range => "a value leaves its range",
        Rule::NoneRead => "`none` is read as a value",
        Rule::Division => "a number is divided by zero, or raised to a negative power",
        Rule::Overflow => "a number leaves the range of 64 bits",
        Rule::QueueFull => "a queue takes more than it holds",
        Rule::QueueEmpty => "an empty queue is asked for an element",
        Rule::NegativeCount => "a meter is told to count a negative amount",
        Rule::Meaningless => "a variable is read in a state in which it has no meaning",
        Rule::Conflict => "two turns of an unordered loop change the same variable",
        Rule::Foreign => "the model breaks a rule of its own",
    }
}

/// Who ended a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A key press.
    Interrupted,
    /// The clock.
    OutOfTime,
}

/// What is said where nobody tells which of both it was.
const ENDED: &str = "it was interrupted, or its time was over";

impl Ended {
    /// A reason, now that it is known who ended the run.
    pub fn settle(self, reason: &str) -> String {
        let words = match self {
            Ended::Interrupted => "it was interrupted",
            Ended::OutOfTime => "its time was over",
        };
        reason.replace(ENDED, words)
    }
}

/// What cut an exploration short, in words.
pub fn cut(unfinished: Unfinished) -> &'static str {
    match unfinished {
        Unfinished::Limit(Limit::States) => "the limit on states was reached",
        Unfinished::Limit(Limit::Depth) => "the limit on depth was reached",
        Unfinished::Limit(Limit::Memory) => "the limit on memory was reached",
        Unfinished::Interrupted => ENDED,
        Unfinished::StartBreach => "an assumption breaches",
    }
}

/// Why nobody knows, in words.
pub fn reason(reason: Reason) -> String {
    match reason {
        Reason::Unfinished(unfinished) => cut(unfinished).to_owned(),
        Reason::Interrupted => ENDED.to_owned(),
        Reason::ModelBreaches => "the model breaches".to_owned(),
        Reason::NoStart => "there is no initial state".to_owned(),
        Reason::FormulaTooLarge => "the formula is too large to translate".to_owned(),
        Reason::NotSupported => "not supported yet".to_owned(),
        Reason::NotByStateright => "stateright cannot decide this claim".to_owned(),
        Reason::Boundary => "steps lead out of the boundary of the model".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_name_are_set_apart() {
        assert_eq!(in_small_letters("StorageNode"), "storage_node");
        assert_eq!(in_small_letters("Volume"), "volume");
        assert_eq!(in_small_letters("DynamoDB"), "dynamo_db");
        assert_eq!(in_small_letters("HTTPServer"), "http_server");
        assert_eq!(in_small_letters("EC2Instance"), "ec2_instance");
        assert_eq!(in_small_letters("Already_Apart"), "already_apart");
    }
}
