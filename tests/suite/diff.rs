//! Two versions of a design: what is worse is said first, and fails a build.

use std::process::Command;

/// A queue of requests that are turned away where it is full.
const OLD: &str = "\
model queue

param room = 4 in 1..9
param retries = 0 in 0..3

var waiting: 0..9 = 0

fault burst at most 1 when waiting == 0 { waiting = room }

on tick {
  if waiting > 0 { count served }
  if retries > 0 and waiting > 0 { count retry }
  waiting = if waiting > 0 then waiting - 1 + (if retries > 1 then 1 else 0) else 0
}

meter served
meter retry

property short: peak waiting <= 6
property done: total served <= 8
property no_storm: finite retry
";

/// What `squall diff` says of two texts: its code, and the page without the names of the files.
fn check_diff(old: &str, new: &str, options: &str, code: i32, expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in [("old.squall", old), ("new.squall", new)] {
        std::fs::write(folder.path().join(name), text).expect("a writable file");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(["diff", "old.squall", "new.squall"])
        .args(options.split_whitespace())
        .current_dir(folder.path())
        .output()
        .expect("the program can be started");
    let out = String::from_utf8(output.stdout).expect("text");
    let err = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    let squeezed = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in expected {
        assert!(squeezed.contains(part), "`{part}` is not in\n{out}{err}");
    }
}

#[test]
fn nothing_changes_where_nothing_was_changed() {
    check_diff(OLD, OLD, "", 0, &["every answer is the same", "short ✓ 4 ✓ 4"]);
}

#[test]
fn a_worst_value_that_rises_is_worse_though_the_claim_holds() {
    let new = OLD.replace("room = 4", "room = 6");
    check_diff(
        OLD,
        &new,
        "",
        1,
        &["✗ worse: short and done", "short ✓ 4 ✓ 6 worse", "room: 4 → 6"],
    );
    check_diff(&new, OLD, "", 0, &["✓ better: short and done", "short ✓ 6 ✓ 4 better"]);
    check_diff(OLD, &new, "--set room=3", 0, &["every answer is the same"]);
}

#[test]
fn a_storm_is_told_step_by_step() {
    let new = OLD.replace("retries = 0", "retries = 2");
    let told = ["no_storm ✓ vacuous ✗ trap worse", "no_storm is worse", "1 0 burst (fault)"];
    check_diff(OLD, &new, "", 1, &told);
}

#[test]
fn claims_that_come_and_go_are_named() {
    let new =
        OLD.replace("property short: peak waiting <= 6\n", "property long: possible waiting > 3\n");
    check_diff(OLD, &new, "", 1, &["✗ worse: short", "+ added: long", "short ✓ 4 – worse"]);
    let failing = OLD.replace("waiting <= 6", "waiting <= 3");
    let gone = failing.replace("property short: peak waiting <= 3\n", "");
    check_diff(&failing, &gone, "", 0, &["- removed: short"]);
    let reworded = OLD.replace("waiting <= 6", "waiting <= 5");
    check_diff(OLD, &reworded, "", 0, &["~ changed: short"]);
    check_diff(OLD, &failing, "", 1, &["✗ worse: short"]);
}

#[test]
fn what_is_unknown_or_wrong_has_a_code_of_its_own() {
    check_diff(OLD, OLD, "--max-states 2", 3, &["? unknown"]);
    check_diff(OLD, "model", "", 2, &[]);
    check_diff(OLD, OLD, "--with nothing", 2, &[]);
    check_diff(OLD, "model", "--format json", 2, &["\"diff\": null"]);
    check_diff(OLD, OLD, "--format json", 0, &["\"direction\": \"same\""]);
    let breaching = OLD.replace("waiting = room }", "waiting = waiting - 1 }");
    check_diff(OLD, &breaching, "", 1, &["✗ worse: the model breaks its own rules"]);
}
