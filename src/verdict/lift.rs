//! A cycle of the system itself, found in a graph that was explored up to renaming.
//!
//! A closed way in such a graph need not close in the system: it may end where it began but for the names.
//! And it may do for one instance what is owed to another. So a part of the system is built, as a net
//! of its own: each of its states is a state of the graph and a renaming of it, and what the twists of the
//! edges do is written out in full. Fair components and cycles are looked for there as anywhere else.
//!
//! First the states around where the component is entered most cheaply are built, up to a number of
//! them, each once. Where these hold no cycle that does, a [`round`](super::round) of the component is
//! built as well, which is one; then a state is built once for each renaming that leads to it, so that
//! nobody's name is ever forgotten.
//!
//! What is found is given as a way in the graph again, each action as it is called in the state that the
//! way has come to. A renaming may leave a state as it is; so which names the way has at a state that it
//! passes twice is told by the way, and not by the state. It closes from whichever state of the system it
//! begins: one differs from the other in names only, and so does the cycle from each.

use std::collections::BTreeMap;

use super::fairness::{components_on_course, fair_components};
use super::lasso::{Cycle, Demand, Hop, Scene, fewest_faults};
use super::net::{Course, Net, Twists};
use super::round::round;
use super::way_in::WayIn;
use crate::base::Id;
use crate::explore::{Edge, Interrupted, LabelId, Patience, StateId, Words};
use crate::system::{ActionId, Permutation};

/// How many states are built, beside those of a round. By taste.
const MOST_STATES: usize = 1 << 14;

/// A cycle that lies in one of the components: fewest faults on the way in, then short.
pub(super) fn cycle(
    scene: &Scene<'_>,
    twists: &dyn Twists,
    components: &[Vec<StateId>],
    patience: &mut Patience<'_>,
) -> Result<Option<Cycle>, Interrupted> {
    let Some(faults) = fewest_faults(scene.way_in, components) else { return Ok(None) };
    let anchors = scene.anchors(components, faults, patience)?;
    let Some(&(_, anchor, component)) = anchors.first() else { return Ok(None) };
    let mut lift = Lift::new(scene, twists, components, Known::Once);
    let mut entered = vec![false; components.len()];
    for &(_, anchor, component) in &anchors {
        if !std::mem::replace(&mut entered[component], true) {
            lift.add(anchor, twists.unchanged());
        }
    }
    lift.grow(patience)?;
    if let Some(cycle) = lift.cycle(scene, patience)?
        && cycle.faults == faults
    {
        return Ok(Some(cycle));
    }
    let mut lift = Lift::new(scene, twists, components, Known::ByName);
    let around = round(scene, twists, (&components[component], anchor), faults, patience)?;
    lift.follow(anchor, &around);
    lift.grow(patience)?;
    let cycle = lift.cycle(scene, patience)?;
    Ok(Some(cycle.expect("a round is a cycle of the system")))
}

/// What makes a state one that is known.
#[derive(Clone, Copy)]
enum Known {
    /// It is the same state.
    Once,
    /// And its names are the same.
    ByName,
}

/// A part of a system.
struct Lift<'a> {
    net: &'a dyn Net,
    twists: &'a dyn Twists,
    scene: &'a Scene<'a>,
    components: &'a [Vec<StateId>],
    /// By state of the net: its component, if it has one.
    component_of: Vec<Option<u32>>,
    states: Vec<Lifted>,
    known: Known,
    numbers: BTreeMap<Key, StateId>,
    row_ends: Vec<usize>,
    edges: Vec<Edge>,
    /// By label, which is the number of the edge: its action, and the edge of the net.
    steps: Vec<(ActionId, Edge)>,
}

/// What tells a state from others: that of the net, and what it is as a state of the system, or by which
/// renaming.
type Key = (StateId, Result<Words, Permutation>);

/// A state of the net, renamed.
#[derive(Clone)]
struct Lifted {
    under: StateId,
    by: Permutation,
}

