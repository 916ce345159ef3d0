//! What becomes of a trace where a mitigation is applied: the same steps are walked in the mitigated model.
//!
//! Of a step that cannot be taken any more it is said why. Where all can be taken, the walk is judged like
//! any other trace; that it does no harm says nothing of other steps.

use super::Prepared;
use super::aftermath::Aftermath;
use super::explain::Case;
use crate::base::Id;
use crate::model::{CellId, Claim, Interpreter, Model, Value, Values};
use crate::system::{ActionId, Breach, MeterId, Start, System};
use crate::trace::Trace;
use crate::trace::aim::{Aim, Subject};
use crate::trace::replay::{Ending, replay};

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

/// Something that a step makes different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step's position; none at the start.
    pub step: Option<usize>,
    /// What is different.
    pub what: Different,
}

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Different {
    /// The value of a cell afterwards.
    Cell {
        /// The cell, in the model that is not mitigated.
        cell: CellId,
        /// Its value in the trace.
        without: Value,
        /// Its value with the mitigation.
        with: Value,
    },
    /// What the step counts on a meter.
    Count {
        /// The meter.
        meter: MeterId,
        /// How much it counts in the trace.
        without: u64,
        /// How much it counts with the mitigation.
        with: u64,
    },
}

/// Turns of a loop that are walked with a mitigation, until it closes or a step cannot be taken. By taste.
const TURNS_MAX: usize = 20;

/// Starts among which the one nearest to that of the trace is looked for. By taste.
const STARTS_MAX: usize = 10_000;

/// What becomes of a trace of `model` in the mitigated one.
pub fn fate(model: &Model, mitigated: &Prepared, case: &Case<'_>) -> Fate {
    let trace = case.trace;
    let counterpart = Counterpart::of(model, &mitigated.model);
    let Some(start) = counterpart.nearest_start(mitigated, &trace.states()[0]) else {
        return Fate::Impossible;
    };
    let different = counterpart.different_cell(&trace.states()[0], &start);
    let difference = different.map(|what| Difference { step: None, what });
    let meaning = Interpreter::new(&mitigated.model);
    let walk = Walk {
        counterpart: &counterpart,
        mitigated,
        meaning: &meaning,
        case,
        actions: Vec::new(),
        state: start.clone(),
        difference,
    };
    walk.follow(start)
}

/// A walk in the mitigated model along the steps of a trace.
struct Walk<'a> {
    counterpart: &'a Counterpart,
    mitigated: &'a Prepared,
    meaning: &'a Interpreter<'a>,
    case: &'a Case<'a>,
    /// The steps taken, as the mitigated model calls them.
    actions: Vec<ActionId>,
    state: Values,
    /// The first thing that is different.
    difference: Option<Difference>,
}

impl Walk<'_> {
    /// Takes the steps as far as they can be taken, and turns of the loop until it closes.
    fn follow(mut self, start: Values) -> Fate {
        let count = self.case.trace.steps().len();
        let first = self.case.trace.repeats_from().unwrap_or(count);
        for step in 0..first {
            if let Err(departure) = self.take(step, 0) {
                return Fate::Broken(departure);
            }
        }
        if first == count {
            return self.judge(start, None);
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
                return self.judge(start, Some(from as u32));
            }
        }
        Fate::Unclear
    }

    /// Takes one step; if it cannot be taken, that is what becomes of the trace.
    fn take(&mut self, step: usize, turn: usize) -> Result<(), Box<Departure>> {
        let action = self.counterpart.action(self.case.trace.steps()[step].action);
        let taken = action.and_then(|action| self.meaning.step(action, &self.state));
        let broke_before = self.case.trace.states().len() == step + 1;
        match (action, taken.map(|it| (it.counts, it.next))) {
            (Some(action), Some((_, Err(_)))) if broke_before => self.actions.push(action),
            (Some(action), Some((counts, Ok(next)))) if !broke_before => {
                self.actions.push(action);
                self.state = next;
                let before = &self.case.trace.states()[step + 1];
                let without = &self.case.trace.steps()[step].counts;
                let counted = || different_count(without, &counts);
                let different = self.counterpart.different_cell(before, &self.state);
                let different = different.or_else(counted);
                let difference = different.map(|what| Difference { step: Some(step), what });
                self.difference = self.difference.take().or(difference);
            }
            (action, taken) => {
                return Err(Box::new(Departure {
                    step,
                    turn,
                    model: self.mitigated.model.clone(),
                    action,
                    state: self.state.clone(),
                    breach: taken.and_then(|(_, next)| next.err()),
                    difference: self.difference.take(),
                }));
            }
        }
        Ok(())
    }

    /// Whether the steps, all of which could be taken, break what the mitigated model claims.
    fn judge(self, start: Values, repeats_from: Option<u32>) -> Fate {
        let trace = Trace { start: Vec::new(), actions: self.actions, repeats_from };
        let endings: &[Ending] = match (repeats_from, self.case.trace.breach()) {
            (Some(_), _) => &[Ending::FairLoop, Ending::UnfairLoop],
            (None, Some(_)) => &[Ending::Breach],
            (None, None) => &[Ending::State],
        };
        let walk = |&ending| replay(self.meaning, start.clone(), &trace, ending).ok();
        let walked = endings.iter().find_map(walk).expect("every step was taken before");
        let model = &self.mitigated.model;
        let subject = self.case.topic.subject(model);
        let is_broken = Aim::of(self.meaning, model, subject, &walked).is_broken();
        let is_broken = is_broken.or_else(|| {
            let aftermath = Aftermath::of(self.mitigated, self.case.operators);
            let last = walked.states().last()?;
            match subject {
                Subject::StoppedTime => aftermath.is_time_stopped(last),
                Subject::Claim(Claim::AlwaysPossible(goal)) => {
                    aftermath.is_out_of_reach(last, *goal)
                }
                _ => None,
            }
        });
        match (is_broken, self.difference) {
            (None, _) => Fate::Unclear,
            (Some(false), difference) => Fate::Averted(difference),
            (Some(true), Some(difference)) => Fate::Bent(difference),
            (Some(true), None) => Fate::Untouched,
        }
    }
}

/// The first meter on which a step counts something else; all configurations of a text have the same.
fn different_count(without: &[u64], with: &[u64]) -> Option<Different> {
    let mut meters = without.iter().zip(with).enumerate();
    let (at, (&without, &with)) = meters.find(|(_, (without, with))| without != with)?;
    Some(Different::Count { meter: MeterId::from_index(at), without, with })
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
    fn different_cell(&self, without: &Values, with: &Values) -> Option<Different> {
        let pairs = self.cells.iter().enumerate().filter_map(|(at, cell)| Some((at, (*cell)?)));
        let mut pairs = pairs.map(|(at, cell)| (at, &without[at], &with[cell.index()]));
        let (at, without, with) = pairs.find(|(_, without, with)| without != with)?;
        let (without, with) = (without.clone(), with.clone());
        Some(Different::Cell { cell: CellId::from_index(at), without, with })
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
