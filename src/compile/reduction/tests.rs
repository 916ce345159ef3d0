//! Which parts of texts are found to decide nothing, and which are not.
//!
//! Each test takes a text in which something decides nothing, and changes one thing at a time until it does.

use itertools::Itertools;

use super::*;
use crate::base::{Source, SourceId};
use crate::model::{Settings, analyse};
use crate::syntax::parse;

fn model_of(text: &str) -> Model {
    let source = Source::new(SourceId(0), "test.squall", format!("model test\n{text}\n"));
    let parsed = parse(&source);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let analysis = analyse(&[source], &[parsed.file], &Settings::default());
    let diagnostics = analysis.diagnostics.clone();
    analysis.into_model().unwrap_or_else(|_| panic!("{text}\n{diagnostics:#?}"))
}

/// All claims of a model, which are about single states.
fn question(model: &Model) -> Question {
    let figures = model.properties.iter().flat_map(|one| one.claim.figures());
    Question { figures: figures.collect(), has_operators: false, is_about_executions: false }
}

/// The variables of which values are left out.
fn left_out(text: &str) -> Vec<String> {
    let model = model_of(text);
    let lean = lean(&model, &question(&model));
    let variables = lean.map(|lean| lean.variables).unwrap_or_default();
    variables.iter().map(|&it| model.variables[it].name.clone()).collect()
}

/// The actions that are taken before all others.
fn first(text: &str) -> Vec<String> {
    let model = model_of(text);
    let Some(comes_first) = confluent(&model, &question(&model)) else { return Vec::new() };
    let chosen = model.instances.iter().filter(|(id, _)| comes_first[*id]);
    chosen.map(|(_, it)| model.actions[it.action].name.clone()).dedup().collect()
}

/// A text with one piece of it changed.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "`{from}` in\n{text}");
    text.replace(from, to)
}

const UNREAD: &str = "
machine Clock {
  var hour: 0..23
  var seen: 0..23
  var spare: 0..5 saturating
  may action turn when hour < 23 { hour += 1
    seen = hour
    spare += 1 }
}
property p: always Clock.hour < 24";

#[test]
fn what_is_only_written_is_left_out() {
    assert_eq!(left_out(UNREAD), ["seen", "spare"]);
}

#[test]
fn what_may_breach_is_written() {
    assert_eq!(left_out(&changed(UNREAD, "0..5 saturating", "0..5")), ["seen"]);
}

#[test]
fn what_a_guard_reads_is_needed_with_all_that_is_assigned_to_it() {
    let read = changed(UNREAD, "when hour < 23", "when hour < 23 and seen < 23");
    assert_eq!(left_out(&read), ["spare"]);
    let through = changed(&read, "seen = hour\n", "seen = spare\n");
    assert_eq!(left_out(&through), [""; 0]);
}

#[test]
fn what_a_claim_reads_is_needed() {
    assert_eq!(left_out(&changed(UNREAD, "Clock.hour < 24", "Clock.spare < 6")), ["seen"]);
}

const DEAD: &str = "
machine Call { state idle, waiting
  var tries: 0..3
  may action start: idle -> waiting { tries = 0 }
  may action again: waiting when tries < 3 { tries += 1 }
  may action stop: waiting -> idle { }
}
property p: never (Call is idle and Call is waiting)";

#[test]
fn what_is_assigned_before_it_is_read_is_dead() {
    assert_eq!(left_out(DEAD), ["tries"]);
}

#[test]
fn what_is_perhaps_not_assigned_lives() {
    let some = changed(DEAD, "{ tries = 0 }", "{ if all c: Call: c is idle { tries = 0 } }");
    assert_eq!(left_out(&some), [""; 0]);
    let none = changed(DEAD, "{ tries = 0 }", "{ }");
    assert_eq!(left_out(&none), [""; 0]);
}

#[test]
fn what_a_claim_reads_lives_where_it_does() {
    let anywhere =
        changed(DEAD, "never (Call is idle and Call is waiting)", "always Call.tries < 3");
    assert_eq!(left_out(&anywhere), [""; 0]);
    let there =
        changed(&anywhere, "always Call.tries < 3", "never (Call is waiting and Call.tries > 2)");
    assert_eq!(left_out(&there), ["tries"]);
}

