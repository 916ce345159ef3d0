//! How fast squall is, as ratios to stateright in one run: `cargo bench`, or `cargo bench -- NAME…` for
//! some of the lines.
//!
//! The opponent is given its best: each model is written by hand for it, as its own documentation
//! does, in `remirror.rs` and `peterson.rs`; its states are small, it hashes them to 64 bits, and it is run
//! in both of its exact modes, of which the faster counts. Our side is the command's own path: the text
//! is parsed, compiled and explored, the invariant judged, and everything freed. Both use one thread. What is
//! compared is processor time of the whole process, which other load on the machine changes least.
//! Every line also compares the numbers of states: who does less must not look faster.

mod peterson;
mod remirror;

use std::time::Duration;

use cpu_time::ProcessTime;
use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{Setting, Settings};
use squall::pipeline::{Request, prepare, run};
use stateright::{Checker, Model};

/// One model at one size.
struct Line {
    name: &'static str,
    text: &'static str,
    settings: &'static [(&'static str, u32)],
    property: &'static str,
    /// The same, written for stateright: states and time of its faster exact mode.
    opponent: fn() -> (usize, Duration),
}

const REMIRROR: &str = include_str!("../../models/scale/remirror.squall");
const PETERSON: &str = include_str!("../../models/scale/peterson.squall");

const LINES: [Line; 4] = [
    Line {
        name: "remirror-B",
        text: REMIRROR,
        settings: &[
            ("nodes", 4),
            ("slots", 3),
            ("volumes", 4),
            ("cuts", 2),
            ("shifts", 3),
            ("crashes", 1),
        ],
        property: "within",
        opponent: || {
            best(
                || remirror::Remirror {
                    nodes: 4,
                    slots: 3,
                    volumes: 4,
                    cuts: 2,
                    shifts: 3,
                    crashes: 1,
                },
                true,
            )
        },
    },
    Line {
        name: "remirror-C",
        text: REMIRROR,
        settings: &[
            ("nodes", 4),
            ("slots", 3),
            ("volumes", 5),
            ("cuts", 2),
            ("shifts", 4),
            ("crashes", 1),
        ],
        property: "within",
        opponent: || {
            best(
                || remirror::Remirror {
                    nodes: 4,
                    slots: 3,
                    volumes: 5,
                    cuts: 2,
                    shifts: 4,
                    crashes: 1,
                },
                true,
            )
        },
    },
    Line {
        name: "peterson-5",
        text: PETERSON,
        settings: &[("processes", 5)],
        property: "exclusion",
        opponent: || best(|| peterson::Peterson { processes: 5 }, false),
    },
    Line {
        name: "peterson-6",
        text: PETERSON,
        settings: &[("processes", 6)],
        property: "exclusion",
        opponent: || best(|| peterson::Peterson { processes: 6 }, false),
    },
];

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|one| !one.starts_with('-')).collect();
    println!(
        "{:<12} {:>10} {:>9} {:>11} {:>7}  up to renaming",
        "model", "states", "squall", "stateright", "ratio"
    );
    for line in &LINES {
        if !wanted.is_empty() && !wanted.iter().any(|name| line.name.contains(name.as_str())) {
            continue;
        }
        let (states, ours) = fastest(|| explore(line, false));
        let (orbits, renamed) = fastest(|| explore(line, true));
        let (theirs_states, theirs) = (line.opponent)();
        assert_eq!(states, theirs_states, "both visit the same states of {}", line.name);
        println!(
            "{:<12} {states:>10} {:>7.2} s {:>9.2} s {:>6.1}x  {orbits} states, {:.2} s",
            line.name,
            ours.as_secs_f64(),
            theirs.as_secs_f64(),
            theirs.as_secs_f64() / ours.as_secs_f64(),
            renamed.as_secs_f64(),
        );
    }
}

/// The fastest of three runs: what slows a run down comes from outside.
fn fastest(run: impl Fn() -> (usize, Duration)) -> (usize, Duration) {
    (0..3).map(|_| run()).min_by_key(|(_, time)| *time).expect("it ran")
}

/// Our own way, from the text to the verdict.
fn explore(line: &Line, up_to_renaming: bool) -> (usize, Duration) {
    let start = ProcessTime::now();
    let source = Source::new(SourceId(0), line.name, line.text.to_owned());
    let pair = |&(name, value): &(&str, u32)| (name.to_owned(), Setting::Text(value.to_string()));
    let parameters = line.settings.iter().map(pair).collect();
    let settings = Settings { parameters, ..Settings::default() };
    let Ok(prepared) = prepare(&[source], &settings) else { panic!("{} is refused", line.name) };
    let prepared = if up_to_renaming { prepared.up_to_renaming() } else { prepared };
    let properties = prepared.model.properties.iter_with_ids();
    let properties = properties.filter(|(_, one)| one.name == line.property).map(|(id, _)| id);
    let request = Request { properties: properties.collect(), limits: Limits::NONE, workers: 1 };
    let answers = run(&prepared, &request, &mut Silent);
    let states = answers.parts[0].summary.state_count;
    drop(answers);
    (states, start.elapsed())
}

/// The faster of stateright's exact modes. Where traces are long, its depth-first search takes memory
/// that grows with their square, and is left out.
fn best<M>(model: impl Fn() -> M, is_shallow: bool) -> (usize, Duration)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + std::fmt::Debug + std::hash::Hash + PartialEq + Send + Sync,
    M::Action: Clone + std::fmt::Debug + PartialEq + Send + Sync,
{
    let breadth_first = fastest(|| {
        let start = ProcessTime::now();
        let checker = model().checker().spawn_bfs().join();
        let states = checker.unique_state_count();
        drop(checker);
        (states, start.elapsed())
    });
    if !is_shallow {
        return breadth_first;
    }
    let depth_first = fastest(|| {
        let start = ProcessTime::now();
        let checker = model().checker().spawn_dfs().join();
        let states = checker.unique_state_count();
        drop(checker);
        (states, start.elapsed())
    });
    breadth_first.min_by_time(depth_first)
}

trait Faster {
    fn min_by_time(self, other: Self) -> Self;
}

impl Faster for (usize, Duration) {
    fn min_by_time(self, other: Self) -> Self {
        if other.1 < self.1 { other } else { self }
    }
}
