//! What an exploration may keep and how far it may go, which can change an answer; and how many
//! workers it has, which cannot.

use crate::system::FigureId;

/// How to explore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which edges to keep.
    pub edges: Edges,
    /// The figures to read in every state that is expanded, so that nobody has to come back for them.
    pub figures: Vec<FigureId>,
    /// How far to go.
    pub limits: Limits,
    /// How many threads expand states; 0 means 1. No answer depends on it.
    pub workers: usize,
}

/// Which edges a graph keeps. Every analysis says which it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edges {
    /// None: enough for what is asked of single states.
    Nowhere,
    /// Those out of states in which the tick is not enabled: enough to find where time stops.
    WhereTimeWaits,
    /// All: what is asked of executions needs them.
    Everywhere,
}

/// How far to go. An exploration that would pass one of them ends there, at the same place for any
/// number of workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most states to know.
    pub states: Option<u64>,
    /// The last level to know; the starts are level 0.
    pub depth: Option<u64>,
    /// The most memory for states, tables and edges, as [`Graph::memory_bytes`] models it.
    ///
    /// [`Graph::memory_bytes`]: super::Graph::memory_bytes
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// No limit but the number of states that can be numbered.
    pub const NONE: Limits = Limits { states: None, depth: None, memory_bytes: None };
}
