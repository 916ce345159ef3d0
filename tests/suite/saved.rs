//! Saved traces: told, read back, and walked again; refused where they are not of the model.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::Settings;
use squall::pipeline::{self, Answers, Prepared, Request};
use squall::report::retrace::retrace;
use squall::report::saved::Saved;
use squall::report::tell::Teller;
use squall::report::{Report, ToldTrace, json};

use crate::explain::models_below;

/// A client that a fault leaves waiting; operators can help it, each in their way.
const CLIENT: &str = "\
model client

param patience = 2 in 1..4
param doubled = patience * 2
mitigation brief { patience = 1 }

enum Mood { calm_down, hurry }

machine Server * 2 {
  state up, down
  fault crash at most 1: up -> down { }
  operator action restart at most 1: down -> up { }
}

machine Client {
  state idle, waiting
  var moods: set of Mood = any
  var table: [Mood] 0..4 = any
  var wait: timer(4) = 0 while waiting
  var sent: queue of Server max 2

  /// {self} asks {s} in vain.
  action ask(s: Server): idle -> waiting when s is down {
    wait = patience
    if length(sent) < 2 { push(sent, s) }
    count retry
  }
  action again: waiting -> idle when wait == 0 { }
}

assume Client.moods == {Mood.hurry}
assume Client.table[calm_down] == 3 and Client.table[hurry] == 1
meter retry
healthy when all s: Server: s is up

property no_storm: finite retry
property lasts: never some s: Server: s is down
";

/// A scratch folder with a model in it.
struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    fn with(model: &str) -> Scratch {
        let scratch = Scratch { folder: tempfile::tempdir().expect("a scratch folder") };
        scratch.write("m.squall", model);
        scratch
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a writable file");
    }

    /// The exit code, and what goes to stdout and stderr.
    fn run(&self, line: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        let command = command.args(line.split_whitespace()).current_dir(self.folder.path());
        let output = command.output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        let code = output.status.code().expect("it ends by itself");
        (code, text(output.stdout), text(output.stderr))
    }

    /// Saves the report of a check.
    fn save(&self, name: &str, line: &str) {
        self.write(name, &self.run(&format!("check m.squall --format json {line}")).1);
    }
}

fn source(name: &str, text: &str) -> Vec<Source> {
    vec![Source::new(SourceId(0), name, text)]
}

fn judge(prepared: &Prepared) -> Answers {
    let properties = prepared.model.properties.ids().collect();
    let limits = Limits { states: Some(20_000), ..Limits::NONE };
    pipeline::run(prepared, &Request { properties, limits, workers: 1 }, &mut Silent)
}

/// The traces of a report, in the order of its document.
fn traces(report: &Report) -> Vec<ToldTrace> {
    let findings = report.findings.iter().map(|finding| &finding.trace);
    let of_properties = report.properties.iter().flat_map(|property| {
        let notes = property.notes.iter().filter_map(|(_, trace)| trace.as_ref());
        property.trace.iter().chain(&property.witness).chain(notes)
    });
    // Where a trace passes the point of no return is not known from the trace alone.
    let alone =
        |trace: &ToldTrace| ToldTrace { last_sure: None, last_possible: None, ..trace.clone() };
    findings.chain(of_properties).map(alone).collect()
}

/// Saves all traces of a run, walks them again, and expects to be told the same. How many they are.
pub fn walk_again(
    prepared: &Prepared,
    sources: &[Source],
    answers: &Answers,
) -> Result<usize, String> {
    let report = Report::of(prepared, answers);
    let expected = traces(&report);
    let document = json::check("m.squall", 0, sources, &[], Some(&report));
    let saved = match Saved::read(&document) {
        Ok(saved) => saved.traces,
        Err(_) if expected.is_empty() => return Ok(0),
        Err(error) => return Err(format!("a report cannot be read: {error}")),
    };
    if saved.len() != expected.len() {
        return Err(format!("{} traces of {} are saved", saved.len(), expected.len()));
    }
    for (trace, expected) in saved.iter().zip(&expected) {
        let walked = retrace(prepared, sources, trace).map_err(|misfit| misfit.to_string())?;
        let told = Teller::of(&prepared.model).trace(&walked);
        if told != *expected {
            return Err(format!("{} is told otherwise: {told:?}", trace.name));
        }
    }
    Ok(saved.len())
}

