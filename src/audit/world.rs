//! The first sweep: whether the states of a certificate are the reachable ones, and their steps.
//!
//! The meaning is asked only about states that are known to be reachable, so that what a forged
//! certificate calls a state does no harm.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use super::order::Net;
use super::{Checked, Refusal, kind};
use crate::base::{Id, IdVec};
use crate::certificate::Part;
use crate::model::{ActionKind, FigureId, Interpreter, Meter, Model, Values};
use crate::system::{ActionId, FairnessId};
use crate::trace::replay::{Meaning, Obligation};

/// All reachable states with their steps.
pub(super) struct World<'a> {
    meaning: Interpreter<'a>,
    states: &'a [Values],
    is_start: Vec<bool>,
    /// By state.
    steps: Vec<Vec<Step<'static>>>,
    /// What steps count, each once.
    counts: Vec<Vec<u64>>,
    /// What must not be put off for ever.
    pub(super) obligations: IdVec<FairnessId, Obligation>,
}

/// A step.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    /// The action.
    pub(super) action: ActionId,
    /// Where it leads.
    pub(super) target: usize,
    /// The numbers of the `until`s that are put off meanwhile.
    pub(super) put_off: &'a [i32],
    /// The place of what it counts.
    pub(super) counts: usize,
}

impl<'a> World<'a> {
    /// Works out all steps; refused if the states are not just the reachable ones, or a step breaches.
    pub(super) fn of(model: &'a Model, part: &'a Part) -> Checked<World<'a>> {
        let meaning = Interpreter::new(model);
        let places: BTreeMap<&Values, usize> = part.states.iter().zip(0..).collect();
        let is_start = starts(&meaning, &places, part.states.len())?;
        let mut is_reached = is_start.clone();
        let mut all_steps = Vec::new();
        let mut counts: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
        for (state, values) in part.states.iter().enumerate() {
            if !is_reached[state] {
                return Err(Refusal::in_state("no state before it leads there", state));
            }
            let mut steps = Vec::new();
            for step in meaning.moves(values) {
                let action = step.action;
                if !part.with_operators && kind(model, action) == Some(ActionKind::Operator) {
                    continue;
                }
                let refusal = |why| Refusal::at_step(why, state, action);
                let next = step.next.map_err(|_| refusal("the model breaks its own rules"))?;
                let target = places.get(&next).copied();
                let target = target.ok_or(refusal("a step leads to a state that is missing"))?;
                is_reached[target] = true;
                let place = counts.len();
                let counts = *counts.entry(step.counts).or_insert(place);
                steps.push(Step { action, target, put_off: &[], counts });
            }
            all_steps.push(steps);
        }
        let by_place = |(counts, place)| (place, counts);
        let counts: BTreeMap<usize, Vec<u64>> = counts.into_iter().map(by_place).collect();
        Ok(World {
            meaning,
            states: &part.states,
            is_start,
            steps: all_steps,
            counts: counts.into_values().collect(),
            obligations: meaning.obligations(),
        })
    }

    /// The model.
    pub(super) fn model(&self) -> &'a Model {
        self.meaning.model()
    }

    /// All states.
    pub(super) fn states(&self) -> Range<usize> {
        0..self.states.len()
    }

    /// The states in which the model can start.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        self.states().filter(|&state| self.is_start[state])
    }

    /// The steps out of a state.
    pub(super) fn steps(&self, state: usize) -> &[Step<'static>] {
        &self.steps[state]
    }

    /// How much a step counts.
    pub(super) fn count(&self, step: &Step<'_>, meter: Meter) -> u64 {
        let counts = &self.counts[step.counts];
        match meter {
            Meter::Tick => counts[0],
            Meter::Declared(id) => counts[1 + id.index()],
        }
    }

    /// The value of a figure in a state.
    pub(super) fn figure(&self, figure: FigureId, state: usize) -> Checked<i64> {
        let value = Meaning::figure(&self.meaning, figure, &self.states[state]);
        value.map_err(|_| Refusal::in_state("the claim cannot be read", state))
    }

    /// By state: whether a predicate is true.
    pub(super) fn where_true(&self, predicate: FigureId) -> Checked<Vec<bool>> {
        self.states().map(|state| Ok(self.figure(predicate, state)? == 1)).collect()
    }

    /// Whether one of these obligations is enabled in a state.
    pub(super) fn is_any_enabled(&self, obligations: &[&Obligation], state: usize) -> bool {
        let actions = self.steps(state).iter().map(|step| step.action);
        actions.into_iter().any(|action| discharges(action, obligations))
    }
}

impl Net for World<'_> {
    fn place_count(&self) -> usize {
        self.states.len()
    }

    fn state(&self, place: usize) -> usize {
        place
    }

    fn steps(&self, place: usize) -> impl Iterator<Item = Step<'_>> {
        self.steps[place].iter().copied()
    }
}

/// Whether an action discharges one of these obligations; it enables the same ones.
pub(super) fn discharges(action: ActionId, obligations: &[&Obligation]) -> bool {
    obligations.iter().any(|obligation| obligation.actions.contains(&action))
}

/// By state: whether the model can start there. It can start nowhere else.
fn starts(
    meaning: &Interpreter<'_>,
    places: &BTreeMap<&Values, usize>,
    state_count: usize,
) -> Checked<Vec<bool>> {
    if places.len() < state_count {
        return Err(Refusal::new("a state is there twice"));
    }
    let mut is_start = vec![false; state_count];
    let mut refusal = Some(Refusal::new("the model has no start"));
    meaning.starts(&mut |start| {
        let place = start.map(|values| places.get(&values).copied());
        refusal = match place {
            Ok(Some(place)) => {
                is_start[place] = true;
                None
            }
            Ok(None) => Some(Refusal::new("a start of the model is missing")),
            Err(_) => Some(Refusal::new("an assumption breaks the rules")),
        };
        if refusal.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    refusal.map_or(Ok(is_start), Err)
}
