//! What is said of the model itself on every run: what is odd, which fairness is in force, grades.

use crate::explain::{RETRY, check_lines, run_on};

/// Checks what a complete run says of the sanity of a model.
fn check_sanity(text: &str, words: &[&str], expected: &[&str]) {
    let (out, ..) = run_on(text, &[&["check", "m.squall"], words].concat());
    let said: Vec<&str> = out.lines().filter(|line| line.starts_with("sanity: ")).collect();
    assert_eq!(said, expected, "{out}");
}

#[test]
fn what_never_works_is_said_on_every_run() {
    check_sanity(
        RETRY,
        &["--with", "paint"],
        &[
            "sanity: changes nothing: paint",
            "sanity: never happens: Worker.repair",
            "sanity: never true: Worker is idle",
        ],
    );
    let text = "\
model room
var x: 0..5 saturating = 0
var q: queue of 0..1 max 3
var start: 0..9 = any
assume start == 4
machine M {
  state here
  fault hit at most 3 when x < 2 { x += 1  if length(q) == 0 { push(q, 1) } }
  fault not_yet at most 0 { }
  operator action help { }
}
property p: always x < 3
";
    check_sanity(
        text,
        &[],
        &[
            "sanity: never full: x (2 of 5), q (1 of 3)",
            "sanity: never spent: the budget of M.hit (2 of 3)",
            "sanity: one start: all that begins with `any` is settled by 1 assumption",
        ],
    );
}

#[test]
fn a_sound_model_needs_one_line_and_a_cut_run_none() {
    let text = "model well\nvar x: bool\naction flip { x = not x }\nproperty p: possible x\n";
    check_sanity(text, &[], &["sanity: ok"]);
    check_sanity(text, &["--max-states", "1"], &[]);
}

#[test]
fn where_states_are_too_many_less_is_looked_at_and_that_is_said() {
    let text = "\
model many
var n: 0..100001 = 0
var room: 0..9 saturating = 0
may action up when n < 100001 { n += 1 }
may action not_once when n < 0 { n = 5  room += 1 }
property p: possible (n == 100001 and room < 10)
";
    let unseen =
        "sanity: not checked above 100,000 states: unused states and variables, needless `strong`";
    check_sanity(text, &[], &["sanity: never happens: not_once", unseen]);
    let one_less = text.replace("100001", "99999");
    check_sanity(
        &one_less,
        &[],
        &["sanity: never happens: not_once", "sanity: never full: room (0 of 9)"],
    );
}

#[test]
fn how_full_becomes_what_is_not_followed_is_not_told() {
    let text = "\
model spare
var n: 0..3 = 0
var room: 0..9 saturating = 0
may action up when n < 3 { n += 1  room += 1 }
property p: possible n == 3
";
    let unseen = "sanity: not checked, since no claim depends on it: how full room can be";
    check_sanity(text, &[], &[unseen]);
    check_sanity(text, &["--no-dead-values"], &["sanity: never full: room (3 of 9)"]);
}

#[test]
fn strong_fairness_that_asks_for_no_more_than_weak_is_said() {
    let text = "\
model turns
machine Lamp {
  state dark, lit
  eventually action switch: dark -> lit { }
  eventually action fade: lit -> dark { }
  strong eventually action burn: lit { count light }
}
machine Bell {
  state still, ringing
  strong eventually action ring: still -> ringing { }
}
meter light
property p: finite light
";
    let needless = "sanity: `strong` asks for no more than weak fairness, since what is enabled \
                    stays so until it is taken: Bell.ring";
    check_sanity(text, &[], &[needless]);
    let renamed = "sanity: not checked where instances are renamed: needless `strong`";
    check_sanity(&text.replace("machine Bell", "machine Bell * 2"), &[], &[renamed]);
    // Whether it is so of claims about states alone nobody has looked.
    let states_only = text.replace("finite light", "possible Bell is ringing");
    check_sanity(&states_only, &[], &["sanity: ok"]);
}

