//! The command line as a person or a script meets it: exit codes, streams, and every command.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A lamp that lasts, or does not: `bright` holds, `lasts` and `heals` fail.
const LAMP: &str = "\
model lamp

param turns = 2 in 0..3

mitigation gentle { turns = 0 }

machine Lamp {
  state dark, lit, broken

  /// {self} is switched on.
  action switch_on: dark -> lit { }
  action switch_off: lit -> dark { }
  /// {self} breaks.
  fault break_down at most turns: lit -> broken { }
}

healthy when Lamp is dark | lit

property bright: possible Lamp is lit
property lasts: never Lamp is broken
property heals: recovers

expect bright holds
expect lasts fails
expect lasts holds with gentle
";

/// More states than anybody waits for; the unused variable is warned of before the run begins.
const ENDLESS: &str = "\
model endless

var nothing: bool

machine Counter * 9 {
  var n: 0..30 = 0

  may action up when n < 30 { n += 1 }
}

property small: never all c: Counter: c.n == 30
property some_two: possible some c: Counter: c.n == 2
";

/// What a run answered.
struct Answer {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A scratch folder in which the program is run.
struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn with(files: &[(&str, &str)]) -> Scratch {
        let scratch = Scratch { folder: tempfile::tempdir().expect("a scratch folder") };
        for (name, text) in files {
            scratch.write(name, text.as_bytes());
        }
        scratch
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a name in the folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a writable file");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect("a readable file")
    }

    /// The program with these words behind its name.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        command.args(line.split_whitespace()).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, line: &str) -> Answer {
        let child = self.command(line).spawn().expect("the program starts");
        answer(child)
    }
}

