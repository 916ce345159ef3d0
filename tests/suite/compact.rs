//! `check --compact`: the same answers by fingerprints, how it says so, and what it refuses.

use std::process::Command;

use serde_json::Value;

/// States of four words.
const CELLS: &str = "\
model cells

machine Cell * 4 {
  var level: 0..1000000000000 = 0
  may action fill when level < 4 { level += 1 }
}

property some_full: never (count c: Cell where c.level == 4) > 2
property all_full: never all c: Cell: c.level == 5
property low: peak (sum c: Cell: c.level) <= 16
property missing: possible some c: Cell: c.level == 7
property heals: always possible all c: Cell: c.level == 4
";

/// The exit code, what is written to the output, and what to the screen.
fn squall(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    std::fs::write(folder.path().join("cells.squall"), CELLS).expect("a writable file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
    command.current_dir(folder.path()).args(["check", "cells.squall"]).args(arguments);
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

const STATES: [&str; 8] = [
    "--property",
    "some_full",
    "--property",
    "all_full",
    "--property",
    "low",
    "--property",
    "missing",
];

#[test]
fn what_rests_on_all_states_tells_the_odds() {
    let (code, page, _) = squall(&[&STATES[..], &["--compact", "--no-symmetry"]].concat());
    assert_eq!(code, Some(1));
    let line = |name: &str| page.lines().find(|line| line.starts_with(name)).expect("a verdict");
    // 625 states of four words: 625 * 624 / 2 pairs, 8 chances each, of 2^61 - 1.
    let odds = "unless a state was missed, of which the odds are at most 1 in 1,478,104,493,085";
    assert!(line("all_full").contains(odds), "{page}");
    assert!(line("low").contains(odds) && line("low").contains("16"), "{page}");
    assert!(line("missing").contains("fails") && line("missing").contains(odds), "{page}");
    assert!(!line("some_full").contains("missed"), "a trace is its own proof: {page}");
    assert!(page.contains("625 states by fingerprints, "), "{page}");
    assert!(page.contains("everything that can be reached and told apart"), "{page}");
}

#[test]
fn traces_and_numbers_are_those_of_exact_states() {
    let answer = |more: &[&str]| {
        let format = ["--format", "json", "--no-symmetry"];
        let (_, page, _) = squall(&[&STATES[..], &format, more].concat());
        let mut document: Value = serde_json::from_str(&page).expect("JSON");
        let report = document["report"].take();
        let without_reason = |mut property: Value| {
            property["reason"].take();
            property
        };
        let properties = report["properties"].as_array().expect("a list").clone();
        let properties: Vec<Value> = properties.into_iter().map(without_reason).collect();
        (properties, report["explored"][0].clone())
    };
    let (exact, explored) = answer(&[]);
    assert!(explored.get("missed_one_in").is_none());
    for threads in ["1", "2"] {
        let (compact, explored) = answer(&["--compact", "--threads", threads]);
        assert_eq!(compact, exact);
        assert_eq!(explored["missed_one_in"], 1_478_104_493_085_u64);
        assert_eq!(explored["states"], 625);
    }
}

#[test]
fn claims_about_executions_are_refused_by_name() {
    let (code, page, message) = squall(&["--compact"]);
    assert_eq!((code, &page[..]), (Some(2), ""));
    assert!(message.contains("leave out `heals`"), "{message}");
    for other in [["--profile"].as_slice(), &["--certificate", "c"], &["--engine", "stateright"]] {
        let (code, _, message) = squall(&[&STATES[..2], &["--compact"], other].concat());
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("--compact"), "{message}");
    }
}
