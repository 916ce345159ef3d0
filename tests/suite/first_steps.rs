//! What somebody who knows only the README must be told, and in which words.

use std::process::Command;

use tempfile::TempDir;

/// A call beside a file `m.squall` with this text: the exit code, what it says, and what else.
fn call(model: &str, line: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    call_in(&folder, model, line)
}

fn call_in(folder: &TempDir, model: &str, line: &str) -> (i32, String, String) {
    std::fs::write(folder.path().join("m.squall"), model).expect("a writable file");
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(line.split_whitespace())
        .current_dir(folder.path())
        .output()
        .expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    let code = output.status.code().expect("it ends by itself");
    (code, text(output.stdout), text(output.stderr))
}

/// Whether each of these lines is among those of the text, blanks at the ends apart.
fn check_lines(text: &str, lines: &[&str]) {
    for wanted in lines {
        assert!(text.lines().any(|line| line.trim() == *wanted), "no line `{wanted}` in\n{text}");
    }
}

/// The work itself ends `calm`, so that `finite` says nothing of the storm.
const HIDDEN: &str = "\
model hidden

mitigation quick { load = 3 }

param load = 2 in 1..3

var queue: 0..9 saturating = 0

fault burst at most 1 { queue += 4 }

on tick {
  if queue > 2 { count retry }
  queue += if queue > load then 1 else if load == 3 then -1 else 0
}

meter retry
calm when queue < 3

property no_storm: finite retry
expect no_storm holds
expect no_storm fails
";

#[test]
fn a_storm_while_not_calm_stands_beside_every_verdict() {
    let but = "but a storm while not calm: 1 retry in 1 tick, for ever";
    let (code, told, _) = call(HIDDEN, "check m.squall");
    assert_eq!(code, 0);
    check_lines(&told, &[&format!("no_storm  holds   finite retry; {but}")]);
    let (code, told, _) = call(HIDDEN, "test m.squall");
    assert_eq!(code, 1);
    check_lines(&told, &[but, &format!("found: it holds, {but}")]);
    let (_, told, _) = call(HIDDEN, "sweep m.squall --over load=1..3");
    assert!(told.contains("holds*"), "{told}");
    let star = "* but a storm while not calm, of which it says nothing";
    let (_, told, _) = call(HIDDEN, "mitigate m.squall");
    check_lines(&told, &[star]);
    assert!(told.contains("no_storm*"), "{told}");
    let folder = tempfile::tempdir().expect("a scratch folder");
    let calmer = HIDDEN.replace("queue += 4", "queue += 1");
    std::fs::write(folder.path().join("new.squall"), calmer).expect("a writable file");
    let (code, told, _) = call_in(&folder, HIDDEN, "diff m.squall new.squall");
    assert_eq!(code, 0);
    check_lines(&told, &[star, "~ changed: no_storm"]);
    let (_, told, _) = call(HIDDEN, "check m.squall --format json");
    let document: serde_json::Value = serde_json::from_str(&told).expect("a document");
    let storm = &document["report"]["properties"][0]["storm_while_not_calm"];
    assert_eq!(storm["count_per_turn"], 1);
}

/// What happens while it is calm without the mitigation, happens beside it otherwise.
#[test]
fn a_mitigation_does_not_break_alone_what_stormed_before() {
    let model = HIDDEN.replace(
        "calm when queue < 3",
        "mitigation late { room = 9 }
param room = 3 in 3..9
calm when queue < room or room == 9",
    );
    let (_, told, _) = call(&model, "mitigate m.squall --among late");
    let words = "late, added to the bare design, breaks no_storm; without it no_storm storms too, \
                 while not calm";
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(words), "{told}");
}

/// A lamp whose fault lasts, until somebody changes it.
const LAMP: &str = "\
model lamp

param turns = 2 in 0..3

machine Lamp {
  state dark, lit, broken

  action switch_on: dark -> lit { }
  action switch_off: lit -> dark { }
  fault break_down at most turns: lit -> broken { }
  operator action change: broken -> dark { }
}

healthy when Lamp is dark | lit

property lasts: never Lamp is broken
property heals: recovers
";

