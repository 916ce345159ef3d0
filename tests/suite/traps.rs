//! The ways in which checkers of this kind are known to go wrong, by number, and what keeps us from each.
//!
//! | trap | what goes wrong | what keeps us from it |
//! |---|---|---|
//! | 1 | self-loops and parallel steps are dropped: the storm, fairness and rates go with them | `cases/storm/retry-without-end` |
//! | 2 | fairness is judged on a component before it is restricted to the region | `cases/storm/leaving-the-region-is-no-storm` |
//! | 3 | what is enabled is judged inside the region only | `cases/storm/enabled-outside-the-region-is-owed`, `verdict/bound.rs` |
//! | 4 | symmetry without tracking who is who, with fairness for each instance | `cases/storm/identities-that-change-places`, `cases/storm/steps-that-differ-in-who-they-name`, `engine/quotients.rs` |
//! | 5 | fairness for some instance is taken for fairness for each | `cases/storm/fairness-is-for-each-instance` |
//! | 6 | steps that change nothing are left out, or stuttering is let in | `cases/storm/a-step-that-changes-nothing-is-a-step` |
//! | 7 | what a part of the graph does not show is taken for proof | below |
//! | 8 | several obligations are folded into one | `cases/storm/each-of-several-is-owed` |
//! | 9 | executions without time are left out, and stopped time is not told | `cases/storm/no-time-at-all`, `cases/time/stopped-time-is-found` |
//! | 10 | it is assumed that time can always go on | `verdict/rate.rs` |
//! | 11 | it is assumed that more room, more mitigations or more instances make nothing worse | below |
//! | 12 | a finite bound is printed where a loop that puts something off counts | `verdict/bound.rs` |
//! | 13 | a meter is a part of the state | `cases/storm/meter-is-no-state` |
//! | 14 | no calm or healthy state is ever reached, and the claim holds of nothing | `cases/storm/healthy-again-but-never-calm` |
//! | 15 | what `calm` says hides the storm that ends it | `cases/storm/calm-that-the-system-ends-itself` |
//! | 16 | whoever chooses is taken for kind, or for fair | `cases/storm/choice-is-an-adversarys` |
//! | 17 | the cycle that is shown is a set of states and no path | `cases/trace/loop-is-a-path-and-closes` |
//! | 18 | states that differ are taken for one | `cases/queues/what-is-empty-is-equal` |
//! | 19 | a clamped overflow merges states | `cases/breach/leaving-a-range` |
//! | 20 | an urgent action that no claim speaks of is left out, and time goes on | `cases/time/urgent-step-that-is-lost-stops-nothing`; no action is ever left out |
//! | 21 | a sort that is no order, or the order of a hash map, shows | below, and `tidy.rs` |
//! | 22 | a compact table moves its entries, and numbers of states go stale | does not apply: states are numbered in one arena that only grows, and tables hold the numbers |
//! | 23 | a variable is reset where only fairness or a claim reads it | `cases/storm/a-variable-that-only-fairness-reads`, `cases/reduction/a-value-that-only-a-claim-reads` |
//! | 24 | acceleration of unbounded counters drops what it covers | does not apply: everything is finite, and nothing is accelerated |
//! | 25 | a numeric iteration stops too early | does not apply: there are no probabilities, and rates are exact fractions |
//! | 26 | fairness of one configuration is carried over to another | below |
//! | 27 | a trigger counts as urgent, and disaster is forced | `cases/storm/trigger-does-not-block-time` |
//! | 28 | nobody sees which fairness was assumed | below |

use std::path::Path;
use std::process::Command;

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::Settings;
use squall::pipeline::{Answers, Prepared, Request, prepare, run};
use squall::report::{Report, text};
use squall::verdict::{Answer, Evidence, Ground, Verdict, Worst};

use crate::engine::worlds::Dice;
use crate::random::scenario::scenario;

fn prepared(text: &str, mitigations: &[&str]) -> Option<Prepared> {
    let mitigations = mitigations.iter().map(|&name| name.to_owned()).collect();
    let settings = Settings { mitigations, ..Settings::default() };
    prepare(&[Source::new(SourceId(0), "trap.squall", text)], &settings).ok()
}

