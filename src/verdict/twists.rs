//! A graph that was explored up to renaming as a net: by which renaming each of its edges leads on.
//!
//! An edge of such a graph leads to the representative of the state behind its step. Its *twist* is the
//! renaming that made the one the other: whoever is number 2 before the step may be number 1 after it.
//! Exploring forgets the twists, as most questions need none of them. Where fairness is judged they are
//! found again, by taking the steps out of a state once more, and remembered.
//!
//! Cost: a second expansion of each state that is asked for; 4 bytes for each of its edges.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::net::{Net, Twists};
use crate::base::Id;
use crate::explore::{Edge, Graph, LabelId, StateId, Words};
use crate::system::{ActionId, Permutation, Quotient, Renaming, System, Tracker};

/// A graph, and by which renamings its edges lead on, if it was explored up to renaming.
pub struct Folded<'a> {
    graph: &'a Graph,
    twists: Option<FoundAgain<'a>>,
}

impl<'a> Folded<'a> {
    /// What was explored of a system.
    pub fn new(system: &'a dyn System, graph: &'a Graph) -> Folded<'a> {
        let twists = system.quotient().map(|quotient| FoundAgain::new(*quotient, graph));
        Folded { graph, twists }
    }
}

impl Net for Folded<'_> {
    fn state_count(&self) -> usize {
        self.graph.state_count()
    }
    fn edges(&self, state: StateId) -> &[Edge] {
        self.graph.edges(state)
    }
    fn action(&self, label: LabelId) -> ActionId {
        self.graph.action(label)
    }
    fn twists(&self) -> Option<&dyn Twists> {
        self.twists.as_ref().map(|twists| twists as &dyn Twists)
    }
}

/// The twists of a graph, found when they are asked for.
struct FoundAgain<'a> {
    quotient: Quotient<'a>,
    graph: &'a Graph,
    known: RefCell<Known<'a>>,
}

/// The twists that were asked for.
struct Known<'a> {
    tracker: Tracker<'a>,
    /// By state: where the twists of its edges begin; [`UNKNOWN`] if nobody asked for them.
    rows: Vec<usize>,
    /// By edge: the number of its twist; [`NOWHERE`] if it leads nowhere.
    twists: Vec<u32>,
    permutations: Vec<Permutation>,
    numbers: BTreeMap<Permutation, u32>,
}

const UNKNOWN: usize = usize::MAX;
const NOWHERE: u32 = u32::MAX;

impl<'a> FoundAgain<'a> {
    fn new(quotient: Quotient<'a>, graph: &'a Graph) -> FoundAgain<'a> {
        let known = Known {
            tracker: quotient.tracker(),
            rows: vec![UNKNOWN; graph.state_count()],
            twists: Vec::new(),
            permutations: Vec::new(),
            numbers: BTreeMap::new(),
        };
        FoundAgain { quotient, graph, known: RefCell::new(known) }
    }
}

impl Twists for FoundAgain<'_> {
    fn renaming(&self) -> &dyn Renaming {
        self.quotient.renaming()
    }

    fn follow(&self, state: StateId, action: ActionId) -> (StateId, Permutation) {
        let edges = self.graph.edges(state);
        let at = edges.binary_search_by_key(&action, |edge| self.graph.action(edge.label));
        let at = at.expect("a step that is asked for was explored");
        let known = &mut *self.known.borrow_mut();
        if known.rows[state.index()] == UNKNOWN {
            known.find(self.graph, state);
        }
        let twist = known.twists[known.rows[state.index()] + at];
        let target = edges[at].target().expect("the step leads somewhere");
        (target, known.permutations[twist as usize].clone())
    }

    fn renamed(&self, state: StateId, by: &Permutation) -> Words {
        let mut words = self.graph.words(state);
        self.known.borrow_mut().tracker.rename(&mut words, by);
        words
    }
}

impl Known<'_> {
    /// Takes all steps out of a state once more.
    fn find(&mut self, graph: &Graph, state: StateId) {
        let Known { tracker, rows, twists, permutations, numbers } = self;
        rows[state.index()] = twists.len();
        let mut edges = graph.edges(state).iter();
        tracker.steps(&graph.words(state), &mut |action, next, by| {
            // Steps that break a rule lead nowhere, and are not visited.
            let edge = edges.by_ref().find(|edge| {
                let is_it = graph.action(edge.label) == action;
                if !is_it {
                    twists.push(NOWHERE);
                }
                is_it
            });
            let target = edge.and_then(|edge| edge.target());
            debug_assert_eq!(
                target.map(|target| graph.words(target).to_vec()),
                Some(next.to_vec())
            );
            let number = numbers.get(by).copied().unwrap_or_else(|| {
                let number = permutations.len() as u32;
                permutations.push(by.clone());
                numbers.insert(by.clone(), number);
                number
            });
            twists.push(number);
        });
        twists.extend(edges.map(|_| NOWHERE));
    }
}
