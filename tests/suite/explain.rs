//! Explained traces and questions why, as a person meets them.

use std::path::{Path, PathBuf};
use std::process::Command;

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{Interpreter, Settings};
use squall::pipeline::{self, Case, Prepared, Request};
use squall::report::words::Naming;
use squall::report::{Report, VerdictWord};
use squall::system::ActionId;
use squall::trace::Trace;
use squall::trace::replay::{Ending, replay};

use crate::engine::worlds::Dice;
use crate::random::generate::generate;

/// A worker that a fault leaves with too long a queue: from then on it only turns work away.
pub const RETRY: &str = "\
model retry

mitigation give_up
mitigation paint

machine Worker {
  state busy, idle
  var queue: 0..3 saturating = 0

  fault flood at most 1 when queue == 0 { queue = 3 }
  action repair: idle -> busy { }
  /// {self} turns a request away, and it comes again.
  eventually action turn_away when queue >= 2 and not give_up { count retry }
}

machine Lamp {
  state dark, lit
  fault switch at most 1: dark -> lit { }
}

meter retry

property no_storm: finite retry
property empty: never Worker.queue == 3
property free: possible Worker is idle
";

/// What the program writes to stdout, its exit code, and what it writes to stderr.
fn run(folder: &Path, words: &[&str]) -> (String, Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    let output = command.args(words).current_dir(folder).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    (text(output.stdout), output.status.code(), text(output.stderr))
}

/// Runs the program on a model text in a scratch folder.
pub fn run_on(text: &str, words: &[&str]) -> (String, Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("m.squall"), text).expect("a writable file");
    run(folder.path(), words)
}

/// Checks that an output has these lines, one after the other, perhaps with others between.
pub fn check_lines(output: &str, expected: &[&str]) {
    let mut lines = output.lines().map(str::trim);
    for wanted in expected {
        assert!(lines.any(|line| line == *wanted), "no line `{wanted}` (in order) in:\n{output}");
    }
}

#[test]
fn a_storm_is_told_as_causes() {
    let words = ["check", "m.squall", "--property", "no_storm", "--explain"];
    let (out, code, _) = run_on(RETRY, &words);
    assert_eq!(code, Some(1));
    check_lines(
        &out,
        &[
            "How one thing led to another",
            "1  worker.flood      worker.queue: 0 → 3",
            "3  worker.turn_away",
            "What keeps the loop going",
            "No step of it needs another one of it: each can be taken again as it is.",
            "Earlier steps that keep it going",
            "1  worker.flood  worker.queue = 3",
            "What is left of the faults",
            "of worker.flood of step 1 is left: worker.queue = 3",
            "Who did what",
            "worker  1 flood, 3 turn_away",
            "What each mitigation makes of it, each added alone and no two together",
            "give_up  step 3, worker.turn_away, cannot happen: `give_up` is true",
            "paint does not touch it",
        ],
    );
}

#[test]
fn a_mitigation_that_makes_the_same_steps_harmless_is_told_so() {
    let text = "\
model harmless
param size = 3
mitigation small { size = 1 }
mitigation mild { size = 2 }
mitigation deaf
var x: 0..3 = 0
fault hit at most 1 { x += size }
property few: peak x <= 1
property some_hit: always eventually x > 0
";
    let (out, ..) = run_on(text, &["check", "m.squall", "--property", "few", "--explain"]);
    check_lines(
        &out,
        &[
            "small  the same steps do no harm any more: step 1 makes x 1, not 3",
            "mild   does not stop it, though step 1 makes x 2, not 3",
            "deaf does not touch it",
        ],
    );
}

/// A model with every trace of it explained, in one configuration; none if it is no sound model.
fn explained(sources: &[Source], mitigations: Vec<String>) -> Option<Report> {
    let settings = Settings { mitigations, ..Settings::default() };
    let prepared = pipeline::prepare(sources, &settings).ok()?;
    let request = Request {
        properties: prepared.model.properties.ids().collect(),
        limits: Limits { states: Some(20_000), ..Limits::NONE },
        workers: 1,
    };
    let answers = pipeline::run(&prepared, &request, &mut Silent);
    let mut report = Report::of(&prepared, &answers);
    report.explain(&prepared, sources, &settings, &answers);
    Some(report)
}

