//! Every claim under every set of mitigations: it is what `check` says of each, for any number of threads.

use std::path::{Path, PathBuf};
use std::process::Command;

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::mitigate::matrix::with;
use squall::mitigate::{Cell, Forgiven, Outcome, Plan, matrix};
use squall::model::Settings;
use squall::pipeline::{Request, prepare, run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The exit code and standard output of a call, from the folder of the project.
fn squall(arguments: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(arguments.split_whitespace())
        .current_dir(root())
        .output()
        .expect("the program can be started");
    let text = String::from_utf8(output.stdout).expect("the output is text");
    (output.status.code().expect("it ends by itself"), text)
}

/// A model in a scratch folder, as the program is to read it.
fn scratch(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("model.squall");
    std::fs::write(&path, text).expect("a writable file");
    let path = path.display().to_string();
    (folder, path)
}

/// Every cell is what a run of that configuration alone says.
fn check_matrix(path: &str, properties: &[&str]) {
    let text = std::fs::read_to_string(root().join(path)).expect("a model");
    let sources = [Source::new(SourceId(0), path, text)];
    let bare = prepare(&sources, &Settings::default()).expect("a sound model");
    let chosen = bare.model.properties.iter_with_ids().filter(|(_, property)| {
        properties.is_empty() || properties.contains(&property.name.as_str())
    });
    let plan = Plan {
        mitigations: bare.model.mitigations.ids().collect(),
        base: Settings::default(),
        properties: chosen.map(|(id, _)| id).collect(),
        up_to: None,
        forgiven: Forgiven::Loop,
        limits: Limits::NONE,
        threads: 2,
    };
    let matrix = matrix(&sources, &bare.model, &plan, &mut Silent);
    assert_eq!(matrix.rows.len(), 1 << matrix.mitigations.len());
    for row in &matrix.rows {
        let settings = with(&bare.model, &plan.base, &row.set);
        let request =
            Request { properties: plan.properties.clone(), limits: Limits::NONE, workers: 1 };
        match (&row.outcome, prepare(&sources, &settings)) {
            (Outcome::Run { found, .. }, Ok(prepared)) => {
                let answers = run(&prepared, &request, &mut Silent);
                let cells = answers.by_property();
                let cells = cells.iter().map(|(_, answer)| Cell::of(answer, Forgiven::Loop));
                assert_eq!(found.cells, cells.collect::<Vec<_>>(), "{path} {:?}", row.set);
                let summaries = answers.parts.iter().map(|part| part.summary);
                assert_eq!(found.summaries, summaries.collect::<Vec<_>>(), "{path} {:?}", row.set);
            }
            (Outcome::Refused(_), Err(_)) => {}
            (outcome, _) => panic!("{path} {:?}: {outcome:?}", row.set),
        }
    }
}

#[test]
fn a_matrix_says_what_each_configuration_says() {
    check_matrix("models/tour/09-retry-budget.squall", &[]);
    check_matrix("models/tour/14-ejection.squall", &[]);
    check_matrix("models/tour/16-shorter-timeout.squall", &[]);
    check_matrix("models/incidents/ebs-2011-control-plane.squall", &[]);
    check_matrix("models/incidents/dynamodb-2015.squall", &["spared", "no_storm", "heals"]);
    check_matrix("models/incidents/aws-2025-dns-race.squall", &["not_empty", "up_to_date"]);
    check_matrix("models/incidents/ebs-2011.squall", &["no_storm", "budget", "heals", "no_loss"]);
}

#[test]
fn threads_change_nothing() {
    for (format, model) in [
        ("text", "models/tour/16-shorter-timeout.squall"),
        ("json", "models/incidents/ebs-2011-control-plane.squall"),
        ("json", "models/incidents/ebs-2011.squall --up-to 2 --property heals"),
    ] {
        let one = squall(&format!("mitigate {model} --format {format} --threads 1"));
        for threads in [2, 7] {
            let other = squall(&format!("mitigate {model} --format {format} --threads {threads}"));
            assert_eq!(one, other, "{model} with {threads} threads");
        }
    }
}

/// Compares a page with the file beside this one; `UPDATE=1` rewrites it.
fn check_page(name: &str, arguments: &str) {
    let (_, found) = squall(arguments);
    let path: PathBuf = root().join("tests/suite/mitigate").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &found).expect("a writable file");
    }
    let expected = std::fs::read_to_string(&path).expect("`UPDATE=1` writes it");
    assert_eq!(found, expected, "`squall {arguments}` prints something else");
    let widest = found.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 118, "a line of {widest} signs is too wide for a review");
}

#[test]
fn pages_are_as_they_were_read() {
    check_page("shorter-timeout", "mitigate models/tour/16-shorter-timeout.squall");
    check_page("ebs-2011", "mitigate models/incidents/ebs-2011.squall");
}

/// Two valves, of which one is enough; both together leave no way out. `narrow` and `wide` contradict each
/// other, and with `empty` there is no start.
const VALVES: &str = "\
model valves

param size = 1 in 0..3

mitigation left
mitigation right
mitigation narrow { size = 0 }
mitigation wide { size = 2 }
mitigation empty { size = 3 }

var pressure: 0..3 = size

assume size < 3

fault rise at most 1 when pressure < 3 { pressure = 3 }

action hiss when pressure == 3 and (left == right) { count noise }
eventually action open when pressure == 3 and left != right { pressure = 0 }

meter noise

property quiet: finite noise
property low: peak pressure <= 2
";