#[test]
fn every_trace_of_the_models_can_be_saved_and_walked_again() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    ["models", "tests/cases"].iter().for_each(|it| models_below(&root.join(it), &mut paths));
    let mut walked_count = 0;
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a model is text");
        let sources = source("m.squall", &text);
        let Ok(prepared) = pipeline::prepare(&sources, &Settings::default()) else { continue };
        let walked = walk_again(&prepared, &sources, &judge(&prepared));
        walked_count += walked.unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    }
    assert!(walked_count > 100, "only {walked_count} traces were walked again");
}

#[test]
fn a_saved_trace_is_as_good_as_a_search() {
    let scratch = Scratch::with(CLIENT);
    scratch.save("report.json", "--set patience=3");
    let found = scratch.run("rescue m.squall --set patience=3 --from no_storm");
    let saved = scratch.run("rescue m.squall --from report.json:no_storm");
    assert_eq!((found.0, saved.0), (0, 0), "{}", saved.2);
    assert!(found.1.contains("server1.restart (operator)"), "{}", found.1);
    assert_eq!(saved.1, found.1.replace("no_storm", "no_storm in report.json"));
    let said = "the trace in `report.json` is walked in this configuration: --set patience=3\n";
    assert!(saved.2.starts_with(said), "{}", saved.2);
    for question in ["2 client.again", "1 client.ask(server1)", "0 tick", "2 tick --explained"] {
        let found = scratch.run(&format!("why m.squall no_storm {question} --set patience=3"));
        let saved = scratch.run(&format!("why m.squall report.json:no_storm {question}"));
        assert_eq!((saved.0, &saved.1), (0, &found.1), "{question}: {}", saved.2);
    }
    let (code, told, _) = scratch.run("simulate m.squall --replay report.json:no_storm");
    assert!(code == 0 && told.contains("client asks server1 in vain."), "{told}");
    assert!(told.contains("and so on from step"), "{told}");
}

#[test]
fn one_trace_needs_no_name_and_several_do() {
    let scratch = Scratch::with(CLIENT);
    scratch.save("one.json", "--property lasts");
    scratch.save("two.json", "");
    assert_eq!(scratch.run("rescue m.squall --from one.json").0, 0);
    assert_eq!(scratch.run("rescue m.squall --from ./two.json:lasts").0, 0);
    scratch.save("with:colon.json", "--property lasts");
    assert_eq!(scratch.run("rescue m.squall --from with:colon.json").0, 0);
    scratch.save("none.json", "--property lasts --max-states 1");
    scratch.write("odd.json", "{\"version\": 1, \"command\": \"test\", \"files\": []}");
    scratch.write("old.json", "{\"version\": 9, \"command\": \"check\"}");
    scratch.write("half.json", "{\"version\": 1, \"command\": \"check\", \"report\": {}}");
    let refusals = [
        (
            "two.json",
            "`two.json` holds 2 traces; name one, like `two.json:no_storm`: no_storm, lasts",
        ),
        ("two.json:last", "`two.json` holds no trace of `last`: there is no_storm, lasts"),
        ("three.json", "cannot read `three.json`: there is no such file"),
        (".", "cannot read `.`: it is a folder, not a file"),
        ("none.json", "cannot use `none.json`: this document of `squall check` holds no trace"),
        ("odd.json", "cannot use `odd.json`: this document of `squall test` holds no trace"),
        ("old.json", "cannot use `old.json`: its version is 9, and this program reads version 1"),
        ("half.json", "it is not what `squall check --format json` writes: missing field"),
        ("m.squall", "cannot use `m.squall`: it is not what `squall check --format json` writes"),
        ("lsats", "the model has no property `lsats`: did you mean `lasts`?"),
    ];
    for (name, expected) in refusals {
        let (code, _, err) = scratch.run(&format!("rescue m.squall --from {name}"));
        assert_eq!(code, 2, "{name}: {err}");
        assert!(err.contains(expected), "{name}: {err}");
    }
}

