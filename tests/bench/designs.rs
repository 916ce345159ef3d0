//! What trying every set of mitigations costs, against one run of the bare design and against a run for
//! each set: `cargo bench --bench designs`.
//!
//! Sets under which the design behaves the same are explored once, and the text is read once; all else is
//! paid for set by set: compare the times with how many states the designs have together, in those of
//! the bare one. Processor time, one thread, all claims, the fastest of three runs.

use std::time::Duration;

use cpu_time::ProcessTime;
use itertools::Itertools;
use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::mitigate::matrix::with;
use squall::mitigate::{Forgiven, Plan, Row, matrix};
use squall::model::{MitigationId, Settings};
use squall::pipeline::{Request, prepare, run};

const FLAGSHIP: &str = include_str!("../../models/incidents/ebs-2011.squall");

/// What the report on the outage announces, and a canary; then all that the model knows.
const FIVE: [&str; 5] = ["headroom", "back_off", "reattach", "no_race", "canary"];

fn main() {
    println!(
        "mitigations  sets  designs  states   one run   each set by itself   all sets at once"
    );
    measure(&FIVE);
    measure(&[]);
}

/// One line: of these mitigations, or of all.
fn measure(names: &[&str]) {
    let sources = [Source::new(SourceId(0), "ebs-2011.squall", FLAGSHIP.to_owned())];
    let base = Settings::default();
    let Ok(bare) = prepare(&sources, &base) else { panic!("the flagship is sound") };
    let model = &bare.model;
    let is_meant = |(_, name): &(MitigationId, &str)| names.is_empty() || names.contains(name);
    let all = model.mitigations.iter_with_ids().map(|(id, one)| (id, one.name.as_str()));
    let mitigations: Vec<MitigationId> = all.filter(is_meant).map(|(id, _)| id).collect();
    let properties: Vec<_> = model.properties.ids().collect();
    let plan = Plan {
        mitigations: mitigations.clone(),
        base: base.clone(),
        properties: properties.clone(),
        up_to: None,
        forgiven: Forgiven::Loop,
        limits: Limits::NONE,
        threads: 1,
    };
    let sets: Vec<Vec<MitigationId>> = mitigations.iter().copied().powerset().collect();
    let alone = |set: &[MitigationId]| {
        let prepared = prepare(&sources, &with(model, &base, set)).expect("no two contradict");
        let request = Request { properties: properties.clone(), limits: Limits::NONE, workers: 1 };
        run(&prepared, &request, &mut Silent)
    };
    let one = fastest(|| drop(alone(&[])));
    let each = fastest(|| sets.iter().for_each(|set| drop(alone(set))));
    let (mut designs, mut states) = (0, 0.0);
    let together = fastest(|| {
        let matrix = matrix(&sources, model, &plan, &mut Silent);
        let of_row = |row: &Row| -> usize {
            let judged = row.judged().expect("every set has a start");
            judged.summaries.iter().map(|summary| summary.state_count).sum()
        };
        let all: usize = matrix.rows.iter().map(of_row).sum();
        (designs, states) = (matrix.design_count(), all as f64 / of_row(matrix.bare()) as f64);
    });
    let in_runs = |time: Duration| time.as_secs_f64() / one.as_secs_f64();
    println!(
        "{:>11} {:>5} {designs:>8} {states:>6.1}x {:>6.0} ms {:>6.0} ms = {:>4.1} runs {:>6.0} ms = {:>4.1} runs",
        mitigations.len(),
        sets.len(),
        one.as_secs_f64() * 1e3,
        each.as_secs_f64() * 1e3,
        in_runs(each),
        together.as_secs_f64() * 1e3,
        in_runs(together),
    );
}

fn fastest(mut run: impl FnMut()) -> Duration {
    let mut timed = || {
        let start = ProcessTime::now();
        run();
        start.elapsed()
    };
    (0..3).map(|_| timed()).min().expect("it ran")
}
