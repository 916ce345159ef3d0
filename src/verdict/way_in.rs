//! The cheapest way to each state: fewest faults first, then fewest steps.
//!
//! Breadth-first search over the stored edges with a queue for each number of faults (0-1 BFS). States
//! leave a queue in order of their steps, and so do the faults into the next one; merging the two keeps
//! the order exact without a heap.
//!
//! Cost: linear; 16 bytes a state.

use std::collections::VecDeque;

use crate::base::Id;
use crate::explore::{Graph, Interrupted, Patience, StateId};
use crate::system::{ActionId, Facts, Role};
use crate::trace::rebuild::walk_back;

/// What a way costs; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    pub(super) faults: u32,
    pub(super) steps: u32,
}

/// No way was found yet.
const NO_WAY: Cost = Cost { faults: u32::MAX, steps: u32::MAX };

/// The cheapest way to each state.
pub(super) struct WayIn<'g> {
    graph: &'g Graph,
    costs: Vec<Cost>,
    /// By state: where its cheapest way comes from, and how. Of no meaning for starts.
    parents: Vec<(StateId, ActionId)>,
}

/// A way that may turn out to be the cheapest one.
#[derive(Clone, Copy)]
struct Offer {
    state: StateId,
    cost: Cost,
    parent: (StateId, ActionId),
}

impl<'g> WayIn<'g> {
    pub(super) fn new(
        graph: &'g Graph,
        facts: &Facts,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'g>, Interrupted> {
        let nobody = (StateId(0), ActionId::TICK);
        let mut way = WayIn {
            graph,
            costs: vec![NO_WAY; graph.state_count()],
            parents: vec![nobody; graph.state_count()],
        };
        let free = Cost { faults: 0, steps: 0 };
        let starts = graph.states().take(graph.start_count());
        let mut arrivals: VecDeque<Offer> =
            starts.map(|state| Offer { state, cost: free, parent: nobody }).collect();
        while !arrivals.is_empty() {
            arrivals = way.settle(arrivals, facts, patience)?;
        }
        Ok(way)
    }

    /// Settles all states that need as many faults as the arrivals, and returns those that need one
    /// more. Both ascend in steps.
    fn settle(
        &mut self,
        mut arrivals: VecDeque<Offer>,
        facts: &Facts,
        patience: &mut Patience<'_>,
    ) -> Result<VecDeque<Offer>, Interrupted> {
        let mut queue: VecDeque<Offer> = VecDeque::new();
        let mut faults = VecDeque::new();
        while let Some(offer) = cheaper(&mut arrivals, &mut queue) {
            patience.spend()?;
            if self.costs[offer.state.index()] <= offer.cost {
                continue;
            }
            self.costs[offer.state.index()] = offer.cost;
            self.parents[offer.state.index()] = offer.parent;
            for edge in self.graph.edges(offer.state) {
                let action = self.graph.action(edge.label);
                let is_fault = facts.actions[action].role == Role::Fault;
                let cost = Cost {
                    faults: offer.cost.faults + u32::from(is_fault),
                    steps: offer.cost.steps + 1,
                };
                let open = |target: &StateId| cost < self.costs[target.index()];
                if let Some(state) = edge.target().filter(open) {
                    let line = if is_fault { &mut faults } else { &mut queue };
                    line.push_back(Offer { state, cost, parent: (offer.state, action) });
                }
            }
        }
        Ok(faults)
    }

    pub(super) fn cost(&self, state: StateId) -> Cost {
        self.costs[state.index()]
    }

    /// The start of the cheapest way to a state, and its actions.
    pub(super) fn walk(&self, state: StateId) -> (StateId, Vec<ActionId>) {
        let is_start = |state: StateId| state.index() < self.graph.start_count();
        walk_back(state, |state| (!is_start(state)).then(|| self.parents[state.index()]))
    }
}

/// The first of two lines, by cost.
fn cheaper(left: &mut VecDeque<Offer>, right: &mut VecDeque<Offer>) -> Option<Offer> {
    match (left.front(), right.front()) {
        (Some(first), Some(second)) if second.cost < first.cost => right.pop_front(),
        (Some(_), _) => left.pop_front(),
        (None, _) => right.pop_front(),
    }
}
