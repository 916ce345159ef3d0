//! Our models searched by stateright: the same states, steps and verdicts as by our engine, for every
//! run that sees everything.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use squall::base::{Source, SourceId};
use squall::compile::compile;
use squall::explore::{Limits, Observer, Progress, Silent};
use squall::model::{PropertyId, Setting, Settings};
use squall::pipeline::{self, Answers, Prepared, Request, Summary};
use squall::system::Restricted;
use squall::system::stateright::{AsModel, Order, search};
use squall::verdict::{Answer, Ground, Reason, Verdict, Worst};

/// Models above this size are left to other tests.
const STATES_MAX: u64 = 20_000;

fn prepare(text: &str, parameters: &[(&str, &str)]) -> Prepared {
    let source = Source::new(SourceId(0), "model.squall", text);
    let set = |&(name, value): &(&str, &str)| (name.to_owned(), Setting::Text(value.to_owned()));
    let parameters = parameters.iter().map(set).collect();
    let settings = Settings { mitigations: Vec::new(), parameters };
    pipeline::prepare(&[source], &settings).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn ours(prepared: &Prepared) -> Answers {
    let limits = Limits { states: Some(STATES_MAX), ..Limits::NONE };
    let properties = prepared.model.properties.ids().collect();
    pipeline::run(prepared, &Request { properties, limits, workers: 1 }, &mut Silent)
}

fn theirs(prepared: &Prepared) -> Answers {
    let properties: Vec<PropertyId> = prepared.model.properties.ids().collect();
    pipeline::run_in_stateright(prepared, &properties, &mut Silent)
}

/// A verdict without what shows it, but for its length.
fn word(answer: &Answer) -> String {
    match &answer.verdict {
        Verdict::Holds { worst, witness, .. } => {
            let length = witness.as_ref().map(|trace| trace.steps().len());
            format!("holds {worst:?} {length:?}")
        }
        Verdict::Fails { evidence, worst, .. } => match evidence {
            squall::verdict::Evidence::Trace(trace) => {
                format!("fails {worst:?} {}", trace.steps().len())
            }
            _ => "fails".to_owned(),
        },
        Verdict::Unknown(Reason::NotByStateright) => "not decided".to_owned(),
        Verdict::Unknown(reason) => format!("unknown {reason:?}"),
    }
}

/// Expects both engines to agree; false if ours had to stop early.
fn check(name: &str, text: &str, parameters: &[(&str, &str)]) -> bool {
    let prepared = prepare(text, parameters);
    let ours = ours(&prepared);
    if ours.parts.iter().any(|part| part.summary.cut.is_some()) {
        return false;
    }
    let theirs = theirs(&prepared);
    let summaries = |answers: &Answers| -> Vec<Summary> {
        answers.parts.iter().map(|part| part.summary).collect()
    };
    assert_eq!(summaries(&ours), summaries(&theirs), "{name}");
    for ((property, ours), (_, theirs)) in ours.by_property().iter().zip(theirs.by_property()) {
        let name = format!("{name}: {}", prepared.model.properties[*property].name);
        match word(theirs).as_str() {
            "not decided" => {}
            word_of_theirs => assert_eq!(word(ours), word_of_theirs, "{name}"),
        }
    }
    for (ours, theirs) in ours.parts.iter().zip(&theirs.parts) {
        let has_breach = |part: &pipeline::PartOfAnswers| !part.judgement.breaches.is_empty();
        assert_eq!(has_breach(ours), has_breach(theirs), "{name}");
    }
    check_order(name, &prepared, Order::DepthFirst, &ours.parts[0].summary);
    true
}

/// Expects as many states and steps in any order.
fn check_order(name: &str, prepared: &Prepared, order: Order, expected: &Summary) {
    let system = Restricted::new(Arc::new(compile(&prepared.model)));
    let Ok(model) = AsModel::new(system, Vec::new()) else { return };
    let found = search(model, order, &mut |_| ControlFlow::Continue(()));
    assert_eq!(
        (found.state_count, found.step_count, found.tick_count),
        (expected.state_count, expected.step_count, expected.tick_count),
        "{name}"
    );
    assert!(found.drained.is_some(), "{name}");
}

const LAMPS: &str = "model lamps
param lamps = 3
machine Lamp * lamps {
  state dark, lit
  var wear: 0..3 saturating = 0
  may action light: dark -> lit { wear += 1 }
  action glow: lit -> dark when wear == 3 { }
  on tick { if self is lit { self.state = dark } }
}
machine Warden {
  operator action reset { for l: Lamp { l.wear = 0 } }
}
property bright: possible all l: Lamp: l is lit
property safe: never all l: Lamp: l.wear == 3
property some_safe: always some l: Lamp: l.wear < 3
property worn: peak (sum l: Lamp: l.wear) <= 8
property within: peak (sum l: Lamp: l.wear) <= 9
property never_seen: possible some l: Lamp: l.wear > 3
property mended: possible (all l: Lamp: l.wear == 0) with operators
property later: always eventually some l: Lamp: l is dark
property at_all_times: always possible all l: Lamp: l is dark
";

const BREACHING: &str = "model breaching
machine Counter {
  var n: 0..3 = 0
  may action step { n += 1 }
  may action halve when n == 3 { n = max(0, min(3, 6 / (n - 3))) }
}
property small: always Counter.n < 2
property large: always Counter.n <= 3
property three: possible Counter.n == 3
";

const UNREADABLE: &str = "model unreadable
machine Node * 2 { var other: Node? = none
  may action meet(n: Node) when other == none { other = n } }
property linked: never some n: Node: n.other.other == n
property any: always true
";

const NO_PROPERTY: &str = "model bare
var n: 0..9 = any
may action down when n > 0 { n -= 1 }
";

const MANY_STARTS: &str = "model starts
var a: 0..3 = any
var b: 0..3 = any
assume a <= b
may action up when a < b { a += 1 }
property low: always a < 3
";

#[test]
fn claims_about_states_are_judged_alike() {
    assert!(check("lamps", LAMPS, &[]));
    assert!(check("starts", MANY_STARTS, &[]));
}

#[test]
fn a_model_without_properties_is_searched_all_the_same() {
    assert!(check("bare", NO_PROPERTY, &[]));
    let theirs = theirs(&prepare(NO_PROPERTY, &[]));
    assert_eq!(theirs.parts[0].summary.state_count, 10);
}

#[test]
fn a_breach_is_a_finding_and_no_state() {
    assert!(check("breaching", BREACHING, &[]));
    assert!(check("unreadable", UNREADABLE, &[]));
    let theirs = theirs(&prepare(BREACHING, &[]));
    assert_eq!(theirs.parts[0].summary.state_count, 4);
    assert!(theirs.parts[0].judgement.breaches[0].trace.breach().is_some());
}

#[test]
fn a_start_that_breaches_is_told_before_anything_else() {
    let text = "model wrong\nvar n: 0..3 = any\nassume 6 / n > 1\nproperty p: always n < 9\n";
    let prepared = prepare(text, &[]);
    let (ours, theirs) = (ours(&prepared), theirs(&prepared));
    assert_eq!(ours.parts[0].judgement.start_breach, theirs.parts[0].judgement.start_breach);
    assert!(theirs.parts[0].judgement.start_breach.is_some());
    assert_eq!(word(theirs.by_property()[0].1), word(ours.by_property()[0].1));
}

#[test]
fn what_holds_says_that_it_rests_on_fingerprints() {
    let prepared = prepare(LAMPS, &[]);
    let theirs = theirs(&prepared);
    let answers = theirs.by_property();
    let grounds = answers.iter().filter_map(|(_, answer)| match &answer.verdict {
        Verdict::Holds { ground, worst: Some(worst), .. } => Some((ground, *worst)),
        _ => None,
    });
    let [(ground, worst)] = grounds.collect::<Vec<_>>()[..] else { panic!("one peak holds") };
    assert!(matches!(ground, Ground::Fingerprints(_)));
    assert_eq!(worst, Worst::Exactly(9));
}

#[test]
fn claims_about_executions_are_never_decided() {
    let theirs = theirs(&prepare(LAMPS, &[]));
    let undecided = theirs.by_property().into_iter().filter(|(_, one)| word(one) == "not decided");
    assert_eq!(undecided.count(), 2);
}

#[test]
fn more_questions_than_one_run_takes_are_asked_in_several() {
    let bound =
        |n: u32| format!("property p{n}: always n < {n}\nproperty q{n}: possible n == {n}\n");
    let text = format!("{NO_PROPERTY}{}", (0..80).map(bound).collect::<String>());
    let text = text.replace("var n: 0..9", "var n: 0..90").replace("= any", "= 60");
    assert!(check("many", &text, &[]));
}

/// Has patience for nothing.
struct Impatient;

impl Observer for Impatient {
    fn progress(&mut self, _: Progress) {}
    fn should_stop(&mut self) -> bool {
        true
    }
}

#[test]
fn an_interrupted_search_knows_nothing() {
    let text = "model large\nvar a: [1..18] bool\nmay action set(n: 1..18) { a[n] = not a[n] }\n\
                property p: always true\n";
    let prepared = prepare(text, &[]);
    let properties: Vec<PropertyId> = prepared.model.properties.ids().collect();
    let answers = pipeline::run_in_stateright(&prepared, &properties, &mut Impatient);
    assert_eq!(word(answers.by_property()[0].1), "unknown Unfinished(Interrupted)");
    assert!(answers.parts[0].summary.cut.is_some());
}

/// The two families at sizes whose counts other programs found, too.
#[test]
fn the_families_have_the_states_they_are_known_to_have() {
    let count = |name: &str, parameters: &[(&str, &str)]| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/scale").join(name);
        let text = std::fs::read_to_string(&file).expect("a model can be read");
        assert!(check(name, &text, parameters), "{name}");
        theirs(&prepare(&text, parameters)).parts[0].summary.state_count
    };
    assert_eq!(count("remirror.squall", &[("shifts", "3")]), 3667);
    assert_eq!(count("peterson.squall", &[("processes", "3")]), 288);
    assert_eq!(count("peterson.squall", &[("processes", "4")]), 4752);
}

#[test]
fn all_models_that_ship_are_judged_alike() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a model can be read");
        if !text.contains("\nuse ") && !text.contains("\nlibrary ") {
            check(&file.display().to_string(), &text, &[]);
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "squall") {
            files.push(path);
        }
    }
}
