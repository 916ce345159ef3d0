//! How states were first reached, rebuilt when somebody asks.
//!
//! States are numbered in the order in which they are found. So the states that a block of others was
//! the first to find have successive numbers, and expanding the block again finds them in that order.
//!
//! In a compact graph nothing is left of a block but its numbers and their fingerprints. But the states
//! before some with successive numbers are in successive blocks, so all that can lie on the way are few,
//! known by their fingerprints, and met again on the way from the starts.
//!
//! Cost: a block of expansions for each state on the way, and no more than one of each state; for compact
//! graphs, some blocks.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use super::graph::{BLOCK, Graph, StateId, Words};
use crate::base::Id;
use crate::system::{ActionId, Start, System, Word};

/// Tells ways to the states of a graph.
struct Ways<'a> {
    graph: &'a Graph,
    system: &'a dyn System,
    /// The first state that the block in hand has found, and how it and those after it were found.
    first_child: u32,
    parents: Vec<(StateId, ActionId)>,
}

impl Graph {
    /// The start from which a state was first reached, and the actions on the way, as few as can be.
    ///
    /// # Panics
    /// If `system` is not the one that was explored.
    pub fn way_to(&self, state: StateId, system: &dyn System) -> (Words, Vec<ActionId>) {
        if self.is_compact() {
            return self.way_by_fingerprints(state, system);
        }
        let mut ways = Ways { graph: self, system, first_child: 0, parents: Vec::new() };
        let mut actions = Vec::new();
        let mut state = state;
        while let Some((before, action)) = ways.parent(state) {
            actions.push(action);
            state = before;
        }
        actions.reverse();
        (self.words(state), actions)
    }

    fn way_by_fingerprints(&self, state: StateId, system: &dyn System) -> (Words, Vec<ActionId>) {
        let view = self.states.view();
        let print = |number: u32| view.print(number).expect("a compact graph has fingerprints");
        let before = self.all_before(state);
        let numbers: BTreeMap<u64, u32> =
            before.iter().cloned().flatten().map(|number| (print(number), number)).collect();
        let mut met: BTreeMap<u32, Met> = BTreeMap::new();
        system.initial(&mut |start| {
            if let Start::State(words) = start
                && let Some(&number) = numbers.get(&view.hash(words))
            {
                met.entry(number).or_insert_with(|| Met { words: words.into(), from: None });
            }
            ControlFlow::Continue(())
        });
        for number in before.into_iter().flatten() {
            let Some(Met { words, .. }) = met.get(&number) else { continue };
            // Who comes first was the first to find it.
            system.steps(&words.clone(), &mut |step| {
                if let Ok(next) = step.next
                    && let Some(&found) = numbers.get(&view.hash(next))
                {
                    let from = Some((number, step.action));
                    met.entry(found).or_insert_with(|| Met { words: next.into(), from });
                }
            });
        }
        let mut actions = Vec::new();
        let mut last = &met[&state.0];
        while let Some((before, action)) = last.from {
            actions.push(action);
            last = &met[&before];
        }
        actions.reverse();
        (last.words.clone(), actions)
    }

    /// The numbers of all states that can be on the first way to this one, itself the last, ascending.
    fn all_before(&self, state: StateId) -> Vec<Range<u32>> {
        let block_before =
            |number: u32| self.known_before.partition_point(|&known| known <= number);
        let mut ranges = Vec::new();
        let mut last = state.0..state.0 + 1;
        while last.end as usize > self.start_count {
            let first_found = last.start.max(self.start_count as u32);
            let first = ((block_before(first_found) - 1) * BLOCK) as u32;
            let end = (block_before(last.end - 1) * BLOCK) as u32;
            // Those that are in the range already lead no further back than it does.
            let before = first..end.min(last.start).max(first);
            ranges.push(std::mem::replace(&mut last, before));
            if last.is_empty() {
                break;
            }
        }
        ranges.push(last);
        ranges.reverse();
        ranges
    }
}

/// A state met on the way from the starts.
struct Met {
    words: Words,
    from: Option<(u32, ActionId)>,
}

impl Ways<'_> {
    /// The state and the action by which a state was first reached; `None` for a start.
    fn parent(&mut self, state: StateId) -> Option<(StateId, ActionId)> {
        if state.index() < self.graph.start_count() {
            return None;
        }
        let in_hand = self.first_child..self.first_child + self.parents.len() as u32;
        if !in_hand.contains(&state.0) {
            self.expand_block_before(state);
        }
        Some(self.parents[(state.0 - self.first_child) as usize])
    }

    /// Expands the block that was the first to find a state.
    fn expand_block_before(&mut self, state: StateId) {
        let Graph { known_before, states, .. } = self.graph;
        let behind = known_before.partition_point(|&known| known <= state.0);
        let end = known_before.get(behind).copied().unwrap_or(states.len() as u32);
        self.first_child = known_before[behind - 1];
        self.parents.clear();
        let mut child = self.first_child;
        for parent in ((behind - 1) * BLOCK..behind * BLOCK).map(StateId::from_index) {
            if child == end {
                break;
            }
            self.system.steps(&self.graph.words(parent), &mut |step| {
                let is_child =
                    |next: &[Word]| states.view().is(child, states.view().hash(next), next);
                if child < end && step.next.is_ok_and(is_child) {
                    self.parents.push((parent, step.action));
                    child += 1;
                }
            });
        }
        assert!(child == end, "expanding states again finds the same");
    }
}
