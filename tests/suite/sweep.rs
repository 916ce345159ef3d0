//! Sweeps as a person or a script meets them: against checks of single points, resumed after a cut, in any
//! number of threads, and drawn as what they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Everything a point can be: with `n = 0` it is refused, with `m > 3` it has no start; `other` fails in
/// the middle of a row, and `room` decides how many states there are.
const CORNERS: &str = "\
model corners

param n = 1 in 0..6  /// cells
param m = 3 in 0..9  /// where it starts
param busy = true

var start: 0..3 = any
assume start == m

machine Cell * n {
  var x: 0..3 = 0

  may action up when x < 3 and busy { x += 1 }
}

property other: never start == 2
property full: peak (count c: Cell where c.x == 3) <= 2
";

/// Sizes that take longer and longer, the last for ever.
const GROWING: &str = "\
model growing
param n = 1 in 1..9

machine Counter * n {
  var x: 0..30 = 0

  may action up when x < 30 { x += 1 }
}

property p: never some c: Counter: c.x > 30
";

struct Answer {
    code: Option<i32>,
    out: String,
    err: String,
}

struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn new() -> Scratch {
        let scratch = Scratch { folder: tempfile::tempdir().expect("a scratch folder") };
        scratch.write("corners.squall", CORNERS);
        scratch.write("growing.squall", GROWING);
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a writable file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a readable file")
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, line: &str) -> Answer {
        let output = self.command(line).output().expect("the program starts and ends");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Answer { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The output of a run that ends with this code.
    fn out(&self, line: &str, code: i32) -> String {
        let answer = self.run(line);
        assert_eq!(answer.code, Some(code), "squall {line}\n{}\n{}", answer.out, answer.err);
        answer.out
    }

    fn document(&self, line: &str, code: i32) -> Value {
        serde_json::from_str(&self.out(line, code)).expect("valid JSON")
    }
}

fn model(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name).display().to_string()
}

/// Whether each point of a sweep is what `check` finds there.
fn check_agreement(model: &str, over: &[&str], rest: &str, point_count: usize) {
    let scratch = Scratch::new();
    let ranges: String = over.iter().map(|one| format!(" --over {one}")).collect();
    let line = format!("sweep {model}{ranges} {rest} --format json");
    let document: Value = serde_json::from_str(&scratch.run(&line).out).expect("valid JSON");
    let properties = document["sweep"]["properties"].as_array().expect("properties");
    let points = |property: &Value| property["points"].as_array().expect("points").clone();
    assert_eq!(points(&properties[0]).len(), point_count);
    for index in 0..point_count {
        let at = points(&properties[0])[index]["at"].clone();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let settings = at.as_array().expect("values").iter();
        let settings =
            settings.map(|one| format!(" --set {}={}", text(&one["name"]), text(&one["value"])));
        let settings: String = settings.collect();
        let checked = scratch.run(&format!("check {model} {rest}{settings} --format json"));
        let checked: Value = serde_json::from_str(&checked.out).expect("valid JSON");
        for property in properties {
            let point = &points(property)[index];
            check_point(point, property, &checked, &format!("{model} {settings}"));
        }
    }
}

fn check_point(point: &Value, property: &Value, checked: &Value, place: &str) {
    let report = &checked["report"];
    if report.is_null() {
        assert_eq!(point["verdict"], "refused", "{place}");
        assert_eq!(point["reason"], checked["diagnostics"][0]["message"], "{place}");
        return;
    }
    if report["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        assert_eq!(point["verdict"], "no start", "{place}");
        return;
    }
    let all = report["properties"].as_array().expect("properties");
    let same = all.iter().find(|one| one["name"] == property["name"]).expect("it is judged");
    assert_eq!(point["verdict"], same["verdict"], "{place}");
    assert_eq!(point["worst"], same["worst"], "{place}");
    assert_eq!(point["reason"], same["reason"], "{place}");
    if !same["storm"].is_null() {
        assert_eq!(point["grade"], same["storm"]["grade"], "{place}");
        assert_eq!(point["fewest_faults"], same["storm"]["fewest_faults"], "{place}");
    }
    assert_eq!(point["grade"].is_null(), same["storm"].is_null() && !is_loop(same), "{place}");
    let trace = if same["trace"].is_null() { &same["witness"] } else { &same["trace"] };
    let steps = trace["steps"].as_array().map(|steps| steps.len());
    assert_eq!(point["trace"]["steps"].as_u64(), steps.map(|steps| steps as u64), "{place}");
    let explored = report["explored"].as_array().expect("explorations");
    assert!(explored.iter().any(|one| one["states"] == point["states"]), "{place}");
}

