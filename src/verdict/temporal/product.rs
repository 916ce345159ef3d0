//! The graph together with an automaton that reads its states: what both can reach, with all edges.
//!
//! A place is a state and the stage in which the automaton is about to read it; it exists only if the
//! automaton can. From there it goes wherever a step and a turn on the state's letter lead together. A
//! step that the automaton refuses is kept as an edge that leads nowhere, so that each place shows all
//! that is enabled in its state; where the automaton has several turns, one step is several edges.
//!
//! Cost: linear in the edges of the product; 20 bytes a place, 8 an edge, and 4 a state of the graph.

use super::automaton::{Automaton, StageId};
use super::letters::Letters;
use crate::base::Id;
use crate::explore::{Edge, Interrupted, LabelId, Patience, StateId};
use crate::system::ActionId;
use crate::verdict::net::{Net, Twists};

/// A state of the graph, and the stage in which the automaton reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) state: StateId,
    pub(super) stage: StageId,
}

/// Places, numbered like states, and the edges between them.
pub(super) struct Product<'a> {
    graph: &'a dyn Net,
    letters: &'a Letters,
    automaton: &'a Automaton,
    places: Vec<Place>,
    /// How many of the places are where the automaton begins.
    root_count: usize,
    row_ends: Vec<u64>,
    edges: Vec<Edge>,
    /// By state: its last place; and by place: the one before it of the same state.
    last: Vec<u32>,
    before: Vec<u32>,
    /// The most memory to take.
    memory_bytes: u64,
}

const NO_PLACE: u32 = u32::MAX;

/// Why a product was not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Interrupted,
    Memory,
}

impl From<Interrupted> for Cut {
    fn from(_: Interrupted) -> Cut {
        Cut::Interrupted
    }
}

impl<'a> Product<'a> {
    /// The product from these roots on, in their order.
    pub(super) fn new(
        graph: &'a dyn Net,
        letters: &'a Letters,
        automaton: &'a Automaton,
        roots: &mut dyn Iterator<Item = Place>,
        memory_bytes: u64,
        patience: &mut Patience<'_>,
    ) -> Result<Product<'a>, Cut> {
        let mut product = Product {
            graph,
            letters,
            automaton,
            places: Vec::new(),
            root_count: 0,
            row_ends: Vec::new(),
            edges: Vec::new(),
            last: vec![NO_PLACE; graph.state_count()],
            before: Vec::new(),
            memory_bytes,
        };
        for root in roots {
            patience.spend()?;
            product.find_or_add(root)?;
        }
        product.root_count = product.places.len();
        let mut next = 0;
        while let Some(&place) = product.places.get(next) {
            patience.spend()?;
            product.add_edges(place)?;
            next += 1;
        }
        Ok(product)
    }

    /// The number of a place; none if the automaton cannot read it.
    fn find_or_add(&mut self, place: Place) -> Result<Option<StateId>, Cut> {
        let Place { state, stage } = place;
        let Some(letter) = self.letters.of(state) else { return Ok(None) };
        if self.automaton.turns(stage, letter).is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.find(place) {
            return Ok(Some(known));
        }
        if self.places.len() >= NO_PLACE as usize || self.memory_bytes_taken() > self.memory_bytes {
            return Err(Cut::Memory);
        }
        let id = StateId::from_index(self.places.len());
        self.places.push(place);
        self.before.push(self.last[state.index()]);
        self.last[state.index()] = id.0;
        Ok(Some(id))
    }

    fn find(&self, place: Place) -> Option<StateId> {
        let mut at = self.last[place.state.index()];
        while at != NO_PLACE {
            if self.places[at as usize].stage == place.stage {
                return Some(StateId(at));
            }
            at = self.before[at as usize];
        }
        None
    }

    fn add_edges(&mut self, place: Place) -> Result<(), Cut> {
        let letter = self.letters.of(place.state).expect("places can be read");
        let (graph, automaton) = (self.graph, self.automaton);
        for edge in graph.edges(place.state) {
            for turn in automaton.turns(place.stage, letter) {
                let target = match edge.target() {
                    Some(state) => self.find_or_add(Place { state, stage: turn.to })?,
                    None => None,
                };
                self.edges.push(Edge::new(target, edge.label));
            }
        }
        self.row_ends.push(self.edges.len() as u64);
        Ok(())
    }

    /// Modelled from numbers alone, so that it is the same on every machine.
    fn memory_bytes_taken(&self) -> u64 {
        let a_place = size_of::<Place>() + size_of::<u64>() + size_of::<u32>();
        let places = a_place * self.places.len() + size_of::<u32>() * self.last.len();
        (places + size_of::<Edge>() * self.edges.len()) as u64
    }

    pub(super) fn place(&self, id: StateId) -> Place {
        self.places[id.index()]
    }

    /// The places where the automaton begins.
    pub(super) fn roots(&self) -> impl Iterator<Item = StateId> + use<> {
        (0..self.root_count).map(StateId::from_index)
    }

    /// The places from which the automaton may accept without changing its component.
    pub(super) fn accepting(&self) -> Vec<StateId> {
        let all = (0..self.places.len()).map(StateId::from_index);
        all.filter(|&id| self.automaton.is_accepting(self.place(id).stage)).collect()
    }

    /// The marks that an edge bears.
    pub(super) fn marks(&self, from: StateId, edge: Edge) -> u64 {
        let (Some(to), Place { state, stage }) = (edge.target(), self.place(from)) else {
            return 0;
        };
        let letter = self.letters.of(state).expect("places can be read");
        self.automaton.marks_to(stage, letter, self.place(to).stage)
    }
}

impl Net for Product<'_> {
    fn state_count(&self) -> usize {
        self.places.len()
    }
    fn edges(&self, state: StateId) -> &[Edge] {
        let start = state.index().checked_sub(1).map_or(0, |before| self.row_ends[before]);
        &self.edges[start as usize..self.row_ends[state.index()] as usize]
    }
    fn action(&self, label: LabelId) -> ActionId {
        self.graph.action(label)
    }
    fn twists(&self) -> Option<&dyn Twists> {
        self.graph.twists()
    }
    fn in_graph(&self, place: StateId) -> StateId {
        self.graph.in_graph(self.place(place).state)
    }
}
