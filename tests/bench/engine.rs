//! What the engine itself costs: explorations of systems whose steps cost next to nothing.
//!
//! `cargo bench --bench engine [-- CASE [WORKERS]]` prints, for each case, nanoseconds a step and bytes a
//! state. A step of these systems takes one to three nanoseconds; all else is the engine.

use std::ops::ControlFlow;
use std::time::Instant;

use squall::explore::{Edges, Limits, Plan, Silent, explore};
use squall::system::{ActionId, Breach, Facts, FigureId, Start, Step, System, Word};

/// Counters that go round: a step takes one of them on by one, or time passes and nothing changes. Each
/// state is reached by as many steps as there are counters.
struct Clocks {
    facts: Facts,
    width: usize,
    /// The word of each counter, how many bits lie below it, and how many values it has.
    clocks: Vec<(usize, u32, u64)>,
    time_passes: bool,
}

impl Clocks {
    /// So many counters in each of some words.
    fn new(width: usize, each: u32, values: u64) -> Clocks {
        let of_word = |word| (0..each).map(move |clock| (word, clock * 64 / each, values));
        let clocks = (0..width).flat_map(of_word).collect();
        let facts = Facts { meter_count: 2, ..Facts::default() };
        Clocks { facts, width, clocks, time_passes: true }
    }
}

impl System for Clocks {
    fn width(&self) -> usize {
        self.width
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        let _ = visit(Start::State(&vec![0; self.width]));
    }

    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        if self.time_passes {
            visit(Step { action: ActionId::TICK, counts: &[1, 0], next: Ok(state) });
        }
        let mut buffer = [0; 8];
        let next = &mut buffer[..self.width];
        next.copy_from_slice(state);
        for (clock, &(word, below, values)) in self.clocks.iter().enumerate() {
            let value = next[word] >> below & 0xff;
            let round = value + 1 == values;
            let before = next[word];
            next[word] = if round { before - (value << below) } else { before + (1 << below) };
            let action = ActionId(clock as u32 + 1);
            visit(Step { action, counts: &[0, 0], next: Ok(next) });
            next[word] = before;
        }
    }

    fn read(&self, _figure: FigureId, _state: &[Word]) -> Result<i64, Breach> {
        Ok(0)
    }
}

/// A case: its name, a system, and what to keep.
type Case = (&'static str, fn() -> Clocks, Edges);

const CASES: [Case; 8] = [
    ("1-word", || Clocks::new(1, 6, 16), Edges::WhereTimeWaits),
    ("1-word-small", || Clocks::new(1, 6, 10), Edges::WhereTimeWaits),
    ("2-words", || Clocks::new(2, 3, 16), Edges::WhereTimeWaits),
    ("2-words-small", || Clocks::new(2, 3, 10), Edges::WhereTimeWaits),
    ("5-words", || Clocks::new(5, 1, 26), Edges::WhereTimeWaits),
    ("1-word-edges", || Clocks::new(1, 6, 12), Edges::Everywhere),
    ("2-words-edges", || Clocks::new(2, 3, 12), Edges::Everywhere),
    ("5-words-edges", || Clocks::new(5, 1, 20), Edges::Everywhere),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let wanted = words.first();
    let workers = words.get(1).map_or(1, |word| word.parse().expect("a number of workers"));
    for (name, system, edges) in CASES {
        if wanted.is_none_or(|wanted| wanted == name) {
            measure(name, &system(), edges, workers);
        }
    }
}

fn measure(name: &str, system: &Clocks, edges: Edges, workers: usize) {
    let plan = Plan { edges, figures: Vec::new(), limits: Limits::NONE, workers };
    let start = Instant::now();
    let exploration = explore(system, &plan, &mut Silent);
    let nanoseconds = start.elapsed().as_nanos() as f64;
    let graph = &exploration.graph;
    let steps = (graph.step_count() + graph.tick_count()) as f64;
    let states = graph.state_count();
    println!(
        "{name:14} {states:9} states, {:5.1} ns a step, {:5.1} bytes a state",
        nanoseconds / steps,
        graph.memory_bytes() as f64 / states as f64,
    );
}