#[test]
fn a_trace_is_walked_in_its_own_configuration_unless_another_is_chosen() {
    let scratch = Scratch::with(CLIENT);
    let says = |line: &str| {
        let (code, _, err) = scratch.run(&format!("why m.squall trace.json 2 tick {line}"));
        (code, err.lines().next().unwrap_or_default().to_owned())
    };
    let walked = |choice: &str| {
        (0, format!("the trace in `trace.json` is walked in this configuration: {choice}"))
    };
    scratch.save("trace.json", "--property no_storm --with brief");
    assert_eq!(says(""), walked("--with brief"));
    scratch.save("trace.json", "--property no_storm --set patience=4 --set doubled=3");
    assert_eq!(says(""), walked("--set patience=4 --set doubled=3"));
    // What is computed from a value that was set needs not be set.
    scratch.save("trace.json", "--property no_storm --set patience=4");
    assert_eq!(says(""), walked("--set patience=4"));
    let (code, _, err) = scratch.run("why m.squall trace.json 2 tick --set patience=3");
    assert_eq!(code, 2);
    let expected = "of another version or configuration of the model: at step 2 it says \
                    client.ask(server1): `client.wait` goes from 0 to 4, and in the model it goes \
                    from 0 to 3";
    assert!(err.contains(expected), "{err}");
    assert!(err.contains("--set patience=3\n"), "{err}");
    scratch.save("trace.json", "--property no_storm --set patience=1");
    assert_eq!(says("--with brief"), walked("--with brief --set patience=1"));
}

#[test]
fn a_trace_of_another_version_is_refused_where_it_differs() {
    let scratch = Scratch::with(CLIENT);
    scratch.save("trace.json", "--property no_storm");
    // What is changed, what it becomes, and where the trace differs then, if it does.
    let versions = [
        ("max 2", "max 3", None),
        ("at most 1: up", "at most 5: up", None),
        (
            "s is down {",
            "s is down and patience > 3 {",
            Some(
                "at step 2 it says client.ask(server1): in the model it cannot happen there \
                 (`patience > 3` is false (patience = 2)); what can happen there is tick, \
                 server1.restart",
            ),
        ),
        (
            "action again",
            "action go_on",
            Some("at step 5 it says client.again, which the model does not have"),
        ),
        (
            "count retry",
            "count retry += 3",
            Some("at step 2 it says client.ask(server1): it counts 1 retry, and in the model 3"),
        ),
        (
            "wait = patience",
            "wait = patience - 3 * size(moods)",
            Some(
                "at step 2 it says client.ask(server1): in the model it breaks a rule: a value \
                 leaves its range",
            ),
        ),
        (
            "Server * 2",
            "Server * 3",
            Some("at its start it says nothing of `server3`, which the model has"),
        ),
        ("Server * 2", "Server * 1", Some("at its start it tells of `server2`, which the model")),
        ("{Mood.hurry}", "{}", Some("at its start an assumption of the model is false")),
        (
            "set of Mood = any",
            "set of Mood",
            Some("at its start it says that `client.moods` is {hurry}, and in the model it is {}"),
        ),
        (
            "calm_down, hurry }",
            "calm_down, hurry, rest }",
            Some("at its start an assumption of the model is false"),
        ),
        (
            "state idle",
            "state quiet, idle",
            Some("at its start it says that `client` is idle, and in the model it is quiet"),
        ),
        (
            "  action again:",
            "  may action again at most 3:",
            Some("its loop closes, and in the model it does not come back to the same state"),
        ),
        (
            "meter retry",
            "eventually action hum { }\nmeter retry",
            Some("its loop is fair, and in the model it puts off hum"),
        ),
    ];
    for (old, new, expected) in versions {
        assert!(CLIENT.contains(old), "{old}");
        scratch.write("m.squall", &CLIENT.replacen(old, new, 1));
        let (code, _, err) = scratch.run("why m.squall trace.json 2 tick");
        match expected {
            None => assert_eq!(code, 0, "{new}: {err}"),
            Some(expected) => {
                assert_eq!(code, 2, "{new}: {err}");
                assert!(err.contains(expected), "{new}: {err}");
            }
        }
    }
}

/// Every place in a document, as a JSON pointer.
fn places(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, inner)| places(inner, format!("{here}/{key}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(at, inner)| places(inner, format!("{here}/{at}"), found));
        }
        _ => {}
    }
    found.push(here);
}

