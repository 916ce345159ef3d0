//! Explorations of random small worlds against a search that is spelled out, cut wherever they can be.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::search::{Sharing, explore_compactly_shared, explore_shared};
use super::*;
use crate::base::{Id, SourceId, Span};
use crate::system::{
    Arrow, Drawn, Facts, FigureId, HandDrawn, MeterId, Rule, Start, Step, System, Word,
};

const BREACHES: [Breach; 2] = [
    Breach { rule: Rule::Foreign, place: Span { source: SourceId(0), start: 0, end: 0 } },
    Breach { rule: Rule::Range, place: Span { source: SourceId(0), start: 3, end: 4 } },
];

/// A random sequence that its seed determines (splitmix64, by Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A world of a few states, some of whose steps are ticks, change nothing, or breach.
fn random_world(seed: u64, most_states: u64) -> HandDrawn {
    let mut dice = Dice(seed);
    let state_count = 1 + dice.below(most_states);
    let action_count = 1 + dice.below(5) as u32;
    let ticks = dice.below(4);
    let mut world = HandDrawn::new(Facts { meter_count: 2, ..Facts::default() });
    for _ in 0..1 + dice.below(3) {
        world = world.start(Drawn::State(dice.below(state_count)));
    }
    for state in 0..state_count {
        for action in (0..=action_count).map(ActionId) {
            let likely = if action == ActionId::TICK { ticks } else { 2 };
            if dice.below(4) >= likely {
                continue;
            }
            let next = match dice.below(12) {
                0 => Err(BREACHES[dice.below(2) as usize]),
                1 | 2 => Ok(state),
                _ => Ok(dice.below(state_count)),
            };
            let counts = vec![u64::from(action == ActionId::TICK), dice.below(3)];
            world = world.arrow(state as usize, Arrow { action, counts, next });
        }
    }
    world
}

/// A world of one-word states as one of more words.
struct Wide<'a> {
    world: &'a HandDrawn,
    width: usize,
}

impl Wide<'_> {
    fn words(&self, state: Word) -> Vec<Word> {
        (1..self.width as u64).map(|place| (!state).wrapping_mul(place)).chain([state]).collect()
    }
}

impl System for Wide<'_> {
    fn width(&self) -> usize {
        self.width
    }
    fn facts(&self) -> &Facts {
        self.world.facts()
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        self.world.initial(&mut |start| match start {
            Start::State(words) => visit(Start::State(&self.words(words[0]))),
            other => visit(other),
        });
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        self.world.steps(&state[self.width - 1..], &mut |step| {
            let words = step.next.map(|next| self.words(next[0]));
            let next = words.as_deref().map_err(|breach| *breach);
            visit(Step { next, ..step });
        });
    }
    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.world.read(figure, &state[self.width - 1..])
    }
}

/// An edge: its action, what it counts, and where it leads.
type Kept = (ActionId, Vec<u64>, Option<usize>);

/// What an exploration finds, spelled out.
#[derive(Default)]
struct Expected {
    states: Vec<Word>,
    levels: Vec<usize>,
    parents: Vec<Option<(usize, ActionId)>>,
    /// The edges of each expanded state.
    rows: Vec<Vec<Kept>>,
    has_tick: Vec<bool>,
    step_count: u64,
    tick_count: u64,
    breaches: Vec<BreachHit>,
    breach_count: u64,
    cut: Option<Limit>,
}

