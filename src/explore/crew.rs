//! Who expands states: threads that take a batch apart into chunks, and put what they found together
//! again in order of states.
//!
//! Workers only read the graph. They look up each target and each label in it, so that what is left to
//! do in order is to number what no worker could find; that makes the outcome independent of their
//! number. A batch is bounded in steps, as far as they can be foreseen, and so is the memory it takes.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::graph::{Graph, LabelId, StateId};
use super::plan::Edges;
use crate::base::hash::hash_words;
use crate::system::{ActionId, Breach, Step, System, Word};

/// What one worker found in a chunk of states: their steps, one state after the other.
#[derive(Default)]
pub(super) struct Findings {
    /// For each state of the chunk.
    pub(super) rows: Vec<Row>,
    pub(super) steps: Vec<Found>,
    /// The targets of the steps that lead to unknown states, one after the other.
    pub(super) unknown_states: Vec<Word>,
    /// The labels that are unknown, one after the other.
    pub(super) unknown_labels: Vec<u64>,
    /// The label in hand.
    scratch: Vec<u64>,
}

/// What was found in one state.
pub(super) struct Row {
    pub(super) step_count: usize,
    pub(super) is_tick_enabled: bool,
}

/// One step.
pub(super) struct Found {
    pub(super) action: ActionId,
    pub(super) label: FoundLabel,
    pub(super) target: FoundTarget,
}

/// The label of a step.
pub(super) enum FoundLabel {
    Known(LabelId),
    /// The next of the `unknown_labels`, and its hash.
    Unknown(u64),
    /// Nobody will ask.
    Unwanted,
}

/// Where a step leads.
pub(super) enum FoundTarget {
    Known(StateId),
    /// The next of the `unknown_states`, and its hash.
    Unknown(u64),
    Breach(Breach),
}

/// The workers, and the buffers that they fill again and again.
pub(super) struct Crew {
    workers: usize,
    chunks: Vec<Findings>,
}

/// Chunks per worker and batch: enough that no worker waits long for another. By taste.
const CHUNKS_PER_WORKER: usize = 4;

/// Steps per worker and batch that are aimed at: long enough to pay for starting a thread, short
/// enough to be interrupted soon. By taste.
const STEPS_PER_WORKER: u64 = 8192;

/// Below this many steps, starting threads does not pay. By taste.
const FEWEST_STEPS_TO_SHARE: u64 = 512;

/// Before any state is expanded, as if this many had been, with 64 steps each: a first level of many
/// starts should not be one batch. By taste.
const STATES_IMAGINED: u64 = 16;

impl Crew {
    pub(super) fn new(workers: usize) -> Crew {
        Crew { workers: workers.max(1), chunks: Vec::new() }
    }

    /// How many of the next states to expand at once, going by the steps a state had so far.
    pub(super) fn batch_length(&self, graph: &Graph) -> u32 {
        (STEPS_PER_WORKER * self.workers as u64 / steps_foreseen(graph)).clamp(1, 1 << 20) as u32
    }

    /// Expands these states; what was found comes in their order.
    pub(super) fn expand(
        &mut self,
        system: &dyn System,
        graph: &Graph,
        batch: Range<u32>,
    ) -> &[Findings] {
        let steps = batch.len() as u64 * steps_foreseen(graph);
        let is_shared = self.workers > 1 && steps >= FEWEST_STEPS_TO_SHARE;
        let chunk_count = if is_shared { self.workers * CHUNKS_PER_WORKER } else { 1 };
        self.chunks.resize_with(chunk_count.max(self.chunks.len()), Findings::default);
        let jobs = split(batch, chunk_count).zip(&mut self.chunks);
        if is_shared {
            share(self.workers, jobs, |(states, chunk)| chunk.fill(system, graph, states));
        } else {
            jobs.for_each(|(states, chunk)| chunk.fill(system, graph, states));
        }
        &self.chunks[..chunk_count]
    }
}

/// How many steps a state may have, going by those seen so far.
fn steps_foreseen(graph: &Graph) -> u64 {
    let seen = graph.step_count() + graph.tick_count() + 64 * STATES_IMAGINED;
    seen / (u64::from(graph.expanded) + STATES_IMAGINED) + 1
}

/// Lets workers take one job after the other until none is left.
fn share<J: Send>(workers: usize, jobs: impl Iterator<Item = J> + Send, work: impl Fn(J) + Sync) {
    let jobs = Mutex::new(jobs);
    let take = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(job) = take() {
            work(job);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(run);
        }
        run();
    });
}

/// Cuts a range into `count` parts, as equal as can be.
fn split(range: Range<u32>, count: usize) -> impl Iterator<Item = Range<u32>> {
    let length = range.len() as u64;
    let cut = move |part: usize| range.start + (length * part as u64 / count as u64) as u32;
    (0..count).map(move |part| cut(part)..cut(part + 1))
}

impl Findings {
    /// Forgets everything, and notes all steps out of these states.
    fn fill(&mut self, system: &dyn System, graph: &Graph, states: Range<u32>) {
        self.rows.clear();
        self.steps.clear();
        self.unknown_states.clear();
        self.unknown_labels.clear();
        let mut stepper = system.stepper();
        for state in states.map(StateId) {
            let before = self.steps.len();
            let mut is_tick_enabled = false;
            stepper.steps(graph.words(state), &mut |step| {
                is_tick_enabled |= step.action == ActionId::TICK;
                self.note(graph, step);
            });
            self.rows.push(Row { step_count: self.steps.len() - before, is_tick_enabled });
        }
    }

    fn note(&mut self, graph: &Graph, step: Step<'_>) {
        let label = self.label(graph, &step);
        let target = match step.next {
            Ok(words) => self.target(graph, words),
            Err(breach) => FoundTarget::Breach(breach),
        };
        self.steps.push(Found { action: step.action, label, target });
    }

    fn label(&mut self, graph: &Graph, step: &Step<'_>) -> FoundLabel {
        if graph.kept == Edges::Nowhere {
            return FoundLabel::Unwanted;
        }
        self.scratch.clear();
        self.scratch.push(u64::from(step.action.0));
        self.scratch.extend_from_slice(step.counts);
        assert_eq!(self.scratch.len(), graph.labels.width(), "a step counts on every meter");
        let hash = hash_words(&self.scratch);
        if let Some(number) = graph.labels.find(&self.scratch, hash) {
            return FoundLabel::Known(LabelId(number));
        }
        self.unknown_labels.extend_from_slice(&self.scratch);
        FoundLabel::Unknown(hash)
    }

    fn target(&mut self, graph: &Graph, words: &[Word]) -> FoundTarget {
        let hash = hash_words(words);
        if let Some(number) = graph.states.find(words, hash) {
            return FoundTarget::Known(StateId(number));
        }
        self.unknown_states.extend_from_slice(words);
        FoundTarget::Unknown(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_range_once_and_in_order() {
        let parts: Vec<_> = split(10..17, 3).collect();
        assert_eq!(parts, [10..12, 12..14, 14..17]);
        assert_eq!(split(5..6, 4).map(|part| part.len()).sum::<usize>(), 1);
    }
}
