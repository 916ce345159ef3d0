//! What an exploration has seen: states in one arena, how each was first reached, and the edges kept.
//!
//! States are numbered in breadth-first order, so a smaller number is never further from a start, and
//! the parents of a state are a shortest way to it. Edges are kept as they are: a step that changes
//! nothing is an edge from a state to itself, and two actions between the same states are two edges. A
//! failed attempt that leaves everything as it was is what storms are made of.
//!
//! Layout: compressed rows, one offset a state and 8 bytes an edge; what an edge counts is interned,
//! since few combinations of action and counts occur.

use super::plan::Edges;
use super::seen::Seen;
use super::state_set::StateSet;
use crate::base::Id;
use crate::system::{ActionId, MeterId, Word};

crate::id!(
    /// A visited state; numbers ascend with the distance from the starts.
    StateId
);

crate::id!(
    /// What a step is called and counts: an action instance, and an amount on each meter.
    LabelId
);

/// The number that no state has.
pub(super) const NO_STATE: u32 = u32::MAX;

/// A step out of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// [`NO_STATE`] if the step breaches.
    pub(super) target: u32,
    /// Which action, and what it counts.
    pub label: LabelId,
}

impl Edge {
    /// An edge with this label to a state, or nowhere.
    pub fn new(target: Option<StateId>, label: LabelId) -> Edge {
        Edge { target: target.map_or(NO_STATE, |target| target.0), label }
    }

    /// Where it leads; nowhere, if the step breaches.
    pub fn target(self) -> Option<StateId> {
        (self.target != NO_STATE).then_some(StateId(self.target))
    }
}

/// How a state was first reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    /// [`NO_STATE`] for a start.
    pub(super) state: u32,
    pub(super) action: ActionId,
}

/// Visited states and kept edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    pub(super) states: Seen,
    /// By state.
    pub(super) parents: Vec<Parent>,
    /// The first state of each level.
    pub(super) level_starts: Vec<u32>,
    pub(super) start_count: usize,
    pub(super) step_count: u64,
    pub(super) tick_count: u64,
    /// By action, as far as any was taken: whether a step of it was seen.
    pub(super) taken: Vec<bool>,
    /// The expanded states in which the tick is enabled.
    pub(super) time_passes: StateSet,
    /// States below this one are expanded, all others are not.
    pub(super) expanded: u32,
    pub(super) kept: Edges,
    /// Where the row of each expanded state ends in `edges`; empty if no edges are kept.
    pub(super) row_ends: Vec<u64>,
    pub(super) edges: Vec<Edge>,
    /// Each label as its action, then its counts.
    pub(super) labels: Seen,
}

impl Graph {
    pub(super) fn new(width: usize, meter_count: usize, kept: Edges) -> Graph {
        Graph {
            states: Seen::new(width),
            parents: Vec::new(),
            level_starts: Vec::new(),
            start_count: 0,
            step_count: 0,
            tick_count: 0,
            taken: Vec::new(),
            time_passes: StateSet::default(),
            expanded: 0,
            kept,
            row_ends: Vec::new(),
            edges: Vec::new(),
            labels: Seen::new(1 + meter_count),
        }
    }

    /// How many states were visited.
    pub fn state_count(&self) -> usize {
        self.states.len()
    }

    /// All states, in breadth-first order.
    pub fn states(&self) -> impl DoubleEndedIterator<Item = StateId> + ExactSizeIterator + use<> {
        (0..self.states.len() as u32).map(StateId)
    }

    /// How many of the states are starts; they are the first ones.
    pub fn start_count(&self) -> usize {
        self.start_count
    }

    /// How many steps were seen, without ticks but with breaching steps.
    pub fn step_count(&self) -> u64 {
        self.step_count
    }

    /// How many ticks were seen.
    pub fn tick_count(&self) -> u64 {
        self.tick_count
    }

    /// Whether a step of an action was seen, be it one that breaches.
    pub fn is_taken(&self, action: ActionId) -> bool {
        self.taken.get(action.index()) == Some(&true)
    }

    pub(super) fn note_taken(&mut self, action: ActionId) {
        if self.taken.len() <= action.index() {
            self.taken.resize(action.index() + 1, false);
        }
        self.taken[action.index()] = true;
    }

    /// The number of the last level; the starts are level 0.
    pub fn depth(&self) -> usize {
        self.level_starts.len().saturating_sub(1)
    }

    /// The packed words of a state.
    pub fn words(&self, state: StateId) -> &[Word] {
        self.states.words(state.0)
    }

    /// The number of a packed state, if it was visited.
    pub fn find(&self, words: &[Word]) -> Option<StateId> {
        self.states.find(words, crate::base::hash::hash_words(words)).map(StateId)
    }

    /// The state and the action by which a state was first reached; `None` for a start.
    pub fn parent(&self, state: StateId) -> Option<(StateId, ActionId)> {
        let Parent { state, action } = self.parents[state.index()];
        (state != NO_STATE).then_some((StateId(state), action))
    }

    /// How many steps a state is away from the nearest start.
    pub fn level(&self, state: StateId) -> usize {
        self.level_starts.partition_point(|&start| start <= state.0) - 1
    }

    /// Whether all steps out of a state were seen: true of all of them when nothing cut the run short.
    pub fn is_expanded(&self, state: StateId) -> bool {
        state.0 < self.expanded
    }

    /// Whether the tick is enabled in a state; false if the state is not expanded.
    pub fn is_tick_enabled(&self, state: StateId) -> bool {
        self.time_passes.contains(state)
    }

    /// Which edges are kept.
    pub fn edges_kept(&self) -> Edges {
        self.kept
    }

    /// The kept edges out of a state, in order of their actions.
    pub fn edges(&self, state: StateId) -> &[Edge] {
        let Some(&end) = self.row_ends.get(state.index()) else { return &[] };
        let start = state.index().checked_sub(1).map_or(0, |before| self.row_ends[before]);
        &self.edges[start as usize..end as usize]
    }

    /// How many edges are kept.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// All labels.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = LabelId> + use<> {
        (0..self.labels.len() as u32).map(LabelId)
    }

    /// The action of a label.
    pub fn action(&self, label: LabelId) -> ActionId {
        ActionId(self.labels.words(label.0)[0] as u32)
    }

    /// How much a label counts on a meter.
    pub fn count(&self, label: LabelId, meter: MeterId) -> u64 {
        self.labels.words(label.0)[1 + meter.index()]
    }

    /// The memory that states, tables and edges take, modelled from their numbers alone, so that it is
    /// the same on every machine. Growing them can take half as much again for a moment.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes_with(self.states.len())
    }

    /// What it would be with `state_count` states.
    pub(super) fn memory_bytes_with(&self, state_count: usize) -> u64 {
        let states = Seen::memory_bytes(self.states.width(), state_count);
        let parents = (size_of::<Parent>() * state_count) as u64;
        let rows = (size_of::<u64>() * self.row_ends.len()) as u64;
        states + parents + rows + (size_of::<Edge>() * self.edges.len()) as u64
    }
}
