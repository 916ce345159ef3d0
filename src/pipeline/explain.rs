//! Explains the trace of a property: what it needs, what keeps its loop going, and which mitigation alone
//! would have broken it where.

use itertools::Itertools;

use super::{Prepared, prepare};
use crate::base::{Id, Source};
use crate::model::{CellId, Interpreter, MitigationId, Model, PropertyId, Settings, Value, Values};
use crate::system::{ActionId, Breach, Start, System};
use crate::trace::Trace;
use crate::trace::aim::Aim;
use crate::trace::explain::{Explanation, explain as explain_trace};
use crate::trace::replay::{Ending, Replayed, replay};
use crate::trace::shorten::shorten;

/// A trace explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The trace that is explained: without the steps that its ending does not need.
    pub trace: Replayed,
    /// How many steps were dropped.
    pub dropped_count: usize,
    /// What its ending depended on.
    pub explanation: Explanation,
    /// What each mitigation that is not applied, alone, makes of it.
    pub mitigations: Vec<(MitigationId, Fate)>,
}

/// What a mitigation makes of a trace.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The same steps can be taken, they break the claim all the same, and nothing is different.
    Untouched,
    /// The same steps can be taken and break the claim all the same; the first thing that is different.
    Bent(Difference),
    /// The same steps can be taken, and do not break the claim; the first thing that is different.
    Averted(Option<Difference>),
    /// The same steps can be taken; whether they break the claim, they alone do not tell.
    Unclear,
    /// A step cannot be taken any more.
    Broken(Box<Departure>),
    /// It cannot be applied here, or leaves no start.
    Impossible,
}

/// Where the walk of a mitigated model stops.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The position of the step; in the loop perhaps in a later turn.
    pub step: usize,
    /// The turn of the loop, from 0.
    pub turn: usize,
    /// The mitigated model, its action there if it has it, and the state.
    pub model: Model,
    /// The action that cannot be taken, if the mitigated model has it.
    pub action: Option<ActionId>,
    /// The state in which it cannot be taken.
    pub state: Values,
    /// The rule it breaks, if it is enabled and breaches.
    pub breach: Option<Breach>,
    /// The first thing that was different before.
    pub difference: Option<Difference>,
}

/// A cell that is different after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step's position; none at the start.
    pub step: Option<usize>,
    /// The cell, in the model that is not mitigated.
    pub cell: CellId,
    /// Its value in the trace.
    pub without: Value,
    /// Its value with the mitigation.
    pub with: Value,
}

/// The trace of a property without the steps that its ending does not need; none if it needs all.
pub fn shortened(prepared: &Prepared, property: PropertyId, trace: &Replayed) -> Option<Replayed> {
    let Prepared { model, .. } = prepared;
    let meaning = Interpreter::new(model);
    let aim = Aim::of(&meaning, model, &model.properties[property].claim, trace)?;
    shorten(&meaning, trace, &aim)
}

/// Explains a trace of a property.
pub fn explain(
    prepared: &Prepared,
    sources: &[Source],
    settings: &Settings,
    property: PropertyId,
    trace: &Replayed,
) -> Explained {
    let model = &prepared.model;
    let shorter = shortened(prepared, property, trace).unwrap_or_else(|| trace.clone());
    let meaning = Interpreter::new(model);
    let aim = Aim::of(&meaning, model, &model.properties[property].claim, &shorter);
    let explanation = explain_trace(&meaning, model, &shorter, aim.as_ref());
    let others = model.mitigations.iter_with_ids().filter(|(_, one)| !one.applied);
    let mitigations = others.map(|(id, one)| {
        let mut settings = settings.clone();
        settings.mitigations.push(one.name.clone());
        let fate = match prepare(sources, &settings) {
            Ok(mitigated) => fate(model, &mitigated, property, &shorter),
            Err(_) => Fate::Impossible,
        };
        (id, fate)
    });
    let mitigations = mitigations.collect_vec();
    let dropped_count = trace.steps().len() - shorter.steps().len();
    Explained { trace: shorter, dropped_count, explanation, mitigations }
}

/// Turns of a loop that are walked with a mitigation, until it closes or a step cannot be taken. By taste.
const TURNS_MAX: usize = 20;

/// Starts among which the one nearest to that of the trace is looked for. By taste.
const STARTS_MAX: usize = 10_000;

/// What becomes of a trace of a property of `model` in the same text with a further mitigation.
pub fn fate(model: &Model, mitigated: &Prepared, property: PropertyId, trace: &Replayed) -> Fate {
    let counterpart = Counterpart::of(model, &mitigated.model);
    let Some(start) = counterpart.nearest_start(mitigated, &trace.states()[0]) else {
        return Fate::Impossible;
    };
    let difference = counterpart.difference(None, &trace.states()[0], &start);
    let meaning = Interpreter::new(&mitigated.model);
    let walk = Walk {
        counterpart: &counterpart,
        mitigated,
        meaning: &meaning,
        trace,
        actions: Vec::new(),
        state: start.clone(),
        difference,
    };
    walk.follow(property, start)
}

/// A walk in the mitigated model along the steps of a trace.
struct Walk<'a> {
    counterpart: &'a Counterpart,
    mitigated: &'a Prepared,
    meaning: &'a Interpreter<'a>,
    trace: &'a Replayed,
    /// The steps taken, as the mitigated model calls them.
    actions: Vec<ActionId>,
    state: Values,
    /// The first thing that is different.
    difference: Option<Difference>,
}

