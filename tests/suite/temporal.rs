//! Temporal claims from their texts on: each operator, held and failed, with the traces that are shown.

use squall::base::{Source, SourceId};
use squall::explore::{Limits, Silent};
use squall::model::{PropertyId, Settings};
use squall::pipeline::{self, Request};
use squall::verdict::{Evidence, Reason, Verdict};

/// A lamp that the night switches on again and again, and that may flicker while it is on.
const LAMP: &str = "
model lamp
machine Sun { state day, night
  eventually action set:  day -> night
  eventually action rise: night -> day when not (Lamp is off)
}
machine Lamp { state off, on, dim
  strong eventually action light: off -> on when Sun is night
  may action flicker: on | dim -> dim
  eventually action put_out: on | dim -> off when Sun is day
}
";

/// A worker who is asked for something at most twice, and starves where nothing is fair to it.
const WORKER: &str = "
model worker
machine Client { state idle, waiting
  may action ask at most 2: idle -> waiting
}
machine Worker { state busy, free
  eventually action pause: busy -> free
  eventually action resume: free -> busy
  eventually action serve when self is free and Client is waiting { Client.state = idle }
  strong eventually action tidy when self is free { }
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
    check_holds(LAMP, "always eventually Lamp is on");
    check_fails(LAMP, "always eventually Lamp is dim", (0, 5));
}

#[test]
fn what_is_so_from_some_point_on() {
    check_fails(LAMP, "eventually always Sun is day", (0, 5));
    check_holds(
        WORKER,
        "(eventually always Client is idle) or eventually always Client is waiting",
    );
}

#[test]
fn what_leads_to_something() {
    check_holds(LAMP, "Sun is night leads to Sun is day");
    check_holds(LAMP, "Lamp is dim leads to Lamp is off");
    check_fails(LAMP, "Sun is night leads to Lamp is dim", (0, 5));
    // Serving is weakly fair, and disabled whenever the worker is busy; tidying is strongly fair.
    check_fails(WORKER, "Client is waiting leads to Client is idle", (1, 4));
}

#[test]
fn what_is_so_until_something_comes() {
    check_holds(LAMP, "Lamp is off until Sun is night");
    check_fails(LAMP, "Lamp is off until Lamp is dim", (0, 5));
    check_fails(WORKER, "Client is idle until Client is waiting", (0, 4));
}

#[test]
fn what_is_so_next_and_at_the_start() {
    check_holds(LAMP, "Lamp is off and next (Lamp is off)");
    check_fails(LAMP, "next Sun is night", (1, 5));
    check_fails(LAMP, "Sun is day and next (next Lamp is on)", (2, 5));
}

#[test]
fn what_is_so_if_something_else_is() {
    check_holds(LAMP, "(eventually always Lamp is off) implies (eventually always Sun is day)");
    check_holds(LAMP, "always (Sun is night implies eventually Lamp is on)");
    check_fails(
        LAMP,
        "(always eventually Sun is day) implies (always eventually Lamp is dim)",
        (0, 5),
    );
    check_fails(LAMP, "not always eventually Lamp is on", (0, 5));
}

#[test]
fn what_cannot_be_read_somewhere_does_not_hold() {
    let model = "
model pointer
machine Node * 2
machine Holder { var node: Node? = none
  eventually action take(n: Node) when node == none { node = n }
  eventually action drop when node != none { node = none }
}
";
    check_holds(model, "always eventually Holder.node == none");
    let verdict = ask(model, "always eventually Holder.node.index == 0 or Holder.node == none");
    assert!(matches!(verdict, Verdict::Unknown(Reason::ModelBreaches)), "{verdict:?}");
}
