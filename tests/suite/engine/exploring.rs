//! Exploration: what it reaches, how far away, and that nothing but the plan changes it.

use std::ops::ControlFlow;

use squall::explore::{
    Edges, Exploration, Interrupted, Limit, Limits, Observer, Plan, Progress, Silent, Stop,
    Unfinished, explore,
};
use squall::system::{
    ActionFacts, ActionId, Breach, Facts, FigureId, MeterId, Role, Start, Step, System, Word,
};
use squall::verdict::stopped_time::stopped_time;
use squall::verdict::storm::{StormQuestion, storm};

use super::textbook::distances;
use super::worlds::{BREACH, Shape, explore_all, for_seeds, random_system};

/// Counters that each go up to a bound, one step at a time; the last step of the last one breaches.
struct Counters {
    facts: Facts,
    bound: u64,
    count: usize,
}

impl Counters {
    fn new(count: usize, bound: u64) -> Counters {
        let known = |role| ActionFacts { role, obligations: Vec::new() };
        let steps = (0..count).map(|_| known(Role::May));
        let actions = std::iter::once(known(Role::Tick)).chain(steps).collect();
        Counters { facts: Facts { actions, meter_count: 2, ..Facts::default() }, bound, count }
    }
}

impl System for Counters {
    fn width(&self) -> usize {
        self.count
    }
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let _ = visit(Start::State(&vec![0; self.count]));
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        visit(Step { action: ActionId::TICK, counts: &[1, 0], next: Ok(state) });
        let mut next = state.to_vec();
        for counter in 0..self.count {
            let counts = [0, state[counter] % 3];
            next[counter] += 1;
            let is_last = counter == self.count - 1;
            let action = ActionId(counter as u32 + 1);
            if next[counter] <= self.bound {
                visit(Step { action, counts: &counts, next: Ok(&next) });
            } else if is_last {
                visit(Step { action, counts: &counts, next: Err(BREACH) });
            }
            next[counter] -= 1;
        }
    }
    fn read(&self, _figure: FigureId, _state: &[Word]) -> Result<i64, Breach> {
        Ok(0)
    }
}

fn explore_with(system: &dyn System, limits: Limits, workers: usize) -> Exploration {
    explore(
        system,
        &Plan { edges: Edges::Everywhere, figures: Vec::new(), limits, workers },
        &mut Silent,
    )
}

#[test]
fn exploring_finds_what_a_textbook_search_finds() {
    for_seeds(1000, |dice| {
        let system = random_system(dice, &Shape::small(60));
        let graph = explore_all(&system, Edges::Everywhere).graph;
        let starts: Vec<Vec<Word>> =
            graph.states().take(graph.start_count()).map(|s| graph.words(s).to_vec()).collect();
        let distances = distances(&system, &starts);
        assert_eq!(graph.state_count(), distances.len());
        for state in graph.states() {
            assert_eq!(graph.level(state), distances[&*graph.words(state)]);
            let mut edges = graph.edges(state).iter();
            for arrow in system.arrows(graph.words(state)[0]) {
                let edge = edges.next().expect("every step is an edge");
                assert_eq!(graph.action(edge.label), arrow.action);
                let target = edge.target().map(|target| graph.words(target)[0]);
                assert_eq!(target, arrow.next.ok());
            }
            assert_eq!(edges.next(), None);
        }
    });
}

#[test]
fn any_number_of_workers_yields_the_same_exploration() {
    let system = Counters::new(3, 24);
    let one = explore_with(&system, Limits::NONE, 1);
    assert_eq!((one.graph.state_count(), one.graph.depth()), (25 * 25 * 25, 72));
    assert_eq!((one.breach_count, one.breaches.len()), (625, 1));
    for workers in [2, 7] {
        assert_eq!(one, explore_with(&system, Limits::NONE, workers), "{workers} workers");
    }
}

#[test]
fn a_limit_cuts_at_the_same_place_for_any_number_of_workers() {
    let system = Counters::new(3, 24);
    let states = |most| Limits { states: Some(most), ..Limits::NONE };
    let depth = |most| Limits { depth: Some(most), ..Limits::NONE };
    let memory = |most| Limits { memory_bytes: Some(most), ..Limits::NONE };
    let cases = [
        (states(1), Limit::States),
        (states(7001), Limit::States),
        (depth(0), Limit::Depth),
        (depth(40), Limit::Depth),
        (memory(300_000), Limit::Memory),
        (memory(1_034_567), Limit::Memory),
    ];
    for (limits, limit) in cases {
        let one = explore_with(&system, limits.clone(), 1);
        assert_eq!(one.stop, Stop::Unfinished(Unfinished::Limit(limit)), "{limits:?}");
        let rows = one.graph.states().map(|state| one.graph.edges(state).len());
        assert_eq!(rows.sum::<usize>(), one.graph.edge_count(), "a row is complete or absent");
        if let Some(most) = limits.states {
            assert_eq!(one.graph.state_count() as u64, most);
        }
        if let Some(most) = limits.depth {
            assert_eq!(one.graph.depth() as u64, most);
        }
        if let Some(most) = limits.memory_bytes {
            assert!(one.graph.memory_bytes() <= most + 1000, "a row may pass it");
        }
        for workers in [2, 7] {
            assert_eq!(one, explore_with(&system, limits.clone(), workers), "{limits:?}");
        }
    }
}