/// Where the model holds with a mitigation, no explanation may say that the mitigation does not stop it.
/// How many times one is said to be of no use.
fn check_no_use(sources: &[Source]) -> usize {
    let Some(report) = explained(sources, Vec::new()) else { return 0 };
    let mut judged_count = 0;
    let findings = report.findings.iter().map(|one| (None, &one.explained));
    let properties = report.properties.iter().enumerate();
    let properties = properties.map(|(at, one)| (Some(at), &one.explained));
    for (property, explained_trace) in findings.chain(properties) {
        let fates = explained_trace.iter().flat_map(|explained| &explained.mitigations);
        for fate in fates.filter(|fate| matches!(fate.kind, "untouched" | "bent")) {
            let with = explained(sources, vec![fate.mitigation.clone()]).expect("it is applied");
            let is_cut = with.explored.iter().any(|one| one.cut.is_some());
            let what = format!("{}: {property:?} with {}", sources[0].name, fate.mitigation);
            match property {
                Some(at) => assert_ne!(with.properties[at].verdict, VerdictWord::Holds, "{what}"),
                None => assert!(is_cut || !with.findings.is_empty(), "{what}"),
            }
            judged_count += 1;
        }
    }
    judged_count
}

#[test]
fn no_mitigation_that_works_is_called_useless() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ["models/tour", "models/incidents", "tests/cases"]
        .iter()
        .for_each(|it| models_below(&root.join(it), &mut paths));
    let judged = paths.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a model is text");
        check_no_use(&[Source::new(SourceId(0), path.display().to_string(), text)])
    });
    assert!(judged.sum::<usize>() > 0, "some mitigation is of no use somewhere");
}

#[test]
fn no_explanation_of_a_generated_model_calls_what_works_useless() {
    let judged = (0..400).map(|seed| {
        let text = generate(&mut Dice::from_seed(seed)).to_string();
        check_no_use(&[Source::new(SourceId(0), format!("seed {seed}"), text)])
    });
    assert!(judged.sum::<usize>() > 50, "many mitigations change nothing that matters");
}

#[test]
fn a_loop_is_told_once_around() {
    let text = "\
model turns
machine Request {
  state sent, dropped, waiting
  var wait: timer(2) = 0 while waiting
  action drop: sent -> dropped { count lost }
  action retry: dropped -> waiting { wait = 2 }
  action send: waiting -> sent when wait == 0 { }
}
meter lost
property no_storm: finite lost
";
    let (out, ..) = run_on(text, &["check", "m.squall", "--explain"]);
    check_lines(&out, &["What keeps the loop going: drop → retry → time passes → send → drop"]);
}

#[test]
fn what_had_no_part_stands_in_brackets() {
    let text = "\
model parts
machine Bell { state still, ringing
  fault ring at most 1: still -> ringing { }
  eventually action annoy: ringing { count noise }
}
machine Lamp { state dark, lit  eventually action switch: dark -> lit { } }
meter noise
property quiet: finite noise
";
    let (out, ..) = run_on(text, &["check", "m.squall", "--explain"]);
    check_lines(&out, &["lamp  (1 switch)", "bell  2 ring, 4 annoy"]);
}

/// A pump that overflows, and a guard whose dozing stops time.
const PUMP: &str = "\
model pump
param room = 3 in 1..9
mitigation wide { room = 9 }
mitigation awake
mitigation paint
machine Pump {
  state off, running
  var level: 0..room = 0
  fault start at most 1: off -> running { }
  eventually action fill: running { level += 1 }
}
machine Guard {
  state alert, asleep
  fault doze at most 1: alert -> asleep { }
  action toss: asleep when not awake { }
}
property attentive: eventually always Guard is alert
property woken: always possible Guard is alert
property once: (next eventually Guard is asleep) implies always Guard is alert
";

