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
