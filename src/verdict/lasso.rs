//! A short lasso through a fair component: a cheap way in, and a short cycle that is itself fair.
//!
//! A component says that a fair cycle exists, not which one; walking all of it would be far too long,
//! and any shorter cycle may put something off. A shortest fair cycle is hard to find (Ehlers, *How Hard
//! Is Finding Shortest Counter-Example Lassos in Model Checking?*, 2019), but storms are small. So: take
//! as anchors the states from which an edge of the component counts, the cheapest to get to first. From
//! an anchor, search breadth first through pairs of a state and the duties met so far; the first return
//! to the anchor with all of them met is a shortest fair cycle through it. When that space is too large,
//! go to the nearest duty that is not met until all are, go home, and cut out what is not needed.
//! Last, turn the cycle so that the way in is cheapest.
//!
//! The duties: count the meter; pass a state to which the fewest faults lead; for each weak obligation,
//! take it or be where it is not enabled; for each strong one, take it or never be where it is enabled,
//! which needs two bits. Obligations that ask nothing here have no bits: weak ones that are not enabled
//! at the anchor, strong ones that are enabled nowhere in the component.
//!
//! Invariant: what is returned closes, counts, and is fair; that is checked on the cycle itself before
//! anyone sees it.

use std::collections::{BTreeMap, HashSet};

use super::components::Keep;
use super::fairness::Count;
use super::way_in::{Cost, WayIn};
use crate::base::Id;
use crate::explore::{Edge, Graph, Interrupted, LabelId, Patience, StateId};
use crate::system::{Facts, FairnessId, MeterId, Strength};
use crate::trace::Trace;

/// How many anchors are tried. By taste.
const MOST_ANCHORS: usize = 64;

/// How many pairs of a state and duties met are visited for one lasso, over all anchors. By taste.
const MOST_PAIRS: usize = 1 << 20;

/// Above this length a cycle is not shortened any more, as that costs its square. By taste.
const LONGEST_TO_SHORTEN: usize = 2000;

/// A way in and a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The way in and the cycle.
    pub trace: Trace,
    /// The faults on the way in.
    pub faults: u32,
    /// How much one turn of the cycle counts.
    pub meter_per_turn: u64,
    /// How many ticks one turn takes; 0 if it takes no time at all.
    pub ticks_per_turn: u64,
    /// The first obligation that going round for ever violates; none if the cycle is fair.
    pub put_off: Option<FairnessId>,
}

/// Whether the cycle must be fair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    Fair,
    /// Any cycle that counts.
    Counting,
}

/// An edge together with where it starts.
#[derive(Clone, Copy)]
struct Hop {
    from: StateId,
    edge: Edge,
}

/// Everything a search for a lasso needs to know.
pub(super) struct Scene<'a> {
    pub(super) graph: &'a Graph,
    pub(super) facts: &'a Facts,
    pub(super) way_in: &'a WayIn<'a>,
    /// Which edges a cycle may take.
    pub(super) keep: &'a Keep<'a>,
    pub(super) count: &'a Count<'a>,
    pub(super) demand: Demand,
}