fn answer(child: Child) -> Answer {
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    Answer { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Checks exit codes, one call after the other.
fn check_codes(files: &[(&str, &str)], expected: &[(&str, i32)]) {
    let scratch = Scratch::with(files);
    for (line, code) in expected {
        let answer = scratch.run(line);
        assert_eq!(answer.code, Some(*code), "squall {line}\n{}\n{}", answer.out, answer.err);
    }
}

#[test]
fn check_has_one_meaning_for_each_exit_code() {
    let breach = "model breach\nvar x: 0..1 = 0\naction up { x += 1 }\n";
    let no_start = "model no_start\nvar x: 0..1 = any\nassume x > 1\nproperty p: always x > 1\n";
    check_codes(
        &[("lamp.squall", LAMP), ("breach.squall", breach), ("no_start.squall", no_start)],
        &[
            ("check lamp.squall --property bright", 0),
            ("check lamp.squall --property lasts", 1),
            ("check lamp.squall --property lasts --with gentle", 0),
            ("check lamp.squall --property lasts --set turns=0", 0),
            ("check lamp.squall --property bright --max-states 1", 3),
            ("check lamp.squall --property heals --property lasts", 1),
            ("check lamp.squall --property heals --property bright", 1),
            ("check lamp.squall", 1),
            ("check breach.squall", 1),
            ("check no_start.squall", 2),
        ],
    );
}

#[test]
fn a_wrong_call_is_refused() {
    check_codes(
        &[("lamp.squall", LAMP), ("shared.squall", "library shared\n")],
        &[
            ("--help", 0),
            ("check --help", 0),
            ("--version", 0),
            ("", 2),
            ("sing lamp.squall", 2),
            ("check", 2),
            ("check missing.squall", 2),
            ("check .", 2),
            ("check shared.squall", 2),
            ("check lamp.squall --property lats", 2),
            ("check lamp.squall --with gentel", 2),
            ("check lamp.squall --set truns=1", 2),
            ("check lamp.squall --set turns=9", 2),
            ("check lamp.squall --set turns", 2),
            ("check lamp.squall --max-memory lots", 2),
            ("check lamp.squall --timeout soon", 2),
            ("check lamp.squall --threads 0", 2),
            ("test missing.squall", 2),
            ("test", 2),
            ("format missing.squall", 2),
        ],
    );
}

#[test]
fn what_is_refused_is_said_with_its_path_and_reason() {
    let scratch = Scratch::with(&[("lamp.squall", LAMP)]);
    let said = |line: &str| scratch.run(line).err;
    assert_eq!(
        said("check missing.squall"),
        "error: cannot read `missing.squall`: there is no such file\n"
    );
    assert_eq!(said("check ."), "error: cannot read `.`: it is a folder, not a file\n");
    assert_eq!(
        said("check lamp.squall --property lats"),
        "error: the model has no property `lats`: did you mean `lasts`?\n"
    );
}

#[test]
fn results_go_to_stdout_and_everything_else_to_stderr() {
    let scratch = Scratch::with(&[("endless.squall", ENDLESS), ("odd.squall", "model odd\nvar\n")]);
    let cut = scratch.run("check endless.squall --max-states 1000");
    assert!(cut.out.contains("some_two") && cut.out.contains("1,000 states"), "{}", cut.out);
    assert!(cut.err.starts_with("warning[unused]"), "{}", cut.err);
    assert!(cut.err.contains("took ") && !cut.out.contains("took "), "{}", cut.err);
    let wrong = scratch.run("check odd.squall");
    assert_eq!(wrong.out, "");
    assert!(wrong.err.contains("1 error in odd.squall"), "{}", wrong.err);
}

#[test]
fn there_is_no_colour_in_pipes() {
    let scratch = Scratch::with(&[("lamp.squall", LAMP), ("odd.squall", "model odd\nvar\n")]);
    let lines =
        ["check lamp.squall", "check odd.squall", "test .", "simulate lamp.squall", "--help"];
    for line in lines {
        let answer = scratch.run(line);
        assert!(!(answer.out + &answer.err).contains('\x1b'), "squall {line}");
    }
}

#[test]
fn ten_mistakes_get_ten_messages() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages");
    let name = "ten-different-mistakes";
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    command.args(["check", &format!("{name}.squall")]).current_dir(&folder);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let answer = answer(child.expect("the program starts"));
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
    assert_eq!(answer.err.matches("error[").count(), 10, "{}", answer.err);
    let golden = folder.join(format!("{name}.messages.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &answer.err).expect("a writable golden file");
    }
    assert_eq!(answer.err, std::fs::read_to_string(&golden).unwrap_or_default());
}

#[test]
fn texts_that_nobody_wrote_are_refused_in_few_words() {
    let scratch = Scratch::with(&[("empty.squall", "")]);
    scratch.write("binary.squall", &[0x7f, b'E', b'L', b'F', 0, 0, 0xff]);
    scratch.write("latin.squall", b"model m\n// caf\xe9\n");
    let nested = format!("{}x{}", "(".repeat(100_000), ")".repeat(100_000));
    scratch.write(
        "nested.squall",
        format!("model m\nvar x: bool\nproperty p: always {nested}\n").as_bytes(),
    );
    scratch.write(
        "long.squall",
        format!("model m\nvar x: bool = {}\n", "y + ".repeat(2_500_000)).as_bytes(),
    );
    scratch.write("huge.squall", &b"// words\n".repeat(2_000_000));
    let expected = [
        ("empty", "does not begin with its kind and name"),
        ("binary", "it is a binary file"),
        ("latin", "it is not UTF-8 text: line 2 holds the byte 0xe9"),
        ("nested", "nested more than"),
        ("long", "nested more than"),
        ("huge", "it is longer than 16 MB"),
    ];
    for (name, words) in expected {
        let answer = scratch.run(&format!("check {name}.squall"));
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""), "{}", answer.err);
        assert!(answer.err.contains(words) && answer.err.len() < 4000, "{}", answer.err);
    }
}

#[test]
fn a_limit_leaves_what_was_reached() {
    let scratch = Scratch::with(&[("endless.squall", ENDLESS)]);
    for limit in ["--max-states 500", "--max-depth 2", "--max-memory 50kB", "--timeout 0.05"] {
        let answer = scratch.run(&format!("check endless.squall {limit}"));
        assert_eq!(answer.code, Some(3), "{limit}: {}", answer.out);
        let said = answer.out.lines().find(|line| line.starts_with("small")).unwrap_or_default();
        assert!(said.contains("unknown"), "{limit}: {}", answer.out);
        assert!(answer.out.contains("incomplete: "), "{limit}: {}", answer.out);
        assert!(answer.out.contains("steps"), "{limit}: {}", answer.out);
    }
}

