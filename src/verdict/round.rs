//! A way round a component that was explored up to renaming which does all that is needed, puts nothing off,
//! and closes in the system itself.
//!
//! It runs one errand after the other. An obligation is followed from where the way is to a place where it
//! is met: a shortest way through pairs of a state and what the obligation is called there. Then the way
//! goes home, where everybody may be somebody else; going round again and again brings all of them back.
//!
//! It is far from short, and may be cut down by whoever asked for it.
//!
//! Cost: for each obligation at most the pairs of the component; the turns are as many as the order of one
//! renaming.

use std::collections::BTreeSet;

use super::lasso::{Demand, Hop, Scene};
use super::net::Twists;
use crate::explore::{Edge, Interrupted, Patience, StateId};
use crate::system::{FairnessId, Permutation, Strength};

/// A closed way from a state of a component, through one to which so few faults lead; fair, if the scene
/// demands that and the component is.
pub(super) fn round(
    scene: &Scene<'_>,
    twists: &dyn Twists,
    (component, anchor): (&[StateId], StateId),
    faults: u32,
    patience: &mut Patience<'_>,
) -> Result<Vec<Hop>, Interrupted> {
    let owed = match scene.demand {
        Demand::Fair => scene.facts.fairness.ids().collect(),
        Demand::Any => BTreeSet::new(),
    };
    let (by, hops) = (twists.unchanged(), Vec::new());
    let mut walk = Walk { scene, twists, component, state: anchor, by, hops, owed };
    walk.arrive();
    walk.run(Errand::Enter(faults), patience)?;
    let needs = (0..u64::BITS).map(|bit| 1 << bit).filter(|need| scene.course.needs & need != 0);
    for need in needs {
        walk.run(Errand::Do(need), patience)?;
    }
    while let Some(&first) = walk.owed.first() {
        walk.run(Errand::Meet(first), patience)?;
        // What is strong and taken nowhere is enabled nowhere.
        walk.owed.remove(&first);
    }
    walk.run(Errand::GoHome(anchor), patience)?;
    Ok(walk.turns())
}

/// A way under construction.
struct Walk<'a> {
    scene: &'a Scene<'a>,
    twists: &'a dyn Twists,
    component: &'a [StateId],
    /// Where it is, and by which renaming that is a state of the system.
    state: StateId,
    by: Permutation,
    hops: Vec<Hop>,
    /// What is not met yet, as it is called in the system.
    owed: BTreeSet<FairnessId>,
}

/// What to go for.
#[derive(Clone, Copy)]
enum Errand {
    /// Pass a state to which so few faults lead.
    Enter(u32),
    /// Do this of what is needed.
    Do(u64),
    /// Meet an obligation, as it is called in the system.
    Meet(FairnessId),
    GoHome(StateId),
}

/// A state on the way, and what the obligation that is followed is called there.
type Place = (StateId, Option<FairnessId>);

impl Walk<'_> {
    /// Takes a shortest way to where an errand is done, if there is one.
    fn run(&mut self, errand: Errand, patience: &mut Patience<'_>) -> Result<(), Interrupted> {
        let followed = match errand {
            Errand::Meet(owed) => Some(self.twists.called(owed, &self.by.inverse())),
            _ => None,
        };
        let start = (self.state, followed);
        if self.is_done_at(errand, start) {
            return Ok(());
        }
        let mut places: Vec<(Place, Option<(usize, Hop)>)> = vec![(start, None)];
        let mut known = BTreeSet::from([start]);
        let mut next = 0;
        while let Some(&(place, _)) = places.get(next) {
            patience.spend()?;
            for &edge in self.scene.net.edges(place.0) {
                let Some(target) = self.behind(place, edge) else { continue };
                let parent = Some((next, Hop { from: place.0, edge }));
                if self.is_done_by(errand, place, edge) || self.is_done_at(errand, target) {
                    self.take(&places, parent);
                    return Ok(());
                }
                if known.insert(target) {
                    places.push((target, parent));
                }
            }
            next += 1;
        }
        Ok(())
    }

    /// Where an edge leads, if it stays in the component.
    fn behind(&self, (state, followed): Place, edge: Edge) -> Option<Place> {
        let target = self.scene.stays(self.component, state, edge)?;
        Some((target, followed.map(|owed| self.twists.called(owed, &self.twist(state, edge)))))
    }

    fn is_done_at(&self, errand: Errand, (state, followed): Place) -> bool {
        match errand {
            Errand::Enter(faults) => self.scene.way_in.cost(state).dear == faults,
            Errand::Do(_) => false,
            Errand::Meet(owed) => {
                self.scene.facts.fairness[owed].strength == Strength::Weak
                    && followed.is_some_and(|called| !self.scene.is_enabled(called, state))
            }
            Errand::GoHome(home) => state == home,
        }
    }

    fn is_done_by(&self, errand: Errand, (state, followed): Place, edge: Edge) -> bool {
        match errand {
            Errand::Do(need) => self.scene.course.meets(state, edge) & need != 0,
            Errand::Meet(_) => {
                let taken = self.scene.obligations(edge.label);
                followed.is_some_and(|called| taken.contains(&called))
            }
            Errand::Enter(_) | Errand::GoHome(_) => false,
        }
    }

    /// Goes the way to the place that this parent leads to.
    fn take(&mut self, places: &[(Place, Option<(usize, Hop)>)], mut parent: Option<(usize, Hop)>) {
        let mut way = Vec::new();
        while let Some((before, hop)) = parent {
            way.push(hop);
            parent = places[before].1;
        }
        for &hop in way.iter().rev() {
            for &taken in self.scene.obligations(hop.edge.label) {
                self.owed.remove(&self.twists.called(taken, &self.by));
            }
            self.by = self.twist(hop.from, hop.edge).inverse().then(&self.by);
            self.state = hop.edge.target().expect("a way leads somewhere");
            self.hops.push(hop);
            self.arrive();
        }
    }

    /// Being in a state is enough for what is weak and not enabled there.
    fn arrive(&mut self) {
        let labels = self.scene.net.edges(self.state).iter().map(|edge| edge.label);
        let enabled = labels.flat_map(|label| self.scene.obligations(label));
        let enabled: BTreeSet<FairnessId> =
            enabled.map(|&called| self.twists.called(called, &self.by)).collect();
        let fairness = &self.scene.facts.fairness;
        self.owed
            .retain(|owed| fairness[*owed].strength == Strength::Strong || enabled.contains(owed));
    }

    fn twist(&self, state: StateId, edge: Edge) -> Permutation {
        let net = self.scene.net;
        self.twists.along(net.in_graph(state), net.action(edge.label))
    }

    /// The way, which is back home, so many times that everybody is.
    fn turns(self) -> Vec<Hop> {
        let unchanged = self.twists.unchanged();
        let (mut hops, mut by) = (self.hops.clone(), self.by.clone());
        while by != unchanged {
            hops.extend(&self.hops);
            by = self.by.then(&by);
        }
        hops
    }
}