impl Scene<'_> {
    /// A lasso whose cycle lies in one of the components: fewest faults on the way in, then short.
    ///
    /// Each component is sorted and has an edge that counts; with [`Demand::Fair`] each is fair.
    pub(super) fn lasso(
        &self,
        components: &[Vec<StateId>],
        patience: &mut Patience<'_>,
    ) -> Result<Option<Lasso>, Interrupted> {
        let Some(faults) = fewest_faults(self.way_in, components) else { return Ok(None) };
        let anchors = self.anchors(components, faults, patience)?;
        let mut pairs_left = MOST_PAIRS;
        let mut best: Option<(usize, Vec<Hop>)> = None;
        for &(_, anchor, component) in &anchors {
            let tour = Tour::new(self, &components[component], faults, anchor);
            let Some(cycle) = tour.shortest(&mut pairs_left, patience)? else { break };
            let length = self.entry(&cycle).1.steps as usize + cycle.len();
            if best.as_ref().is_none_or(|(shortest, _)| length < *shortest) {
                best = Some((length, cycle));
            }
        }
        let cycle = match (best, anchors.first()) {
            (Some((_, cycle)), _) => cycle,
            (None, Some(&(_, anchor, component))) => {
                let tour = Tour::new(self, &components[component], faults, anchor);
                self.shorten(tour.greedy(patience)?, faults)
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(self.finish(cycle)))
    }

    /// The states from which an edge counts, cheapest first, of the components that can be entered with
    /// so few faults.
    fn anchors(
        &self,
        components: &[Vec<StateId>],
        faults: u32,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<(Cost, StateId, usize)>, Interrupted> {
        let mut anchors = Vec::new();
        for (index, component) in components.iter().enumerate() {
            if !component.iter().any(|&state| self.way_in.cost(state).dear == faults) {
                continue;
            }
            for &state in component {
                patience.spend()?;
                let counts = |edge: &Edge| {
                    (self.count)(state, *edge) > 0 && self.stays(component, state, *edge).is_some()
                };
                if self.graph.edges(state).iter().any(counts) {
                    anchors.push((self.way_in.cost(state), state, index));
                }
            }
        }
        anchors.sort_unstable();
        anchors.truncate(MOST_ANCHORS);
        Ok(anchors)
    }

    /// The place on a cycle that is cheapest to get to, and what that costs.
    fn entry(&self, cycle: &[Hop]) -> (usize, Cost) {
        let costs = cycle.iter().map(|hop| self.way_in.cost(hop.from)).enumerate();
        costs.min_by_key(|&(_, cost)| cost).expect("a cycle has a step")
    }

    /// The finished lasso of a cycle.
    fn finish(&self, mut cycle: Vec<Hop>) -> Lasso {
        let (entry, cost) = self.entry(&cycle);
        cycle.rotate_left(entry);
        let put_off = self.put_off(&cycle);
        self.assert_sound(&cycle, put_off);
        let (start, mut actions) = self.way_in.walk(cycle[0].from);
        let repeats_from = u32::try_from(actions.len()).expect("a way is shorter than 2^32 steps");
        actions.extend(cycle.iter().map(|hop| self.graph.action(hop.edge.label)));
        let start = self.graph.words(start).to_vec();
        Lasso {
            trace: Trace { start, actions, repeats_from: Some(repeats_from) },
            faults: cost.dear,
            meter_per_turn: self.per_turn(&cycle),
            ticks_per_turn: cycle
                .iter()
                .map(|hop| self.graph.count(hop.edge.label, MeterId::TICKS))
                .fold(0, u64::saturating_add),
            put_off,
        }
    }

    fn assert_sound(&self, cycle: &[Hop], put_off: Option<FairnessId>) {
        let next = cycle.iter().cycle().skip(1);
        let closes = cycle.iter().zip(next).all(|(hop, next)| hop.edge.target() == Some(next.from));
        assert!(closes, "a cycle closes");
        assert!(self.per_turn(cycle) > 0, "a cycle counts");
        assert!(self.demand == Demand::Counting || put_off.is_none(), "a fair cycle is fair");
    }

    fn per_turn(&self, cycle: &[Hop]) -> u64 {
        let counts = cycle.iter().map(|hop| (self.count)(hop.from, hop.edge));
        counts.fold(0, u64::saturating_add)
    }

    /// Where an edge leads, if it may be taken and does not leave the component.
    fn stays(&self, component: &[StateId], from: StateId, edge: Edge) -> Option<StateId> {
        let target = edge.target().filter(|target| component.binary_search(target).is_ok())?;
        (self.keep)(from, edge).then_some(target)
    }

    fn obligations(&self, label: LabelId) -> &[FairnessId] {
        &self.facts.actions[self.graph.action(label)].obligations
    }

    fn is_enabled(&self, fairness: FairnessId, state: StateId) -> bool {
        let edges = self.graph.edges(state);
        edges.iter().any(|edge| self.obligations(edge.label).contains(&fairness))
    }

    /// The first obligation that going round for ever would violate.
    fn put_off(&self, cycle: &[Hop]) -> Option<FairnessId> {
        let mut enabled: BTreeMap<FairnessId, (usize, usize)> = BTreeMap::new();
        for (place, hop) in cycle.iter().enumerate() {
            let labels = self.graph.edges(hop.from).iter().map(|edge| edge.label);
            for &fairness in labels.flat_map(|label| self.obligations(label)) {
                let (count, last) = enabled.entry(fairness).or_insert((0, usize::MAX));
                *count += usize::from(*last != place);
                *last = place;
            }
        }
        for hop in cycle {
            for fairness in self.obligations(hop.edge.label) {
                enabled.remove(fairness);
            }
        }
        let violated = |(fairness, (count, _)): &(FairnessId, (usize, usize))| {
            let is_strong = self.facts.fairness[*fairness].strength == Strength::Strong;
            is_strong || *count == cycle.len()
        };
        enabled.into_iter().find(violated).map(|(fairness, _)| fairness)
    }

    /// Cuts detours out of a cycle as long as it stays what it must be.
    fn shorten(&self, mut cycle: Vec<Hop>, faults: u32) -> Vec<Hop> {
        if cycle.len() > LONGEST_TO_SHORTEN {
            return cycle;
        }
        let mut start = 0;
        while start < cycle.len() {
            let returns =
                (start + 1..cycle.len()).filter(|&at| cycle[at].from == cycle[start].from);
            let shorter = returns.rev().flat_map(|end| {
                let without = [&cycle[..start], &cycle[end..]].concat();
                [cycle[start..end].to_vec(), without]
            });
            match shorter.into_iter().find(|shorter| self.will_do(shorter, faults)) {
                Some(shorter) => cycle = shorter,
                None => start += 1,
            }
        }
        cycle
    }

    fn will_do(&self, cycle: &[Hop], faults: u32) -> bool {
        self.per_turn(cycle) > 0
            && self.entry(cycle).1.dear == faults
            && (self.demand == Demand::Counting || self.put_off(cycle).is_none())
    }
}

/// The fewest faults on the way to any of the states; none if there is no state.
pub(super) fn fewest_faults(way_in: &WayIn<'_>, components: &[Vec<StateId>]) -> Option<u32> {
    components.iter().flatten().map(|&state| way_in.cost(state).dear).min()
}

/// The search for a cycle through one anchor.
struct Tour<'a> {
    scene: &'a Scene<'a>,
    component: &'a [StateId],
    /// The faults with which the component can be entered.
    faults: u32,
    anchor: StateId,
    /// The obligations that ask something, ascending.
    owed: Vec<FairnessId>,
    /// The met bits of the weak and of the strong ones.
    weak: u128,
    strong: u128,
}

