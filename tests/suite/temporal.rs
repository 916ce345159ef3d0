//! Temporal claims from their texts on: each operator, held and failed, with the traces that are shown.

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{PropertyId, Settings};
use squall::pipeline::{self, Request};
use squall::verdict::{Evidence, Reason, Verdict};

/// A lamp that the night switches on again and again, and that may flicker while it is on. That it is put
/// out is owed, but weakly, and is never owed for long where the sun comes and goes.
const LAMP: &str = "
model lamp
machine Sun {
  state day, night
  eventually action set: day -> night { }
  eventually action rise: night -> day when not (Lamp is dark) { }
}
machine Lamp {
  state dark, bright, dim
  strong eventually action light: dark -> bright when Sun is night { }
  may action flicker: bright | dim -> dim { }
  eventually action put_out: bright | dim -> dark when Sun is day { }
}
";

/// A worker whose client may ask at most twice. Serving is disabled whenever the worker is busy, so that
/// only a strong obligation cannot be put off.
const WORKER: &str = "
model worker
machine Client {
  state idle, waiting
  may action ask at most 2: idle -> waiting { }
}
machine Worker {
  state busy, free
  eventually action pause: busy -> free { }
  eventually action resume: free -> busy { }
  eventually action serve: free when Client is waiting { Client.state = idle }
}
";

/// The answer to one claim about a model.
fn ask(model: &str, claim: &str) -> Verdict {
    let text = format!("{model}property claim: {claim}\n");
    let sources = [Source::new(SourceId(0), "test.squall", text)];
    let prepared = pipeline::prepare(&sources, &Settings::default())
        .map_err(|errors| panic!("{claim}: {errors:?}"))
        .expect("errors are told");
    let request = Request { properties: vec![PropertyId(0)], limits: Limits::NONE, workers: 1 };
    let answers = pipeline::run(&prepared, &request, &mut Silent);
    answers.by_property()[0].1.verdict.clone()
}

fn check_holds(model: &str, claim: &str) {
    let verdict = ask(model, claim);
    assert!(matches!(verdict, Verdict::Holds { .. }), "{claim}: {verdict:?}");
}

/// Expects a lasso with so many steps before and in its cycle.
fn check_fails(model: &str, claim: &str, (way, cycle): (usize, usize)) {
    match ask(model, claim) {
        Verdict::Fails { evidence: Evidence::Trace(trace), .. } => {
            let repeats_from = trace.repeats_from().expect("a violation is a lasso");
            let found = (repeats_from, trace.steps().len() - repeats_from);
            assert_eq!(found, (way, cycle), "{claim}: {:?}", trace.trace());
        }
        other => panic!("{claim}: {other:?}"),
    }
}

#[test]
fn what_happens_again_and_again() {
    check_holds(LAMP, "always eventually Sun is night");
    check_fails(LAMP, "always eventually Lamp is bright", (3, 3));
    check_fails(LAMP, "always eventually Lamp is dim", (0, 5));
}

#[test]
fn what_is_so_from_some_point_on() {
    check_fails(LAMP, "eventually always Sun is day", (0, 5));
    let settles = "(eventually always Client is idle) or eventually always Client is waiting";
    check_holds(WORKER, settles);
}

#[test]
fn what_leads_to_something() {
    check_holds(LAMP, "Sun is night leads to Sun is day");
    check_fails(LAMP, "Lamp is dim leads to Lamp is dark", (3, 3));
    check_fails(LAMP, "Sun is night leads to Lamp is dim", (2, 3));
    let is_served = "Client is waiting leads to Client is idle";
    check_fails(WORKER, is_served, (1, 3));
    let strongly = WORKER.replace("eventually action serve", "strong eventually action serve");
    check_holds(&strongly, is_served);
}

#[test]
fn what_a_fair_machine_owes_is_owed_to_claims() {
    let model = |fair: &str| {
        format!(
            "
model switch
{fair}machine Switch {{
  state left, right
  may action flip: left -> right {{ }}
}}
"
        )
    };
    check_fails(&model(""), "eventually Switch is right", (0, 1));
    check_holds(&model("fair "), "eventually Switch is right");
}

#[test]
fn what_is_so_until_something_comes() {
    check_holds(LAMP, "Lamp is dark until Sun is night");
    check_fails(LAMP, "Lamp is dark until Lamp is dim", (2, 3));
    check_fails(WORKER, "Client is idle until Client is waiting", (0, 3));
}

#[test]
fn what_is_so_next_and_at_the_start() {
    check_holds(LAMP, "Lamp is dark and next (Lamp is dark)");
    check_fails(LAMP, "next Sun is night", (3, 3));
    check_fails(LAMP, "Sun is day and next (next Lamp is bright)", (3, 3));
}

#[test]
fn what_is_so_if_something_else_is() {
    check_holds(LAMP, "(eventually always Lamp is dark) implies (eventually always Sun is day)");
    check_fails(LAMP, "always (Sun is night implies eventually Lamp is bright)", (3, 3));
    let assumed = "(always eventually Sun is day) implies (always eventually Lamp is dim)";
    check_fails(LAMP, assumed, (0, 5));
    check_fails(LAMP, "not always eventually Lamp is bright", (2, 3));
}

#[test]
fn what_cannot_be_read_somewhere_does_not_hold() {
    let model = "
model pointer
machine Node * 2 {
  var weight: 0..1
}
machine Holder {
  var node: Node? = none
  eventually action take(n: Node) when node == none { node = n }
  eventually action let_go when node != none { node = none }
}
";
    check_holds(model, "always eventually Holder.node == none");
    let verdict = ask(model, "always eventually Holder.node.weight == 0");
    assert!(matches!(verdict, Verdict::Unknown(Reason::ModelBreaches)), "{verdict:?}");
}

#[test]
fn a_formula_that_is_too_large_is_unknown() {
    let figure = |number: usize| format!("eventually Sun is {}", ["day", "night"][number % 2]);
    let claim = (0..65).map(figure).collect::<Vec<_>>().join(" or ");
    let verdict = ask(LAMP, &claim);
    assert!(matches!(verdict, Verdict::Unknown(Reason::FormulaTooLarge)), "{verdict:?}");
}
