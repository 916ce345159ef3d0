//! Which infinite executions count: components of a region in which a fair execution can stay.
//!
//! An execution is fair if each weak obligation that is enabled from some point on, and each strong one
//! that is enabled again and again, is discharged again and again. The states and edges that it visits
//! for ever are strongly connected, so the question is Streett emptiness, answered as by Emerson and Lei
//! (*Modalities for Model Checking*, 1987) and Lichtenstein and Pnueli (1985): a component of the region
//! is fair if all obligations are met by its own edges; a weak obligation that is not stays violated in
//! every part of it; a strong one that is not can only be escaped by leaving the states in which it is
//! enabled, so these are removed and the rest is taken apart again.
//!
//! Three things are easy to get wrong. What is *taken* is judged on the component's own edges, those
//! with both ends in it and a self-loop among them, as far as they may be taken. What is *enabled* is judged on all steps out of a
//! state, also those that leave the region and those that breach. And components are those of the
//! region, not of the graph.
//!
//! Where each state stands for all that it can be renamed to, obligations are those of threads, see
//! `threads.rs`; an obligation is then enabled as many times in a state as its class has
//! members there.
//!
//! Invariant: every fair execution that stays in the region, and does what is needed again and again,
//! stays in one of the components found; and every component found carries an execution, fair and doing
//! what is needed, which visits all its states for ever.
//!
//! Cost: linear, times one more than the strong obligations at worst.

use super::components::Components;
use super::families::{Glance, glance};
use super::net::{Course, Net};
use super::threads::Threads;
use crate::base::{Id, IdVec};
use crate::explore::{Edge, Interrupted, LabelId, Patience, StateId};
use crate::system::{Facts, FairnessId, Strength};

/// How much an edge out of a state counts.
pub type Count<'a> = dyn Fn(StateId, Edge) -> u64 + 'a;

/// All maximal components of the region in which a fair execution can stay on its course. The states of
/// each ascend.
pub fn fair_components(
    net: &dyn Net,
    facts: &Facts,
    region: Vec<StateId>,
    course: Course<'_>,
    patience: &mut Patience<'_>,
) -> Result<Vec<Vec<StateId>>, Interrupted> {
    let mut finder = Components::new(net);
    let mut judge = Judge::new(net, facts, course);
    let mut fair = Vec::new();
    let mut work = vec![region];
    while let Some(part) = work.pop() {
        finder.search(
            &part,
            course.keep,
            patience,
            &mut |component| match judge.judge(component) {
                Judgement::Fair => fair.push(sorted(component)),
                Judgement::Quiet(_) | Judgement::Unfair(_) => {}
                Judgement::Perhaps(_, rest) => work.push(rest),
            },
        )?;
    }
    // By first state, so that the order tells nothing of how they were found.
    fair.sort_unstable();
    Ok(fair)
}

/// All maximal components of the region whose own edges do all that is needed, fair or not. The states of
/// each ascend.
pub(super) fn components_on_course(
    net: &dyn Net,
    facts: &Facts,
    region: &[StateId],
    course: Course<'_>,
    patience: &mut Patience<'_>,
) -> Result<Vec<Vec<StateId>>, Interrupted> {
    let mut judge = Judge::new(net, facts, course);
    let mut found = Vec::new();
    Components::new(net).search(region, course.keep, patience, &mut |component| {
        judge.enter(component);
        if judge.missing(component) == 0 {
            found.push(sorted(component));
        }
    })?;
    found.sort_unstable();
    Ok(found)
}

pub(super) fn sorted(states: &[StateId]) -> Vec<StateId> {
    let mut states = states.to_vec();
    states.sort_unstable();
    states
}

/// What a strongly connected set of states is.
pub(super) enum Judgement {
    /// A fair execution visits all of it for ever, and does what is needed.
    Fair,
    /// Its own edges do not do all that is needed: this is missing.
    Quiet(u64),
    /// No fair execution stays in it for ever: it would put this off.
    Unfair(FairnessId),
    /// One might stay in the part that is left when the states are removed in which one of these strong
    /// obligations is enabled, none of which is ever discharged.
    Perhaps(Vec<FairnessId>, Vec<StateId>),
}

/// Judges components of one graph, with memory that is laid out once.
pub(super) struct Judge<'a> {
    net: &'a dyn Net,
    facts: &'a Facts,
    course: Course<'a>,
    /// The number of the last judged component that a state was in.
    component_of: Vec<u32>,
    component: u32,
    /// Who is who in it, where that changes.
    threads: Threads,
    /// By obligation: the last state in which it was enabled.
    seen: IdVec<FairnessId, Option<StateId>>,
    /// Those that were enabled in one.
    seen_any: Vec<FairnessId>,
    tallies: IdVec<FairnessId, Tally>,
    /// The obligations whose tally is not clear.
    met: Vec<FairnessId>,
}

