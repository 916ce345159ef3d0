//! Which steps an ending depended on, and what keeps a loop going: causes, found by undoing.
//!
//! A step *depends* on an earlier one if, with all undone that still stands of what the earlier one
//! changed, it could not be taken, or would not change what matters of what it changed. That is the
//! but-for test of Hume and Lewis, made by the reference meaning on the very states of the trace; no analysis
//! of texts is needed, and what is read but makes no difference is no cause. Where several causes are
//! each enough, undoing one shows nothing; then the step that made it possible stands for them: the
//! last one before which it was not enabled.
//!
//! From the ending the causes are followed back to the start; what is not met on the way made no difference
//! by itself. A loop is laid out for two turns, so that a step of the second can depend on one of the
//! first. From what is found, two chains are told: from a fault into the loop, or to the end, and once
//! around the loop. Of all chains the one with the most kinds of action tells most; finding it is hard
//! in general, so each step keeps the best chain that leads to it.
//!
//! Cost: for each step that matters, one step of the meaning for each earlier one of which something
//! still stands.

use std::collections::{BTreeMap, BTreeSet};

use super::aim::{Aim, Ground};
use super::replay::{Meaning, Replayed};
use crate::base::Id;
use crate::model::{ActionDefinitionId, ActionKind, Cell, CellId, Model, Values};
use crate::system::ActionId;

/// What an ending depended on. Steps are positions in the trace, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The steps that the ending depended on.
    pub needed: BTreeSet<usize>,
    /// One thing that leads to another: from a fault, if there is one, into the loop or to the end.
    pub chain: Vec<Link>,
    /// Once around the loop, from a step back to itself; empty if nothing in the loop depends on it.
    pub around: Vec<Link>,
    /// What of before the loop keeps it going.
    pub held_by: Vec<Link>,
    /// What became of the faults.
    pub faults: Vec<FaultFate>,
}

/// A step, and what of its effect matters for the next thing told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The step.
    pub step: usize,
    /// The cells it changed that matter.
    pub cells: Vec<CellId>,
}

/// What is left of a fault at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultFate {
    /// The step at which it happened.
    pub step: usize,
    /// What it changed that nothing has changed since.
    pub standing: Vec<CellId>,
    /// The steps that changed the rest of it last.
    pub overwritten_by: Vec<usize>,
}

/// Finds out what the ending of a trace depended on.
pub fn explain(
    meaning: &dyn Meaning,
    model: &Model,
    trace: &Replayed,
    aim: &Aim<'_>,
) -> Explanation {
    let course = Course::of(meaning, model, trace);
    let causes = course.causes(aim);
    let last = course.step_count;
    let needed = causes.keys().copied().filter(|&step| step < last);
    let loop_steps = course.first_of_loop..last;
    Explanation {
        needed: needed.chain(loop_steps).collect(),
        chain: course.chain(&causes),
        around: course.around(&causes, aim),
        held_by: course.held_by(&causes),
        faults: course.fault_fates(),
    }
}

/// What a step that matters depends on: an earlier step, and what of its changes makes the difference.
type Causes = BTreeMap<usize, Vec<Link>>;

/// A trace, laid out with a second turn of its loop.
struct Course<'a> {
    meaning: &'a dyn Meaning,
    model: &'a Model,
    trace: &'a Replayed,
    actions: Vec<ActionId>,
    /// The state before each step, and the one after the last unless it breaches.
    states: Vec<&'a Values>,
    /// For each state, by cell, the step that changed it last.
    writers: Vec<Vec<Option<usize>>>,
    /// How many steps the trace has; those beyond are the second turn.
    step_count: usize,
    /// The number of steps if there is no loop.
    first_of_loop: usize,
}

