//! Exploring up to renaming: how much it saves, that no verdict changes, and what is said about it.

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{Setting, Settings};
use squall::pipeline::{Answers, Prepared, Request, prepare, run};
use squall::report::{Report, text};
use squall::verdict::{Evidence, Verdict};

fn prepared(text: &str, settings: &[(&str, &str)]) -> Prepared {
    let source = Source::new(SourceId(0), "test.squall", text.to_owned());
    let pair = |&(name, value): &(&str, &str)| (name.to_owned(), Setting::Text(value.to_owned()));
    let parameters = settings.iter().map(pair).collect();
    let settings = Settings { parameters, ..Settings::default() };
    let Ok(prepared) = prepare(&[source], &settings) else { panic!("the model is refused") };
    prepared
}

fn answers(prepared: &Prepared, property: &str) -> Answers {
    let properties = prepared.model.properties.iter_with_ids();
    let named = properties.filter(|(_, one)| one.name == property).map(|(id, _)| id);
    let request = Request { properties: named.collect(), limits: Limits::NONE, workers: 1 };
    run(prepared, &request, &mut Silent)
}

const REMIRROR: &str = include_str!("../../models/scale/remirror.squall");

/// States and steps up to renaming, which are the orbits that were counted by hand-written code.
fn check_orbits(text: &str, settings: &[(&str, &str)], property: &str, expected: (usize, u64)) {
    let answers = answers(&prepared(text, settings).up_to_renaming(), property);
    let summary = &answers.parts[0].summary;
    assert_eq!((summary.state_count, summary.step_count), expected);
    assert!(matches!(answers.by_property()[0].1.verdict, Verdict::Holds { .. }));
}

#[test]
fn every_orbit_is_counted_once() {
    let common = [("slots", "3"), ("cuts", "2"), ("shifts", "3"), ("crashes", "1")];
    let sized = |nodes, volumes| [&common[..], &[("nodes", nodes), ("volumes", volumes)]].concat();
    check_orbits(REMIRROR, &sized("3", "3"), "within", (762, 3_194));
    check_orbits(REMIRROR, &sized("4", "4"), "within", (9_821, 49_532));
}

/// Fairness is owed to each instance, and is judged so: the verdict, its grade and what it takes are those
/// of all states, with and without symmetry.
#[test]
fn a_claim_about_executions_is_decided_up_to_renaming() {
    let sizes = [&[][..], &[("shifts", "3")], &[("shifts", "3"), ("crashes", "0")]];
    for settings in sizes {
        let model = prepared(REMIRROR, settings);
        let all = answers(&model, "no_storm");
        let reduced = answers(&model.up_to_renaming(), "no_storm");
        let storm = |answers: &Answers| match &answers.by_property()[0].1.verdict {
            Verdict::Fails { storm, .. } => Some(storm.expect("a storm breaks it")),
            Verdict::Holds { .. } => None,
            Verdict::Unknown(reason) => panic!("everything can be reached, and yet {reason:?}"),
        };
        let grade = |answers: &Answers| {
            storm(answers).map(|storm| (storm.grade, storm.faults, storm.fewest_faults))
        };
        assert_eq!(grade(&all), grade(&reduced));
        let states = |answers: &Answers| answers.parts[0].summary.state_count;
        assert!(states(&reduced) * 3 < states(&all));
    }
}

/// So large that what is around the way in is not all of it, and a storm has to be put together.
#[test]
fn a_storm_that_takes_everybody_is_put_together() {
    let text = "model rings
machine Ring * 6 {
  var at: 0..15
  eventually action turn { count turns  at = (at + 1) mod 16 }
}
meter turns
property ends: finite turns
";
    let model = prepared(text, &[]).up_to_renaming();
    let answers = answers(&model, "ends");
    let Verdict::Fails { evidence: Evidence::Trace(trace), .. } =
        &answers.by_property()[0].1.verdict
    else {
        panic!("it fails")
    };
    let turn = &trace.steps()[trace.repeats_from().expect("a loop")..];
    let taken: std::collections::BTreeSet<_> = turn.iter().map(|step| step.action).collect();
    assert_eq!(taken.len(), 7, "each of six rings turns, and time passes");
}

/// The trace of representatives becomes one of the model: as short, and walked by the plain meaning.
#[test]
fn a_failing_claim_is_shown_by_a_trace_of_the_model() {
    let text = REMIRROR.replace(
        "property within:",
        "property no_search: never (count v: Volume where v is searching) > 1\nproperty within:",
    );
    let model = prepared(&text, &[]);
    let steps = |answers: &Answers| match &answers.by_property()[0].1.verdict {
        Verdict::Fails { evidence: Evidence::Trace(trace), .. } => trace.steps().len(),
        other => panic!("it fails, and is found to be {other:?}"),
    };
    let all = answers(&model, "no_search");
    let model = model.up_to_renaming();
    let reduced = answers(&model, "no_search");
    assert_eq!(steps(&all), steps(&reduced));
    assert!(reduced.parts[0].summary.state_count * 2 < all.parts[0].summary.state_count);
    let page = text::write(&Report::of(&model, &reduced), &[], "squall check");
    assert!(page.contains("states (merged: names of Node and Volume), "), "{page}");
}

/// Where a step breaches, the order of instances may decide which place is named: then nothing is renamed.
#[test]
fn a_model_that_breaches_is_explored_as_it_is() {
    let text = "model breaching
machine Node * 3 {
  var load: 0..2
  may action grow { load += 1 }
}
property loaded: always (sum n: Node: n.load) >= 0
";
    let reduced = answers(&prepared(text, &[]).up_to_renaming(), "loaded");
    assert!(reduced.parts[0].renamed.is_empty());
    assert_eq!(reduced.parts[0].judgement.breaches.len(), 1);
}