/// Whether a loop that puts something off is told beside a `holds`.
fn is_loop(property: &Value) -> bool {
    let notes = property["notes"].as_array().expect("notes");
    let puts_off = |note: &Value| {
        let owed = note["trace"]["repeats"]["put_off"].as_array();
        owed.is_some_and(|owed| !owed.is_empty())
    };
    property["verdict"] == "holds" && notes.iter().any(puts_off)
}

#[test]
fn every_point_is_what_a_check_finds_there() {
    let ebs = model("incidents/ebs-2011-minimal.squall");
    let properties = "--property no_storm --property contained --property stuck_at_once \
                      --property can_be_healed";
    check_agreement(&ebs, &["room=1..3", "cut=0..3"], properties, 12);
    check_agreement(&ebs, &["nodes=1,3,2"], "--with back_off --property no_storm", 3);
    let retries = model("tour/09-retry-budget.squall");
    check_agreement(&retries, &["retries=0..5", "capacity=5..7"], "--set arrivals=5", 18);
    check_agreement("corners.squall", &["m=1..4", "n=0..3", "busy"], "", 32);
    check_agreement("corners.squall", &["n=1..5"], "--max-states 30", 5);
}

#[test]
fn corners_are_drawn_as_what_they_are() {
    let scratch = Scratch::new();
    let told = scratch.out("sweep corners.squall --over m=0..5 --over n=0..5 --max-states 50", 3);
    let expected = "\
other: never start == 2
       m
  n    0      1      2      3      4      5
  0    ×      ×      ×      ×      ×      ×       no such system
  1    holds  holds│ fails│ holds  –      –       not monotone: holds 0..1, fails 2, holds 3
  2    holds  holds│ fails│ holds  –      –       not monotone: holds 0..1, fails 2, holds 3
  3    holds  holds│ fails│ holds  –      –       not monotone: holds 0..1, fails 2, holds 3
  4    holds  holds│ fails│ holds  –      –       not monotone: holds 0..1, fails 2, holds 3
  5    ?      ?      fails  ?      –      –       fails; unknown at 0..1, 3
  at the line: m = 1, n = 1  holds in all of 4 states
";
    assert!(told.contains(expected), "{told}");
    for said in [
        "  ?      unknown\n",
        "  –      no start: the assumptions allow no such system\n",
        "  ×      refused: the model is wrong there\n",
        "  ? other: the limit on states was reached (at m = 0, n = 5 and 2 more points)\n",
    ] {
        assert!(told.contains(said), "{said}{told}");
    }
}

/// `possible` holds by one state: then nobody may say that all were seen.
#[test]
fn what_holds_under_a_limit_does_not_claim_to_have_seen_everything() {
    let scratch = Scratch::new();
    let some = CORNERS.replace("other: never start == 2", "other: possible start == 2");
    scratch.write("some.squall", &some);
    let line = "sweep some.squall --over m=2..3 --over n=2..5 --property other --max-states 50";
    let told = scratch.out(&format!("{line} --set busy=true"), 3);
    assert!(told.contains("m = 2, n = 2  holds in all of 10 states\n"), "{told}");
    let told = scratch.out(&line.replace("n=2..5", "n=5"), 3);
    assert!(told.contains("5    holds  ?"), "{told}");
    let document = scratch.document(&format!("{line} --format json"), 3);
    let points = document["sweep"]["properties"][0]["points"].as_array().expect("points");
    let last = &points[6];
    assert_eq!((&last["verdict"], &last["complete"]), (&"holds".into(), &false.into()), "{last}");
    scratch.run(&format!("{line} --svg a.svg"));
    let picture = scratch.read("a.svg");
    assert!(picture.contains("m = 2, n = 5: holds with 50 states seen, and not all"), "{picture}");
}

