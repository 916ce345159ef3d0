//! The meaning of texts: every statement and expression as it is written, with the steps from its start.

use super::*;
use crate::base::Source;
use crate::model::{Settings, analyse};
use crate::syntax::parse;

/// The steps of the state that these steps lead to from the only start, each as `name(self, …): state
/// +counted`, where breaches show the text they stand at.
fn check_after(text: &str, path: &[&str], expected: &[&str]) {
    let source = Source::new(SourceId(0), "test.squall", format!("model test\n{text}\nmeter m\n"));
    let parsed = parse(&source);
    assert_eq!(parsed.diagnostics, []);
    let sources = [source];
    let model = analyse(&sources, &[parsed.file], &Settings::default()).into_model();
    let model = model.expect("the text is a model");
    let step = |step: &Move| {
        let next = match &step.next {
            Ok(values) => values.iter().map(show).collect::<Vec<_>>().join(" "),
            Err(breach) => format!("{:?} at `{}`", breach.rule, sources[0].slice(breach.place)),
        };
        let counted = if step.counts[1] > 0 { format!(" +{}", step.counts[1]) } else { "".into() };
        format!("{}: {next}{counted}", name(&model, step.action))
    };
    let mut state = start(&model);
    for taken in path {
        let mut moves = Interpreter::new(&model).moves(&state).into_iter();
        let found = moves.find(|step| name(&model, step.action) == *taken);
        state = found.expect("it is enabled").next.expect("it leads on");
    }
    let steps: Vec<_> = Interpreter::new(&model).moves(&state).iter().map(step).collect();
    assert_eq!(steps, expected);
}

fn name(model: &Model, action: ActionId) -> String {
    let Some(instance) = model.instances.get(action) else { return "tick".into() };
    let declared = &model.actions[instance.action];
    let own = declared.machine.map(|machine| Value::Instance(machine, instance.index));
    let shown: Vec<String> = own.iter().chain(&instance.arguments).map(show).collect();
    format!("{}({})", declared.name, shown.join(", "))
}

fn check(text: &str, expected: &[&str]) {
    check_after(text, &[], expected);
}

#[test]
fn a_small_storm() {
    let text = "
        machine Server { state up, down
          var queue: 0..2 saturating = 0
          fault crash at most 1: up -> down { }
          eventually action restart: down -> up { queue = 0 } }
        machine Client * 2 { state idle, waiting
          var wait: timer(2) = 2 while waiting
          may action send: idle -> waiting { Server.queue += 1 }
          action time_out: waiting when wait == 0 { count m  wait = 2  Server.queue += 1 }
          action served: waiting -> idle when Server is up and Server.queue > 0 { Server.queue -= 1 } }";
    check(
        text,
        &[
            "tick: @0 0 @0 2 @0 2 1",
            "crash(m0.0): @1 0 @0 2 @0 2 0",
            "send(m1.0): @0 1 @1 2 @0 2 1",
            "send(m1.1): @0 1 @0 2 @1 2 1",
        ],
    );
    check_after(
        text,
        &["crash(m0.0)", "send(m1.0)", "tick", "tick"],
        &[
            "restart(m0.0): @0 0 @1 0 @0 2 0",
            "send(m1.1): @1 2 @1 0 @1 2 0",
            "time_out(m1.0): @1 2 @1 2 @0 2 0 +1",
        ],
    );
    check_after(
        text,
        &["send(m1.0)"],
        &[
            "crash(m0.0): @1 1 @1 2 @0 2 0",
            "send(m1.1): @0 2 @1 2 @1 2 1",
            "served(m1.0): @0 0 @0 2 @0 2 1",
        ],
    );
}

#[test]
fn breaches_stand_where_they_are_written() {
    let check_breach = |declared: &str, body: &str, expected: &str| {
        let text = format!("{declared}\naction act {{ {body} }}");
        check(&text, &[&format!("act(): {expected}")]);
    };
    check_breach("var x: 0..3 = 1", "x += 1  x += 2", "Range at `x += 2`");
    check_breach("var x: 0..3 = 1", "x = x + 3", "Range at `x = x + 3`");
    check_breach("var x: 0..3 = 0", "x = 1 + 6 / x", "Division at `6 / x`");
    check_breach("var x: -3..3 = -1", "x = 2 ^ x", "Division at `2 ^ x`");
    check_breach("var q: queue of 0..3 max 1", "pop_first(q)", "QueueEmpty at `pop_first(q)`");
    check_breach("var q: queue of 0..3 max 1", "push(q, first(q))", "QueueEmpty at `first(q)`");
    check_breach(
        "var q: queue of 0..3 max 1",
        "push(q, 1)  push(q, 2)",
        "QueueFull at `push(q, 2)`",
    );
    check_breach("var x: 0..3?\nvar y: 0..3", "y = x", "NoneRead at `x`");
    check_breach("var x: -3..3 = -1", "count m += x", "NegativeCount at `count m += x`");
    check_breach("var a: [1..2] 0..3\nvar x: 0..3 = 3", "a[x] = 1", "Range at `a[x]`");
    check_breach("var a: [1..2] 0..3\nvar x: 0..3 = 3", "x = a[x]", "Range at `a[x]`");
}