/// Checks the line on fairness.
fn check_fairness(text: &str, words: &[&str], expected: &str) {
    let (out, ..) = run_on(text, &[&["check", "m.squall"], words].concat());
    let said: Vec<&str> = out.lines().filter(|line| line.starts_with("fairness: ")).collect();
    assert_eq!(said, [expected], "{out}");
}

#[test]
fn the_fairness_in_force_is_told_on_every_run() {
    let text = "\
model kinds_of_fairness
machine Client * 3 {
  state idle, waiting
  var first: bool = self.index == 0
  action ask: idle -> waiting when first { }
  eventually action give_up: waiting -> idle { }
  strong eventually action serve: waiting -> idle { count served }
  may action sing { }
}
fair machine Cleaner * 2 {
  state busy
  var key: bool = self.index == 0
  may action clean when key { }
}
action not_once when false { }
meter served
property p: finite served
";
    check_fairness(
        text,
        &["--no-symmetry"],
        "fairness: weak for 3 actions; strong for Client.serve; some step of each Cleaner; never \
         enabled: client2.ask, client3.ask, client2.give_up and 4 more",
    );
    // Up to renaming one client may stand for another, so that nothing is known of each.
    let short = "fairness: weak for 3 actions; strong for Client.serve; some step of each Cleaner";
    check_fairness(text, &[], short);
    check_fairness(text, &["--no-symmetry", "--max-states", "1"], short);
    let free = "model free\nvar x: bool\nmay action flip { x = not x }\nproperty p: possible x\n";
    check_fairness(free, &[], "fairness: none declared; only ticks must happen");
    let (out, ..) = run_on(free, &["check", "m.squall", "--engine", "stateright"]);
    assert!(!out.contains("fairness: "), "{out}");
    let (out, ..) = run_on(text, &["check", "m.squall", "--no-symmetry", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
    let fairness = &document["report"]["fairness"];
    assert_eq!(fairness["strong"], serde_json::json!(["Client.serve"]));
    assert_eq!(fairness["never_enabled"].as_array().map(Vec::len), Some(7));
}

#[test]
fn the_three_grades_are_told_alike() {
    let text = "\
model grades
mitigation chained
mitigation polite
machine Dog {
  state quiet, barking
  fault tease at most 1: quiet -> barking { }
  may action calm_down: barking -> quiet when not chained { }
  eventually action bark: barking when not polite { count noise }
  eventually action obey: barking -> quiet when polite { }
  may action growl: barking when polite { count noise }
}
meter noise
healthy when Dog is quiet
property peace: finite noise
property bound: total noise <= 3
";
    let grades = |mitigations: &str| {
        let words = ["check", "m.squall", "--with", mitigations, "--format", "json"];
        let words = if mitigations.is_empty() {
            &[words[0], words[1], "--format", "json"]
        } else {
            &words[..]
        };
        let document: serde_json::Value =
            serde_json::from_str(&run_on(text, words).0).expect("it is JSON");
        let storm = |property: usize| document["report"]["properties"][property]["storm"].clone();
        let (peace, bound) = (storm(0), storm(1));
        assert_eq!((&peace["count_per_turn"], &peace["fewest_faults"]), (&1.into(), &1.into()));
        assert_eq!(peace["grade"], bound["grade"], "{document:#}");
        peace["grade"].as_str().expect("a word").to_owned()
    };
    assert_eq!([grades(""), grades("chained"), grades("polite")], ["storm", "trap", "loop"]);
    let (out, code, _) = run_on(text, &["check", "m.squall", "--with", "polite"]);
    assert_eq!(code, Some(1), "{out}");
    check_lines(
        &out,
        &[
            "A loop: it goes on only as long as something owed is put off.",
            "peace  holds   finite noise; loop: 1 noise without a tick, while something owed is put off",
        ],
    );
}
