//! A short lasso through a fair component: a cheap way in, and a short cycle that is itself fair.
//!
//! A component says that a fair cycle exists, not which one; walking all of it would be far too long,
//! and any shorter cycle may put something off. A shortest fair cycle is hard to find (Ehlers, *How Hard
//! Is Finding Shortest Counter-Example Lassos in Model Checking?*, 2019), but storms are small. So: take
//! as anchors the states from which an edge of the component does the first of what is needed, the
//! cheapest to get to before all others. From an anchor, search breadth first through pairs of a state and the duties met so far; the first return
//! to the anchor with all of them met is a shortest fair cycle through it. When that space is too large,
//! go to the nearest duty that is not met until all are, go home, and cut out what is not needed.
//! Last, turn the cycle so that the way in is cheapest.
//!
//! The duties: whatever is needed, as counting a meter; pass a state to which the fewest faults lead; for each weak obligation,
//! take it or be where it is not enabled; for each strong one, take it or never be where it is enabled,
//! which needs two bits. Obligations that ask nothing here have no bits: weak ones that are not enabled
//! at the anchor, strong ones that are enabled nowhere in the component.
//!
//! Where each state stands for all that it can be renamed to, a cycle is looked for in the system itself,
//! as far as that is built for it, see [`lift`](super::lift).
//!
//! Invariant: what is returned closes, does what is needed, and is fair; that is checked on the cycle itself before
//! anyone sees it.

use std::collections::{BTreeMap, HashSet};

use super::fairness::Count;
use super::lift;
use super::net::{Course, Net};
use super::way_in::{Cost, WayIn};
use crate::base::Id;
use crate::explore::{Edge, Graph, Interrupted, LabelId, Patience, StateId};
use crate::system::{ActionId, Facts, FairnessId, MeterId, Strength};
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

/// A cycle, turned so that the way in is cheapest.
pub(super) struct Cycle {
    pub(super) hops: Vec<Hop>,
    /// The action of each step, as it is called where a trace of what was explored takes it.
    pub(super) turn: Vec<ActionId>,
    /// The faults on the way in.
    pub(super) faults: u32,
    pub(super) put_off: Option<FairnessId>,
}

impl Cycle {
    /// Where the way in ends and the cycle begins.
    pub(super) fn entry(&self) -> StateId {
        self.hops[0].from
    }

    /// The cycle at the end of the way from a start to its entry.
    pub(super) fn trace(&self, graph: &Graph, (start, way): (StateId, Vec<ActionId>)) -> Trace {
        let repeats_from = u32::try_from(way.len()).expect("a way is shorter than 2^32 steps");
        let actions = way.into_iter().chain(self.turn.iter().copied()).collect();
        Trace { start: graph.words(start).to_vec(), actions, repeats_from: Some(repeats_from) }
    }

    /// The cycle and its way in, in a graph, with what one turn counts.
    pub(super) fn lasso(&self, graph: &Graph, way_in: &WayIn<'_>, count: &Count<'_>) -> Lasso {
        let ticks = |_: StateId, edge: Edge| graph.count(edge.label, MeterId::TICKS);
        Lasso {
            trace: self.trace(graph, way_in.walk(self.entry())),
            faults: self.faults,
            meter_per_turn: self.per_turn(count),
            ticks_per_turn: self.per_turn(&ticks),
            put_off: self.put_off,
        }
    }

    fn per_turn(&self, count: &Count<'_>) -> u64 {
        let counts = self.hops.iter().map(|hop| count(hop.from, hop.edge));
        counts.fold(0, u64::saturating_add)
    }
}

/// Whether the cycle must be fair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    Fair,
    /// Any cycle that does what is needed.
    Any,
}

/// An edge together with where it starts.
#[derive(Clone, Copy)]
pub(super) struct Hop {
    pub(super) from: StateId,
    pub(super) edge: Edge,
}

/// Everything a search for a lasso needs to know.
pub(super) struct Scene<'a> {
    pub(super) net: &'a dyn Net,
    pub(super) facts: &'a Facts,
    pub(super) way_in: &'a WayIn<'a>,
    pub(super) course: Course<'a>,
    pub(super) demand: Demand,
}