#[test]
fn what_others_read_lives_where_they_do() {
    let look =
        "machine Eye { state shut, open\n may action look: shut -> open when Call.tries > 1 { } }";
    assert_eq!(left_out(&format!("{DEAD}\n{look}")), [""; 0]);
    let there = changed(look, "Call.tries > 1", "Call is waiting and Call.tries > 1");
    assert_eq!(left_out(&format!("{DEAD}\n{there}")), ["tries"]);
}

const FIRST: &str = "
machine Lamp * 2 { state off, lit, burnt
  var hours: 0..9
  may action light: off -> lit { }
  action burn: lit -> burnt { hours = 9 }
}
machine Door { state shut, open
  may action push: shut -> open { }
}
property p: never Door is open";

#[test]
fn an_urgent_step_that_nobody_sees_comes_first() {
    assert_eq!(first(FIRST), ["burn"]);
}

#[test]
fn a_step_that_is_not_urgent_does_not() {
    assert_eq!(first(&changed(FIRST, "action burn", "may action burn")), [""; 0]);
}

#[test]
fn a_step_that_a_claim_sees_does_not() {
    let control = changed(FIRST, "never Door is open", "never Lamp(0) is burnt");
    let text = changed(&control, "never Lamp(0) is burnt", "never some l: Lamp: l is burnt");
    assert_eq!(first(&text), [""; 0]);
    let value = changed(&text, "l is burnt", "l.hours > 3");
    assert_eq!(first(&value), [""; 0]);
}

#[test]
fn a_step_that_another_sees_does_not() {
    let reads = changed(FIRST, "shut -> open {", "shut -> open when all l: Lamp: l.hours == 0 {");
    assert_eq!(first(&reads), [""; 0]);
}

#[test]
fn a_step_that_sees_another_does_not() {
    let reads = changed(FIRST, "lit -> burnt {", "lit -> burnt when Door is shut {");
    assert_eq!(first(&reads), [""; 0]);
}

#[test]
fn steps_that_need_an_instance_in_different_control_states_do_not_meet() {
    let own = changed(FIRST, "off -> lit { }", "off -> lit { hours = 0 }");
    assert_eq!(first(&own), ["burn"]);
    let same = changed(FIRST, "off -> lit { }", "off | lit -> lit { hours = 0 }");
    assert_eq!(first(&same), [""; 0]);
}

#[test]
fn steps_in_a_circle_do_not() {
    let back = "{ hours = 9 }\n  action mend: burnt -> lit { }";
    assert_eq!(first(&changed(FIRST, "{ hours = 9 }", back)), [""; 0]);
    let on = "{ hours = 9 }\n  action mend: burnt -> off { }";
    assert_eq!(first(&changed(FIRST, "{ hours = 9 }", on)), ["burn", "mend"]);
}

#[test]
fn executions_see_every_order() {
    let model = model_of(FIRST);
    let question = Question { is_about_executions: true, ..question(&model) };
    assert!(confluent(&model, &question).is_none());
}

/// In how many ways things can be known of so many machines is no matter: this ends.
#[test]
fn a_definition_is_not_looked_at_in_all_ways_in_which_it_is_called() {
    const DEEP: usize = 40;
    let machine = |at| format!("machine M{at} {{ state a, b\n may action go: a -> b {{ }} }}\n");
    let definition = |at| {
        let deeper = at + 1;
        format!("def d{deeper} = M{at} is a and d{at} or M{at} is b and d{at}\n")
    };
    let machines: String = (0..DEEP).map(machine).collect();
    let definitions: String = (0..DEEP).map(definition).collect();
    let text = format!(
        "{machines}machine Last {{ state a, b\n var x: 0..1\n var y: 0..1\n \
         may action go: a -> b when d{DEEP} {{ x = 1\n y = 1 }} }}\n\
         def d0 = Last.x == 0\n{definitions}property p: never Last is b"
    );
    assert_eq!(left_out(&text), ["y"]);
    assert_eq!(first(&text), [""; 0]);
}
