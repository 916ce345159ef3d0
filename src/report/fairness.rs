//! The fairness that the verdicts of a run rest on, in a line: what is owed, and what of it never comes up.

use itertools::Itertools;

use super::sanity::action_name;
use super::words::Naming;
use crate::model::{Action, ActionDefinitionId, ActionKind, Interpreter, Model};
use crate::system::ActionId;
use crate::trace::replay::Meaning;
use crate::verdict::Sanity;

/// What must not be put off for ever, beside time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairnessReport {
    /// The actions that are weakly fair, for each instance, like `Volume.claim`.
    pub weak: Vec<String>,
    /// Those that are strongly fair.
    pub strong: Vec<String>,
    /// The machines whose instances take some step of their own.
    pub machines: Vec<String>,
    /// What is owed and never enabled, like `volume2.claim`, though other instances are; nothing if not
    /// everything was seen, or not of each instance.
    pub never_enabled: Option<Vec<String>>,
}

/// The most names of what is never enabled. By taste.
const NAMES_MAX: usize = 3;

impl FairnessReport {
    /// What is owed in a model, and what was seen of it.
    pub fn of(model: &Model, seen: Option<&Sanity>) -> FairnessReport {
        let named = |is_strong: bool| {
            let owed = |(_, action): &(ActionDefinitionId, &Action)| {
                action.strong == is_strong
                    && matches!(action.kind, ActionKind::Urgent | ActionKind::Eventually)
            };
            let owed = model.actions.iter_with_ids().filter(owed);
            owed.map(|(id, _)| action_name(model, id)).collect_vec()
        };
        let fair = model.machines.iter().filter(|machine| machine.fair);
        FairnessReport {
            weak: named(false),
            strong: named(true),
            machines: fair.map(|machine| machine.name.clone()).collect(),
            never_enabled: seen.and_then(|seen| never_enabled(model, seen)),
        }
    }

    /// All of it in one line.
    pub fn in_short(&self) -> String {
        let kinds = match self.weak.len() {
            0 => None,
            1 => Some("weak for 1 action".to_owned()),
            count => Some(format!("weak for {count} actions")),
        };
        let listed = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let strong = listed("strong for", &self.strong);
        let machines = listed("some step of each", &self.machines);
        let owed = kinds.into_iter().chain(strong).chain(machines).join("; ");
        let owed =
            if owed.is_empty() { "none declared; only ticks must happen".to_owned() } else { owed };
        let never = self.never_enabled.as_deref().unwrap_or_default();
        let more = match never.len().saturating_sub(NAMES_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let never = listed("; never enabled:", &never[..never.len().min(NAMES_MAX)]);
        format!("fairness: {owed}{}{more}", never.unwrap_or_default())
    }
}

/// What is owed to instances and never enabled. Actions that nobody ever takes are told by themselves.
fn never_enabled(model: &Model, seen: &Sanity) -> Option<Vec<String>> {
    let naming = Naming::of(model);
    let happens = |&action: &ActionId| {
        let instance = model.instances.get(action);
        instance.is_some_and(|instance| seen.happened(model, instance.action))
    };
    let obligations = Interpreter::new(model).obligations();
    let owed = obligations.iter().filter(|owed| owed.actions != [ActionId::TICK]);
    let mut never = Vec::new();
    for owed in owed.filter(|owed| owed.actions.iter().any(happens)) {
        let taken = owed.actions.iter().map(|&action| seen.is_taken(action));
        let taken = taken.collect::<Option<Vec<bool>>>()?;
        if !taken.contains(&true) {
            never.push(naming.obligation(owed));
        }
    }
    Some(never)
}
