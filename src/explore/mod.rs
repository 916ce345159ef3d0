//! System to exploration: every reachable state, numbered in breadth-first order, and as many edges
//! as the plan asks for.
//!
//! Nothing here knows that a modelling language exists, nor what will be asked of the graph.

mod arena;
mod crew;
mod extremes;
mod findings;
mod fingerprint;
mod graph;
mod labels;
mod observer;
mod pages;
mod plan;
mod prefetch;
mod search;
mod seen;
mod state_set;
mod stop;
mod table;
mod team;
#[cfg(test)]
mod tests;
mod ways;

pub use extremes::Extremes;
pub use graph::{Edge, Graph, StateId, Words};
pub use labels::LabelId;
pub use observer::{Interrupted, Observer, Patience, Progress, Silent};
pub use plan::{Edges, Limits, Plan};
pub use search::{explore, explore_compactly};
pub use state_set::StateSet;
pub use stop::{Exhausted, Limit, Stop, Unfinished};

use crate::system::{ActionId, Breach};

/// What a run found: plain data that outlives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// The states and edges. Without any state, the system has no start.
    pub graph: Graph,
    /// The first breaching step of each action and breach, in order of states.
    pub breaches: Vec<BreachHit>,
    /// How many breaching steps there are in all.
    pub breach_count: u64,
    /// What the figures of the plan are, in the states that were expanded.
    pub extremes: Vec<Extremes>,
    /// An assumption that breaches; then nothing was explored.
    pub start_breach: Option<Breach>,
    /// Why it ended.
    pub stop: Stop,
    /// The limit on memory, for what comes after.
    pub most_memory_bytes: Option<u64>,
}

impl Exploration {
    /// The proof that every reachable state was visited, if every one was.
    pub fn exhausted(&self) -> Option<&Exhausted> {
        match &self.stop {
            Stop::Exhausted(proof) => Some(proof),
            Stop::Unfinished(_) => None,
        }
    }

    /// How much memory an analysis may take beside the graph, if that is limited.
    pub fn memory_bytes_left(&self) -> Option<u64> {
        self.most_memory_bytes.map(|most| most.saturating_sub(self.graph.memory_bytes()))
    }
}

/// A step on which the system breaks a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreachHit {
    /// The state it starts in.
    pub state: StateId,
    /// The action instance.
    pub action: ActionId,
    /// The rule.
    pub breach: Breach,
}