impl<'a> Course<'a> {
    fn of(meaning: &'a dyn Meaning, model: &'a Model, trace: &'a Replayed) -> Course<'a> {
        let mut actions = trace.trace().actions.clone();
        let mut states: Vec<&Values> = trace.states().iter().collect();
        let step_count = actions.len();
        let first_of_loop = trace.repeats_from().unwrap_or(step_count);
        actions.extend_from_within(first_of_loop..);
        if trace.repeats_from().is_some() {
            states.extend(&trace.states()[first_of_loop + 1..]);
        }
        let mut writers = vec![vec![None; model.cells.len()]];
        for (step, change) in states.windows(2).enumerate() {
            let mut after: Vec<Option<usize>> = writers[step].clone();
            for (cell, writer) in after.iter_mut().enumerate() {
                if change[0][cell] != change[1][cell] {
                    *writer = Some(step);
                }
            }
            writers.push(after);
        }
        Course { meaning, model, trace, actions, states, writers, step_count, first_of_loop }
    }

    /// Follows causes back from the ending; the key of the ending itself is the number of all steps.
    fn causes(&self, aim: &Aim<'_>) -> Causes {
        let end = self.actions.len();
        let mut wanted: BTreeMap<usize, BTreeSet<CellId>> = BTreeMap::new();
        let mut causes = Causes::new();
        if self.first_of_loop < self.step_count {
            wanted.extend((self.first_of_loop..end).map(|step| (step, BTreeSet::new())));
        } else if end > 0 {
            let found = self.causes_of_end(aim);
            note(&mut wanted, &found);
            causes.insert(end, found);
        }
        for step in (0..end).rev() {
            let Some(cells) = wanted.get(&step).cloned() else { continue };
            let found = self.causes_of_step(step, &cells);
            note(&mut wanted, &found);
            causes.insert(step, found);
        }
        causes
    }

    fn causes_of_end(&self, aim: &Aim<'_>) -> Vec<Link> {
        let last = self.actions.len() - 1;
        let found = match aim.ground() {
            Ground::Steps(steps) => {
                steps.into_iter().map(|step| Link { step, cells: Vec::new() }).collect()
            }
            Ground::States(states) => {
                let causes = states.into_iter().flat_map(|at| {
                    let found = aim.reading(self.states[at]);
                    self.causes_at(at, &|state| aim.reading(state) == found)
                });
                joined(causes)
            }
        };
        match found.is_empty() {
            true => vec![Link { step: last, cells: self.changed_by(last) }],
            false => found,
        }
    }

    /// What a step depends on, of whose changes these matter.
    fn causes_of_step(&self, step: usize, wanted: &BTreeSet<CellId>) -> Vec<Link> {
        let action = self.actions[step];
        // A loop that would not count is no storm.
        let counts = (step >= self.first_of_loop)
            .then(|| &self.trace.steps()[self.in_first_turn(step)].counts);
        let taken = |state: &Values| {
            let taken = self.meaning.step(action, state)?;
            counts.is_none_or(|counts| *counts == taken.counts).then_some(taken.next)
        };
        let is_same = |state: &Values| match (taken(state), self.states.get(step + 1)) {
            (Some(Err(breach)), None) => Some(breach) == self.trace.breach(),
            (Some(Ok(next)), Some(after)) => {
                wanted.iter().all(|cell| next[cell.index()] == after[cell.index()])
            }
            _ => false,
        };
        let causes = self.causes_at(step, &is_same);
        if !causes.is_empty() {
            return causes;
        }
        let made_possible = (0..step).rev().find(|&earlier| taken(self.states[earlier]).is_none());
        let link = |step: usize| Link { step, cells: self.changed_by(step) };
        made_possible.map(link).into_iter().collect()
    }

    /// The earlier steps without which something would not be the same in a state.
    fn causes_at(&self, at: usize, is_same: &dyn Fn(&Values) -> bool) -> Vec<Link> {
        let earlier: BTreeSet<usize> = self.writers[at].iter().flatten().copied().collect();
        let link = |step: usize| {
            let standing = self.standing(step, at);
            if is_same(&self.undone(at, step, &standing)) {
                return None;
            }
            let alone = |cell: &&CellId| !is_same(&self.undone(at, step, &[**cell]));
            let deciding: Vec<CellId> = standing.iter().filter(alone).copied().collect();
            Some(Link { step, cells: if deciding.is_empty() { standing } else { deciding } })
        };
        earlier.into_iter().filter_map(link).collect()
    }

    /// The cells that a step changed and that nothing has changed since.
    fn standing(&self, step: usize, at: usize) -> Vec<CellId> {
        let cells = self.writers[at].iter().enumerate();
        let own = cells.filter(|(_, writer)| **writer == Some(step));
        own.map(|(cell, _)| CellId::from_index(cell)).collect()
    }

    /// A state in which some cells are as they were before a step.
    fn undone(&self, at: usize, step: usize, cells: &[CellId]) -> Values {
        let mut state = self.states[at].clone();
        for cell in cells {
            state[cell.index()] = self.states[step][cell.index()].clone();
        }
        state
    }

    /// What a step changed; what it used of its budget is nothing that anything else sees.
    fn changed_by(&self, step: usize) -> Vec<CellId> {
        if self.states.len() <= step + 1 {
            return Vec::new();
        }
        let changed = self.standing(step, step + 1).into_iter();
        changed.filter(|&cell| !self.is_budget(cell)).collect()
    }

    fn is_budget(&self, cell: CellId) -> bool {
        matches!(self.model.cells.cell(cell), Cell::Budget(..))
    }

    /// The step itself, or the same one in the first turn of the loop.
    fn in_first_turn(&self, step: usize) -> usize {
        if step < self.step_count { step } else { step + self.first_of_loop - self.step_count }
    }

    fn kind(&self, step: usize) -> Option<ActionDefinitionId> {
        self.model.instances.get(self.actions[step]).map(|instance| instance.action)
    }

    fn is_fault(&self, step: usize) -> bool {
        let kind = self.kind(step);
        kind.is_some_and(|action| self.model.actions[action].kind == ActionKind::Fault)
    }
}

/// Chains.
impl Course<'_> {
    /// From a fault into the loop, or to the end; by deeds alone, if time is not needed to link them.
    fn chain(&self, causes: &Causes) -> Vec<Link> {
        let is_deed = |step: usize| self.actions.get(step) != Some(&ActionId::TICK);
        let without_time: Causes = causes
            .iter()
            .filter(|(step, _)| is_deed(**step))
            .map(|(&step, links)| {
                (step, links.iter().filter(|link| is_deed(link.step)).cloned().collect())
            })
            .collect();
        let has_fault = self.has_fault(causes);
        let chain = self.chain_over(&without_time, has_fault);
        if chain.is_empty() { self.chain_over(causes, has_fault) } else { chain }
    }