/// What is known of an obligation in one component.
#[derive(Clone, Default)]
struct Tally {
    /// How many times it is enabled, over all the states.
    enabled: usize,
    /// How many times it could be, in each of them.
    most: usize,
    is_taken: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(net: &'a dyn Net, facts: &'a Facts, course: Course<'a>) -> Judge<'a> {
        Judge {
            net,
            facts,
            course,
            component_of: vec![0; net.state_count()],
            component: 0,
            threads: Threads::default(),
            seen: facts.fairness.iter().map(|_| None).collect(),
            seen_any: Vec::new(),
            tallies: facts.fairness.iter().map(|_| Tally::default()).collect(),
            met: Vec::new(),
        }
    }

    pub(super) fn judge(&mut self, component: &[StateId]) -> Judgement {
        self.enter(component);
        let missing = self.missing(component);
        if missing != 0 {
            return Judgement::Quiet(missing);
        }
        if let Some(twists) = self.net.twists() {
            let inside = |from, edge| self.inside(from, edge);
            match glance(self.net, twists, self.facts, component, &inside) {
                Glance::Fair => return Judgement::Fair,
                Glance::Unfair(weak) => return Judgement::Unfair(weak),
                Glance::Unclear => {}
            }
            let mut threads = std::mem::take(&mut self.threads);
            threads.follow(self.net, twists, component, &|from, edge| self.inside(from, edge));
            self.threads = threads;
        }
        self.tally(component);
        let to_leave = match self.violated(component.len()) {
            Err(weak) => return Judgement::Unfair(weak),
            Ok(strong) if strong.is_empty() => return Judgement::Fair,
            Ok(strong) => strong,
        };
        let stays = |state: &StateId| !self.is_any_enabled(*state, &to_leave);
        let rest = component.iter().copied().filter(stays).collect();
        Judgement::Perhaps(to_leave, rest)
    }

    /// This is the component in question.
    fn enter(&mut self, component: &[StateId]) {
        self.component += 1;
        for state in component {
            self.component_of[state.index()] = self.component;
        }
    }

    /// Where an edge leads, if it is one of the component's own and may be taken.
    fn inside(&self, from: StateId, edge: Edge) -> Option<StateId> {
        let stays = |target: &StateId| self.component_of[target.index()] == self.component;
        edge.target().filter(stays).filter(|_| (self.course.keep)(from, edge))
    }

    /// What of all that is needed no edge of the component does.
    fn missing(&self, component: &[StateId]) -> u64 {
        let mut missing = self.course.needs;
        for &state in component {
            for &edge in self.net.edges(state) {
                if missing == 0 {
                    return 0;
                }
                // Few edges do anything, so this is asked before where they lead.
                let met = self.course.meets(state, edge);
                if met & missing != 0 && self.inside(state, edge).is_some() {
                    missing &= !met;
                }
            }
        }
        missing
    }

    /// Counts what is enabled and taken in a component.
    fn tally(&mut self, component: &[StateId]) {
        for owed in self.met.drain(..) {
            self.tallies[owed] = Tally::default();
        }
        for owed in self.seen_any.drain(..) {
            self.seen[owed] = None;
        }
        for &state in component {
            for &edge in self.net.edges(state) {
                let is_taken = self.inside(state, edge).is_some();
                self.tally_label(state, edge.label, is_taken);
            }
        }
    }

    fn tally_label(&mut self, state: StateId, label: LabelId, is_taken: bool) {
        for &owed in &self.facts.actions[self.net.action(label)].obligations {
            let (class, most) = self.class(state, owed);
            let tally = &mut self.tallies[class];
            if tally.enabled == 0 {
                self.met.push(class);
            }
            tally.most = most;
            tally.is_taken |= is_taken;
            let seen = &mut self.seen[owed];
            if *seen != Some(state) {
                if seen.is_none() {
                    self.seen_any.push(owed);
                }
                *seen = Some(state);
                tally.enabled += 1;
            }
        }
    }

    /// What stands for all obligations that an execution in the component can make of one in a state, and
    /// how many of them there are in each state: itself, unless states stand for others.
    fn class(&self, state: StateId, owed: FairnessId) -> (FairnessId, usize) {
        match self.net.twists() {
            Some(twists) => self.threads.class(twists, state, owed),
            None => (owed, 1),
        }
    }

    /// The strong obligations that are violated; or a weak one that is.
    fn violated(&self, state_count: usize) -> Result<Vec<FairnessId>, FairnessId> {
        let mut strong = Vec::new();
        for &fairness in &self.met {
            let tally = &self.tallies[fairness];
            match self.facts.fairness[fairness].strength {
                _ if tally.is_taken => {}
                Strength::Weak if tally.enabled < state_count * tally.most => {}
                Strength::Weak => return Err(fairness),
                Strength::Strong => strong.push(fairness),
            }
        }
        Ok(strong)
    }

    fn is_any_enabled(&self, state: StateId, obligations: &[FairnessId]) -> bool {
        self.net.edges(state).iter().any(|edge| {
            let enabled = &self.facts.actions[self.net.action(edge.label)].obligations;
            enabled.iter().any(|&owed| obligations.contains(&self.class(state, owed).0))
        })
    }
}
