//! What operators can still do, and which grades of storm a build forgives.

use std::path::Path;
use std::process::Command;

/// The exit code and standard output of a call, from the folder of the project.
fn squall(arguments: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(arguments.split_whitespace())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("the program can be started");
    let text = String::from_utf8(output.stdout).expect("the output is text");
    (output.status.code().expect("it ends by itself"), text)
}

#[test]
fn stopping_the_searches_heals_nothing_and_only_room_does() {
    let (code, told) = squall("rescue models/incidents/ebs-2011.squall");
    assert_eq!(code, 0, "{told}");
    for line in [
        "recovery is impossible without operators",
        "operator.add_slots (operator)",
        "stop_searches: alone it heals nothing",
        "add_slots: alone it makes a way back",
    ] {
        assert!(told.contains(line), "`{line}` is not in\n{told}");
    }
    assert!(!told.contains("operator.stop_searches (operator)"), "no plan needs it:\n{told}");
}

#[test]
fn dynamodb_is_rescued_in_the_order_of_the_report() {
    let (code, told) = squall("rescue models/incidents/dynamodb-2015.squall");
    assert_eq!(code, 0, "{told}");
    let place = |name: &str| told.find(&format!("{name} (operator)")).expect(name);
    let (guaranteed, pause) = (told.find("guaranteed").expect("a plan"), place(".pause"));
    assert!(guaranteed < pause && pause < place(".add_capacity"), "{told}");
    assert!(place(".add_capacity") < place(".resume"), "{told}");
}

#[test]
fn where_nothing_fails_nothing_is_rescued() {
    let (code, told) = squall("rescue models/incidents/ebs-2011.squall --with reattach");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("nothing is to be rescued"), "{told}");
    let (code, _) = squall("rescue models/tour/09-retry-budget.squall");
    assert_eq!(code, 2, "a model that does not say what healthy is cannot be rescued");
}

#[test]
fn a_build_forgives_the_grades_it_says() {
    let storm = "check models/tour/10-starvation.squall";
    let trap = "check models/incidents/ebs-2011.squall --property no_storm";
    let unfair = "check models/tour/13-back-off.squall --property no_storm";
    let code = |call: &str, accept: &str| squall(&format!("{call} --accept {accept}")).0;
    let codes = |call: &str| ["none", "loop", "storm"].map(|accept| code(call, accept));
    assert_eq!(codes(storm), [1, 1, 0]);
    assert_eq!(codes(trap), [1, 1, 1]);
    assert_eq!(codes(unfair), [1, 0, 0]);
    assert_eq!(squall(storm).0, 1, "storms fail a build unless it says otherwise");
    let (_, told) = squall(&format!("{storm} --accept storm"));
    assert!(told.contains("is_served  fails"), "a forgiven storm is told as failing:\n{told}");
}