#[test]
fn a_list_tells_more_than_two_parameters_and_one() {
    let scratch = Scratch::new();
    let told = scratch.out("sweep corners.squall --over n=1..2 --property full", 0);
    assert!(told.contains("  n  verdict  worst  states  trace\n"), "{told}");
    assert!(told.contains("  2  holds        2      10  6 steps\n"), "{told}");
    let told = scratch.out("sweep corners.squall --over n=2..3 --over m=3,1 --over busy", 0);
    assert!(told.contains("  m = 1, busy = true: holds up to 2 (over n)\n"), "{told}");
    assert!(told.contains("  m = 3, busy = false: holds (over n)\n"), "{told}");
}

#[test]
fn no_result_depends_on_the_number_of_threads() {
    let scratch = Scratch::new();
    for format in ["text", "json", "csv"] {
        let told = |threads: usize| {
            let line = format!(
                "sweep corners.squall --over m=0..4 --over n=0..5 --max-states 50 \
                 --format {format} --threads {threads}"
            );
            scratch.out(&line, 3)
        };
        let alone = told(1);
        assert_eq!(alone, told(2));
        assert_eq!(alone, told(7));
    }
}

#[test]
fn files_hold_what_the_formats_tell() {
    let scratch = Scratch::new();
    let line = "sweep corners.squall --over n=1..2 --over m=2..4";
    let text = scratch.out(&format!("{line} --csv a.csv --json a.json"), 0);
    assert!(!text.is_empty());
    assert_eq!(scratch.read("a.csv"), scratch.out(&format!("{line} --format csv"), 0));
    assert_eq!(scratch.read("a.json"), scratch.out(&format!("{line} --format json"), 0));
    let csv = scratch.read("a.csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "n,m,property,verdict,grade,worst,states,steps,depth,trace_steps,loop_steps,\
         fewest_faults,reason,caveats"
    );
    assert_eq!(lines.len(), 1 + 2 * 6);
    assert_eq!(lines[1], "1,2,other,fails,,,4,7,3,0,0,,,");
    assert_eq!(lines[5], "1,4,other,no start,,,,,,,,,,");
}

/// A sweep with a record is the same as one without, whatever the record knows already.
#[test]
fn a_sweep_that_goes_on_equals_one_in_one_go() {
    let scratch = Scratch::new();
    let line = "sweep corners.squall --over m=0..4 --over n=0..4 --max-states 30";
    let formats = ["text", "json", "csv"];
    let whole = formats.map(|format| scratch.out(&format!("{line} --format {format}"), 3));
    scratch.out(&format!("{line} --resume whole"), 3);
    let record = scratch.read("whole");
    assert_eq!(record.lines().count(), 1 + 25);
    let bytes = record.as_bytes();
    // Nothing, a part of the first line, of a later one, of the last, and all.
    for length in [0, 9, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1, bytes.len()] {
        for (format, expected) in formats.iter().zip(&whole) {
            std::fs::write(scratch.path("part"), &bytes[..length]).expect("a writable file");
            let line = format!("{line} --resume part --format {format} --threads 3");
            assert_eq!(scratch.out(&line, 3), *expected, "{length}");
            let mut all: Vec<String> = scratch.read("part").lines().map(str::to_owned).collect();
            let mut expected: Vec<String> = record.lines().map(str::to_owned).collect();
            all.sort();
            expected.sort();
            assert_eq!(all, expected, "{length}");
        }
    }
}

