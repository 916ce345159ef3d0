//! Walks a told trace in a model: from the names of a saved trace back to what the reference meaning
//! has walked.
//!
//! Names are looked up in the model as it is now, and every step must change and count just what was
//! told; what comes of it is then walked once more by [`replay`], which alone can say that a loop
//! closes and is fair. Budgets are not told: they follow from the steps.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use itertools::Itertools;

use super::saved::{SavedStep, SavedTrace};
use super::tell::Teller;
use super::why::Asker;
use super::words::{Naming, breach};
use super::{Change, ToldStep};
use crate::base::{Id, Source};
use crate::model::{Cell, CellId, Interpreter, Model, Move, Type, Value, Values};
use crate::pipeline::Prepared;
use crate::system::ActionId;
use crate::trace::Trace;
use crate::trace::replay::{Difference, Ending, Meaning, Replayed, Taken, replay};

/// Where a told trace is not one of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The number of the step, 0 for the start.
    pub step: usize,
    /// What the trace says there, and what the model does.
    pub why: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            0 => write!(f, "at its start {}", self.why),
            step => write!(f, "at step {step} {}", self.why),
        }
    }
}

impl std::error::Error for Misfit {}

/// The most steps that are listed where another one was expected. By taste.
const STEPS_MAX: usize = 8;

/// Walks a saved trace in a model.
pub fn retrace(
    prepared: &Prepared,
    sources: &[Source],
    saved: &SavedTrace,
) -> Result<Replayed, Misfit> {
    let model = &prepared.model;
    let walker = Walker {
        model,
        sources,
        meaning: Interpreter::new(model),
        naming: Naming::of(model),
        teller: Teller::of(model),
        names: actions_by_name(model),
    };
    let start = walker.start(&saved.start)?;
    let words = prepared.compiled.legend().state(&start);
    let words = words.ok_or_else(|| misfit(0, "it has values that the model does not have"))?;
    let mut state = start.clone();
    let mut actions = Vec::new();
    for (at, step) in saved.steps.iter().enumerate() {
        let broken = saved.breach.as_deref().filter(|_| at + 1 == saved.steps.len());
        let (action, next) = walker.step(at + 1, step, broken, &state)?;
        actions.push(action);
        state = next;
    }
    let (repeats_from, ending) = ending(saved)?;
    let trace = Trace { start: words, actions, repeats_from };
    replay(&walker.meaning, start, &trace, ending)
        .map_err(|error| walker.differs(error.step, &error.difference))
}

fn misfit(step: usize, why: impl Into<String>) -> Misfit {
    Misfit { step, why: why.into() }
}

/// Where it repeats, from 0, and how it ends.
fn ending(saved: &SavedTrace) -> Result<(Option<u32>, Ending), Misfit> {
    let count = saved.steps.len();
    match (saved.repeats, &saved.breach) {
        (None, None) => Ok((None, Ending::State)),
        // Nothing breaches without a step; a figure that cannot be read is no step.
        (None, Some(_)) if count == 0 => Err(misfit(0, "it breaks a rule without a step")),
        (None, Some(_)) => Ok((None, Ending::Breach)),
        (Some(_), Some(_)) => Err(misfit(count, "it both repeats and breaks a rule")),
        (Some(repeats), None) => {
            let first = repeats.from_step.checked_sub(1).filter(|&first| first < count);
            let Some(first) = first.and_then(|first| u32::try_from(first).ok()) else {
                let why = format!("it ends, and its loop begins at step {}", repeats.from_step);
                return Err(misfit(count, why));
            };
            Ok((Some(first), if repeats.is_fair { Ending::FairLoop } else { Ending::UnfairLoop }))
        }
    }
}

/// Every action instance by what it is called. Two can be called alike where one machine's name is
/// that of an instance of another one.
fn actions_by_name(model: &Model) -> BTreeMap<String, Vec<ActionId>> {
    let naming = Naming::of(model);
    let mut names: BTreeMap<String, Vec<ActionId>> = BTreeMap::new();
    for id in (0..model.instances.len()).map(ActionId::from_index) {
        names.entry(naming.action(id)).or_default().push(id);
    }
    names
}

struct Walker<'m> {
    model: &'m Model,
    sources: &'m [Source],
    meaning: Interpreter<'m>,
    naming: Naming<'m>,
    teller: Teller<'m>,
    names: BTreeMap<String, Vec<ActionId>>,
}