impl Walk<'_> {
    /// Takes the steps as far as they can be taken, and turns of the loop until it closes.
    fn follow(mut self, property: PropertyId, start: Values) -> Fate {
        let count = self.trace.steps().len();
        let first = self.trace.repeats_from().unwrap_or(count);
        for step in 0..first {
            if let Err(departure) = self.take(step, 0) {
                return Fate::Broken(departure);
            }
        }
        if first == count {
            return self.judge(property, start, None);
        }
        let mut turns: Vec<(Values, usize)> = Vec::new();
        for turn in 0..TURNS_MAX {
            turns.push((self.state.clone(), self.actions.len()));
            for step in first..count {
                if let Err(departure) = self.take(step, turn) {
                    return Fate::Broken(departure);
                }
            }
            if let Some((_, from)) = turns.iter().find(|(state, _)| *state == self.state) {
                let from = *from;
                return self.judge(property, start, Some(from as u32));
            }
        }
        Fate::Unclear
    }

    /// Takes one step; if it cannot be taken, that is what becomes of the trace.
    fn take(&mut self, step: usize, turn: usize) -> Result<(), Box<Departure>> {
        let action = self.counterpart.action(self.trace.steps()[step].action);
        let taken = action.and_then(|action| self.meaning.step(action, &self.state));
        let broke_before = self.trace.states().len() == step + 1;
        match (action, taken.map(|it| it.next)) {
            (Some(action), Some(Err(_))) if broke_before => self.actions.push(action),
            (Some(action), Some(Ok(next))) if !broke_before => {
                self.actions.push(action);
                self.state = next;
                let before = &self.trace.states()[step + 1];
                let difference = || self.counterpart.difference(Some(step), before, &self.state);
                self.difference = self.difference.take().or_else(difference);
            }
            (action, taken) => {
                return Err(Box::new(Departure {
                    step,
                    turn,
                    model: self.mitigated.model.clone(),
                    action,
                    state: self.state.clone(),
                    breach: taken.and_then(Result::err),
                    difference: self.difference.take(),
                }));
            }
        }
        Ok(())
    }

    /// Whether the steps, all of which could be taken, break the claim of the mitigated model.
    fn judge(self, property: PropertyId, start: Values, repeats_from: Option<u32>) -> Fate {
        let ending = match (repeats_from, self.trace.breach()) {
            (Some(_), _) => Ending::FairLoop,
            (None, Some(_)) => Ending::Breach,
            (None, None) => Ending::State,
        };
        let trace = Trace { start: Vec::new(), actions: self.actions, repeats_from };
        let Ok(walked) = replay(self.meaning, start, &trace, ending) else {
            // All steps could be taken and the loop closes: it puts off something that is owed.
            return Fate::Averted(self.difference);
        };
        let model = &self.mitigated.model;
        let claim = &model.properties[property].claim;
        let aim = Aim::of(self.meaning, model, claim, &walked);
        match (aim.and_then(|aim| aim.is_broken()), self.difference) {
            (None, _) => Fate::Unclear,
            (Some(false), difference) => Fate::Averted(difference),
            (Some(true), Some(difference)) => Fate::Bent(difference),
            (Some(true), None) => Fate::Untouched,
        }
    }
}

/// The cells and actions of one configuration of a text in another one.
struct Counterpart {
    cells: Vec<Option<CellId>>,
    actions: Vec<Option<ActionId>>,
}

impl Counterpart {
    fn of(model: &Model, mitigated: &Model) -> Counterpart {
        let cell = |(_, wanted)| {
            let mut all = mitigated.cells.iter();
            all.find(|(_, cell)| *cell == wanted).map(|(id, _)| id)
        };
        let action = |(_, wanted)| {
            let mut all = mitigated.instances.iter();
            all.find(|(_, instance)| *instance == wanted).map(|(id, _)| id)
        };
        let tick = std::iter::once(Some(ActionId::TICK));
        Counterpart {
            cells: model.cells.iter().map(cell).collect(),
            actions: tick.chain(model.instances.iter().map(action)).collect(),
        }
    }

    fn action(&self, action: ActionId) -> Option<ActionId> {
        self.actions[action.index()]
    }

    /// The first cell that both have and that differs.
    fn difference(
        &self,
        step: Option<usize>,
        without: &Values,
        with: &Values,
    ) -> Option<Difference> {
        let pairs = self.cells.iter().enumerate().filter_map(|(at, cell)| Some((at, (*cell)?)));
        let mut pairs = pairs.map(|(at, cell)| (at, &without[at], &with[cell.index()]));
        let (at, without, with) = pairs.find(|(_, without, with)| without != with)?;
        let (without, with) = (without.clone(), with.clone());
        Some(Difference { step, cell: CellId::from_index(at), without, with })
    }

    /// The start of the mitigated model that differs in the fewest cells.
    fn nearest_start(&self, mitigated: &Prepared, wanted: &Values) -> Option<Values> {
        let mut nearest: Option<(usize, Values)> = None;
        let mut seen = 0;
        mitigated.compiled.initial(&mut |start| {
            if let Start::State(words) = start {
                seen += 1;
                let values = mitigated.compiled.legend().values(words);
                let distance = self.distance(wanted, &values);
                if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
                    nearest = Some((distance, values));
                }
            }
            let is_enough = seen == STARTS_MAX || nearest.as_ref().is_some_and(|(it, _)| *it == 0);
            if is_enough {
                std::ops::ControlFlow::Break(())
            } else {
                std::ops::ControlFlow::Continue(())
            }
        });
        nearest.map(|(_, values)| values)
    }

    fn distance(&self, wanted: &Values, found: &Values) -> usize {
        let pairs = self.cells.iter().zip(wanted);
        pairs
            .filter(|(cell, value)| cell.is_some_and(|cell| found[cell.index()] != **value))
            .count()
    }
}