#[test]
fn a_record_serves_other_values_in_another_order() {
    let scratch = Scratch::new();
    scratch.out("sweep corners.squall --over m=0..3 --over n=1..2 --resume r", 0);
    let before = scratch.read("r");
    let line = "sweep corners.squall --over n=1..2 --over m=2,1";
    let told = scratch.out(&format!("{line} --resume r"), 0);
    assert_eq!(told, scratch.out(line, 0));
    assert_eq!(scratch.read("r"), before, "nothing had to be added");
}

#[test]
fn a_record_of_another_sweep_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    let line = "sweep corners.squall --over m=0..3 --resume r";
    scratch.out(line, 0);
    let record = scratch.read("r");
    scratch.write("changed.squall", &format!("{CORNERS}// Changed.\n"));
    let refused = [
        ("sweep growing.squall --over n=1..2 --resume r", "its model is corners, and not growing"),
        ("sweep changed.squall --over m=0..3 --resume r", "has changed since it was written"),
        (&format!("{line} --set n=2"), "its choice of parameters is none, and not n=2"),
        (
            &format!("{line} --property full"),
            "its choice of properties is other, full, and not full",
        ),
        (&format!("{line} --max-states 9"), "its limit on states is none, and not 9"),
        ("sweep corners.squall --over m --resume corners.squall", "line 1 is not what"),
    ];
    for (line, said) in refused {
        let answer = scratch.run(line);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{line}");
        assert!(answer.err.contains(said), "{line}\n{}", answer.err);
    }
    assert_eq!(scratch.read("r"), record);
    assert_eq!(scratch.read("corners.squall"), CORNERS);
    scratch.write("note", "not ours, and without an end");
    assert_eq!(scratch.run("sweep corners.squall --over m --resume note").code, Some(2));
    assert_eq!(scratch.read("note"), "not ours, and without an end");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_a_record_that_goes_on() {
    let scratch = Scratch::new();
    let line =
        "sweep growing.squall --over n=1..9 --threads 1 --resume r --timeout 60 --format csv";
    let child = scratch.command(line).spawn().expect("the program starts");
    let lines = || std::fs::read_to_string(scratch.path("r")).unwrap_or_default().lines().count();
    while lines() < 3 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("`kill` exists").success());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(3), "{out}{err}");
    assert!(err.contains("interrupted: ") && err.contains("goes on with what `r` keeps"), "{err}");
    assert!(out.contains("\n9,p,not reached,"), "{out}");
    assert!(!scratch.read("r").contains("not_reached"), "only what is known is kept");
    let few = "sweep growing.squall --over n=1..2 --format csv";
    assert_eq!(scratch.out(&format!("{few} --resume r"), 0), scratch.out(few, 0));
}

#[test]
fn what_the_clock_cut_is_unknown_and_not_kept() {
    let scratch = Scratch::new();
    let line = "sweep growing.squall --over n=9 --timeout 0.05 --resume r";
    let told = scratch.out(line, 3);
    assert!(told.contains("\n  9  ?"), "{told}");
    assert_eq!(scratch.read("r").lines().count(), 1);
}

#[test]
fn growing_sizes_stop_when_they_say_the_same_and_claim_no_more() {
    let scratch = Scratch::new();
    let told = scratch.out("sweep corners.squall --until-stable --over n --property other", 0);
    let said = "verdict and worst value were the same for 3 sizes; checked for n = 1, 2, 3; nothing is \
                said of any other size\n";
    assert!(told.contains(said) && told.contains("holds"), "{told}");
    assert!(!told.contains("\n  4  "), "{told}");
    let told = scratch.out("sweep corners.squall --until-stable --over n=1..4 --property full", 3);
    assert!(told.contains("not stable: no 3 sizes in a row were alike up to 4;"), "{told}");
    let told = scratch.out("sweep growing.squall --until-stable --max-states 40", 3);
    assert!(told.contains("not stable: n = 2 has no answer; checked for n = 1;"), "{told}");
    let document = "sweep growing.squall --until-stable --over n=1 --format json";
    let document = scratch.document(document, 3);
    assert!(document["sweep"]["conclusion"].as_str().is_some_and(|it| it.contains("not stable")));
}

