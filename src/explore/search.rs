//! The loop, the only one: level by level, batch by batch, state by state.
//!
//! Workers expand a batch in any order; their findings are merged in order of states and steps, and
//! only the merge numbers states. So the graph, the breaches, and the place where a limit cuts are the
//! same for any number of workers. States are known level by level, which makes every parent chain a
//! shortest way.
//!
//! The state on which a limit cuts keeps no edges and counts as not expanded: a row of the graph is
//! complete or absent.
//!
//! Cost: one expansion a state, one or two probes a step.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use super::crew::{Crew, Findings, Found, FoundLabel, FoundTarget, Row};
use super::graph::{Edge, Graph, LabelId, NO_STATE, Parent, StateId};
use super::observer::{Observer, Patience, Progress};
use super::plan::{Edges, Limits, Plan};
use super::stop::{Exhausted, Limit, Stop, Unfinished};
use super::{BreachHit, Exploration};
use crate::base::hash::hash_words;
use crate::system::{ActionId, Breach, Start, System, Word};

/// Visits every state that `system` can reach, as far as `plan` allows and `observer` has patience.
pub fn explore(system: &dyn System, plan: &Plan, observer: &mut dyn Observer) -> Exploration {
    let graph = Graph::new(system.width(), system.facts().meter_count, plan.edges);
    let mut search = Search {
        limits: &plan.limits,
        graph,
        breaches: Vec::new(),
        breaches_known: BTreeSet::new(),
        breach_count: 0,
        start_breach: None,
    };
    let stop = match search.run(system, plan.workers, observer) {
        Ok(()) => Stop::Exhausted(Exhausted::new()),
        Err(unfinished) => Stop::Unfinished(unfinished),
    };
    observer.progress(search.progress());
    let Search { graph, breaches, breach_count, start_breach, .. } = search;
    let most_memory_bytes = plan.limits.memory_bytes;
    Exploration { graph, breaches, breach_count, start_breach, stop, most_memory_bytes }
}

/// An exploration under way.
struct Search<'a> {
    limits: &'a Limits,
    graph: Graph,
    breaches: Vec<BreachHit>,
    breaches_known: BTreeSet<(ActionId, Breach)>,
    breach_count: u64,
    start_breach: Option<Breach>,
}

