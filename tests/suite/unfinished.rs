//! Explorations that a limit cuts: what is told of a part is so of the whole, and the rest is unknown.

use std::path::Path;
use std::process::Command;

use squall::base::{Source, SourceId};
use squall::explore::{Limit, Limits, Silent, Unfinished};
use squall::model::Settings;
use squall::pipeline::rescue::{NoRescue, Origin, rescue};
use squall::pipeline::{self, Answers, Prepared, Request};
use squall::report::{Grade, PropertyReport, Report, ToldTrace, VerdictWord};
use squall::verdict::{Reason, Verdict};

use crate::engine::worlds::Dice;
use crate::explain::models_below;
use crate::random::generate::generate;

fn prepared(text: &str) -> Option<Prepared> {
    let sources = [Source::new(SourceId(0), "m.squall", text)];
    pipeline::prepare(&sources, &Settings::default()).ok()
}

fn request(prepared: &Prepared, states: u64) -> Request {
    let properties = prepared.model.properties.ids().collect();
    Request { properties, limits: Limits { states: Some(states), ..Limits::NONE }, workers: 1 }
}

fn answers(prepared: &Prepared, states: u64) -> Answers {
    pipeline::run(prepared, &request(prepared, states), &mut Silent)
}

fn is_cut(answers: &Answers) -> bool {
    answers.parts.iter().any(|part| part.summary.cut.is_some())
}

/// All traces of a report that show a failure.
fn traces(report: &Report) -> impl Iterator<Item = &ToldTrace> {
    report.properties.iter().filter_map(|property| property.trace.as_ref())
}

fn check_property(part: &PropertyReport, whole: &PropertyReport, what: &str) {
    if part.verdict == VerdictWord::Unknown {
        assert!(part.storm.is_none() && part.trace.is_none(), "{what}");
    }
    for (note, _) in &part.notes {
        assert!(!note.starts_with("at most"), "{what}: {note}");
        assert!(!note.starts_with("vacuous"), "{what}: {note}");
    }
    if let Some(worst) = &part.worst {
        let is_open = worst.ends_with(" or more");
        // There is nothing worse than these.
        let is_final = worst == "without bound" || worst == "infinitely many in no time";
        assert!(is_open || is_final, "{what}: {worst}");
    }
    if let Some(storm) = &part.storm {
        assert!(!storm.is_whole, "{what}");
        let whole = whole.storm.as_ref().expect("a storm of a part is one of the whole");
        assert!(storm.grade <= whole.grade, "{what}: {storm:?}, {whole:?}");
        assert!(storm.fewest_faults >= whole.fewest_faults, "{what}: {storm:?}, {whole:?}");
    }
}

/// What was said of a part, in numbers.
#[derive(Default)]
struct Said {
    regions_unknown: usize,
    storms: usize,
    rescues_unknown: usize,
}

/// Compares what is told of parts of a model with what is told of all of it, if that is not too much.
fn check(text: &str, what: &str, said: &mut Said) {
    let Some(prepared) = prepared(text) else { return };
    let whole = answers(&prepared, 30_000);
    let count = |answers: &Answers| answers.parts.iter().map(|it| it.summary.state_count).min();
    let Some(states) = count(&whole).filter(|&it| it > 1 && !is_cut(&whole)) else { return };
    let report_of_whole = Report::of(&prepared, &whole);
    for limit in [1, states / 2, states - 1] {
        let part = answers(&prepared, limit as u64);
        let what = format!("{limit} of {states} states of {what}");
        assert!(part.parts.iter().all(|it| it.summary.cut.is_some()), "{what}");
        let report = Report::of(&prepared, &part);
        assert!(report.regions.is_empty() && report.sanity.is_none(), "{what}");
        let is_asked =
            !report_of_whole.regions.is_empty() || report_of_whole.regions_unknown.is_some();
        assert!(report.regions_unknown.is_some() || !is_asked, "{what}");
        said.regions_unknown += usize::from(report.regions_unknown.is_some());
        let fairness = report.fairness.as_ref().expect("our engine heeds it");
        assert_eq!(fairness.never_enabled, None, "{what}");
        for trace in traces(&report) {
            assert_eq!((trace.last_sure, trace.last_possible), (None, None), "{what}");
        }
        let both = report.properties.iter().zip(&report_of_whole.properties);
        both.clone().for_each(|(part, whole)| check_property(part, whole, &what));
        said.storms += both.filter(|(part, _)| part.storm.is_some()).count();
        // A trace that is known, in a graph that is not.
        let failing = whole.by_property().into_iter().find_map(|(_, answer)| {
            answer.verdict.trace().filter(|_| matches!(answer.verdict, Verdict::Fails { .. }))
        });
        if let (Some(trace), Some(_)) = (failing, prepared.model.healthy) {
            let request = request(&prepared, limit as u64);
            let found = rescue(&prepared, Origin::Trace(trace), &request, &mut Silent);
            assert_eq!(found.err(), Some(NoRescue::Unfinished), "{what}");
            said.rescues_unknown += 1;
        }
    }
}

