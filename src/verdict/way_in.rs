//! The cheapest way to each state: fewest faults first, then fewest steps.
//!
//! Breadth-first search over the stored edges with a queue for each number of faults (0-1 BFS). States
//! leave a queue in order of their steps, and so do the faults into the next one; merging the two keeps
//! the order exact without a heap. Ways may begin at a cost of their own: where a product is entered
//! from the graph.
//!
//! Cost: linear; 16 bytes a state.

use std::collections::VecDeque;

use super::components::Keep;
use super::net::Net;
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

impl Cost {
    /// Of standing still.
    pub(super) const FREE: Cost = Cost { faults: 0, steps: 0 };
}

/// No way was found yet.
const NO_WAY: Cost = Cost { faults: u32::MAX, steps: u32::MAX };

/// Where ways begin.
const NOBODY: (StateId, ActionId) = (StateId(u32::MAX), ActionId::TICK);

/// The cheapest way to each state.
pub(super) struct WayIn<'n> {
    net: &'n dyn Net,
    costs: Vec<Cost>,
    /// By state: where its cheapest way comes from, and how; [`NOBODY`] if it begins there.
    parents: Vec<(StateId, ActionId)>,
}

/// A way that may turn out to be the cheapest one.
#[derive(Clone, Copy)]
struct Offer {
    state: StateId,
    cost: Cost,
    parent: (StateId, ActionId),
}

impl<'n> WayIn<'n> {
    /// From the starts of a graph.
    pub(super) fn new(
        graph: &'n Graph,
        facts: &Facts,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'n>, Interrupted> {
        let starts = graph.states().take(graph.start_count());
        WayIn::from(graph, facts, starts.map(|state| (Cost::FREE, state)), &|_, _| true, patience)
    }

    /// From given states, each at a cost of its own, over the edges that `keep` lets pass.
    pub(super) fn from(
        net: &'n dyn Net,
        facts: &Facts,
        roots: impl Iterator<Item = (Cost, StateId)>,
        keep: &Keep<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'n>, Interrupted> {
        let state_count = net.state_count();
        let mut way =
            WayIn { net, costs: vec![NO_WAY; state_count], parents: vec![NOBODY; state_count] };
        let mut roots: Vec<Offer> =
            roots.map(|(cost, state)| Offer { state, cost, parent: NOBODY }).collect();
        roots.sort_by_key(|offer| offer.cost);
        let mut roots = VecDeque::from(roots);
        let mut arrivals: VecDeque<Offer> = VecDeque::new();
        // Arrivals need one fault more than those settled last, and the roots left at least as many.
        while let Some(next) = arrivals.front().or(roots.front()) {
            let faults = next.cost.faults;
            let later = roots.partition_point(|offer| offer.cost.faults <= faults);
            arrivals.extend(roots.drain(..later));
            arrivals.make_contiguous().sort_by_key(|offer| offer.cost);
            arrivals = way.settle(arrivals, facts, keep, patience)?;
        }
        Ok(way)
    }

    /// Settles all states that need as many faults as the arrivals, and returns those that need one
    /// more. Both ascend in steps.
    fn settle(
        &mut self,
        mut arrivals: VecDeque<Offer>,
        facts: &Facts,
        keep: &Keep<'_>,
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
            for &edge in self.net.edges(offer.state) {
                let action = self.net.action(edge.label);
                let is_fault = facts.actions[action].role == Role::Fault;
                let cost = Cost {
                    faults: offer.cost.faults + u32::from(is_fault),
                    steps: offer.cost.steps + 1,
                };
                let open =
                    |target: &StateId| cost < self.costs[target.index()] && keep(offer.state, edge);
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

    /// Whether any way leads to a state.
    pub(super) fn arrives(&self, state: StateId) -> bool {
        self.cost(state) != NO_WAY
    }

    /// Where the cheapest way to a state begins, and its actions.
    pub(super) fn walk(&self, state: StateId) -> (StateId, Vec<ActionId>) {
        let parent = |state: StateId| self.parents[state.index()];
        walk_back(state, |state| Some(parent(state)).filter(|&parent| parent != NOBODY))
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