    fn has_fault(&self, causes: &Causes) -> bool {
        causes.keys().any(|&step| step < self.first_of_loop && self.is_fault(step))
    }

    fn chain_over(&self, causes: &Causes, has_fault: bool) -> Vec<Link> {
        let begins =
            |step: usize| if has_fault { self.is_fault(step) } else { causes[&step].is_empty() };
        let mut best: BTreeMap<usize, Chain> = BTreeMap::new();
        for &step in causes.keys().filter(|&&step| step < self.step_count) {
            // Within the loop its own chain is told.
            let before_loop = |link: &&Link| link.step < self.first_of_loop;
            let mut chains = self.extended(&best, causes[&step].iter().filter(before_loop), step);
            if begins(step) {
                chains.push(Chain::from_step(step, self.kind(step)));
            }
            if let Some(chain) = chains.into_iter().reduce(Chain::better) {
                best.insert(step, chain);
            }
        }
        let in_loop = best.range(self.first_of_loop..).map(|(_, chain)| chain.clone());
        let in_loop = in_loop.reduce(Chain::better);
        let found = in_loop.or_else(|| {
            let end = self.actions.len();
            let chains = self.extended(&best, causes.get(&end).into_iter().flatten(), end);
            let to_last_step = best.get(&end.checked_sub(1)?).cloned();
            chains.into_iter().chain(to_last_step).reduce(Chain::better)
        });
        let mut links = found.map(|chain| chain.links).unwrap_or_default();
        // The ending itself is no step.
        links.retain(|link| link.step < self.actions.len());
        links
    }

    /// Once around the loop, from a step that counts if one can be.
    fn around(&self, causes: &Causes, aim: &Aim<'_>) -> Vec<Link> {
        let turn = self.first_of_loop..self.step_count;
        let counts = |step: &usize| aim.counts(&self.trace.steps()[*step].counts);
        let counting =
            turn.clone().filter(counts).filter_map(|step| self.around_from(step, causes));
        let counting = counting.reduce(Chain::better);
        let others =
            || turn.filter_map(|step| self.around_from(step, causes)).reduce(Chain::better);
        let found = counting.or_else(others).map(|chain| chain.links).unwrap_or_default();
        found.into_iter().map(|link| Link { step: self.in_first_turn(link.step), ..link }).collect()
    }