#[test]
fn breaches_and_stopped_time_are_explained_as_well() {
    let (out, code, _) = run_on(PUMP, &["check", "m.squall", "--explain"]);
    assert_eq!(code, Some(1));
    check_lines(
        &out,
        &[
            "finding: the model breaks its own rules: a value leaves its range",
            "How one thing led to another",
            "1  pump.start  pump: off → running",
            "5  pump.fill",
            "Who did what",
            "pump  1 start, 2 fill, 3 fill, 4 fill, 5 fill",
            "What each mitigation makes of it, each added alone and no two together",
            "wide   step 5, pump.fill, does not break a rule any more",
            "awake, paint do not touch it",
            "finding: time stops: from 5 states no tick can be reached any more",
            "What the ending needs",
            "1  guard.doze  guard is asleep",
            "awake  the same steps do no harm any more",
            "wide, paint do not touch it",
        ],
    );
    let (out, ..) = run_on(PUMP, &["check", "m.squall", "--explain", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let fates = |finding: usize| {
        let fates = &document["report"]["findings"][finding]["explained"]["mitigations"];
        let fates = fates.as_array().expect("fates").iter();
        fates.map(|one| one["fate"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(fates(0), ["broken", "untouched", "untouched"]);
    assert_eq!(fates(1), ["untouched", "averted", "untouched"]);
}

/// What each mitigation makes of the trace of a property, by their order in the text.
fn check_fates(text: &str, property: &str, expected: &[&str]) {
    let words = ["check", "m.squall", "--explain", "--property", property, "--format", "json"];
    let document: serde_json::Value =
        serde_json::from_str(&run_on(text, &words).0).expect("it is JSON");
    let explained = &document["report"]["properties"][0]["explained"];
    let fates = explained["mitigations"].as_array().expect("it is explained").iter();
    let fates: Vec<&str> = fates.map(|one| one["fate"].as_str().expect("a word")).collect();
    assert_eq!(fates, expected, "{property}: {document:#}");
}

#[test]
fn the_fate_of_a_temporal_claim_is_judged_by_its_formula() {
    let text = "\
model lights
param rest = 2 in 1..3
mitigation brief { rest = 1 }
mitigation bright
mitigation lazy
mitigation shy
machine Lamp {
  state dark, dim, lit
  var wait: timer(3) = 0
  action rise: dark -> dim when wait == 0 { wait = rest }
  action go_on: dim -> lit when wait == 0 { wait = 1 }
  action fall: lit -> dark when wait == 0 { wait = if shy then 0 else 1 }
  eventually action rest_well when lazy { }
}
def is_seen = Lamp is lit or bright
property seen: always eventually always is_seen
property quick: always (Lamp is dark implies next next next is_seen)
property steady: (always eventually Lamp is dark) implies (eventually always is_seen)
";
    // A shorter rest bends the loop, which still does not stay lit; a bright lamp is always seen; where
    // something else is owed the same loop is not fair any more.
    check_fates(text, "seen", &["broken", "averted", "averted", "broken"]);
    check_fates(text, "steady", &["broken", "averted", "averted", "broken"]);
    check_fates(text, "quick", &["broken", "averted", "averted", "broken"]);
    check_fates(PUMP, "attentive", &["untouched", "broken", "untouched"]);
    check_fates(PUMP, "once", &["untouched", "broken", "untouched"]);
}

#[test]
fn what_can_come_behind_the_end_decides_the_fate_of_what_must_stay_possible() {
    let text = "\
model way_back
mitigation door
mitigation late_door
mitigation paint
machine Room {
  state inside, stuck, hall
  fault slip at most 1: inside -> stuck { }
  may action climb: stuck -> hall when door or late_door { }
  may action enter: hall -> inside when door { }
}
property free: always possible Room is inside
";
    check_fates(text, "free", &["averted", "untouched", "untouched"]);
}

#[test]
fn the_fates_of_bounds_are_judged_by_counting() {
    let text = "\
model bounds
param price = 2 in 0..3
mitigation cheap { price = 1 }
mitigation free { price = 0 }
mitigation dear { price = 3 }
machine Shop {
  state open, shut
  var sold: 0..3 = 0
  may action sell when sold < 3 { sold += 1  count cost += price }
  fault close at most 1: open -> shut { }
  eventually action reopen: shut -> open { }
}
meter cost
healthy when Shop is open
property total_cost: total cost <= 4
property soon: total cost within 1 ticks <= 4
property in_time: recovers within 2 ticks
";
    check_fates(text, "total_cost", &["averted", "averted", "bent"]);
    check_fates(text, "soon", &["averted", "averted", "bent"]);
    check_fates(text, "in_time", &["untouched", "untouched", "untouched"]);
}

/// The steps that a claim about a total counts are what its ending needs.
#[test]
fn a_total_is_explained_by_what_it_counts() {
    let text = "\
model sales
machine Shop {
  state open, shut
  fault close at most 2: open -> shut { count loss }
  eventually action reopen: shut -> open { }
}
machine Lamp { state dark, lit  may action switch: dark -> lit { } }
meter loss
property few: total loss <= 1
";
    let (out, ..) = run_on(text, &["check", "m.squall", "--explain"]);
    check_lines(
        &out,
        &[
            "What the ending needs",
            "1  shop.close",
            "3  shop.close",
            "shop  1 close, 2 reopen, 3 close",
        ],
    );
}

#[test]
fn explanations_are_there_for_programs_as_well() {
    let words = ["check", "m.squall", "--explain", "--format", "json"];
    let (out, ..) = run_on(RETRY, &words);
    let document: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let explained = &document["report"]["properties"][0]["explained"];
    assert_eq!(explained["chain"][0]["action"], "worker.flood");
    assert_eq!(explained["mitigations"][0]["fate"], "broken");
    assert_eq!(document["report"]["properties"][2]["explained"], serde_json::Value::Null);
}

/// The flagship's explanation; `UPDATE=1` rewrites the file.
#[test]
fn the_outage_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = "models/incidents/ebs-2011.squall";
    let (out, ..) = run(root, &["check", model, "--property", "no_storm", "--explain"]);
    let begin = out.find("  How one thing led").expect("it is explained");
    let end = out.find("  to see this again").expect("the story ends");
    let path: PathBuf = root.join("tests/suite/explain/ebs-2011.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &out[begin..end]).expect("a writable file");
    }
    let expected = std::fs::read_to_string(&path).expect("the file is there");
    assert_eq!(out[begin..end], expected, "UPDATE=1 rewrites the file");
}

/// Checks the answer to a question about the trace of `no_storm`.
fn check_why(step: &str, action: &str, expected: &[&str]) {
    let (out, code, err) = run_on(RETRY, &["why", "m.squall", "no_storm", step, action]);
    assert_eq!(code, Some(0), "{err}");
    check_lines(&out, expected);
}

#[test]
fn why_tells_the_first_obstacle() {
    check_why("1", "worker.turn_away", &["It is enabled there."]);
    check_why("1", "worker.flood", &["Its budget is spent: it happens 1 time at most."]);
    check_why("0", "worker.repair", &["worker is busy, and it starts from idle."]);
    check_why(
        "0",
        "worker.turn_away",
        &[
            "worker.turn_away cannot happen at the start.",
            "Its guard is false.",
            "false  queue >= 2 and not give_up  where self = worker  m.squall:13",
            "false  queue >= 2",
            "queue = 0",
            "true   not give_up",
        ],
    );
}

#[test]
fn why_shows_witnesses_through_definitions() {
    let text = "\
model rooms
machine Node * 3 {
  var slots: 0..2 = self.index
  def has_room = slots > 1
}
action give_up when no n: Node: n.has_room { }
action wait(n: Node where n.slots == 0) when n.has_room { }
property p: never all n: Node: n.slots == self_index(n)
def self_index(n: Node) = n.slots
";
    let (out, ..) = run_on(text, &["why", "m.squall", "p", "0", "give_up"]);
    check_lines(
        &out,
        &[
            "false  no n: Node: n.has_room  m.squall:6",
            "true   n.has_room  where n = node3",
            "true   slots > 1  where self = node3  m.squall:4",
            "slots = 2",
        ],
    );
    let (out, ..) = run_on(text, &["why", "m.squall", "p", "0", "wait(node2)"]);
    check_lines(&out, &["What it asks of a parameter is false."]);
    let (out, ..) = run_on(text, &["why", "m.squall", "p", "0", "tick", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!(document["enabled"], true);
}

#[test]
fn a_question_about_nothing_is_refused() {
    let refusals = [
        (["no_strom", "0", "tick"], "did you mean `no_storm`?"),
        (["no_storm", "9", "tick"], "has no step 9"),
        (["no_storm", "0", "worker.flod"], "did you mean `worker.flood`?"),
        (["no_storm", "0", "node.flood"], "there is worker.flood"),
        (["free", "0", "tick"], "there is no trace of `free`"),
    ];
    for (words, expected) in refusals {
        let (_, code, err) = run_on(RETRY, &[&["why", "m.squall"], &words[..]].concat());
        assert_eq!(code, Some(2), "{words:?}");
        assert!(err.contains(expected), "{words:?}: {err}");
    }
}

fn prepare(name: &str, text: &str) -> Option<(Vec<Source>, Prepared)> {
    let sources = vec![Source::new(SourceId(0), name, text)];
    let prepared = pipeline::prepare(&sources, &Settings::default()).ok()?;
    Some((sources, prepared))
}

/// Shortens a trace of a property with these actions, which repeats from a step, and expects these to be
/// left.
fn check_shortened(
    text: &str,
    property: &str,
    actions: &[&str],
    repeats_from: u32,
    expected: &[&str],
) {
    let (_, prepared) = prepare("m.squall", text).expect("a sound model");
    let model = &prepared.model;
    let naming = Naming::of(model);
    let ids = (0..model.instances.len() as u32).map(ActionId);
    let ids: Vec<(ActionId, String)> = ids.map(|id| (id, naming.action(id))).collect();
    let id = |name: &&str| ids.iter().find(|(_, told)| told == name).expect("an action").0;
    let trace = Trace {
        start: Vec::new(),
        actions: actions.iter().map(id).collect(),
        repeats_from: Some(repeats_from),
    };
    let meaning = Interpreter::new(model);
    let mut start = None;
    meaning.starts(&mut |found| {
        start = found.ok();
        std::ops::ControlFlow::Break(())
    });
    let walked = replay(&meaning, start.expect("a start"), &trace, Ending::FairLoop);
    let walked = walked.expect("a trace of the model");
    let mut properties = model.properties.iter_with_ids();
    let property = properties.find(|(_, one)| one.name == property).expect("a property").0;
    let shorter = pipeline::shortened(&prepared, &Case::of_property(model, property, &walked));
    let left = shorter.as_ref().unwrap_or(&walked).steps().iter();
    let left: Vec<String> = left.map(|step| naming.action(step.action)).collect();
    assert_eq!(left, expected);
}

#[test]
fn steps_that_a_loop_can_do_without_are_dropped() {
    let text = "\
model bell
machine Bell { state still, ringing
  fault ring at most 1: still -> ringing { }
  eventually action annoy: ringing { count noise }
}
machine Door { state shut, open
  fault break_in at most 2: shut -> open { }
  may action push: shut -> open { }
  may action pull: open -> shut { }
}
machine Lamp { state dark, lit
  var owner: bool = true
  may action leave when owner { owner = false }
  eventually action switch: dark -> lit when owner { }
  eventually action switch_off: lit -> dark { }
}
meter noise
property quiet: finite noise
property still: eventually always Bell is still
";
    let with_door = [
        "door.push",
        "lamp.leave",
        "bell.ring",
        "door.pull",
        "door.break_in",
        "tick",
        "bell.annoy",
        "door.pull",
        "door.push",
        "bell.annoy",
    ];
    for property in ["quiet", "still"] {
        let check = |actions: &[&str], repeats_from, expected: &[&str]| {
            check_shortened(text, property, actions, repeats_from, expected);
        };
        // Without anybody to switch the lamp nothing is owed to it; the other fault has no part in it.
        check(&with_door, 5, &["lamp.leave", "bell.ring", "tick", "bell.annoy"]);
        // What fairness asks for stays, once: the loop must tick, annoy, and switch the lamp on and off.
        let needed = ["bell.ring", "tick", "lamp.switch", "bell.annoy", "lamp.switch_off"];
        check(&needed, 1, &needed);
        let twice = [
            "bell.ring",
            "tick",
            "lamp.switch",
            "door.push",
            "bell.annoy",
            "lamp.switch_off",
            "bell.annoy",
            "lamp.switch",
            "tick",
            "door.pull",
            "lamp.switch_off",
        ];
        check(&twice, 1, &["bell.ring", "tick", "lamp.switch", "bell.annoy", "lamp.switch_off"]);
    }
}

/// Too many clerks want to greet for the shortest loop to be looked for; the one that is found opens a
/// door for nothing.
#[test]
fn a_loop_that_does_too_much_is_told_without() {
    let text = "\
model office
machine Clerk * 64 { eventually action greet { } }
machine Bell { eventually action annoy { count noise } }
machine Job { state idle, busy, written, signed
  eventually action start: idle -> busy { }
  may action write: busy -> written { }
  may action sign: written -> signed { }
  strong eventually action finish: signed -> idle { }
}
machine Door { state shut, open
  var visited: bool
  may action push: shut -> open { }
  may action pull: open -> shut { }
  strong eventually action enter: open { visited = not visited }
}
meter noise
property quiet: finite noise
";
    let (out, ..) = run_on(text, &["check", "m.squall", "--explain"]);
    check_lines(&out, &["The same without 4 steps that the ending does not need"]);
    let (found, shorter) = out.split_once("The same without").expect("it is told twice");
    assert!(found.contains("door.push") && !shorter.contains("door.push"), "{out}");
    assert!(shorter.contains("job.finish") && shorter.contains("clerk64.greet"), "{out}");
}

/// A loop in a trap is not replaced by one that can be left, even if that has fewer steps.
#[test]
fn what_is_shorter_is_as_bad() {
    let text = "\
model rooms
machine Room { state outside, hall, cellar
  var rung: bool
  may action enter: outside -> hall { }
  may action slip: hall -> cellar { }
  may action leave: hall -> outside { }
  eventually action ring when self is hall | cellar { count noise }
}
meter noise
DECLARED
property quiet: finite noise
";
    for declared in ["healthy when Room is outside", ""] {
        let text = text.replace("DECLARED", declared);
        let trapped = ["room.enter", "room.slip", "room.ring", "tick"];
        check_shortened(&text, "quiet", &trapped, 2, &trapped);
    }
}

/// All models below a folder that need no library.
pub fn models_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder can be listed");
    for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
        if path.is_dir() {
            models_below(&path, found);
        } else if path.extension().is_some_and(|it| it == "squall") {
            found.push(path);
        }
    }
}

#[test]
fn every_failing_trace_of_the_corpus_can_be_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ["models/tour", "tests/cases"].iter().for_each(|it| models_below(&root.join(it), &mut paths));
    paths.sort();
    let mut explained_count = 0;
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a model is text");
        let Some((sources, prepared)) = prepare(&path.display().to_string(), &text) else {
            continue;
        };
        let request = Request {
            properties: prepared.model.properties.ids().collect(),
            limits: Limits { states: Some(20_000), ..Limits::NONE },
            workers: 1,
        };
        let answers = pipeline::run(&prepared, &request, &mut Silent);
        let mut report = Report::of(&prepared, &answers);
        report.explain(&prepared, &sources, &Settings::default(), &answers);
        explained_count += report.properties.iter().filter(|one| one.explained.is_some()).count();
    }
    assert!(explained_count > 20, "only {explained_count} traces were explained");
}
