//! Strongly connected components, iteratively.
//!
//! Pearce's variant of Tarjan's algorithm (*A Space-Efficient Algorithm for Finding Strongly Connected
//! Components*, 2016) with an explicit stack, so the depth of a graph costs heap and no recursion. One
//! word a state serves as everything the algorithm must remember: not yet seen, its rank while it is
//! open, or out of reach. States outside the region look like states that are done, so a sub-region
//! costs only its own size and the array is laid out once.
//!
//! Components come out after all components that they lead to.
//!
//! Cost: linear in the states and edges of the region; 4 bytes a state of the net, and the stacks.

use super::net::Net;
use crate::base::Id;
use crate::explore::{Edge, Graph, Interrupted, Patience, StateId};

/// Which edges count, besides having both ends in the region.
pub type Keep<'a> = dyn Fn(StateId, Edge) -> bool + 'a;

/// Finds components in one net, any number of times.
pub struct Components<'g> {
    net: &'g dyn Net,
    /// Invariant between two searches: `DONE` everywhere.
    rank: Vec<u32>,
    /// Ranks given out so far.
    last_rank: u32,
    calls: Vec<Call>,
    /// States whose component is open.
    open: Vec<StateId>,
}

/// A state on the way from a root, and how far its edges were followed.
struct Call {
    state: StateId,
    next_edge: usize,
    /// Whether nothing below it leads further up.
    is_root: bool,
}

const UNSEEN: u32 = 0;
/// The component is known, or the state does not concern us.
const DONE: u32 = u32::MAX;

impl<'g> Components<'g> {
    /// A finder for one net.
    pub fn new(net: &'g dyn Net) -> Components<'g> {
        let rank = vec![DONE; net.state_count()];
        Components { net, rank, last_rank: 0, calls: Vec::new(), open: Vec::new() }
    }

    /// Calls `emit` with each component of the region, those it leads to first.
    ///
    /// A single state is a component as well, whether or not it has an edge to itself. After an
    /// interrupt the finder is of no more use.
    pub fn search(
        &mut self,
        region: &[StateId],
        keep: &Keep<'_>,
        patience: &mut Patience<'_>,
        emit: &mut dyn FnMut(&[StateId]),
    ) -> Result<(), Interrupted> {
        for &state in region {
            self.rank[state.index()] = UNSEEN;
        }
        self.last_rank = 0;
        for &state in region {
            if self.rank[state.index()] == UNSEEN {
                self.search_from(state, keep, patience, emit)?;
            }
        }
        Ok(())
    }

    fn search_from(
        &mut self,
        root: StateId,
        keep: &Keep<'_>,
        patience: &mut Patience<'_>,
        emit: &mut dyn FnMut(&[StateId]),
    ) -> Result<(), Interrupted> {
        self.call(root);
        while let Some(mut call) = self.calls.pop() {
            patience.spend()?;
            match self.follow(&mut call, keep) {
                Some(target) => {
                    self.calls.push(call);
                    self.call(target);
                }
                None => self.leave(&call, emit),
            }
        }
        Ok(())
    }

    fn call(&mut self, state: StateId) {
        self.last_rank += 1;
        self.rank[state.index()] = self.last_rank;
        self.calls.push(Call { state, next_edge: 0, is_root: true });
    }

    /// Follows edges until one leads to an unseen state, which it returns.
    fn follow(&mut self, call: &mut Call, keep: &Keep<'_>) -> Option<StateId> {
        let edges = self.net.edges(call.state);
        while let Some(&edge) = edges.get(call.next_edge) {
            // Most targets are done, so this is asked before anything else.
            let rank = |target: &StateId| self.rank[target.index()];
            let target = edge.target().filter(|target| rank(target) != DONE);
            if let Some(target) = target.filter(|_| keep(call.state, edge)) {
                if rank(&target) == UNSEEN {
                    // The edge is met again on return, and the target's rank is taken over then.
                    return Some(target);
                }
                self.take_over(call, target);
            }
            call.next_edge += 1;
        }
        None
    }

    /// What a target reaches, the state reaches too.
    fn take_over(&mut self, call: &mut Call, target: StateId) {
        let rank = self.rank[target.index()];
        if rank < self.rank[call.state.index()] {
            self.rank[call.state.index()] = rank;
            call.is_root = false;
        }
    }

    /// All edges of a state are followed: it closes a component, or stays open for one further up.
    fn leave(&mut self, call: &Call, emit: &mut dyn FnMut(&[StateId])) {
        self.open.push(call.state);
        if !call.is_root {
            return;
        }
        let rank = self.rank[call.state.index()];
        let above = self.open[..self.open.len() - 1].iter().rev();
        let others = above.take_while(|state| self.rank[state.index()] >= rank).count();
        let first = self.open.len() - 1 - others;
        for state in &self.open[first..] {
            self.rank[state.index()] = DONE;
        }
        emit(&self.open[first..]);
        self.open.truncate(first);
    }
}

/// All components of a graph, each after those it leads to.
pub struct Condensation {
    /// Component by component.
    states: Vec<StateId>,
    /// Where each component ends in `states`.
    ends: Vec<u32>,
    /// By state: its component.
    component_of: Vec<u32>,
}

impl Condensation {
    /// The components over the kept edges.
    pub fn new(
        graph: &Graph,
        keep: &Keep<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Condensation, Interrupted> {
        let mut states = Vec::with_capacity(graph.state_count());
        let mut ends = Vec::new();
        let mut component_of = vec![0; graph.state_count()];
        let all: Vec<StateId> = graph.states().collect();
        Components::new(graph).search(&all, keep, patience, &mut |component| {
            for state in component {
                component_of[state.index()] = ends.len() as u32;
            }
            states.extend_from_slice(component);
            ends.push(states.len() as u32);
        })?;
        Ok(Condensation { states, ends, component_of })
    }

    /// The components, each as its states, those they lead to first.
    pub fn components(&self) -> impl ExactSizeIterator<Item = &[StateId]> {
        (0..self.ends.len()).map(|index| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.states[start as usize..self.ends[index] as usize]
        })
    }