impl Expected {
    /// Searches a world, breadth first.
    fn of(world: &HandDrawn, limits: &Limits) -> Expected {
        let mut found = Expected::default();
        let mut cut = Ok(());
        world.initial(&mut |start| {
            if let Start::State(words) = start {
                cut = found.enter(words[0], 0, None, limits).map(|_| ());
            }
            if cut.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let mut state = 0;
        while cut.is_ok() && state < found.states.len() {
            cut = found.expand(world, state, limits);
            state += 1;
        }
        found.cut = cut.err();
        found
    }

    fn expand(&mut self, world: &HandDrawn, state: usize, limits: &Limits) -> Result<(), Limit> {
        let mut row = Vec::new();
        for arrow in world.arrows(self.states[state]) {
            let parent = Some((state, arrow.action));
            let target = match arrow.next {
                Ok(next) => Some(self.enter(next, self.levels[state] + 1, parent, limits)?),
                Err(breach) => {
                    self.breach(BreachHit {
                        state: StateId::from_index(state),
                        action: arrow.action,
                        breach,
                    });
                    None
                }
            };
            row.push((arrow.action, arrow.counts.clone(), target));
        }
        let has_tick = row.iter().any(|(action, ..)| *action == ActionId::TICK);
        self.has_tick.push(has_tick);
        self.tick_count += u64::from(has_tick);
        self.step_count += row.len() as u64 - u64::from(has_tick);
        self.rows.push(row);
        Ok(())
    }

    fn breach(&mut self, hit: BreachHit) {
        self.breach_count += 1;
        let is_known = |other: &BreachHit| (other.action, other.breach) == (hit.action, hit.breach);
        if !self.breaches.iter().any(is_known) {
            self.breaches.push(hit);
        }
    }

    fn enter(
        &mut self,
        state: Word,
        level: usize,
        parent: Option<(usize, ActionId)>,
        limits: &Limits,
    ) -> Result<usize, Limit> {
        if let Some(known) = self.states.iter().position(|&known| known == state) {
            return Ok(known);
        }
        if limits.states.is_some_and(|most| self.states.len() as u64 >= most) {
            return Err(Limit::States);
        }
        if limits.depth.is_some_and(|most| level as u64 > most) {
            return Err(Limit::Depth);
        }
        self.states.push(state);
        self.levels.push(level);
        self.parents.push(parent);
        Ok(self.states.len() - 1)
    }

    fn check(&self, found: &Exploration, system: &dyn System) {
        let stop = match self.cut {
            None => Stop::Exhausted(stop::Exhausted::new()),
            Some(limit) => Stop::Unfinished(Unfinished::Limit(limit)),
        };
        assert_eq!(found.stop, stop);
        assert_eq!((&found.breaches, found.breach_count), (&self.breaches, self.breach_count));
        let graph = &found.graph;
        let last = |state| *graph.words(state).last().expect("a word");
        if !graph.is_compact() {
            assert!(graph.states().map(last).eq(self.states.iter().copied()));
        }
        assert!(graph.states().map(|state| graph.level(state)).eq(self.levels.iter().copied()));
        assert_eq!((graph.step_count(), graph.tick_count()), (self.step_count, self.tick_count));
        let expanded = graph.states().filter(|&state| graph.is_expanded(state)).count();
        assert_eq!(expanded, self.rows.len());
        let mut edge_count = 0;
        for state in graph.states() {
            if !graph.is_compact() {
                assert_eq!(graph.find(&graph.words(state)), Some(state));
            }
            self.check_row(graph, state);
            edge_count += graph.edges(state).len();
            self.check_way(graph, state, system);
        }
        assert_eq!(graph.edge_count(), edge_count);
        let taken: BTreeSet<ActionId> =
            self.rows.iter().flatten().map(|(action, ..)| *action).collect();
        assert!(taken.iter().all(|&action| graph.is_taken(action)));
        assert!(
            self.cut.is_some()
                || (0..9).map(ActionId).all(|one| graph.is_taken(one) == taken.contains(&one))
        );
    }

    fn check_row(&self, graph: &Graph, state: StateId) {
        let has_tick = self.has_tick.get(state.index()) == Some(&true);
        assert_eq!(graph.is_tick_enabled(state), has_tick);
        let is_kept = match graph.edges_kept() {
            Edges::Nowhere => false,
            Edges::WhereTimeWaits => !has_tick,
            Edges::Everywhere => true,
        };
        let edges = graph.edges(state).iter().map(|edge| {
            let counts = [0, 1].map(|meter| graph.count(edge.label, MeterId(meter)));
            let target = edge.target().map(|target| target.index());
            (graph.action(edge.label), counts.to_vec(), target)
        });
        let row = self.rows.get(state.index()).filter(|_| is_kept);
        assert!(edges.eq(row.into_iter().flatten().cloned()));
    }

    fn check_way(&self, graph: &Graph, state: StateId, system: &dyn System) {
        let mut actions = Vec::new();
        let mut at = state.index();
        while let Some((parent, action)) = self.parents[at] {
            actions.push(action);
            at = parent;
        }
        actions.reverse();
        let (start, found) = graph.way_to(state, system);
        assert_eq!((start.last(), found), (Some(&self.states[at]), actions));
    }
}

/// Shares even the smallest jobs.
const SHARE_ALL: Sharing = Sharing { fewest_steps: 0, steps_per_worker: 20 };

/// Explores a world in every way, cut at every number of states and at every depth.
fn check(world: &HandDrawn, width: usize, workers: &[usize]) {
    let system = Wide { world, width };
    let all = Expected::of(world, &Limits::NONE);
    let depth = all.levels.last().copied().unwrap_or(0) as u64;
    let states =
        (1..=all.states.len() as u64 + 1).map(Some).map(|states| Limits { states, ..Limits::NONE });
    let depths = (0..=depth + 1).map(Some).map(|depth| Limits { depth, ..Limits::NONE });
    for limits in states.chain(depths) {
        let expected = Expected::of(world, &limits);
        for edges in [Edges::Nowhere, Edges::WhereTimeWaits, Edges::Everywhere] {
            let plan =
                |workers| Plan { edges, figures: Vec::new(), limits: limits.clone(), workers };
            let found = explore(&system, &plan(1), &mut Silent);
            expected.check(&found, &system);
            let compact = explore_compactly(&system, &plan(1), &mut Silent);
            assert_eq!(compact.graph.is_compact(), width > 1);
            expected.check(&compact, &system);
            for workers in workers {
                let plan = plan(*workers);
                assert!(explore_shared(&system, &plan, &SHARE_ALL, &mut Silent) == found);
                let shared = explore_compactly_shared(&system, &plan, &SHARE_ALL, &mut Silent);
                assert!(shared == compact);
            }
        }
    }
}

#[test]
fn explorations_are_cut_where_a_search_that_is_spelled_out_is() {
    for seed in 0..40 {
        for width in 1..4 {
            check(&random_world(seed, 40), width, &[2]);
        }
    }
    for seed in 40..44 {
        check(&random_world(seed, 40), 1, &[2, 7, 64]);
    }
    for seed in 0..6 {
        check(&random_world(seed, 300), 1, &[2]);
    }
}

#[test]
fn a_limit_on_memory_cuts_before_it_is_passed() {
    for seed in 0..30 {
        let world = random_world(seed, 300);
        let plan = |memory_bytes| Plan {
            edges: Edges::Everywhere,
            figures: Vec::new(),
            limits: Limits { memory_bytes, ..Limits::NONE },
            workers: 1,
        };
        let all = explore(&world, &plan(None), &mut Silent).graph;
        let mut state_counts = BTreeSet::new();
        for most in (0..=all.memory_bytes()).step_by(24) {
            let found = explore(&world, &plan(Some(most)), &mut Silent);
            let plan = Plan { workers: 3, ..plan(Some(most)) };
            assert!(explore_shared(&world, &plan, &SHARE_ALL, &mut Silent) == found);
            let row = found.graph.states().rfind(|&state| found.graph.is_expanded(state));
            let row_bytes = row.map_or(0, |row| 8 + 8 * found.graph.edges(row).len() as u64);
            let is_cut = found.stop == Stop::Unfinished(Unfinished::Limit(Limit::Memory));
            if found.graph.memory_bytes() > most + row_bytes && found.graph.state_count() > 0 {
                panic!(
                    "{seed} {most} {} {row_bytes} {:?} {} {}",
                    found.graph.memory_bytes(),
                    found.stop,
                    found.graph.state_count(),
                    found.graph.edge_count()
                );
            }
            assert!(
                found.graph.memory_bytes() <= most + row_bytes || found.graph.state_count() == 0
            );
            assert_eq!(is_cut, most < all.memory_bytes());
            state_counts.insert(found.graph.state_count());
        }
        assert!(state_counts.len() > all.state_count() / 20);
    }
}