/// The start.
impl Walker<'_> {
    /// The state in which everything that was told has its value, and everything else the one with which
    /// it always starts.
    fn start(&self, told: &[(String, String)]) -> Result<Values, Misfit> {
        let mut told_by_name: BTreeMap<&str, VecDeque<&str>> = BTreeMap::new();
        for (name, value) in told {
            told_by_name.entry(name).or_default().push_back(value);
        }
        let mut state = Values::new();
        let mut untold = Vec::new();
        for (id, cell) in self.model.cells.iter() {
            let name = self.naming.cell(id);
            let initial = self.meaning.initial(id).map_err(|broken| {
                misfit(
                    0,
                    format!("an initial value of the model breaks a rule: {}", breach(broken)),
                )
            })?;
            let said = match cell {
                Cell::Budget(..) => None,
                _ => told_by_name.get_mut(name.as_str()).and_then(VecDeque::pop_front),
            };
            state.push(match (said, initial) {
                (Some(said), initial) => self.starts_with(id, said, initial)?,
                (None, initial) => {
                    untold.push(id);
                    initial.unwrap_or(Value::None)
                }
            });
        }
        if let Some((name, _)) = told_by_name.iter().find(|(_, values)| !values.is_empty()) {
            return Err(misfit(0, format!("it tells of `{name}`, which the model does not have")));
        }
        let is_missed = |&&id: &&CellId| {
            !matches!(self.model.cells.cell(id), Cell::Budget(..))
                && self.naming.is_meaningful(id, &state)
        };
        if let Some(&id) = untold.iter().find(is_missed) {
            let name = self.naming.cell(id);
            return Err(misfit(0, format!("it says nothing of `{name}`, which the model has")));
        }
        match self.meaning.is_start(&state) {
            Ok(true) => Ok(state),
            Ok(false) => Err(misfit(0, "an assumption of the model is false")),
            Err(broken) => {
                let why = format!("an assumption of the model breaks a rule: {}", breach(broken));
                Err(misfit(0, why))
            }
        }
    }

    /// The value that a cell is said to start with; `initial` is what the model says, if not `any`.
    fn starts_with(&self, id: CellId, said: &str, initial: Option<Value>) -> Result<Value, Misfit> {
        let name = self.naming.cell(id);
        let model = match initial {
            Some(value) if self.naming.value(&value) == said => return Ok(value),
            Some(value) => format!("in the model it is {}", self.naming.value(&value)),
            None => {
                let Cell::Variable(variable, _) = self.model.cells.cell(id) else {
                    unreachable!("only variables start with any value")
                };
                match self.value(&self.model.variables[variable].ty, said) {
                    Some(value) => return Ok(value),
                    None => "in the model it cannot be that".to_owned(),
                }
            }
        };
        Err(misfit(0, format!("it says that `{name}` is {said}, and {model}")))
    }

    /// The value of a type that is told so; queues do not start with any value.
    fn value(&self, ty: &Type, said: &str) -> Option<Value> {
        match ty {
            Type::Number(interval) => {
                let number = said.parse().ok()?;
                let is_in = (interval.low..=interval.high).contains(&number);
                is_in.then_some(Value::Number(number))
            }
            Type::Optional(_) if said == self.naming.value(&Value::None) => Some(Value::None),
            Type::Optional(inner) => self.value(inner, said),
            Type::Set(domain) => {
                let elements = said.strip_prefix('{')?.strip_suffix('}')?;
                let elements = items(elements).map(|one| self.value(domain, one));
                elements.collect::<Option<_>>().map(Value::Set)
            }
            Type::Array { element, .. } => {
                let elements = said.strip_prefix('[')?.strip_suffix(']')?;
                let elements = items(elements).map(|one| self.value(element, one));
                elements.collect::<Option<_>>().map(Value::Array)
            }
            _ => ty.values(self.model).find(|value| self.naming.value(value) == said),
        }
    }
}