#[test]
fn what_cannot_be_judged_is_said_and_nothing_is_claimed_of_it() {
    let (_folder, path) = scratch(VALVES);
    let (code, told) = squall(&format!("mitigate {path} --property quiet --all"));
    assert_eq!(code, 0, "{told}");
    for line in [
        "✗ right, added to left, breaks quiet",
        "✗ left, added to right, breaks quiet",
        "16 sets contradict themselves",
        "4 sets leave no start",
        "left: but not with right",
    ] {
        assert!(told.contains(line), "`{line}` is not in\n{told}");
    }
    let row = |set: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(&format!("{set}  ")));
        line.unwrap_or_else(|| panic!("no row of {set} in\n{told}")).to_owned()
    };
    assert!(row("narrow + wide").contains("conflict"), "{told}");
    assert!(row("left + empty").contains("no start"), "{told}");
    assert!(row("left + right").contains("✗ trap"), "{told}");
}

#[test]
fn exit_codes_say_whether_some_set_makes_every_claim_hold() {
    let (_folder, path) = scratch(VALVES);
    for (call, expected) in [
        ("--property quiet", 0),
        ("", 1),
        ("--property low", 1),
        ("--property quiet --with left,right", 1),
        ("--property quiet --with left", 0),
        ("--property quiet --max-states 2", 3),
        ("--property nothing", 2),
        ("--with nothing", 2),
        ("--with narrow,wide", 2),
    ] {
        let (code, told) = squall(&format!("mitigate {path} {call}"));
        assert_eq!(code, expected, "`{call}` says\n{told}");
    }
    let (code, told) = squall(&format!("mitigate {path} --property quiet --max-states 2"));
    assert!(code == 3 && told.contains("as far as is known"), "{told}");
    let legend = told.lines().filter(|line| line.contains('✓'));
    assert!(legend.count() <= 1, "what is cut short does not hold:\n{told}");
}

#[test]
fn larger_sets_are_cut_off_aloud() {
    let (_folder, path) = scratch(VALVES);
    let (_, told) = squall(&format!("mitigate {path} --property quiet --up-to 1"));
    assert!(told.contains("the 6 sets of at most 1; larger ones were not tried"), "{told}");
    assert!(told.contains("left, right: larger sets were not tried"), "{told}");
    let many: String = (0..12).map(|number| format!("mitigation m{number}x\n")).collect();
    let text = VALVES.replace("model valves\n", &format!("model valves\n{many}"));
    let (_folder, path) = scratch(&text);
    let (_, told) = squall(&format!("mitigate {path} --property low"));
    assert!(told.contains("sets of at most 3; larger ones were not tried"), "{told}");
}

#[test]
fn a_mitigation_that_changes_nothing_costs_no_run() {
    let text = VALVES.replace("mitigation empty { size = 3 }", "mitigation empty { size = 1 }");
    let (_folder, path) = scratch(&text);
    let (_, told) = squall(&format!("mitigate {path} --property quiet --all"));
    assert!(told.contains("changes nothing: the design behaves the same"), "{told}");
    assert!(told.contains("as the bare design"), "{told}");
    assert!(
        told.contains("4 designs explored") || told.contains("designs explored; the "),
        "{told}"
    );
}

#[test]
fn what_is_worth_its_cost_is_weighed_by_worst_case() {
    let weighed = VALVES
        .replace("mitigation left\n", "mitigation left cost 2 + 1\n")
        .replace("mitigation right\n", "mitigation right cost 3\n")
        .replace("mitigation narrow ", "mitigation narrow cost 0 ");
    let (_folder, path) = scratch(&weighed);
    let (_, told) = squall(&format!("mitigate {path} --property quiet"));
    let front = told.split("What is worth its cost").nth(1).expect("mitigations have costs");
    let lines: Vec<&str> = front.lines().skip(1).take(4).map(str::trim).collect();
    assert_eq!(lines[..2], ["quiet", "0  ✗ trap     the bare design"], "{told}");
    assert_eq!(lines[2], "3  ✓ vacuous  left, or right", "{told}");
    assert!(lines[3].starts_with("not weighed, since they have no cost: "), "{told}");
    let (_, told) = squall(&format!("mitigate {path} --property quiet --format json"));
    let document: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
    let matrix = &document["matrix"];
    let points = &matrix["claims"][0]["front"]["points"];
    assert_eq!(points[1]["sets"], serde_json::json!([["left"], ["right"]]), "{points}");
    assert_eq!((&points[0]["cost"], &points[1]["cost"]), (&0.into(), &3.into()));
    assert_eq!(matrix["cheapest_for_every_claim"]["cost"], 3);
    // What is cut short might be better.
    let (_, told) = squall(&format!("mitigate {path} --property quiet --max-states 2"));
    assert!(told.contains("may do better: not all is known"), "{told}");
    // Nothing is weighed without a cost, and nobody is paid for a mitigation.
    let (_folder, path) = scratch(VALVES);
    let (_, told) = squall(&format!("mitigate {path}"));
    assert!(!told.contains("cost"), "{told}");
    let (_folder, path) =
        scratch(&VALVES.replace("mitigation left\n", "mitigation left cost 1 - 2\n"));
    assert_eq!(squall(&format!("mitigate {path}")).0, 2);
}

#[test]
fn only_what_was_named_is_tried() {
    let (_folder, path) = scratch(VALVES);
    let (_, told) = squall(&format!("mitigate {path} --property quiet --among left,right"));
    assert!(told.contains("2 mitigations, all 4 sets of them"), "{told}");
    assert!(!told.contains("narrow"), "{told}");
    for wrong in ["--among lift", "--among left --with left", "--among nothing_like_it"] {
        assert_eq!(squall(&format!("mitigate {path} {wrong}")).0, 2, "{wrong}");
    }
}