    fn around_from(&self, start: usize, causes: &Causes) -> Option<Chain> {
        let again = start + self.step_count - self.first_of_loop;
        let mut best = BTreeMap::from([(start, Chain::from_step(start, self.kind(start)))]);
        for (&step, links) in causes.range(start + 1..=again) {
            let chains = self.extended(&best, links.iter(), step);
            if let Some(chain) = chains.into_iter().reduce(Chain::better) {
                best.insert(step, chain);
            }
        }
        best.remove(&again)
    }

    /// The chains that lead over one of these links to a step, or to the end.
    fn extended<'l>(
        &self,
        best: &BTreeMap<usize, Chain>,
        links: impl Iterator<Item = &'l Link>,
        step: usize,
    ) -> Vec<Chain> {
        let kind = if step < self.actions.len() { self.kind(step) } else { None };
        let longer = |link: &Link| Some(best.get(&link.step)?.followed_by(link, step, kind));
        links.filter_map(longer).collect()
    }

    /// What of before the loop its steps depend on.
    fn held_by(&self, causes: &Causes) -> Vec<Link> {
        // A step that breaches is the ending itself.
        let is_ending = |link: &&Link| self.states.len() <= link.step + 1;
        let in_loop = causes.range(self.step_count..).flat_map(|(_, links)| links);
        let in_loop = in_loop.filter(|link| !is_ending(link));
        joined(in_loop.filter(|link| link.step < self.first_of_loop).cloned())
    }

    /// What a fault has changed and a loop changes again is not left of it.
    fn fault_fates(&self) -> Vec<FaultFate> {
        let last = self.states.len() - 1;
        let faults = (0..self.first_of_loop.min(last)).filter(|&step| self.is_fault(step));
        let fate = |step: usize| {
            let writers = self.changed_by(step).into_iter();
            let writers = writers.filter_map(|cell| self.writers[last][cell.index()]);
            let overwritten_by: BTreeSet<usize> =
                writers.filter(|&by| by != step).map(|by| self.in_first_turn(by)).collect();
            let standing = self.standing(step, last).into_iter();
            FaultFate {
                step,
                standing: standing.filter(|&cell| !self.is_budget(cell)).collect(),
                overwritten_by: overwritten_by.into_iter().collect(),
            }
        };
        faults.map(fate).collect()
    }
}

/// One link for each step, with all its cells.
fn joined(links: impl Iterator<Item = Link>) -> Vec<Link> {
    let mut by_step: BTreeMap<usize, BTreeSet<CellId>> = BTreeMap::new();
    links.for_each(|link| by_step.entry(link.step).or_default().extend(link.cells));
    let link = |(step, cells): (usize, BTreeSet<CellId>)| Link {
        step,
        cells: cells.into_iter().collect(),
    };
    by_step.into_iter().map(link).collect()
}

fn note(wanted: &mut BTreeMap<usize, BTreeSet<CellId>>, links: &[Link]) {
    for link in links {
        wanted.entry(link.step).or_default().extend(&link.cells);
    }
}

/// Steps, each of which depends on the one before, and the kinds of action among them; a tick is none
/// of the declared ones.
#[derive(Clone)]
struct Chain {
    links: Vec<Link>,
    kinds: BTreeSet<Option<ActionDefinitionId>>,
}

impl Chain {
    fn from_step(step: usize, kind: Option<ActionDefinitionId>) -> Chain {
        Chain { links: vec![Link { step, cells: Vec::new() }], kinds: BTreeSet::from([kind]) }
    }

    fn followed_by(&self, link: &Link, step: usize, kind: Option<ActionDefinitionId>) -> Chain {
        let mut longer = self.clone();
        let last = longer.links.last_mut().expect("a chain has a step");
        last.cells = link.cells.clone();
        longer.links.push(Link { step, cells: Vec::new() });
        longer.kinds.insert(kind);
        longer
    }

    /// The one with more kinds of action; of two alike the shorter, then the earlier.
    fn better(self, other: Chain) -> Chain {
        let rank = |chain: &Chain| (std::cmp::Reverse(chain.kinds.len()), chain.links.len());
        if rank(&other) < rank(&self) { other } else { self }
    }
}