#[test]
fn what_cannot_be_varied_is_refused_with_the_reason() {
    let scratch = Scratch::new();
    let refused = [
        ("", "nothing is to be varied"),
        ("--over k=1..2", "the model has no parameter `k`: did you mean `m`?"),
        (
            "--over velocity=1..2",
            "the model has no parameter `velocity`: its parameters are n, m, busy",
        ),
        ("--over n=2..9", "`--over n=2..9` leaves the range that the model declares for `n`: 0..6"),
        ("--over n=1..2 --over n=3", "`n` is varied twice"),
        ("--over n=1..2 --set n=3", "`n` is both set and varied"),
        ("--over n=2..1", "the range 2..1 is empty"),
        ("--over n=x", "`x` is no whole number"),
        ("--over busy=1..2", "`busy` is no number"),
        ("--over busy=maybe", "`maybe` is none of false, true"),
        ("--over m=0..9 --over n=-9999999999..9", "more than 10000 points"),
        ("--over n=0", "no such system"),
        ("--over n=1 --property othre", "did you mean `other`?"),
        ("--over n=1 --csv no/such/folder.csv", "cannot write `no/such/folder.csv`"),
        ("--until-stable", "grows one parameter: name one with `--over`, of n, m"),
        ("--until-stable --over busy", "needs a number that grows, and `busy` is none"),
        ("--until-stable --over n --over m", "grows one parameter"),
    ];
    for (words, said) in refused {
        let answer = scratch.run(&format!("sweep corners.squall {words}"));
        assert_eq!(answer.code, Some(2), "{words}\n{}{}", answer.out, answer.err);
        assert!((answer.err + &answer.out).contains(said), "{words}\n{}", answer.out);
    }
    let wrong = scratch.document("sweep corners.squall --over n=9..10 --format json", 2);
    assert!(wrong["error"].as_str().is_some_and(|error| error.contains("0..6")), "{wrong}");
}

#[test]
fn the_picture_has_every_point_the_line_and_a_witness_on_each_side() {
    let scratch = Scratch::new();
    let line = "sweep corners.squall --over m=0..5 --over n=0..5 --max-states 50 --svg a.svg";
    scratch.out(&format!("{line} --property other"), 3);
    let picture = scratch.read("a.svg");
    let count = |part: &str| picture.matches(part).count();
    assert_eq!(count("<g><title>"), 36);
    for element in ["text", "g", "title", "tspan", "defs", "pattern", "svg"] {
        let opened = count(&format!("<{element}>")) + count(&format!("<{element} "));
        assert_eq!(opened, count(&format!("</{element}>")), "{element}");
    }
    assert_eq!(count("<path d="), 2, "the line, and the light around it");
    for said in [
        ">m</tspan>: where it starts</text>",
        ">cells</text>",
        "m = 1, n = 1: holds in all of 4 states",
        "m = 2, n = 1: fails after 0 steps",
        "m = 5, n = 0: refused",
        "m = 0, n = 5: ? with",
        ">5 points: a trace shows it</text>",
    ] {
        assert!(picture.contains(said), "{said}\n{picture}");
    }
    assert!(picture.contains("other: never start == 2</text>"), "{picture}");
    let three = "sweep corners.squall --over m=0..1 --over n=1..2 --over busy --svg b.svg";
    assert_eq!(scratch.run(three).code, Some(2));
    assert!(!scratch.path("b.svg").exists());
    let told = scratch.out("sweep corners.squall --over m=0..1 --over n=1..4 --property full", 0);
    let said = "  at the line: m = 0, n = 2  holds in all of 10 states, worst 2\n";
    assert!(told.contains(said), "the line can run between rows: {told}");
    scratch.out("sweep corners.squall --over n=1..4 --svg c.svg", 0);
    assert!(scratch.read("c.svg").contains("full: peak (count c: Cell where c.x == 3) &lt;= 2"));
}