#[test]
fn what_a_limit_cuts_is_the_same_for_any_number_of_threads() {
    let scratch = Scratch::with(&[("endless.squall", ENDLESS)]);
    let with = |threads: u32| {
        scratch
            .run(&format!(
                "check endless.squall --max-memory 1MB --format json --threads {threads}"
            ))
            .out
    };
    assert_eq!(with(1), with(3));
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_what_was_reached() {
    let scratch = Scratch::with(&[("endless.squall", ENDLESS)]);
    let mut child =
        scratch.command("check endless.squall --timeout 60").spawn().expect("the program starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    // The warning is written when interrupts are caught already, and before the run.
    stderr.read_line(&mut line).expect("the program warns");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("`kill` exists").success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("the program writes UTF-8");
    let answer = answer(child);
    assert_eq!(answer.code, Some(3), "{}{rest}", answer.out);
    // It may come before the first state.
    assert!(
        answer.out.contains("unknown") && answer.out.contains("incomplete: it was interrupted"),
        "{}",
        answer.out
    );
    assert!(rest.contains("interrupted"), "{rest}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::with(&[("lamp.squall", LAMP)]);
    let mut child = scratch.command("check lamp.squall").spawn().expect("the program starts");
    drop(child.stdout.take());
    let answer = answer(child);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(!answer.err.contains("bug") && !answer.err.contains("cannot write"), "{}", answer.err);
}

#[test]
fn a_failure_is_told_and_says_how_to_see_it_again() {
    let scratch = Scratch::with(&[("lamp.squall", LAMP)]);
    let told = scratch.run("check lamp.squall --property lasts --set turns=1").out;
    assert!(told.contains("lamp breaks."), "{told}");
    assert!(told.contains("squall check lamp.squall --set turns=1 --property lasts\n"), "{told}");
}

#[test]
fn documents_for_programs_are_json_and_the_same_every_time() {
    let scratch =
        Scratch::with(&[("lamp.squall", LAMP), ("odd.squall", "model odd\nvar a: boool\n")]);
    let lines = [
        "check lamp.squall",
        "check odd.squall",
        "check missing.squall",
        "test .",
        "simulate lamp.squall --seed 7",
        "simulate odd.squall",
    ];
    for line in lines {
        let line = format!("{line} --format json");
        let (first, second) = (scratch.run(&line), scratch.run(&line));
        assert_eq!(first.out, second.out);
        let document: Value = serde_json::from_str(&first.out).expect("valid JSON");
        assert_eq!(document["version"], 1, "{line}");
        assert_eq!(document["exit_code"].as_i64(), first.code.map(i64::from), "{line}");
    }
}

#[test]
fn the_document_of_a_check_has_verdicts_traces_and_places() {
    let scratch =
        Scratch::with(&[("lamp.squall", LAMP), ("odd.squall", "model odd\nvar a: boool\n")]);
    let document =
        |line: &str| -> Value { serde_json::from_str(&scratch.run(line).out).expect("valid JSON") };
    let checked = document("check lamp.squall --format json");
    let properties = &checked["report"]["properties"];
    assert_eq!(properties[0]["verdict"], "holds");
    assert_eq!(properties[1]["verdict"], "fails");
    assert_eq!(properties[1]["trace"]["steps"][1]["action"], "lamp.break_down");
    assert_eq!(properties[2]["verdict"], "fails");
    assert_eq!(checked["report"]["explored"][0]["states"], 3);
    let wrong = document("check odd.squall --format json");
    let place = &wrong["diagnostics"][0]["place"];
    assert_eq!(wrong["diagnostics"][0]["code"], "unknown-type");
    assert_eq!((&place["line"], &place["column"]), (&Value::from(2), &Value::from(8)));
    assert!(wrong["report"].is_null());
}

#[test]
fn test_judges_only_what_is_expected() {
    let wrong = LAMP.replace("expect lasts fails", "expect lasts holds");
    let met = LAMP.replace("expect lasts fails", "expect lasts unknown");
    let files = [
        ("fine/lamp.squall", LAMP),
        ("wrong/lamp.squall", &wrong),
        ("met/lamp.squall", &met),
        ("odd/odd.squall", "model odd\nvar\n"),
        ("silent/silent.squall", "model silent\nproperty p: never false\n"),
        ("shared/shared.squall", "library shared\nparam n = 1\n"),
        ("broken/broken.squall", "library broken\nparam\n"),
        ("nothing/readme.txt", "nothing"),
    ];
    check_codes(
        &files,
        &[
            ("test fine", 0),
            ("test wrong", 1),
            ("test fine --max-states 1", 3),
            ("test met", 1),
            ("test odd", 2),
            ("test silent", 0),
            ("test shared", 0),
            ("test broken", 2),
            ("test nothing", 2),
            ("test fine silent --max-states 1", 3),
            ("test fine wrong", 1),
            ("test fine odd --max-states 1", 2),
        ],
    );
}

#[test]
fn test_has_a_line_for_each_expectation_and_a_summary() {
    let wrong = LAMP.replace("expect lasts fails", "expect lasts holds");
    let files = [
        ("b.squall", wrong.as_str()),
        ("a/lamp.squall", LAMP),
        ("c.squall", "model silent\nproperty p: never false\n"),
    ];
    let answer = Scratch::with(&files).run("test a b.squall c.squall");
    let expected = "\
ok       a/lamp.squall:23  expect bright holds
ok       a/lamp.squall:24  expect lasts fails
ok       a/lamp.squall:25  expect lasts holds with gentle
ok       b.squall:23  expect bright holds
FAILED   b.squall:24  expect lasts holds
         found: it fails
         see: squall check b.squall --property lasts
ok       b.squall:25  expect lasts holds with gentle
note     c.squall  no `expect` lines

6 expectations of 3 models: 5 ok, 1 failed
";
    assert_eq!(answer.out, expected);
}

#[test]
fn worst_values_are_compared_exactly() {
    let model = |expected: &str| {
        format!(
            "model heap\nvar n: 0..5 = 0\nmay action up when n < 5 {{ n += 1 }}\n\
             property small: peak n <= 3\nexpect small {expected}\n"
        )
    };
    for (expected, code) in [("== 5", 0), ("== 4", 1), ("== 6", 1), ("fails", 0), ("holds", 1)] {
        let answer = Scratch::with(&[("heap.squall", &model(expected))]).run("test .");
        assert_eq!(answer.code, Some(code), "{expected}: {}", answer.out);
    }
    let limited = |expected: &str| {
        Scratch::with(&[("heap.squall", &model(expected))]).run("test . --max-depth 4").code
    };
    assert_eq!(limited("== 5"), Some(3));
    assert_eq!(limited("== 3"), Some(1));
}

#[test]
fn a_breach_that_nothing_expects_is_said() {
    let model = "model breach\nvar x: 0..1 = 0\naction up { x += 1 }\nproperty p: possible x == 1\nexpect p holds\n";
    let answer = Scratch::with(&[("breach.squall", model)]).run("test .");
    assert!(
        answer.out.contains("note     breach.squall  the model breaks its own rules"),
        "{}",
        answer.out
    );
    assert_eq!(answer.code, Some(0), "{}", answer.out);
}

#[test]
fn libraries_are_found_beside_the_file_that_uses_them() {
    let model =
        "model m\nuse \"parts/limits.squall\"\nvar x: 0..most = 0\nproperty p: always x <= most\n";
    let missing = "model m\nuse \"parts/limit.squall\"\nvar x: 0..most = 0\n";
    let scratch = Scratch::with(&[
        ("sub/m.squall", model),
        ("sub/missing.squall", missing),
        (
            "sub/parts/limits.squall",
            "library limits\nuse \"more/deep.squall\"\nparam most = deep\n",
        ),
        ("sub/parts/more/deep.squall", "library deep\nparam deep = 4\n"),
    ]);
    let found = scratch.run("check sub/m.squall");
    assert_eq!(found.code, Some(0), "{}{}", found.out, found.err);
    let lost = scratch.run("check sub/missing.squall");
    assert_eq!(lost.code, Some(2));
    assert!(
        lost.err.contains("cannot read `sub/parts/limit.squall`: there is no such file"),
        "{}",
        lost.err
    );
    assert!(lost.err.contains(" --> sub/missing.squall:2:"), "{}", lost.err);
}

#[test]
fn a_walk_can_be_taken_again() {
    let scratch = Scratch::with(&[("endless.squall", ENDLESS)]);
    let walk = |line: &str| scratch.run(&format!("simulate endless.squall --steps 12 {line}")).out;
    assert_eq!(walk("--seed 5"), walk("--seed 5"));
    assert_ne!(walk("--seed 5"), walk("--seed 6"));
    let first = walk("");
    let again = first.lines().last().expect("the last line says how");
    let line = again.split_once(": squall ").expect("a command").1;
    assert_eq!(scratch.run(line).out, first);
}

#[test]
fn a_walk_ends_where_the_model_breaks_its_rules() {
    let model = "model breach\nvar x: 0..1 = 0\naction up { x += 1 }\n";
    let answer = Scratch::with(&[("breach.squall", model)]).run("simulate breach.squall --seed 1");
    assert_eq!(answer.code, Some(1), "{}", answer.out);
    assert!(answer.out.contains("breaks a rule of the model"), "{}", answer.out);
}

#[test]
fn format_lays_out_once_and_for_all() {
    let untidy = "model   m\nvar x:bool=true // kept\n\n\n\nproperty p :always x\n";
    let scratch = Scratch::with(&[("a.squall", untidy), ("sub/b.squall", untidy)]);
    let asked = scratch.run("format --check a.squall sub");
    assert_eq!((asked.code, asked.out.as_str()), (Some(1), "a.squall\nsub/b.squall\n"));
    assert_eq!(scratch.read("a.squall"), untidy);
    assert_eq!(scratch.run("format a.squall sub").code, Some(0));
    let tidy = scratch.read("a.squall");
    assert!(tidy != untidy && tidy.contains("// kept"), "{tidy}");
    let asked = scratch.run("format --check .");
    assert_eq!((asked.code, asked.out.as_str()), (Some(0), ""));
    assert_eq!(scratch.run("format .").code, Some(0));
    assert_eq!(scratch.read("a.squall"), tidy);
    let names = std::fs::read_dir(scratch.folder.path()).expect("a readable folder").count();
    assert_eq!(names, 2, "no scratch file stays behind");
}

#[test]
fn format_reads_the_standard_input() {
    let scratch = Scratch::with(&[]);
    let through = |line: &str, text: &str| {
        let mut child =
            scratch.command(line).stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(text.as_bytes()).expect("the program reads");
        drop(stdin);
        answer(child)
    };
    let tidy = through("format -", "model   m\n");
    assert_eq!((tidy.code, tidy.out.as_str()), (Some(0), "model m\n"));
    assert_eq!(through("format - --check", "model   m\n").code, Some(1));
    assert_eq!(through("format - --check", "model m\n").code, Some(0));
    let wrong = through("format -", "model m\nvar\n");
    assert_eq!((wrong.code, wrong.out.as_str()), (Some(2), ""));
}

#[test]
fn format_leaves_alone_what_it_cannot_read() {
    let wrong = "model m\nvar\n";
    let scratch = Scratch::with(&[("wrong.squall", wrong)]);
    assert_eq!(scratch.run("format wrong.squall").code, Some(2));
    assert_eq!(scratch.read("wrong.squall"), wrong);
}

#[test]
fn a_profile_says_where_states_come_from() {
    let peterson = include_str!("../../models/scale/peterson.squall");
    let scratch = Scratch::with(&[("peterson.squall", peterson)]);
    let run = |arguments: &str| scratch.run(&format!("check peterson.squall {arguments}"));
    let answer = run("--profile");
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let page = answer.out.split("\nwhere ").nth(1).expect("it is told after the report");
    assert!(page.starts_with("288 states come from"), "{page}");
    // Every state but the start was found by somebody.
    let found: u64 = page
        .lines()
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().nth(2).expect("a table"))
        .map(|number| number.parse::<u64>().expect("a number"))
        .sum();
    assert_eq!(found, 287, "{page}");
    assert!(page.contains("Process.level"), "{page}");
    assert_eq!(run("--profile --format json").code, Some(2));
}