/// Whatever is written into a report, it is refused or walked as it stands there.
#[test]
fn a_forged_trace_is_refused() {
    let sources = source("m.squall", CLIENT);
    let prepared = pipeline::prepare(&sources, &Settings::default()).expect("a sound model");
    let report = Report::of(&prepared, &judge(&prepared));
    let document = json::check("m.squall", 1, &sources, &[], Some(&report));
    let original: Value = serde_json::from_str(&document).expect("valid JSON");
    let mut all = Vec::new();
    places(&original, String::new(), &mut all);
    let wrong = [Value::Null, "tick".into(), 0.into(), u64::MAX.into(), Value::Array(Vec::new())];
    let saved = Saved::read(&document).expect("our own document");
    let (mut refused_count, mut walked_count) = (0, 0);
    for place in all {
        for value in &wrong {
            let mut forged = original.clone();
            *forged.pointer_mut(&place).expect("the place is there") = value.clone();
            let Ok(read) = Saved::read(&forged.to_string()) else { continue };
            for trace in &read.traces {
                match retrace(&prepared, &sources, trace) {
                    Err(_) => refused_count += 1,
                    Ok(_) => {
                        let is_known = |one: &&squall::report::saved::SavedTrace| {
                            one.start == trace.start && one.steps == trace.steps
                        };
                        let known = saved.traces.iter().find(is_known);
                        let same = known.is_some_and(|one| one.repeats == trace.repeats);
                        // Without its loop, the way there and one turn are a trace as well.
                        let is_way = trace.repeats.is_none() && trace.breach.is_none();
                        assert!(same || is_way, "{place} = {value}: {trace:?}");
                        walked_count += 1;
                    }
                }
            }
        }
    }
    assert!(refused_count > 50 && walked_count > 50, "{refused_count}, {walked_count}");
}

#[test]
fn rescues_and_answers_are_documents_for_programs_as_well() {
    let scratch = Scratch::with(CLIENT);
    let document = |line: &str| -> (i32, Value) {
        let (code, out, err) = scratch.run(&format!("{line} --format json"));
        let document: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        assert_eq!(document["version"], 1, "{line}");
        assert_eq!(document["exit_code"], code, "{line}");
        assert_eq!(scratch.run(&format!("{line} --format json")).1, out, "{line}");
        (code, document)
    };
    let (code, told) = document("rescue m.squall");
    assert_eq!((code, &told["command"], &told["file"]), (0, &"rescue".into(), &"m.squall".into()));
    let rescue = &told["rescue"];
    assert_eq!(rescue["from"], "no_storm");
    assert_eq!(rescue["recovery"], "needs_operators");
    assert_eq!(rescue["plans"][0]["promise"], "guaranteed");
    assert_eq!(rescue["plans"][0]["interventions"], 1);
    let way = rescue["way"]["steps"].as_array().expect("steps").len();
    let plan = rescue["plans"][0]["trace"]["steps"].as_array().expect("steps");
    assert_eq!(plan[way]["action"], "server1.restart");
    assert_eq!(rescue["operators"][0]["alone"], "guarantees");
    let (code, told) = document("rescue m.squall --max-states 3");
    assert_eq!((code, &told["reason"], &told["rescue"]), (3, &"unfinished".into(), &Value::Null));
    let (code, told) = document("why m.squall no_storm 1 client.ask(server2)");
    assert_eq!((code, &told["from"], &told["step"]), (0, &"no_storm".into(), &1.into()));
    assert_eq!((&told["enabled"], &told["condition"]["value"]), (&false.into(), &"false".into()));
    let (code, told) = document("why m.squall no_strom 1 tick");
    assert!(code == 2 && told["error"].as_str().is_some_and(|it| it.contains("no_storm")));
    scratch.write("m.squall", "model m\nvar a: boool\n");
    for line in ["rescue m.squall", "why m.squall p 0 tick"] {
        let (code, told) = document(line);
        assert_eq!((code, &told["diagnostics"][0]["code"]), (2, &"unknown-type".into()), "{line}");
    }
}

/// An operator step on the way there must not be confused with those of the plan.
#[test]
fn a_trace_with_operator_steps_is_rescued_from_as_well() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/incidents/ebs-2011.squall");
    let scratch = Scratch::with(&std::fs::read_to_string(root).expect("a model is text"));
    let (code, told, err) = scratch.run("rescue m.squall --from can_be_healed");
    assert_eq!(code, 1, "{err}");
    assert!(told.contains("no plan exists: nothing that operators can do"), "{told}");
    assert!(told.contains("stop_searches: alone it heals nothing"), "{told}");
}