#[test]
fn meaning_depends_on_the_control_state_of_the_moment() {
    let text = |body: &str| {
        format!(
            "machine Job {{ state idle, busy
               var left: timer(5) = 5 while busy
               var done: 0..9 = 0
               action begin: idle -> busy {{ {body} }} }}"
        )
    };
    check(&text("left = 3"), &["begin(m0.0): @1 3 0"]);
    check(&text(""), &["begin(m0.0): @1 5 0"]);
    let other = |body: &str| {
        format!(
            "machine Job * 2 {{ state idle, busy  var left: timer(5) = 5 while busy }}
             action act(j: Job) {{ {body} }}"
        )
    };
    check(
        &other("j.left -= 1"),
        &["act(m0.0): Meaningless at `j.left`", "act(m0.1): Meaningless at `j.left`"],
    );
    check(&other("j.state = busy  j.left -= 1"), &["act(m0.0): @1 4 @0 5", "act(m0.1): @0 5 @1 4"]);
    check_after(
        &other("j.state = busy  j.left -= 1  for k: Job where k != j { k.state = idle }"),
        &["act(m0.0)"],
        &["act(m0.0): @1 3 @0 5", "act(m0.1): @0 5 @1 4"],
    );
}

#[test]
fn loops_as_written() {
    let text = |body: &str| {
        format!(
            "machine Node * 3 {{ var load: 0..9 = 2 }}
             var total: 0..9 saturating = 8
             action act {{ {body} }}"
        )
    };
    check(&text("for n: Node { total += n.load }"), &["act(): 9 2 2 2"]);
    check(&text("for n: Node { total -= n.load  count m }"), &["act(): 2 2 2 2 +3"]);
    check(&text("for n: Node { n.load = total }"), &["act(): 8 8 8 8"]);
    check(&text("for n: Node { for k: Node { k.load += 1 } }"), &["act(): 8 5 5 5"]);
    check(
        &text("for n: Node { for k: Node { k.load = 1 } }"),
        &["act(): Conflict at `k.load = 1`"],
    );
    check(&text("for i: 1..3 { for k: Node { k.load = i } }"), &["act(): 8 3 3 3"]);
    check(&text("for n: Node where n.load > 2 { total = 0 }"), &["act(): 8 2 2 2"]);
}

#[test]
fn expressions_as_written() {
    let check_value = |value: &str, expected: &str| {
        let text = format!(
            "machine Node * 3 {{ state up, down  var load: 0..9 = self.index
               def heavier(n: Node) = load > n.load }}
             enum Colour {{ red, green }}
             var x: 0..9 = 4
             var s: set of 0..9
             var q: queue of 0..9 max 3
             var c: Colour = green
             var y: -99..99 = 0
             action act {{ add(s, 2) add(s, 7) push(q, 5) push(q, 6) y = {value} }}"
        );
        let after = format!("act(): 4 {{2,7}} <5,6> e0.1 {expected} @0 0 @0 1 @0 2");
        check(&text, &[&after]);
    };
    check_value("if x > 3 implies x < 5 then 1 else 0", "1");
    check_value("sum n: Node: n.load * 2", "6");
    check_value("count n: Node where n is up and n.load > 0", "2");
    check_value("if all n: Node: n is up then 1 else 2", "1");
    check_value("if no n: Node where n.load > 0: n is down then 1 else 2", "1");
    check_value("count n: Node where some k: Node: n.heavier(k)", "2");
    check_value("-7 / 2", "-4");
    check_value("-7 mod 2", "1");
    check_value("min(x, 3, 2 ^ 3) + max(1, x)", "7");
    check_value("first(q) * 10 + last(q) - length(q)", "54");
    check_value("if 7 in s and x in 1..4 then size(s) else 0", "2");
    check_value("if c == green then 1 else 0", "1");
}

#[test]
fn budgets_and_resting() {
    let text = "
        machine Node * 2 { state up, down
          fault crash at most 1 each: up -> down { }
          eventually action restart: down -> up { } }
        watch rests = resting";
    check_after(
        text,
        &["crash(m0.0)", "restart(m0.0)"],
        &["tick: @0 @0 0 1", "crash(m0.1): @0 @1 0 0"],
    );
    let crashed = ["tick: @1 @0 0 1", "crash(m0.1): @1 @1 0 0", "restart(m0.0): @0 @0 0 1"];
    check_after(text, &["crash(m0.0)"], &crashed);
}