#[test]
fn a_limit_that_is_just_enough_does_not_cut() {
    let system = Counters::new(2, 3);
    let limits = Limits { states: Some(16), depth: Some(6), memory_bytes: None };
    assert!(explore_with(&system, limits, 1).exhausted().is_some());
}

/// Stops when asked for the n-th time.
pub struct Impatient(pub u32);

impl Observer for Impatient {
    fn progress(&mut self, _progress: Progress) {}
    fn should_stop(&mut self) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 == 0
    }
}

#[test]
fn an_observer_stops_a_run_in_the_middle_of_a_level() {
    let system = Counters::new(4, 20);
    let plan =
        Plan { edges: Edges::Nowhere, figures: Vec::new(), limits: Limits::NONE, workers: 2 };
    let cut = explore(&system, &plan, &mut Impatient(60));
    assert_eq!(cut.stop, Stop::Unfinished(Unfinished::Interrupted));
    assert!(cut.graph.state_count() > 1 && cut.graph.state_count() < 21_usize.pow(4));
}

/// Candidates for a start, without end or with little to say; no state has a step.
enum Starts {
    None,
    Endless,
    NeverFound,
    Twice,
    Breaching,
}

struct Starting(Starts, Facts);

impl System for Starting {
    fn width(&self) -> usize {
        1
    }
    fn facts(&self) -> &Facts {
        &self.1
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let mut send = |start: Start<'_>| visit(start).is_continue();
        match self.0 {
            Starts::None => {}
            Starts::Endless => {
                let _ = (0..u64::MAX).all(|word| send(Start::State(&[word])));
            }
            Starts::NeverFound => while send(Start::Searching) {},
            Starts::Twice => {
                let _ = [4, 4].iter().all(|&word| send(Start::State(&[word])));
            }
            Starts::Breaching => {
                let _ = send(Start::State(&[1])) && send(Start::Breach(BREACH));
            }
        }
    }
    fn steps(&self, _state: &[Word], _visit: &mut dyn FnMut(Step<'_>)) {}
    fn read(&self, _figure: FigureId, _state: &[Word]) -> Result<i64, Breach> {
        Ok(0)
    }
}

/// Explores with room for 100 states and patience for a few questions.
fn check_starts(starts: Starts, state_count: usize, stop: Option<Unfinished>) {
    let plan = Plan {
        edges: Edges::Nowhere,
        figures: Vec::new(),
        limits: Limits { states: Some(100), ..Limits::NONE },
        workers: 1,
    };
    let system = Starting(starts, Facts { meter_count: 1, ..Facts::default() });
    let exploration = explore(&system, &plan, &mut Impatient(50));
    assert_eq!(exploration.graph.state_count(), state_count);
    assert_eq!(exploration.graph.start_count(), state_count);
    match exploration.stop {
        Stop::Exhausted(_) => assert_eq!(stop, None),
        Stop::Unfinished(unfinished) => assert_eq!(stop, Some(unfinished)),
    }
}

#[test]
fn starts_are_enumerated_within_limits_and_patience() {
    check_starts(Starts::None, 0, None);
    check_starts(Starts::Twice, 1, None);
    check_starts(Starts::Endless, 100, Some(Unfinished::Limit(Limit::States)));
    check_starts(Starts::NeverFound, 0, Some(Unfinished::Interrupted));
    check_starts(Starts::Breaching, 1, Some(Unfinished::StartBreach));
}

/// One long way, and from its end the step back to the start.
struct Ring(u64, Facts);

impl System for Ring {
    fn width(&self) -> usize {
        1
    }
    fn facts(&self) -> &Facts {
        &self.1
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let _ = visit(Start::State(&[0]));
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        let next = Ok([(state[0] + 1) % self.0]);
        let next = next.as_ref().map(|words| words.as_slice()).map_err(|&breach| breach);
        visit(Step { action: ActionId(1), counts: &[0, 1], next });
    }
    fn read(&self, _figure: FigureId, _state: &[Word]) -> Result<i64, Breach> {
        Ok(0)
    }
}

#[test]
fn a_very_deep_graph_overflows_no_stack() {
    let length = 1_000_000;
    let known = |role| ActionFacts { role, obligations: Vec::new() };
    let actions = [known(Role::Tick), known(Role::Urgent)].into_iter().collect();
    let ring = Ring(length, Facts { actions, meter_count: 2, ..Facts::default() });
    let graph = explore_all(&ring, Edges::Everywhere).graph;
    assert_eq!(graph.depth() as u64, length - 1);
    let question = StormQuestion { meter: MeterId(1), region: None, healthy: None };
    let answer = storm(&ring, &graph, question, &mut Silent).expect("no interrupt");
    assert_eq!(answer.storm.map(|storm| storm.meter_per_turn), Some(length));
    let stopped = stopped_time(&ring, &graph, &mut Silent).expect("no interrupt");
    assert_eq!(stopped.map(|stopped| stopped.state_count as u64), Some(length));
}

#[test]
fn analyses_stop_when_they_are_asked_to() {
    let system = Counters::new(3, 24);
    let graph = explore_all(&system, Edges::Everywhere).graph;
    let question = StormQuestion { meter: MeterId(1), region: None, healthy: None };
    assert_eq!(storm(&system, &graph, question, &mut Impatient(2)), Err(Interrupted));
    assert_eq!(stopped_time(&system, &graph, &mut Impatient(2)), Err(Interrupted));
}
