//! What an exploration has seen: states in one arena, and the edges kept.
//!
//! States are numbered in the order in which they are found, level by level, so a smaller number is never
//! further from a start. Edges are kept as they are: a step that changes
//! nothing is an edge from a state to itself, and two actions between the same states are two edges. A
//! failed attempt that leaves everything as it was is what storms are made of.
//!
//! Layout: compressed rows, one offset a state and 8 bytes an edge; what an edge counts is interned,
//! since few combinations of action and counts occur. How a state was first reached is not stored, but
//! for a number on every block of states, which tells the block that its parent is in.

use smallvec::SmallVec;

use super::findings::{Findings, Row};
use super::fingerprint::one_in;
use super::labels::{LabelId, Labels};
use super::plan::Edges;
use super::seen::Seen;
use super::state_set::StateSet;
use crate::base::Id;
use crate::system::{ActionId, MeterId, Word};

crate::id!(
    /// A visited state; numbers ascend with the distance from the starts.
    StateId
);

/// The words of a packed state.
pub type Words = SmallVec<[Word; 4]>;

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

/// States whose first children are told together. By taste: a block is expanded in no time, and its
/// number takes nothing.
pub(super) const BLOCK: usize = 64;

/// How large a graph is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    pub(super) states: usize,
    /// No state has a greater last word, but for those that the graph has already.
    pub(super) last_word: Word,
    pub(super) rows: usize,
    pub(super) edges: usize,
}

impl Size {
    /// Whether no part of it is larger than another.
    pub(super) fn is_within(&self, other: &Size) -> bool {
        self.states <= other.states
            && self.last_word <= other.last_word
            && self.rows <= other.rows
            && self.edges <= other.edges
    }
}

/// Visited states and kept edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    pub(super) states: Seen,
    /// By block of expanded states: how many states were known before it was expanded.
    pub(super) known_before: Vec<u32>,
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
    /// States below this one have no edges.
    pub(super) first_row: u32,
    /// Where the row of each expanded state ends in `edges`, from the first state that has any.
    pub(super) row_ends: Vec<u64>,
    pub(super) edges: Vec<Edge>,
    pub(super) labels: Labels,
}

impl Graph {
    pub(super) fn new(width: usize, meter_count: usize, kept: Edges) -> Graph {
        Graph {
            states: match kept {
                Edges::Everywhere => Seen::numbered(width),
                Edges::WhereTimeWaits | Edges::Nowhere => Seen::unnumbered(width),
            },
            known_before: Vec::new(),
            level_starts: Vec::new(),
            start_count: 0,
            step_count: 0,
            tick_count: 0,
            taken: Vec::new(),
            time_passes: StateSet::default(),
            expanded: 0,
            kept,
            first_row: 0,
            row_ends: Vec::new(),
            edges: Vec::new(),
            labels: Labels::new(meter_count),
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

    /// How many states are expanded; they are the first ones.
    pub fn expanded_count(&self) -> usize {
        self.expanded as usize
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

    /// Some actions were taken, by number.
    pub(super) fn note_taken(&mut self, taken: &[bool]) {
        let len = self.taken.len().max(taken.len());
        self.taken.resize(len, false);
        self.taken.iter_mut().zip(taken).for_each(|(known, taken)| *known |= taken);
    }

    /// Whether the first children of a state are told.
    pub(super) fn begins_block(state: StateId) -> bool {
        state.index().is_multiple_of(BLOCK)
    }

    /// The state that is expanded next begins a block.
    pub(super) fn begin_block(&mut self) {
        self.known_before.push(self.states.len() as u32);
    }

    /// Gives labels that have none a number.
    pub(super) fn label(&mut self, findings: &mut Findings) {
        for (edge, action, counts) in &findings.unlabelled {
            findings.edges[*edge].label = self.labels.insert(*action, counts);
        }
    }

    /// The next states are expanded.
    pub(super) fn finish_rows(&mut self, findings: &Findings) {
        let rows_unkept = self.rows_unkept(&findings.rows);
        let edges_before = self.edges.len();
        for (at, row) in findings.rows.iter().enumerate() {
            if at >= rows_unkept {
                self.row_ends.push((edges_before + row.edge_end) as u64);
            } else {
                self.first_row = self.expanded + 1;
            }
            self.finish_row(row);
        }
        let edge_end = findings.rows.last().map_or(0, |row| row.edge_end);
        self.edges.extend_from_slice(&findings.edges[..edge_end]);
    }

    /// How many of these rows come before the first one of all that has edges.
    fn rows_unkept(&self, rows: &[Row]) -> usize {
        let first = || rows.iter().position(|row| row.edge_end > 0).unwrap_or(rows.len());
        if self.row_ends.is_empty() { first() } else { 0 }
    }

    fn finish_row(&mut self, row: &Row) {
        self.expanded += 1;
        if row.is_tick_enabled {
            self.time_passes.insert(row.state);
        }
        let ticks = u64::from(row.is_tick_enabled);
        self.tick_count += ticks;
        self.step_count += row.step_count - ticks;
    }

    /// The number of the last level; the starts are level 0.
    pub fn depth(&self) -> usize {
        self.level_starts.len().saturating_sub(1)
    }

    /// Whether states are told apart by fingerprints, so that nothing is known of their words.
    pub fn is_compact(&self) -> bool {
        self.states.is_compact()
    }

    /// The odds, at most, that a state was taken for another and missed, as one in so many; none if
    /// states were compared.
    pub fn missed_one_in(&self) -> Option<u64> {
        self.is_compact().then(|| one_in(self.state_count() as u64, self.states.width()))
    }

    /// The packed words of a state.
    ///
    /// # Panics
    /// If the graph is compact, unless the state is among the last.
    pub fn words(&self, state: StateId) -> Words {
        self.states.words(state.0).collect()
    }

    /// The number of a packed state, if it was visited. Where no edges are kept, it may have to be
    /// looked for among all states.
    pub fn find(&self, words: &[Word]) -> Option<StateId> {
        self.states.find(words).map(StateId)
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
        let Some(row) = state.0.checked_sub(self.first_row) else { return &[] };
        let Some(&end) = self.row_ends.get(row as usize) else { return &[] };
        let start = row.checked_sub(1).map_or(0, |before| self.row_ends[before as usize]);
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
        self.labels.action(label)
    }

    /// How much a label counts on a meter.
    pub fn count(&self, label: LabelId, meter: MeterId) -> u64 {
        self.labels.count(label, meter)
    }

    /// The memory that states, tables and edges take, modelled from their numbers alone, so that it is
    /// the same on every machine.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes_with(&self.size_with(&[]))
    }

    /// How large it is with some further rows.
    pub(super) fn size_with(&self, rows: &[Row]) -> Size {
        let edges = rows.last().map_or(0, |row| row.edge_end);
        Size {
            states: self.states.len(),
            last_word: 0,
            rows: self.row_ends.len() + rows.len() - self.rows_unkept(rows),
            edges: self.edges.len() + edges,
        }
    }

    /// The memory it would take if it became so large.
    pub(super) fn memory_bytes_with(&self, size: &Size) -> u64 {
        let bits = size.states.div_ceil(8) + size_of::<u32>() * size.states.div_ceil(BLOCK);
        let rows = size_of::<u64>() * size.rows + size_of::<Edge>() * size.edges;
        self.states.memory_bytes(size.states, size.last_word) + (bits + rows) as u64
    }
}