#[test]
fn a_trace_is_chosen_in_the_same_way_everywhere() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let call = |line: &str| call_in(&folder, LAMP, line);
    let rescued = call("rescue m.squall --from lasts");
    assert_eq!(rescued.0, 0, "{}", rescued.2);
    for line in ["rescue m.squall lasts", "rescue m.squall --property lasts"] {
        assert_eq!(call(line).1, rescued.1, "{line}");
    }
    let why = call("why m.squall lasts 1 lamp.change").1;
    assert_eq!(call("why m.squall 1 lamp.change --property lasts").1, why);
    let saved = call("check m.squall --format json").1;
    std::fs::write(folder.path().join("saved.json"), saved).expect("a writable file");
    for line in ["saved.json:lasts", "saved.json --property lasts"] {
        assert_eq!(call(&format!("rescue m.squall {line}")).0, 0, "{line}");
        assert_eq!(call(&format!("simulate m.squall --replay {line}")).0, 0, "{line}");
    }
    assert_eq!(call("why m.squall 1 lamp.change saved.json --property lasts").0, 2);
    assert_eq!(call("why m.squall saved.json 1 lamp.change --property lasts").0, 0);
    assert_eq!(call("why m.squall 1 lamp.change").0, 2);
    assert_eq!(call("rescue m.squall heals --property lasts").0, 2);
    let (code, told, _) = call("diff m.squall m.squall --property lasts");
    assert_eq!(code, 0);
    assert!(told.contains("lasts") && !told.contains("heals"), "{told}");
    assert_eq!(call("diff m.squall m.squall --property last").0, 2);
}

#[test]
fn what_to_call_again_is_the_same_for_any_number_of_threads() {
    let one = call(LAMP, "check m.squall --threads 1 --set turns=1").1;
    check_lines(&one, &["to see this again: squall check m.squall --set turns=1 --property lasts"]);
    assert_eq!(call(LAMP, "check m.squall --set turns=1 --threads=2").1, one);
    assert_eq!(call(LAMP, "check m.squall --set turns=1").1, one);
}

#[test]
fn the_explorer_that_there_is_is_the_usual_one() {
    let (code, _, err) = call(LAMP, "explore m.squall --address nowhere");
    assert_eq!(code, 2);
    assert!(err.contains("cannot listen on `nowhere`"), "{err}");
}