fn answers(prepared: &Prepared, states: Option<u64>, workers: usize) -> Answers {
    let properties = prepared.model.properties.ids().collect();
    let limits = Limits { states, ..Limits::NONE };
    run(prepared, &Request { properties, limits, workers }, &mut Silent)
}

fn page(prepared: &Prepared, answers: &Answers) -> String {
    text::write(&Report::of(prepared, answers), &[], "squall check")
}

fn word(answer: &Answer) -> &'static str {
    match answer.verdict {
        Verdict::Holds { .. } => "holds",
        Verdict::Fails { .. } => "fails",
        Verdict::Unknown(_) => "unknown",
    }
}

/// Whether what is said of a part is so of the whole; and whether anything is said.
fn part_is_right(part: &Answer, whole: &Answer) -> bool {
    match (&part.verdict, &whole.verdict) {
        (Verdict::Unknown(_), _) => return false,
        (Verdict::Holds { ground, .. }, Verdict::Holds { .. }) => {
            assert!(matches!(ground, Ground::Witness), "only what is shown holds of a part");
        }
        (Verdict::Fails { evidence, worst, .. }, Verdict::Fails { worst: of_whole, .. }) => {
            assert!(matches!(evidence, Evidence::Trace(_)), "only what is shown fails of a part");
            if let (Some(Worst::AtLeast(part)), Some(Worst::Exactly(whole))) = (worst, of_whole) {
                assert!(part <= whole, "at least {part} of {whole}");
            }
            assert!(!matches!(worst, Some(Worst::Exactly(_))), "nobody knows the worst of a part");
        }
        (part, whole) => panic!("{part:?} of a part, {whole:?} of the whole"),
    }
    true
}

#[test]
fn trap_7_a_part_of_the_graph_proves_nothing() {
    let mut said = 0;
    for seed in 0..300 {
        let text = scenario(&mut Dice::from_seed(seed)).to_string();
        let Some(prepared) = prepared(&text, &[]) else { continue };
        let whole = answers(&prepared, Some(400), 1);
        let is_cut = |answers: &Answers| answers.parts.iter().all(|one| one.summary.cut.is_some());
        if whole.parts.iter().any(|one| one.summary.cut.is_some()) {
            continue;
        }
        let least = whole.parts.iter().map(|one| one.summary.state_count as u64).min();
        let Some(states) = least.filter(|&states| states > 1) else { continue };
        for limit in [1, states / 2, states - 1] {
            let part = answers(&prepared, Some(limit), 1);
            assert!(is_cut(&part), "{limit} of {states} states are not all\n{text}");
            let told = part.by_property().into_iter().zip(whole.by_property());
            said += told.filter(|(one, other)| part_is_right(one.1, other.1)).count();
            let several = answers(&prepared, Some(limit), 3);
            assert_eq!(page(&prepared, &part), page(&prepared, &several), "{limit} states\n{text}");
        }
    }
    assert!(said > 200, "parts say too little: {said}");
}

/// Workers pair up, and the one that is left over looks for another for ever.
const PAIRS: &str = "\
model pairs
param workers = 2 in 1..5
mitigation headroom { workers = 3 }
mitigation alone

machine Worker * workers {
  state single, paired, settled

  action pair(w: Worker where w != self and w is single): single -> paired { w.state = paired }
  eventually action search: single when not alone and no w: Worker where w != self: w is single {
    count searches
  }
  action settle: single -> settled when alone and no w: Worker where w != self: w is single { }
}
meter searches
property ends: finite searches
";

/// The verdict of the pairs with these mitigations, and with so many workers if a number is given.
fn pairs(mitigations: &[&str], workers: Option<usize>) -> &'static str {
    let text = match workers {
        Some(workers) => PAIRS.replace("workers = 2 in", &format!("workers = {workers} in")),
        None => PAIRS.to_owned(),
    };
    let prepared = prepared(&text, mitigations).expect("a sound model");
    word(answers(&prepared, None, 1).by_property()[0].1)
}

#[test]
fn trap_11_more_can_make_it_worse_and_better_again() {
    let by_size = [1, 2, 3, 4, 5].map(|workers| pairs(&[], Some(workers)));
    assert_eq!(by_size, ["fails", "holds", "fails", "holds", "fails"]);
    assert_eq!(pairs(&[], None), "holds");
    assert_eq!(pairs(&["headroom"], None), "fails", "more room is worse");
    assert_eq!(pairs(&["alone"], None), "holds");
    assert_eq!(
        pairs(&["headroom", "alone"], None),
        "holds",
        "and one more mitigation better again"
    );
}