impl<'a> Lift<'a> {
    /// Nothing yet of these components.
    fn new(
        scene: &'a Scene<'a>,
        twists: &'a dyn Twists,
        components: &'a [Vec<StateId>],
        known: Known,
    ) -> Lift<'a> {
        let mut component_of = vec![None; scene.net.state_count()];
        for (number, component) in (0..).zip(components) {
            component.iter().for_each(|state| component_of[state.index()] = Some(number));
        }
        Lift {
            net: scene.net,
            twists,
            scene,
            components,
            component_of,
            states: Vec::new(),
            known,
            numbers: BTreeMap::new(),
            row_ends: Vec::new(),
            edges: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn key(&self, under: StateId, by: &Permutation) -> Key {
        let name = match self.known {
            Known::Once => Ok(self.twists.renamed(self.net.in_graph(under), by)),
            Known::ByName => Err(by.clone()),
        };
        (under, name)
    }

    /// The number of a state, which is added if it is new.
    fn add(&mut self, under: StateId, by: Permutation) -> StateId {
        let key = self.key(under, &by);
        if let Some(&known) = self.numbers.get(&key) {
            return known;
        }
        let number = StateId::from_index(self.states.len());
        self.states.push(Lifted { under, by });
        self.numbers.insert(key, number);
        number
    }

    /// Adds the states along a way from a state.
    fn follow(&mut self, from: StateId, way: &[Hop]) {
        let mut by = self.twists.unchanged();
        self.add(from, by.clone());
        for hop in way {
            let target = hop.edge.target().expect("a way leads somewhere");
            by = self.renaming_behind(&Lifted { under: hop.from, by }, hop.edge);
            self.add(target, by.clone());
        }
    }

    /// By which renaming an edge leads to a state of the system.
    fn renaming_behind(&self, from: &Lifted, edge: Edge) -> Permutation {
        let action = self.net.action(edge.label);
        let twist = self.twists.along(self.net.in_graph(from.under), action);
        twist.inverse().then(&from.by)
    }

    /// Adds all edges, and states that they lead to, as long as there are not too many.
    fn grow(&mut self, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        let net = self.net;
        while let Some(from) = self.states.get(self.row_ends.len()).cloned() {
            for &edge in net.edges(from.under) {
                patience.spend()?;
                let target = self.target(&from, edge);
                let action = self.twists.renaming().action(net.action(edge.label), &from.by);
                let label = LabelId::from_index(self.steps.len());
                self.steps.push((action, edge));
                self.edges.push(Edge::new(target, label));
            }
            self.row_ends.push(self.edges.len());
        }
        Ok(())
    }

    /// Where an edge leads, if it stays in its component and there is room.
    fn target(&mut self, from: &Lifted, edge: Edge) -> Option<StateId> {
        let component = self.component_of[from.under.index()]?;
        let target = self.scene.stays(&self.components[component as usize], from.under, edge)?;
        let by = self.renaming_behind(from, edge);
        match self.states.len() < MOST_STATES {
            true => Some(self.add(target, by)),
            false => self.numbers.get(&self.key(target, &by)).copied(),
        }
    }

    /// A cycle in what was built, as one of the net.
    fn cycle(
        &self,
        scene: &Scene<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Option<Cycle>, Interrupted> {
        let under = |hop: Hop| Hop {
            from: self.states[hop.from.index()].under,
            edge: self.steps[hop.edge.label.index()].1,
        };
        let met = |from, edge| {
            let Hop { from, edge } = under(Hop { from, edge });
            scene.course.meets(from, edge)
        };
        let course = Course { keep: &|_, _| true, needs: scene.course.needs, met: &met };
        let all: Vec<StateId> = (0..self.states.len()).map(StateId::from_index).collect();
        let components = match scene.demand {
            Demand::Fair => fair_components(self, scene.facts, all, course, patience)?,
            Demand::Any => components_on_course(self, scene.facts, &all, course, patience)?,
        };
        let costs = self.states.iter().map(|state| scene.way_in.cost(state.under)).collect();
        let way_in = &WayIn::of_costs(self, costs);
        let lifted = Scene { net: self, facts: scene.facts, way_in, course, demand: scene.demand };
        let cycle = lifted.cycle(&components, patience)?;
        Ok(cycle.map(|Cycle { hops, turn, faults, put_off }| {
            let first = &self.states[hops[0].from.index()];
            let start = self.net.in_graph(first.under);
            let turn = self.twists.as_called(start, first.by.clone(), &turn);
            let put_off = put_off.map(|owed| self.twists.called(owed, &first.by.inverse()));
            Cycle { hops: hops.into_iter().map(under).collect(), turn, faults, put_off }
        }))
    }
}

impl Net for Lift<'_> {
    fn state_count(&self) -> usize {
        self.states.len()
    }
    fn edges(&self, state: StateId) -> &[Edge] {
        let start = state.index().checked_sub(1).map_or(0, |before| self.row_ends[before]);
        &self.edges[start..self.row_ends[state.index()]]
    }
    fn action(&self, label: LabelId) -> ActionId {
        self.steps[label.index()].0
    }
}
