//! The cheapest way to each state: fewest dear steps first, faults as a rule, then fewest steps.
//!
//! Breadth-first search over the stored edges with a queue for each number of dear steps (0-1 BFS).
//! States leave a queue in order of their steps, and so do the dear steps into the next one; merging the
//! two keeps the order exact without a heap.
//!
//! Cost: linear; 16 bytes a state.

use std::collections::VecDeque;

use crate::base::Id;
use crate::explore::{Graph, Interrupted, Patience, StateId};
use crate::system::{ActionId, Facts, Role};
use crate::trace::Trace;
use crate::trace::rebuild::walk_back;

/// What a way costs; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    /// The dear steps: the faults, unless somebody asked for other fares.
    pub(super) dear: u32,
    pub(super) steps: u32,
}

/// There is no way.
const NO_WAY: Cost = Cost { dear: u32::MAX, steps: u32::MAX };

/// What a step of one kind costs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fare {
    Cheap,
    Dear,
    /// It may not be taken.
    Barred,
}

/// Faults are dear.
pub(super) fn faults_are_dear(role: Role) -> Fare {
    if role == Role::Fault { Fare::Dear } else { Fare::Cheap }
}

/// The cheapest way to each state.
pub(super) struct WayIn<'g> {
    graph: &'g Graph,
    costs: Vec<Cost>,
    /// By state: where its cheapest way comes from, and how. Of no meaning where a way begins.
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
    /// Ways from the starts.
    pub(super) fn new(
        graph: &'g Graph,
        facts: &Facts,
        fare: fn(Role) -> Fare,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'g>, Interrupted> {
        let starts = graph.states().take(graph.start_count());
        WayIn::from_any(starts, graph, facts, fare, patience)
    }

    /// Ways from any of these states, in which they begin as starts do.
    pub(super) fn from_any(
        origins: impl Iterator<Item = StateId>,
        graph: &'g Graph,
        facts: &Facts,
        fare: fn(Role) -> Fare,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'g>, Interrupted> {
        let nobody = (StateId(0), ActionId::TICK);
        let mut way = WayIn {
            graph,
            costs: vec![NO_WAY; graph.state_count()],
            parents: vec![nobody; graph.state_count()],
        };
        let free = Cost { dear: 0, steps: 0 };
        let mut arrivals: VecDeque<Offer> =
            origins.map(|state| Offer { state, cost: free, parent: nobody }).collect();
        while !arrivals.is_empty() {
            arrivals = way.settle(arrivals, facts, fare, patience)?;
        }
        Ok(way)
    }

    /// Settles all states that need as many dear steps as the arrivals, and returns those that need one
    /// more. Both ascend in steps.
    fn settle(
        &mut self,
        mut arrivals: VecDeque<Offer>,
        facts: &Facts,
        fare: fn(Role) -> Fare,
        patience: &mut Patience<'_>,
    ) -> Result<VecDeque<Offer>, Interrupted> {
        let mut queue: VecDeque<Offer> = VecDeque::new();
        let mut dear = VecDeque::new();
        while let Some(offer) = cheaper(&mut arrivals, &mut queue) {
            patience.spend()?;
            if self.costs[offer.state.index()] <= offer.cost {
                continue;
            }
            self.costs[offer.state.index()] = offer.cost;
            self.parents[offer.state.index()] = offer.parent;
            let steps = offer.cost.steps + 1;
            for edge in self.graph.edges(offer.state) {
                let action = self.graph.action(edge.label);
                let (line, cost) = match fare(facts.actions[action].role) {
                    Fare::Cheap => (&mut queue, Cost { dear: offer.cost.dear, steps }),
                    Fare::Dear => (&mut dear, Cost { dear: offer.cost.dear + 1, steps }),
                    Fare::Barred => continue,
                };
                let open = |target: &StateId| cost < self.costs[target.index()];
                if let Some(state) = edge.target().filter(open) {
                    line.push_back(Offer { state, cost, parent: (offer.state, action) });
                }
            }
        }
        Ok(dear)
    }

    /// Whether there is a way to a state.
    pub(super) fn leads_to(&self, state: StateId) -> bool {
        self.costs[state.index()] != NO_WAY
    }

    pub(super) fn cost(&self, state: StateId) -> Cost {
        self.costs[state.index()]
    }

    /// Where the cheapest way to a state begins, and its actions.
    pub(super) fn walk(&self, state: StateId) -> (StateId, Vec<ActionId>) {
        let begins = |state: StateId| self.cost(state).steps == 0;
        walk_back(state, |state| (!begins(state)).then(|| self.parents[state.index()]))
    }

    /// The cheapest way to a state, as a trace that ends there.
    pub(super) fn trace(&self, state: StateId) -> Trace {
        let (start, actions) = self.walk(state);
        Trace { start: self.graph.words(start).to_vec(), actions, repeats_from: None }
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
