//! Drops steps that the ending does not need.
//!
//! The idea of delta debugging (Zeller and Hildebrandt, *Simplifying and Isolating Failure-Inducing
//! Input*, 2002): leave out halves, quarters, and so on down to single steps, and walk what is left.
//! What is no longer enabled on the way is left out as well, so that dropping one step takes with it what
//! only that step made possible. Where the trace repeats, the cycle is walked for some turns until it
//! closes. A shorter trace counts only if [`replay`] walks it to the same kind of ending and the aim is
//! met; so a shortest trace to a single state is as short as it was, and it is the loops that gain. What
//! leads from a state back to it is left out before anything else, and again where dropping made some.
//!
//! Cost: at most `WALKS_MAX` walks.

use std::ops::Range;

use super::Trace;
use super::aim::Aim;
use super::replay::{Meaning, Replayed, replay};
use crate::model::Values;
use crate::system::ActionId;

/// The most walks that are tried. By taste: far more than traces of a hundred steps need.
const WALKS_MAX: usize = 2000;

/// The most turns of a cycle that are walked to see it close. By taste.
const TURNS_MAX: usize = 4;

/// A shorter trace that shows the same; none if no step can be dropped. What the aim cannot tell from the
/// trace alone, `is_as_good` can.
pub fn shorten(
    meaning: &dyn Meaning,
    trace: &Replayed,
    aim: &Aim<'_>,
    is_as_good: &dyn Fn(&Replayed) -> bool,
) -> Option<Replayed> {
    let mut shortener = Shortener { meaning, aim, is_as_good, walks_left: WALKS_MAX };
    let mut shortest: Option<Replayed> = None;
    let mut is_new = true;
    let mut length = trace.steps().len().div_ceil(2);
    while length > 0 {
        let here = shortest.as_ref().unwrap_or(trace);
        let without_detour = if is_new { shortener.without_detour(here) } else { None };
        let shorter = without_detour.or_else(|| shortener.without_some(here, length));
        is_new = shorter.is_some();
        match shorter {
            Some(shorter) => shortest = Some(shorter),
            None => length /= 2,
        }
    }
    shortest
}

struct Shortener<'a> {
    meaning: &'a dyn Meaning,
    aim: &'a Aim<'a>,
    is_as_good: &'a dyn Fn(&Replayed) -> bool,
    walks_left: usize,
}

impl Shortener<'_> {
    /// The trace without what leads from a state back to it for the last time, for the first state that
    /// can do without.
    fn without_detour(&mut self, trace: &Replayed) -> Option<Replayed> {
        let states = trace.states();
        let detours = (0..states.len()).filter_map(|start| {
            let end = states.iter().rposition(|state| *state == states[start])?;
            // A whole turn of the loop is none.
            let is_turn = trace.repeats_from() == Some(start) && end == trace.steps().len();
            (end > start && !is_turn).then_some(start..end)
        });
        detours.into_iter().find_map(|detour| self.without(trace, detour))
    }

    /// The trace without the first stretch of this length that it can do without.
    fn without_some(&mut self, trace: &Replayed, length: usize) -> Option<Replayed> {
        let starts = (0..trace.steps().len()).step_by(length);
        starts.into_iter().find_map(|start| self.without(trace, start..start + length))
    }

    /// The trace without some of its steps, if it shows the same.
    fn without(&mut self, trace: &Replayed, dropped: Range<usize>) -> Option<Replayed> {
        self.walks_left = self.walks_left.checked_sub(1)?;
        let shorter = self.walk(trace, &|at| !dropped.contains(&at))?;
        if shorter.actions.len() >= trace.steps().len() {
            return None;
        }
        let start = trace.states()[0].clone();
        let walked = replay(self.meaning, start, &shorter, self.aim.ending()).ok()?;
        (self.aim.is_met_by(&walked) && (self.is_as_good)(&walked)).then_some(walked)
    }

    /// Walks the steps that are kept and enabled; the trace that comes of it, if it ends alike.
    fn walk(&self, trace: &Replayed, is_kept: &dyn Fn(usize) -> bool) -> Option<Trace> {
        let actions = &trace.trace().actions;
        let first = trace.repeats_from().unwrap_or(actions.len());
        let kept = |range: std::ops::Range<usize>| range.filter(|&at| is_kept(at));
        let mut walk =
            Walk { meaning: self.meaning, state: trace.states()[0].clone(), taken: vec![] };
        kept(0..first).for_each(|at| walk.take_if_enabled(actions[at]));
        let start = trace.trace().start.clone();
        if first == actions.len() {
            return Some(Trace { start, actions: walk.taken, repeats_from: None });
        }
        let mut turns = vec![(walk.state.clone(), walk.taken.len())];
        for _ in 0..TURNS_MAX {
            kept(first..actions.len()).for_each(|at| walk.take_if_enabled(actions[at]));
            if let Some((_, from)) = turns.iter().find(|(state, _)| *state == walk.state) {
                let repeats_from = Some(*from as u32);
                return Some(Trace { start, actions: walk.taken, repeats_from });
            }
            turns.push((walk.state.clone(), walk.taken.len()));
        }
        None
    }
}

struct Walk<'a> {
    meaning: &'a dyn Meaning,
    state: Values,
    taken: Vec<ActionId>,
}

impl Walk<'_> {
    /// A step that breaches is kept as well: if it is the last one, that may be what is wanted.
    fn take_if_enabled(&mut self, action: ActionId) {
        let Some(step) = self.meaning.step(action, &self.state) else { return };
        self.taken.push(action);
        if let Ok(next) = step.next {
            self.state = next;
        }
    }
}