    /// The number of a state's component.
    pub fn component_of(&self, state: StateId) -> usize {
        self.component_of[state.index()] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::{Edges, Limits, Plan, Silent, explore};
    use crate::system::{ActionFacts, ActionId, Arrow, Drawn, Facts, HandDrawn, Role};

    /// The graph with these edges, all of its states starts.
    fn graph(state_count: u64, edges: &[(usize, u64)]) -> Graph {
        let free = ActionFacts { role: Role::May, obligations: Vec::new() };
        let actions = edges.iter().map(|_| free.clone()).collect();
        let mut system = HandDrawn::new(Facts { actions, ..Facts::default() });
        for state in 0..state_count {
            system = system.start(Drawn::State(state));
        }
        for (action, &(from, to)) in edges.iter().enumerate() {
            let action = ActionId::from_index(action);
            system = system.arrow(from, Arrow { action, counts: Vec::new(), next: Ok(to) });
        }
        let plan = Plan {
            edges: Edges::Everywhere,
            figures: Vec::new(),
            limits: Limits::NONE,
            workers: 1,
        };
        explore(&system, &plan, &mut Silent).graph
    }

    fn search(finder: &mut Components<'_>, region: &[u32]) -> Vec<Vec<u32>> {
        let region: Vec<StateId> = region.iter().copied().map(StateId).collect();
        let mut found = Vec::new();
        let mut silent = Silent;
        let mut emit = |component: &[StateId]| {
            let mut states: Vec<u32> = component.iter().map(|state| state.0).collect();
            states.sort_unstable();
            found.push(states);
        };
        finder
            .search(&region, &|_, _| true, &mut Patience::new(&mut silent), &mut emit)
            .expect("silence does not interrupt");
        found
    }

    fn check(edges: &[(usize, u64)], region: &[u32], expected: &[&[u32]]) {
        assert_eq!(search(&mut Components::new(&graph(5, edges)), region), expected);
    }

    #[test]
    fn components_come_after_those_they_lead_to() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 2), (4, 0)];
        check(&edges, &[0, 1, 2, 3, 4], &[&[2, 3], &[0, 1], &[4]]);
        check(&edges, &[4, 3, 2, 1, 0], &[&[2, 3], &[0, 1], &[4]]);
    }

    #[test]
    fn components_are_those_of_the_region() {
        let ring = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 1)];
        check(&ring, &[0, 1, 2, 3], &[&[0, 1, 2, 3]]);
        check(&ring, &[0, 1, 2], &[&[1, 2], &[0]]);
    }

    #[test]
    fn a_finder_can_be_used_again() {
        let graph = graph(3, &[(0, 1), (1, 0), (1, 2), (2, 1)]);
        let mut finder = Components::new(&graph);
        assert_eq!(search(&mut finder, &[0, 1, 2]), [[0, 1, 2]]);
        assert_eq!(search(&mut finder, &[0, 2]), [[0], [2]]);
        assert_eq!(search(&mut finder, &[1, 2]), [[1, 2]]);
    }
}