impl Search<'_> {
    fn run(
        &mut self,
        system: &dyn System,
        workers: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        self.enter_starts(system, observer)?;
        let mut crew = Crew::new(workers);
        let mut level = 0..self.graph.state_count() as u32;
        while !level.is_empty() {
            self.expand_level(system, &mut crew, level.clone(), observer)?;
            level = level.end..self.graph.state_count() as u32;
        }
        Ok(())
    }

    fn enter_starts(
        &mut self,
        system: &dyn System,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        let mut patience = Patience::new(observer);
        let mut outcome = Ok(());
        system.initial(&mut |start| {
            outcome = patience.spend().map_err(|_| Unfinished::Interrupted);
            outcome = outcome.and_then(|()| self.enter_start(start));
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.graph.start_count = self.graph.state_count();
        outcome
    }

    fn enter_start(&mut self, start: Start<'_>) -> Result<(), Unfinished> {
        match start {
            Start::Searching => Ok(()),
            Start::State(words) => {
                let nowhere = Parent { state: NO_STATE, action: ActionId::TICK };
                self.enter(words, hash_words(words), nowhere, 0).map(|_| ())
            }
            Start::Breach(breach) => {
                self.start_breach = Some(breach);
                Err(Unfinished::StartBreach)
            }
        }
    }

    fn expand_level(
        &mut self,
        system: &dyn System,
        crew: &mut Crew,
        level: Range<u32>,
        observer: &mut dyn Observer,
    ) -> Result<(), Unfinished> {
        let next_level = self.graph.level_starts.len();
        let mut start = level.start;
        while start < level.end {
            if observer.should_stop() {
                return Err(Unfinished::Interrupted);
            }
            let batch = start..level.end.min(start.saturating_add(crew.batch_length(&self.graph)));
            start = batch.end;
            for findings in crew.expand(system, &self.graph, batch) {
                self.merge(findings, next_level)?;
            }
            observer.progress(self.progress());
        }
        Ok(())
    }

    /// Takes over what a worker found in the next states.
    fn merge(&mut self, findings: &Findings, next_level: usize) -> Result<(), Unfinished> {
        let mut steps = findings.steps.as_slice();
        let mut unknown =
            Unknown { states: &findings.unknown_states, labels: &findings.unknown_labels };
        for row in &findings.rows {
            let (of_state, rest) = steps.split_at(row.step_count);
            steps = rest;
            self.merge_row(row, of_state, &mut unknown, next_level)?;
        }
        Ok(())
    }

    /// Takes over the steps out of the first state that is not expanded.
    fn merge_row(
        &mut self,
        row: &Row,
        steps: &[Found],
        unknown: &mut Unknown<'_>,
        next_level: usize,
    ) -> Result<(), Unfinished> {
        let state = StateId(self.graph.expanded);
        let row_start = self.graph.edges.len();
        let is_kept = match self.graph.kept {
            Edges::Nowhere => false,
            Edges::WhereTimeWaits => !row.is_tick_enabled,
            Edges::Everywhere => true,
        };
        for step in steps {
            self.graph.note_taken(step.action);
            let label = self.label(&step.label, unknown);
            let target = match self.target(state, step, unknown, next_level) {
                Ok(target) => target,
                Err(unfinished) => {
                    self.graph.edges.truncate(row_start);
                    return Err(unfinished);
                }
            };
            if is_kept {
                self.graph.edges.push(Edge { target, label });
            }
        }
        self.finish_row(state, row);
        self.check_memory(self.graph.state_count())
    }

    fn finish_row(&mut self, state: StateId, row: &Row) {
        let graph = &mut self.graph;
        graph.expanded += 1;
        if graph.kept != Edges::Nowhere {
            graph.row_ends.push(graph.edges.len() as u64);
        }
        if row.is_tick_enabled {
            graph.time_passes.insert(state);
        }
        let ticks = usize::from(row.is_tick_enabled);
        graph.tick_count += ticks as u64;
        graph.step_count += (row.step_count - ticks) as u64;
    }

    fn label(&mut self, found: &FoundLabel, unknown: &mut Unknown<'_>) -> LabelId {
        match found {
            FoundLabel::Known(label) => *label,
            FoundLabel::Unwanted => LabelId(0),
            FoundLabel::Unknown(hash) => {
                let words = take(&mut unknown.labels, self.graph.labels.width());
                LabelId(self.graph.labels.insert(words, *hash).0)
            }
        }
    }

    fn target(
        &mut self,
        state: StateId,
        step: &Found,
        unknown: &mut Unknown<'_>,
        next_level: usize,
    ) -> Result<u32, Unfinished> {
        match step.target {
            FoundTarget::Known(target) => Ok(target.0),
            FoundTarget::Breach(breach) => {
                self.note_breach(BreachHit { state, action: step.action, breach });
                Ok(NO_STATE)
            }
            FoundTarget::Unknown(hash) => {
                let words = take(&mut unknown.states, self.graph.states.width());
                let parent = Parent { state: state.0, action: step.action };
                self.enter(words, hash, parent, next_level)
            }
        }
    }

    fn note_breach(&mut self, hit: BreachHit) {
        self.breach_count += 1;
        if self.breaches_known.insert((hit.action, hit.breach)) {
            self.breaches.push(hit);
        }
    }

    /// The number of a state, which is known from now on unless a limit forbids it.
    fn enter(
        &mut self,
        words: &[Word],
        hash: u64,
        parent: Parent,
        level: usize,
    ) -> Result<u32, Unfinished> {
        let place = match self.graph.states.probe(words, hash) {
            Ok(number) => return Ok(number),
            Err(place) => place,
        };
        self.check_limits(level)?;
        let number = self.graph.states.append(words, hash, place);
        self.graph.parents.push(parent);
        if self.graph.level_starts.len() == level {
            self.graph.level_starts.push(number);
        }
        Ok(number)
    }

    /// Whether one more state, on this level, is within all limits.
    fn check_limits(&self, level: usize) -> Result<(), Unfinished> {
        let state_count = self.graph.state_count();
        let most_states = self.limits.states.unwrap_or(u64::MAX).min(u64::from(NO_STATE));
        if state_count as u64 >= most_states {
            return Err(Unfinished::Limit(Limit::States));
        }
        if self.limits.depth.is_some_and(|depth| level as u64 > depth) {
            return Err(Unfinished::Limit(Limit::Depth));
        }
        self.check_memory(state_count + 1)
    }

    /// Whether the memory that this many states would take is within its limit.
    fn check_memory(&self, state_count: usize) -> Result<(), Unfinished> {
        match self.limits.memory_bytes {
            Some(most) if self.graph.memory_bytes_with(state_count) > most => {
                Err(Unfinished::Limit(Limit::Memory))
            }
            _ => Ok(()),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            states: self.graph.state_count() as u64,
            steps: self.graph.step_count() + self.graph.tick_count(),
            frontier: (self.graph.state_count() - self.graph.expanded as usize) as u64,
            depth: self.graph.depth() as u64,
            memory_bytes: self.graph.memory_bytes(),
        }
    }
}

/// What a worker could not find, still to be taken over.
struct Unknown<'a> {
    states: &'a [Word],
    labels: &'a [u64],
}

/// Takes the first `count` words off a slice.
fn take<'a>(words: &mut &'a [u64], count: usize) -> &'a [u64] {
    let (taken, rest) = words.split_at(count);
    *words = rest;
    taken
}