/// A state, the duties met on the way to it, and how it was reached.
struct Pair {
    state: StateId,
    met: u128,
    /// The pair before it, and the edge from there; none for the anchor.
    parent: Option<(usize, Hop)>,
}

/// The edge counted.
const COUNTED: u128 = 1;
/// A state was passed to which the fewest faults lead.
const ENTERED: u128 = 2;
/// For the first obligation that asks something: it is met, if weak; it was taken, if strong. The bit
/// above says of a strong one that it was enabled.
const FIRST_MET: u32 = 2;
/// What is left for the obligations: two bits each.
const MOST_OWED: usize = 63;

impl<'a> Tour<'a> {
    fn new(
        scene: &'a Scene<'a>,
        component: &'a [StateId],
        faults: u32,
        anchor: StateId,
    ) -> Tour<'a> {
        let mut tour =
            Tour { scene, component, faults, anchor, owed: Vec::new(), weak: 0, strong: 0 };
        if scene.demand == Demand::Fair {
            tour.owed = tour.obligations_in_play();
        }
        for (index, &fairness) in tour.owed.iter().enumerate().take(MOST_OWED) {
            match scene.facts.fairness[fairness].strength {
                Strength::Weak => tour.weak |= met_bit(index),
                Strength::Strong => tour.strong |= met_bit(index),
            }
        }
        tour
    }

    /// The weak obligations enabled at the anchor, and the strong ones enabled in the component.
    fn obligations_in_play(&self) -> Vec<FairnessId> {
        let mut in_play = vec![false; self.scene.facts.fairness.len()];
        for &state in self.component {
            for edge in self.scene.graph.edges(state) {
                for &fairness in self.scene.obligations(edge.label) {
                    let strength = self.scene.facts.fairness[fairness].strength;
                    in_play[fairness.index()] |=
                        strength == Strength::Strong || state == self.anchor;
                }
            }
        }
        let ids = self.scene.facts.fairness.ids();
        ids.filter(|fairness| in_play[fairness.index()]).collect()
    }

    /// A shortest fair cycle through the anchor, unless more pairs than are left would be visited.
    fn shortest(
        &self,
        pairs_left: &mut usize,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Vec<Hop>>, Interrupted> {
        if self.owed.len() > MOST_OWED {
            return Ok(None);
        }
        let met = self.met_at(self.anchor);
        let mut pairs = vec![Pair { state: self.anchor, met, parent: None }];
        let mut known = HashSet::from([(self.anchor, met)]);
        let mut next = 0;
        while let Some(&Pair { state, met, .. }) = pairs.get(next) {
            patience.spend()?;
            for &edge in self.edges(state) {
                let Some(target) = self.scene.stays(self.component, state, edge) else { continue };
                let hop = Hop { from: state, edge };
                let met = met | self.met_by(hop) | self.met_at(target);
                let parent = Some((next, hop));
                if target == self.anchor && self.is_done(met) {
                    return Ok(Some(hops(&pairs, parent)));
                }
                if known.insert((target, met)) {
                    if *pairs_left == 0 {
                        return Ok(None);
                    }
                    *pairs_left -= 1;
                    pairs.push(Pair { state: target, met, parent });
                }
            }
            next += 1;
        }
        unreachable!("a fair component has a fair cycle through each of its states")
    }

    fn edges(&self, state: StateId) -> &'a [Edge] {
        self.scene.graph.edges(state)
    }

    /// The duties that passing a state meets, and for strong obligations the fact that it was enabled.
    fn met_at(&self, state: StateId) -> u128 {
        let entered = self.scene.way_in.cost(state).dear == self.faults;
        let entered = if entered { ENTERED } else { 0 };
        let labels = self.edges(state).iter().map(|edge| edge.label);
        let enabled = labels.fold(0, |enabled, label| enabled | self.met_bits(label));
        entered | (self.weak & !enabled) | (self.strong & enabled) << 1
    }

    /// The duties that taking an edge meets.
    fn met_by(&self, hop: Hop) -> u128 {
        let counts = (self.scene.count)(hop.from, hop.edge) > 0;
        self.met_bits(hop.edge.label) | if counts { COUNTED } else { 0 }
    }

    /// The met bits of a label's obligations.
    fn met_bits(&self, label: LabelId) -> u128 {
        let owed = self.scene.obligations(label).iter().map(|f| self.owed.binary_search(f));
        owed.flatten().fold(0, |bits, index| bits | met_bit(index))
    }

    fn is_done(&self, met: u128) -> bool {
        let never_seen = self.strong & !(met >> 1);
        let all = COUNTED | ENTERED | self.weak | self.strong;
        (met | never_seen) & all == all
    }

    /// Some fair cycle through the anchor: to the nearest duty that is not met, and so on, and home.
    fn greedy(&self, patience: &mut Patience<'_>) -> Result<Vec<Hop>, Interrupted> {
        let mut duties = Duties::new(self);
        duties.pass(self, self.anchor);
        let mut cycle = Vec::new();
        let mut state = self.anchor;
        while !duties.is_empty() {
            let helps = |hop: Hop, target| duties.is_met_by(self, hop, target);
            let way = self.nearest(state, &helps, patience)?;
            for &hop in &way {
                duties.take(self, hop);
                state = hop.edge.target().expect("edges of the component lead somewhere");
                duties.pass(self, state);
            }
            cycle.extend(way);
        }
        if state != self.anchor {
            cycle.extend(self.nearest(state, &|_, target| target == self.anchor, patience)?);
        }
        Ok(cycle)
    }

    /// A shortest way inside the component whose last hop is wanted.
    fn nearest(
        &self,
        from: StateId,
        is_wanted: &dyn Fn(Hop, StateId) -> bool,
        patience: &mut Patience<'_>,
    ) -> Result<Vec<Hop>, Interrupted> {
        let mut pairs = vec![Pair { state: from, met: 0, parent: None }];
        let mut known = HashSet::from([from]);
        let mut next = 0;
        while let Some(&Pair { state, .. }) = pairs.get(next) {
            patience.spend()?;
            for &edge in self.edges(state) {
                let Some(target) = self.scene.stays(self.component, state, edge) else { continue };
                let hop = Hop { from: state, edge };
                if is_wanted(hop, target) {
                    return Ok(hops(&pairs, Some((next, hop))));
                }
                if known.insert(target) {
                    pairs.push(Pair { state: target, met: 0, parent: Some((next, hop)) });
                }
            }
            next += 1;
        }
        unreachable!("a component is strongly connected and meets all its duties")
    }
}

