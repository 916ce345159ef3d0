//! Who is who in a component of a graph that was explored up to renaming.
//!
//! Fairness is owed to each instance. Whoever follows an edge of such a graph follows each instance from
//! its place before the step to its place behind it, by the edge's twist; so an instance runs like a
//! *thread* through pairs of a state and a place (Emerson and Sistla, *Utilizing Symmetry when
//! Model-Checking under Fairness Assumptions*, 1997). An execution that visits all of a component again and
//! again leads each instance through all the pairs that its thread connects: any closed way, repeated
//! often enough, brings everybody back to where they were, so that threads can be followed backwards as
//! well, and the pairs fall into classes. An obligation is owed to a class as it is owed to an instance: it
//! is enabled all along if it is in each of the pairs, and it is taken if it is in one of them.
//!
//! The pairs are not built. Ways along a tree lead from one state to each of the others, and every edge
//! beside the tree closes a way from that state to itself; the classes are the orbits of the places there
//! under the renamings of these ways.
//!
//! If an obligation that is strong is enabled somewhere in its class and taken nowhere, an execution has to
//! leave all states in which it is enabled for some member of the class: every instance of the class
//! is in the same plight, so nothing that could be kept is left.
//!
//! Two short cuts go wrong both ways, and a third one alike: to judge fairness by action, as if it were
//! owed to all instances together; to judge it by place, as if nobody ever moved; and to make two steps
//! one that differ in their twist only.
//!
//! Cost: linear in the edges of the component, times the instances.

use super::net::{Net, Twists};
use crate::base::Id;
use crate::explore::{Edge, StateId};
use crate::system::{FairnessId, Permutation};

/// The classes of one component; it is laid out once for many.
#[derive(Default)]
pub(super) struct Threads {
    /// By state: its number in the component. Meaningless for states outside.
    numbers: Vec<u32>,
    /// By number: where each place is in the first state, along the tree.
    to_first: Vec<Permutation>,
    /// By place in the first state: the least one of its class.
    classes: Vec<usize>,
    /// By place: how many places its class has, if it is the least of it.
    sizes: Vec<usize>,
}

impl Threads {
    /// Finds the classes of a strongly connected set of states. `inside` tells where an edge leads, if that
    /// is in the set and the edge may be taken.
    pub fn follow(
        &mut self,
        net: &dyn Net,
        twists: &dyn Twists,
        component: &[StateId],
        inside: &dyn Fn(StateId, Edge) -> Option<StateId>,
    ) {
        let unchanged = twists.unchanged();
        self.classes = (0..unchanged.len()).collect();
        self.numbers.resize(net.state_count(), NOBODY);
        component.iter().for_each(|state| self.numbers[state.index()] = NOBODY);
        self.to_first.clear();
        let mut pending = vec![component[0]];
        self.reach(component[0], unchanged);
        while let Some(state) = pending.pop() {
            for &edge in net.edges(state) {
                let Some(target) = inside(state, edge) else { continue };
                let twist = twists.along(net.in_graph(state), net.action(edge.label));
                let to_first = twist.inverse().then(self.from(state));
                if self.numbers[target.index()] == NOBODY {
                    self.reach(target, to_first);
                    pending.push(target);
                } else {
                    self.join(&to_first, target);
                }
            }
        }
        self.settle();
    }

    fn reach(&mut self, state: StateId, to_first: Permutation) {
        self.numbers[state.index()] = self.to_first.len() as u32;
        self.to_first.push(to_first);
    }

    fn from(&self, state: StateId) -> &Permutation {
        &self.to_first[self.numbers[state.index()] as usize]
    }

    /// Another way to a state: what it makes one place is one thread.
    fn join(&mut self, to_first: &Permutation, state: StateId) {
        for place in 0..to_first.len() {
            let (one, other) = (to_first.of(place), self.from(state).of(place));
            let (one, other) = (self.least(one), self.least(other));
            self.classes[one.max(other)] = one.min(other);
        }
    }

    fn least(&self, mut place: usize) -> usize {
        while self.classes[place] != place {
            place = self.classes[place];
        }
        place
    }

    fn settle(&mut self) {
        self.sizes = vec![0; self.classes.len()];
        for place in 0..self.classes.len() {
            self.classes[place] = self.least(place);
            self.sizes[self.classes[place]] += 1;
        }
    }

    /// The obligation, in the first state, that stands for all those of its class, and how many of them
    /// there are in each state.
    pub fn class(
        &self,
        twists: &dyn Twists,
        state: StateId,
        owed: FairnessId,
    ) -> (FairnessId, usize) {
        let renaming = twists.renaming();
        let Some(owner) = renaming.owner(owed) else { return (owed, 1) };
        let least = self.classes[self.from(state).of(owner)];
        (renaming.owed_to(owed, least), self.sizes[least])
    }
}

const NOBODY: u32 = u32::MAX;