/// What stands between the commas of a list, those inside of inner lists apart.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let parts = list.split(move |sign| {
        match sign {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

/// The steps.
impl Walker<'_> {
    /// The action of a step, and the state behind it; the state before it, if it is to break a rule.
    fn step(
        &self,
        number: usize,
        told: &SavedStep,
        broken: Option<&str>,
        state: &Values,
    ) -> Result<(ActionId, Values), Misfit> {
        let name = &told.action;
        let Some(actions) = self.names.get(name) else {
            return Err(misfit(number, format!("it says {name}, which the model does not have")));
        };
        let mut first = None;
        for &action in actions {
            let found = match self.meaning.step(action, state) {
                None => Err(self.is_not_enabled(action, state)),
                Some(step) => self.fits(told, broken, state, &step),
            };
            match found {
                Ok(next) => return Ok((action, next)),
                Err(why) => first = first.or(Some(why)),
            }
        }
        let why = first.expect("a name stands for an action");
        Err(misfit(number, format!("it says {name}: {why}")))
    }

    fn is_not_enabled(&self, action: ActionId, state: &Values) -> String {
        let reason = Asker::of(self.model, self.sources).ask(action, state).in_short();
        let mut enabled =
            self.meaning.moves(state).into_iter().map(|step| self.naming.action(step.action));
        let listed = enabled.by_ref().take(STEPS_MAX).join(", ");
        let more = if enabled.next().is_some() { ", …" } else { "" };
        let can = match listed.is_empty() {
            true => "nothing can happen there".to_owned(),
            false => format!("what can happen there is {listed}{more}"),
        };
        format!("in the model it cannot happen there ({reason}); {can}")
    }

    /// The state behind a step that does what was told; or how it differs.
    fn fits(
        &self,
        told: &SavedStep,
        broken: Option<&str>,
        state: &Values,
        step: &Move,
    ) -> Result<Values, String> {
        match (&step.next, broken) {
            (Err(found), Some(broken)) if breach(*found) == broken => Ok(state.clone()),
            (Err(found), _) => Err(format!("in the model it breaks a rule: {}", breach(*found))),
            (Ok(_), Some(broken)) => {
                Err(format!("it breaks a rule ({broken}), and in the model it breaks none"))
            }
            (Ok(next), None) => {
                let states = [state.clone(), next.clone()];
                let taken = Taken { action: step.action, counts: step.counts.clone() };
                let walked = self.teller.walk(&states, &[taken], None);
                let found = walked.steps.first().expect("one step was walked");
                match difference(told, found) {
                    None => Ok(next.clone()),
                    Some(why) => Err(why),
                }
            }
        }
    }

    /// What [`replay`] finds beyond the single steps.
    fn differs(&self, step: usize, difference: &Difference) -> Misfit {
        let obligations = self.meaning.obligations();
        let why = match difference {
            Difference::NotClosed => {
                "its loop closes, and in the model it does not come back to the same state"
                    .to_owned()
            }
            Difference::PutsOff(owed) => {
                let owed = owed.iter().map(|&id| self.naming.obligation(&obligations[id]));
                format!("its loop is fair, and in the model it puts off {}", owed.format(", "))
            }
            Difference::PutsNothingOff => {
                "its loop puts off something owed, and in the model it puts off nothing".to_owned()
            }
            Difference::NotAStart
            | Difference::StartBreaches(_)
            | Difference::NotEnabled(_)
            | Difference::Breaches(..)
            | Difference::NoBreach
            | Difference::WrongEnding => {
                unreachable!("the start and each step were looked at before")
            }
        };
        misfit(step, why)
    }
}

/// What a step is told to do and does not, or the other way round.
fn difference(told: &SavedStep, found: &ToldStep) -> Option<String> {
    let same_changes = told.changes.iter().sorted().eq(found.changes.iter().sorted());
    let same_counts = told.counts.iter().sorted().eq(found.counts.iter().sorted());
    let names = told.changes.iter().chain(&found.changes).map(|one| one.name.as_str());
    let meters = told.counts.iter().chain(&found.counts).map(|(meter, _)| meter.as_str());
    let change = |all: &[Change], name: &str| match all.iter().find(|one| one.name == name) {
        Some(Change { before, after, .. }) => format!("goes from {before} to {after}"),
        None => "stays as it is".to_owned(),
    };
    let count = |all: &[(String, u64)], name: &str| {
        all.iter().find(|(meter, _)| meter == name).map_or(0, |(_, count)| *count)
    };
    let changed = names.unique().find_map(|name| {
        let (before, now) = (change(&told.changes, name), change(&found.changes, name));
        (before != now).then(|| format!("`{name}` {before}, and in the model it {now}"))
    });
    let counted = meters.unique().find_map(|name| {
        let (before, now) = (count(&told.counts, name), count(&found.counts, name));
        (before != now).then(|| format!("it counts {before} {name}, and in the model {now}"))
    });
    let other = || "in the model it changes something else".to_owned();
    (!same_changes || !same_counts).then(|| changed.or(counted).unwrap_or_else(other))
}