fn met_bit(index: usize) -> u128 {
    1 << (FIRST_MET + 2 * index as u32)
}

/// The hops to the pair that this parent leads to.
fn hops(pairs: &[Pair], mut parent: Option<(usize, Hop)>) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some((before, hop)) = parent {
        hops.push(hop);
        parent = pairs[before].parent;
    }
    hops.reverse();
    hops
}

/// What a greedy tour still has to do.
struct Duties {
    is_counted: bool,
    is_entered: bool,
    owed: Vec<FairnessId>,
}

impl Duties {
    fn new(tour: &Tour<'_>) -> Duties {
        Duties { is_counted: false, is_entered: false, owed: tour.owed.clone() }
    }

    fn is_empty(&self) -> bool {
        self.is_counted && self.is_entered && self.owed.is_empty()
    }

    fn pass(&mut self, tour: &Tour<'_>, state: StateId) {
        self.is_entered |= tour.scene.way_in.cost(state).dear == tour.faults;
        self.owed.retain(|&fairness| !is_met_at(tour, fairness, state));
    }

    fn take(&mut self, tour: &Tour<'_>, hop: Hop) {
        self.is_counted |= (tour.scene.count)(hop.from, hop.edge) > 0;
        let taken = tour.scene.obligations(hop.edge.label);
        self.owed.retain(|fairness| !taken.contains(fairness));
    }

    /// Whether a hop meets a duty that is not met.
    fn is_met_by(&self, tour: &Tour<'_>, hop: Hop, target: StateId) -> bool {
        let counts = (tour.scene.count)(hop.from, hop.edge) > 0;
        let enters = tour.scene.way_in.cost(target).dear == tour.faults;
        let taken = tour.scene.obligations(hop.edge.label);
        let meets =
            |&fairness: &FairnessId| taken.contains(&fairness) || is_met_at(tour, fairness, target);
        (!self.is_counted && counts) || (!self.is_entered && enters) || self.owed.iter().any(meets)
    }
}

/// Whether being in a state is enough for a weak obligation.
fn is_met_at(tour: &Tour<'_>, fairness: FairnessId, state: StateId) -> bool {
    let is_weak = tour.scene.facts.fairness[fairness].strength == Strength::Weak;
    is_weak && !tour.scene.is_enabled(fairness, state)
}