impl Scene<'_> {
    /// A cycle that lies in one of the components: fewest faults on the way in, then short.
    ///
    /// Each component is sorted and has edges that do what is needed; with [`Demand::Fair`] each is fair.
    pub(super) fn cycle(
        &self,
        components: &[Vec<StateId>],
        patience: &mut Patience<'_>,
    ) -> Result<Option<Cycle>, Interrupted> {
        match self.net.twists() {
            Some(twists) => lift::cycle(self, twists, components, patience),
            None => self.cycle_in_place(components, patience),
        }
    }

    /// The same, where every state stands for itself.
    fn cycle_in_place(
        &self,
        components: &[Vec<StateId>],
        patience: &mut Patience<'_>,
    ) -> Result<Option<Cycle>, Interrupted> {
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

    /// The states from which an edge does the first of what is needed, cheapest first, of the
    /// components that can be entered with so few faults.
    pub(super) fn anchors(
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
                let helps = |&edge: &Edge| {
                    self.course.meets(state, edge) & 1 != 0
                        && self.stays(component, state, edge).is_some()
                };
                if self.net.edges(state).iter().any(helps) {
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

    /// The finished cycle.
    fn finish(&self, mut hops: Vec<Hop>) -> Cycle {
        let (entry, cost) = self.entry(&hops);
        hops.rotate_left(entry);
        let put_off = self.put_off(&hops);
        self.assert_sound(&hops, put_off);
        let turn = hops.iter().map(|hop| self.net.action(hop.edge.label)).collect();
        Cycle { hops, turn, faults: cost.dear, put_off }
    }

    fn assert_sound(&self, cycle: &[Hop], put_off: Option<FairnessId>) {
        let next = cycle.iter().cycle().skip(1);
        let closes = cycle.iter().zip(next).all(|(hop, next)| hop.edge.target() == Some(next.from));
        assert!(closes, "a cycle closes");
        assert!(self.does_all(cycle), "a cycle does what is needed");
        assert!(self.demand == Demand::Any || put_off.is_none(), "a fair cycle is fair");
    }

    fn does_all(&self, cycle: &[Hop]) -> bool {
        let met = cycle.iter().map(|hop| self.course.meets(hop.from, hop.edge));
        met.fold(0, |all, met| all | met) == self.course.needs
    }

    /// Where an edge leads, if it may be taken and does not leave the component.
    pub(super) fn stays(
        &self,
        component: &[StateId],
        from: StateId,
        edge: Edge,
    ) -> Option<StateId> {
        let target = edge.target().filter(|target| component.binary_search(target).is_ok())?;
        (self.course.keep)(from, edge).then_some(target)
    }

    pub(super) fn obligations(&self, label: LabelId) -> &[FairnessId] {
        &self.facts.actions[self.net.action(label)].obligations
    }

    pub(super) fn is_enabled(&self, fairness: FairnessId, state: StateId) -> bool {
        let edges = self.net.edges(state);
        edges.iter().any(|edge| self.obligations(edge.label).contains(&fairness))
    }

    /// The first obligation that going round for ever would violate.
    fn put_off(&self, cycle: &[Hop]) -> Option<FairnessId> {
        let mut enabled: BTreeMap<FairnessId, (usize, usize)> = BTreeMap::new();
        for (place, hop) in cycle.iter().enumerate() {
            let labels = self.net.edges(hop.from).iter().map(|edge| edge.label);
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
        self.does_all(cycle)
            && self.entry(cycle).1.dear == faults
            && (self.demand == Demand::Any || self.put_off(cycle).is_none())
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
    /// The bit that says that a state was passed to which the fewest faults lead.
    entered: u128,
    /// The first bits of the weak obligations, and of the strong ones.
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

/// How many duties a search can keep apart: what is needed, from the lowest bit; that a state was passed
/// to which the fewest faults lead; and two bits for each obligation, the first of which says that it is
/// met, if weak, or that it was taken, if strong, and the second that a strong one was enabled.
const MOST_DUTIES: u32 = u128::BITS;

impl<'a> Tour<'a> {
    fn new(
        scene: &'a Scene<'a>,
        component: &'a [StateId],
        faults: u32,
        anchor: StateId,
    ) -> Tour<'a> {
        let entered = u128::from(scene.course.needs) + 1;
        let (owed, weak, strong) = (Vec::new(), 0, 0);
        let mut tour = Tour { scene, component, faults, anchor, owed, entered, weak, strong };
        if scene.demand == Demand::Fair {
            tour.owed = tour.obligations_in_play();
        }
        if tour.fits() {
            for (index, &fairness) in tour.owed.iter().enumerate() {
                match scene.facts.fairness[fairness].strength {
                    Strength::Weak => tour.weak |= tour.met_bit(index),
                    Strength::Strong => tour.strong |= tour.met_bit(index),
                }
            }
        }
        tour
    }

    /// Whether there are bits for all duties.
    fn fits(&self) -> bool {
        let needed = self.scene.course.needs.count_ones() as usize;
        needed + 1 + 2 * self.owed.len() <= MOST_DUTIES as usize
    }

    fn met_bit(&self, index: usize) -> u128 {
        self.entered << (1 + 2 * index)
    }

    /// The weak obligations enabled at the anchor, and the strong ones enabled in the component.
    fn obligations_in_play(&self) -> Vec<FairnessId> {
        let mut in_play = vec![false; self.scene.facts.fairness.len()];
        for &state in self.component {
            for edge in self.scene.net.edges(state) {
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
        if !self.fits() {
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
        self.scene.net.edges(state)
    }

    /// The duties that passing a state meets, and for strong obligations the fact that it was enabled.
    fn met_at(&self, state: StateId) -> u128 {
        let entered = self.scene.way_in.cost(state).dear == self.faults;
        let entered = if entered { self.entered } else { 0 };
        let labels = self.edges(state).iter().map(|edge| edge.label);
        let enabled = labels.fold(0, |enabled, label| enabled | self.met_bits(label));
        entered | (self.weak & !enabled) | (self.strong & enabled) << 1
    }

    /// The duties that taking an edge meets.
    fn met_by(&self, hop: Hop) -> u128 {
        let needed = self.scene.course.meets(hop.from, hop.edge);
        self.met_bits(hop.edge.label) | u128::from(needed)
    }

    /// The met bits of a label's obligations.
    fn met_bits(&self, label: LabelId) -> u128 {
        let owed = self.scene.obligations(label).iter().map(|f| self.owed.binary_search(f));
        owed.flatten().fold(0, |bits, index| bits | self.met_bit(index))
    }

    fn is_done(&self, met: u128) -> bool {
        let never_seen = self.strong & !(met >> 1);
        let all = u128::from(self.scene.course.needs) | self.entered | self.weak | self.strong;
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
    needed: u64,
    is_entered: bool,
    owed: Vec<FairnessId>,
}

impl Duties {
    fn new(tour: &Tour<'_>) -> Duties {
        let needed = tour.scene.course.needs;
        Duties { needed, is_entered: false, owed: tour.owed.clone() }
    }

    fn is_empty(&self) -> bool {
        self.needed == 0 && self.is_entered && self.owed.is_empty()
    }

    fn pass(&mut self, tour: &Tour<'_>, state: StateId) {
        self.is_entered |= tour.scene.way_in.cost(state).dear == tour.faults;
        self.owed.retain(|&fairness| !is_met_at(tour, fairness, state));
    }

    fn take(&mut self, tour: &Tour<'_>, hop: Hop) {
        self.needed &= !tour.scene.course.meets(hop.from, hop.edge);
        let taken = tour.scene.obligations(hop.edge.label);
        self.owed.retain(|fairness| !taken.contains(fairness));
    }

    /// Whether a hop meets a duty that is not met.
    fn is_met_by(&self, tour: &Tour<'_>, hop: Hop, target: StateId) -> bool {
        let helps = self.needed & tour.scene.course.meets(hop.from, hop.edge) != 0;
        let enters = tour.scene.way_in.cost(target).dear == tour.faults;
        let taken = tour.scene.obligations(hop.edge.label);
        let meets =
            |&fairness: &FairnessId| taken.contains(&fairness) || is_met_at(tour, fairness, target);
        helps || (!self.is_entered && enters) || self.owed.iter().any(meets)
    }
}

/// Whether being in a state is enough for a weak obligation.
fn is_met_at(tour: &Tour<'_>, fairness: FairnessId, state: StateId) -> bool {
    let is_weak = tour.scene.facts.fairness[fairness].strength == Strength::Weak;
    is_weak && !tour.scene.is_enabled(fairness, state)
}