#[test]
fn a_setting_that_does_not_fit_is_the_only_thing_that_is_wrong() {
    let (code, _, err) = call(HIDDEN, "check m.squall --set load=x");
    assert_eq!(code, 2);
    check_lines(&err, &["1 error in m.squall", "= help: give it a whole number"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_sweep_is_told_though_its_files_cannot_be_written() {
    let (code, told, _) = call(HIDDEN, "sweep m.squall --over load=1..3 --svg no/such.svg");
    assert_eq!((code, told.as_str()), (2, ""));
    let (code, told, err) = call(HIDDEN, "sweep m.squall --over load=1..3 --svg /dev/full");
    assert_eq!(code, 2);
    assert!(told.contains("no_storm") && err.contains("/dev/full"), "{told}{err}");
}

/// More states than anybody waits for.
const ENDLESS: &str = "\
model endless

machine Counter * 9 {
  var n: 0..30 = 0
  may action up when n < 30 { n += 1 }
}

property small: never all c: Counter: c.n == 30
expect small holds
";

#[test]
fn who_ended_a_run_is_said() {
    let why = "its time was over";
    for line in ["check m.squall --timeout 0.1", "test m.squall --timeout 0.1"] {
        let (code, told, _) = call(ENDLESS, line);
        assert_eq!(code, 3);
        assert!(told.contains(why) && !told.contains("interrupted"), "{told}");
    }
}

#[test]
fn a_changed_model_is_said_to_have_changed() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    call_in(&folder, LAMP, "check m.squall --property heals --certificate c");
    let (code, told, _) = call_in(&folder, &format!("// new\n{LAMP}"), "audit m.squall c");
    assert_eq!(code, 1);
    check_lines(
        &told,
        &["refused: the model has changed since: the certificate is about another text"],
    );
    assert!(call(LAMP, "audit --help").1.contains("3 a property is not certified"));
}

/// Two servers and a lamp; `MEMBER` stands in the servers, `LINE` at the end.
const FOREIGN: &str = "\
model foreign

machine Server * 2 {
  state up, down
  var x: 0..4 = 0
  var q: queue of Server max 2 = []
  MEMBER
}

machine Lamp {
  state lit, dark
  action switch_off: lit -> dark { count retry }
}

meter retry
healthy when Lamp is dark

LINE
";

/// What others write gets one message, at its place, with the word that we write.
fn check_foreign(member: &str, line: &str, place: &str, help: &str) {
    let text = FOREIGN.replace("MEMBER", member).replace("LINE", line);
    let (code, _, err) = call(&text, "check m.squall");
    assert_eq!(code, 2, "{err}");
    check_lines(&err, &["1 error in m.squall", &format!("= help: {help}")]);
    let marks = err.lines().find(|line| line.contains('^') && line.trim_start().starts_with('|'));
    let marks = marks.expect("the place is marked");
    let above = err.lines().take_while(|line| *line != marks).last().expect("a line above");
    let (from, to) = (marks.find('^'), marks.rfind('^'));
    let (from, to) = from.zip(to).expect("the place is marked");
    assert_eq!(&above[from..=to], place, "{err}");
}

#[test]
fn operators_of_other_languages_get_our_words() {
    let properties = [
        ("always Lamp.state == dark", "Lamp.state == dark", "write `Lamp is dark`"),
        ("always dark != Lamp", "dark != Lamp", "write `not (Lamp is dark)`"),
        ("never some s: Server: s == up", "s == up", "write `s is up`"),
        ("<>(Lamp is dark)", "<>", "write `eventually`"),
        ("[] Lamp is dark", "[]", "write `always`"),
        ("Lamp is lit ~> Lamp is dark", "~>", "write `leads to`"),
        ("always (Lamp is lit /\\ true)", "/\\", "write `and`"),
        ("always (Lamp is lit \\/ true)", "\\/", "write `or`"),
        ("always all s: Server: s.x <> 4", "<>", "write `!=`"),
        ("always exists s: Server: s.x < 4", "exists", "write `some`"),
        ("always forall s: Server: s.x < 4", "forall", "write `all`"),
        ("always all s: Server: len(s.q) < 3", "len", "did you mean `length`?"),
        ("recovers in 10", "in", "write `recovers within n ticks`"),
        ("peak sum s: Server: s.x\nproperty b: always true", "x", "write `peak e … <= bound`"),
        (
            "finite retry <= 2",
            "<=",
            "write `total retry <= …` to bound the number, or leave the bound out",
        ),
        (
            "never server1 is down",
            "server1",
            "only traces number the instances of `Server`; ask for some or all of them, like \
             `some x: Server: …`",
        ),
    ];
    for (claim, place, help) in properties {
        check_foreign("", &format!("property p: {claim}"), place, help);
    }
}

#[test]
fn statements_of_other_languages_get_our_words() {
    let after = "write `x = e`: to the left of `=` stands what the value is afterwards";
    let on_tick = "write `on tick { … }`, with `if p { … }` inside for a condition";
    let members = [
        ("action a: up -> down { x' = 1 }", "'", after),
        ("action a: up -> down { x := 1 }", ":=", "write `=`"),
        ("action a: up -> down { x++ }", "++", "write `+= 1`"),
        ("action a: up -> down { x-- }", "--", "write `-= 1`"),
        ("action a: up -> down if x < 4 { x += 1 }", "if", "write `when`"),
        ("on tick\n    x = 0", "x", on_tick),
        ("on tick if x < 3 { x = 0 }", "if", on_tick),
    ];
    for (member, place, help) in members {
        check_foreign(member, "", place, help);
    }
    check_foreign("", "invariant p: Lamp is lit", "invariant", "write `property NAME: always p`");
    check_foreign("", "assume server1 is up", "server1", {
        "write `Server(0)`: here instances are counted from 0"
    });
    // An empty list is what it always was.
    let text = FOREIGN.replace("MEMBER", "");
    let text = text.replace("LINE", "property p: always all s: Server: s.q == [] and s.q == []");
    assert_eq!(call(&text, "check m.squall").0, 0);
}
