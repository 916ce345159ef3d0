//! The cheapest way to each state: fewest dear steps first, faults as a rule, then fewest steps.
//!
//! Breadth-first search over the stored edges with a queue for each number of dear steps (0-1 BFS).
//! States leave a queue in order of their steps, and so do the dear steps into the next one; merging the
//! two keeps the order exact without a heap. A way may begin at a cost of its own: where a product is entered
//! from the graph.
//!
//! Cost: linear; 16 bytes a state.

use std::collections::VecDeque;

use super::components::Keep;
use super::net::Net;
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

impl Cost {
    /// Of standing still.
    pub(super) const FREE: Cost = Cost { dear: 0, steps: 0 };
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

/// Where a way begins.
const NOBODY: (StateId, ActionId) = (StateId(u32::MAX), ActionId::TICK);

/// The cheapest way to each state.
pub(super) struct WayIn<'n> {
    net: &'n dyn Net,
    costs: Vec<Cost>,
    /// By state: where its cheapest way comes from, and how; [`NOBODY`] if it begins there.
    parents: Vec<(StateId, ActionId)>,
}

/// What ways may be taken.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) facts: &'a Facts,
    pub(super) fare: fn(Role) -> Fare,
    pub(super) keep: &'a Keep<'a>,
}

/// A way that may turn out to be the cheapest one.
#[derive(Clone, Copy)]
struct Offer {
    state: StateId,
    cost: Cost,
    parent: (StateId, ActionId),
}

impl<'n> WayIn<'n> {
    /// Ways from the starts.
    pub(super) fn new(
        graph: &'n Graph,
        facts: &Facts,
        fare: fn(Role) -> Fare,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'n>, Interrupted> {
        let starts = graph.states().take(graph.start_count());
        WayIn::from_any(starts, graph, facts, fare, patience)
    }

    /// Ways from any of these states, in which they begin as starts do.
    pub(super) fn from_any(
        origins: impl Iterator<Item = StateId>,
        graph: &'n Graph,
        facts: &Facts,
        fare: fn(Role) -> Fare,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'n>, Interrupted> {
        let terms = Terms { facts, fare, keep: &|_, _| true };
        WayIn::on_terms(origins.map(|state| (Cost::FREE, state)), graph, terms, patience)
    }

    /// What the ways cost is known, and they are not.
    pub(super) fn of_costs(net: &'n dyn Net, costs: Vec<Cost>) -> WayIn<'n> {
        WayIn { net, parents: vec![NOBODY; costs.len()], costs }
    }

    /// Ways on terms from any of these states, each of which has its price.
    pub(super) fn on_terms(
        origins: impl Iterator<Item = (Cost, StateId)>,
        net: &'n dyn Net,
        terms: Terms<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<WayIn<'n>, Interrupted> {
        let count = net.state_count();
        let mut way = WayIn { net, costs: vec![NO_WAY; count], parents: vec![NOBODY; count] };
        let mut origins: Vec<Offer> =
            origins.map(|(cost, state)| Offer { state, cost, parent: NOBODY }).collect();
        origins.sort_by_key(|offer| offer.cost);
        let mut origins = VecDeque::from(origins);
        let mut arrivals: VecDeque<Offer> = VecDeque::new();
        // Arrivals need one dear step more than those settled last, and origins left at least as many.
        while let Some(next) = arrivals.front().or(origins.front()) {
            let dear = next.cost.dear;
            let later = origins.partition_point(|offer| offer.cost.dear <= dear);
            arrivals.extend(origins.drain(..later));
            arrivals.make_contiguous().sort_by_key(|offer| offer.cost);
            arrivals = way.settle(arrivals, terms, patience)?;
        }
        Ok(way)
    }

    /// Settles all states that need as many dear steps as the arrivals, and returns those that need one
    /// more. Both ascend in steps.
    fn settle(
        &mut self,
        mut arrivals: VecDeque<Offer>,
        terms: Terms<'_>,
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
            for &edge in self.net.edges(offer.state) {
                let action = self.net.action(edge.label);
                let (line, cost) = match (terms.fare)(terms.facts.actions[action].role) {
                    Fare::Cheap => (&mut queue, Cost { dear: offer.cost.dear, steps }),
                    Fare::Dear => (&mut dear, Cost { dear: offer.cost.dear + 1, steps }),
                    Fare::Barred => continue,
                };
                let open = |target: &StateId| {
                    cost < self.costs[target.index()] && (terms.keep)(offer.state, edge)
                };
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
        let parent = |state: StateId| self.parents[state.index()];
        walk_back(state, |state| Some(parent(state)).filter(|&parent| parent != NOBODY))
    }

    /// The cheapest way in a graph to a state, as a trace that ends there.
    pub(super) fn trace(&self, graph: &Graph, state: StateId) -> Trace {
        let (start, actions) = self.walk(state);
        Trace { start: graph.words(start).to_vec(), actions, repeats_from: None }
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