/// What the program tells, run in the folder of the project, without how to call it again.
fn squall(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_squall"))
        .args(arguments.split_whitespace())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("the program can be started");
    let told = String::from_utf8(output.stdout).expect("the output is text");
    let lines = told.lines().filter(|line| !line.contains("to see this again"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn trap_21_the_order_of_no_hash_map_shows() {
    // Each process orders the entries of its hash maps in another way.
    for model in ["incidents/ebs-2011-minimal", "incidents/aws-2025-leases", "tour/10-starvation"] {
        for format in ["text", "json"] {
            let call = format!("check models/{model}.squall --format {format} --threads");
            let first = squall(&format!("{call} 1"));
            assert!(first.contains("fails"), "{call}");
            for threads in [1, 2, 3] {
                let again = squall(&format!("{call} {threads}"));
                assert!(first == again, "{call} {threads} differs:\n{first}\n{again}");
            }
        }
    }
}

/// Without `clear`, nothing ends the queries, and a fair client owes one again and again. With it the drop is
/// owed too, and after it nothing more of the client.
const CLEARED: &str = "\
model cleared
mitigation clear
machine Queue {
  state full, empty

  strong action drop: full -> empty when clear { }
}
fair machine Client {
  may action query when Queue is full { count queries }
}
meter queries
property ends:   finite queries
property starts: eventually always Queue is empty
";

#[test]
fn trap_26_each_configuration_has_the_fairness_of_its_own_actions() {
    let verdicts = |mitigations: &[&str]| {
        let prepared = prepared(CLEARED, mitigations).expect("a sound model");
        let answers = answers(&prepared, None, 1);
        answers.by_property().iter().map(|(_, answer)| word(answer)).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&[]), ["fails", "fails"]);
    assert_eq!(verdicts(&["clear"]), ["holds", "holds"]);
}

/// A model with a mitigation applied says what it says with `true` in its place.
#[test]
fn trap_26_a_mitigation_is_what_it_stands_for() {
    let mut compared = 0;
    for seed in 0..300 {
        let text = scenario(&mut Dice::from_seed(seed)).to_string();
        let without = text.replace("mitigation back_off\n", "");
        if !without.contains("back_off") || text.contains("//: with") {
            continue;
        }
        for (applied, stands_for) in [(&["back_off"][..], "true"), (&[], "false")] {
            let spelled_out = prepared(&without.replace("back_off", stands_for), &[]);
            let (Some(model), Some(spelled_out)) = (prepared(&text, applied), spelled_out) else {
                continue;
            };
            let limit = Some(200);
            let told = |prepared: &Prepared| {
                let mut report = Report::of(prepared, &answers(prepared, limit, 1));
                // What is called useless, or never happens, depends on what the text declares.
                report.sanity = None;
                report.mitigations.clear();
                report.findings.iter_mut().for_each(|finding| finding.place = None);
                report.properties.iter_mut().for_each(|property| property.claim.clear());
                text::write(&report, &[], "squall check")
            };
            assert_eq!(told(&model), told(&spelled_out), "{applied:?} in\n{text}");
            compared += 1;
        }
    }
    assert!(compared > 60, "too few of them read the mitigation: {compared}");
}

#[test]
fn trap_28_the_fairness_in_force_is_told_and_what_it_never_asks_for() {
    let model = "\
model several
machine Link { state up, down
  may action fall: up -> down { count falls }
  eventually action rise: down -> up { }
}
fair machine Client { state waiting, served
  strong eventually action serve: waiting -> served when Link is up { }
  action leave: served -> waiting when Link is up and Link is down { }
}
meter falls
property ends: finite falls
property ups:  always Link is up | down
";
    let prepared = prepared(model, &[]).expect("a sound model");
    let told = page(&prepared, &answers(&prepared, None, 1));
    let fairness = "fairness: weak for 2 actions; strong for Client.serve; some step of each \
                    Client\n";
    assert!(told.contains(fairness), "{told}");
    assert!(told.contains("never happens: Client.leave"), "{told}");
}