#[test]
fn what_is_told_of_a_part_is_so_of_the_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ["models", "tests/cases"].iter().for_each(|it| models_below(&root.join(it), &mut paths));
    let mut said = Said::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a model is text");
        check(&text, &path.display().to_string(), &mut said);
    }
    assert!(said.regions_unknown > 20 && said.storms > 10 && said.rescues_unknown > 10);
}

#[test]
fn what_is_told_of_a_part_of_a_generated_model_is_so_of_the_whole() {
    let mut said = Said::default();
    for seed in 0..600 {
        let text = generate(&mut Dice::from_seed(seed)).to_string();
        check(&text, &format!("seed {seed}\n{text}"), &mut said);
    }
    assert!(said.regions_unknown > 20 && said.storms > 10 && said.rescues_unknown > 5);
}

/// A storm whose room can be left, but only through a long corridor that a limit cuts off.
const CORRIDOR: &str = "\
model corridor
machine Room {
  state outside, inside
  var steps: 0..20 = 0
  var rest: timer(1) = 0
  fault slip at most 1: outside -> inside { }
  action ring when self is inside and steps == 0 and rest == 0 { count noise  rest = 1 }
  may action step when self is inside and steps < 20 { steps += 1 }
  may action turn when steps > 0 and steps < 20 { steps = 0 }
  action leave: inside -> outside when steps == 20 { steps = 0 }
}
meter noise
healthy when Room is outside
property quiet: finite noise
property pace: rate noise <= 0
property sure: recovers
";

#[test]
fn a_part_without_a_way_back_is_no_trap() {
    let prepared = prepared(CORRIDOR).expect("a sound model");
    for states in [5, 10, 19] {
        let part = answers(&prepared, states);
        let report = Report::of(&prepared, &part);
        let storm = report.properties[0].storm.as_ref().expect("it storms");
        assert_eq!((storm.grade, storm.is_whole), (Grade::Storm, false), "{states} states");
        assert!(report.properties[1].worst.as_ref().is_some_and(|it| it.ends_with(" or more")));
        let cut = Unfinished::Limit(Limit::States);
        let unknown = part.parts[0].judgement.regions_unknown;
        assert_eq!(unknown, Some(Reason::Unfinished(cut)), "{states} states");
    }
}

/// The exit code and standard output of a call on a model.
fn squall(text: &str, arguments: &str) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("m.squall"), text).expect("a writable file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    let command = command.args(arguments.split_whitespace()).current_dir(folder.path());
    let output = command.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the output is text");
    (output.status.code().expect("it ends by itself"), text)
}

#[test]
fn a_cut_run_says_what_it_does_not_know() {
    let call = "check m.squall --property quiet --max-states 10";
    let (code, told) = squall(CORRIDOR, call);
    assert_eq!(code, 1, "{told}");
    for line in [
        "A storm at least: a loop that keeps itself going, and puts off nothing that is owed.",
        "storm at least: 1 noise in 1 tick, for ever",
        "while calm, recovery is unknown: the limit on states was reached",
    ] {
        assert!(told.contains(line), "`{line}` is not in\n{told}");
    }
    assert!(!told.contains("up to here recovery was"), "{told}");
    // It may be worse than what is forgiven.
    let accepting = "--property quiet --accept storm";
    assert_eq!(squall(CORRIDOR, &format!("check m.squall {accepting} --max-states 10")).0, 3);
    assert_eq!(squall(CORRIDOR, &format!("check m.squall {accepting}")).0, 0);
    let (code, told) = squall(CORRIDOR, "rescue m.squall --max-states 10");
    assert_eq!((code, told.as_str()), (3, "unknown: not everything was explored\n"));
    let expecting = format!("{CORRIDOR}expect pace == 1\n");
    assert_eq!(squall(&expecting, "test m.squall").0, 0);
    assert_eq!(squall(&expecting, "test m.squall --max-states 10").0, 3);
}

/// Nothing is claimed of what comes after a breach, either.
#[test]
fn where_the_model_breaches_recovery_is_unknown() {
    let breaching = CORRIDOR.replace("steps < 20 { steps += 1 }", "steps <= 20 { steps += 1 }");
    let (_, told) = squall(&breaching, "check m.squall");
    assert!(told.contains("while calm, recovery is unknown: the model breaches"), "{told}");
    assert!(!told.contains("up to here recovery was"), "{told}");
    let (code, told) = squall(&breaching, "rescue m.squall");
    assert_eq!((code, told.as_str()), (3, "unknown: the model breaks its own rules\n"));
    let unreadable = CORRIDOR.replace("healthy when", "healthy when 1 / (Room.steps - 7) < 5 and");
    let (code, told) = squall(&unreadable, "check m.squall --property quiet");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("a number is divided by zero"), "{told}");
    assert!(told.contains("while calm, recovery is unknown: the model breaches"), "{told}");
}
