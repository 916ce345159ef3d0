//! What a Rust model can say of its actions, and what follows: fairness, time, limits, boundaries.

use std::collections::BTreeMap;

use squall::bridge::{Checked, Effort, Kind, Metered, check_storm};
use squall::explore::{Observer, Progress, Silent};
use squall::verdict::{Note, Reason, Verdict};
use stateright::Model;

/// Arrows between numbers, from 0 on; each counts as much as it says.
#[derive(Clone, Default)]
struct Drawn {
    arrows: Vec<(u8, &'static str, u64, Option<u8>)>,
    kinds: BTreeMap<&'static str, Kind>,
    boundary: Option<u8>,
}

impl Model for Drawn {
    type State = u8;
    type Action = &'static str;
    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }
    fn actions(&self, state: &u8, actions: &mut Vec<&'static str>) {
        actions.extend(self.arrows.iter().filter(|one| one.0 == *state).map(|one| one.1));
    }
    fn next_state(&self, state: &u8, action: &'static str) -> Option<u8> {
        self.arrows.iter().find(|one| (one.0, one.1) == (*state, action))?.3
    }
    fn within_boundary(&self, state: &u8) -> bool {
        self.boundary.is_none_or(|last| *state <= last)
    }
}

impl Metered for Drawn {
    fn kind(&self, action: &&'static str) -> Kind {
        self.kinds.get(action).cloned().unwrap_or_else(Kind::may)
    }
    fn count(&self, state: &u8, action: &&'static str, _: &u8) -> u64 {
        let arrow = self.arrows.iter().find(|one| (one.0, one.1) == (*state, *action));
        arrow.map_or(0, |one| one.2)
    }
}

fn drawn(arrows: &[(u8, &'static str, u64, Option<u8>)], kinds: &[(&'static str, Kind)]) -> Drawn {
    let kinds = kinds.iter().cloned().collect();
    Drawn { arrows: arrows.to_vec(), kinds, boundary: None }
}

fn ask(model: Drawn) -> Checked<Drawn> {
    check_storm(model, &Effort::UNLIMITED, &mut Silent)
}

#[track_caller]
fn check(model: Drawn, is_storm: bool) {
    let found = ask(model);
    assert_eq!((found.storm().is_some(), found.holds()), (is_storm, !is_storm), "{found}");
}

#[test]
fn an_attempt_that_changes_nothing_is_a_step_if_the_model_says_so() {
    check(drawn(&[(0, "retry", 1, Some(0))], &[]), true);
    check(drawn(&[(0, "retry", 1, None)], &[]), false);
}

#[test]
fn what_is_owed_ends_a_loop_that_would_put_it_off() {
    let arrows = [(0, "retry", 1, Some(0)), (0, "succeed", 0, Some(1))];
    check(drawn(&arrows, &[]), true);
    let model = drawn(&arrows, &[("succeed", Kind::eventually())]);
    check(model.clone(), false);
    let found = ask(model);
    let [Note::UnfairLoop(trace)] = &found.answer().notes[..] else { panic!("{found}") };
    assert_eq!(trace.put_off().len(), 2);
    assert!(found.to_string().contains("tick, \"succeed\" is put off"), "{found}");
}

#[test]
fn what_is_enabled_now_and_then_is_owed_only_strongly() {
    let arrows = [(0, "retry", 1, Some(1)), (1, "wait", 0, Some(0)), (1, "succeed", 0, Some(2))];
    check(drawn(&arrows, &[("succeed", Kind::eventually())]), true);
    check(drawn(&arrows, &[("succeed", Kind::eventually().strongly("success"))]), false);
}

#[test]
fn actions_of_one_name_are_owed_together() {
    let arrows = [(0, "retry", 1, Some(0)), (0, "succeed", 0, Some(1))];
    let together = |name: &str| {
        [
            ("retry", Kind::eventually().weakly("client")),
            ("succeed", Kind::eventually().weakly(name)),
        ]
    };
    check(drawn(&arrows, &together("client")), true);
    check(drawn(&arrows, &together("server")), false);
}

#[test]
fn time_waits_for_what_is_urgent() {
    let arrows = [(0, "tick", 1, Some(0)), (0, "work", 0, Some(1)), (1, "rest", 0, Some(1))];
    let kinds = |work| [("tick", Kind::tick()), ("work", work)];
    check(drawn(&arrows, &kinds(Kind::urgent())), false);
    check(drawn(&arrows, &kinds(Kind::may())), true);
}

#[test]
fn where_nothing_is_left_to_do_time_passes_and_counts_nothing() {
    let found = ask(drawn(&[(0, "end", 1, Some(1))], &[]));
    let summary = found.summary.expect("it was explored");
    assert_eq!((summary.state_count, summary.step_count, summary.tick_count), (2, 1, 2));
    assert!(found.holds() && found.judgement.stopped.is_none());
}

#[test]
fn urgent_work_without_end_stops_time() {
    let found = ask(drawn(&[(0, "spin", 0, Some(0))], &[("spin", Kind::urgent())]));
    assert_eq!(found.judgement.stopped.as_ref().map(|one| one.state_count), Some(1));
}

#[test]
fn operators_are_hidden() {
    check(drawn(&[(0, "restart", 1, Some(0))], &[("restart", Kind::operator())]), false);
}

#[test]
fn the_fewest_faults_are_counted() {
    let arrows = [
        (0, "crash", 0, Some(1)),
        (1, "crash", 0, Some(2)),
        (2, "retry", 1, Some(2)),
        (0, "drift", 0, Some(3)),
        (3, "creep", 0, Some(4)),
        (4, "crash", 0, Some(2)),
    ];
    let found = ask(drawn(&arrows, &[("crash", Kind::fault())]));
    let storm = found.storm().expect("a storm");
    assert_eq!((storm.faults, storm.fewest_faults), (1, 1));
    let trace = found.trace().expect("it is shown");
    let names: Vec<_> = trace.actions.iter().flatten().copied().collect();
    assert_eq!(names[..3], ["drift", "creep", "crash"]);
}

#[test]
fn beyond_the_boundary_nobody_knows() {
    let arrows = [(0, "up", 0, Some(1)), (1, "up", 0, Some(2)), (2, "retry", 1, Some(2))];
    let bounded = |last| Drawn { boundary: Some(last), ..drawn(&arrows, &[]) };
    check(bounded(2), true);
    let found = ask(bounded(1));
    assert!(matches!(found.verdict(), Verdict::Unknown(Reason::Boundary)), "{found}");
}

#[test]
fn a_limit_on_states_leaves_it_unknown_at_the_same_place() {
    let arrows: Vec<_> = (0..50).map(|n| (n, "up", 0, Some(n + 1))).collect();
    for workers in [1, 4] {
        let effort = Effort { states: Some(20), workers };
        let found = check_storm(drawn(&arrows, &[]), &effort, &mut Silent);
        assert!(matches!(found.verdict(), Verdict::Unknown(Reason::Unfinished(_))), "{found}");
        assert_eq!(found.summary.map(|one| one.state_count), Some(20));
    }
    let effort = Effort { states: Some(51), workers: 1 };
    assert!(check_storm(drawn(&arrows, &[]), &effort, &mut Silent).holds());
}

/// Has patience for nothing.
struct Impatient;

impl Observer for Impatient {
    fn progress(&mut self, _: Progress) {}
    fn should_stop(&mut self) -> bool {
        true
    }
}

#[test]
fn an_interrupt_leaves_it_unknown() {
    let model = drawn(&[(0, "retry", 1, Some(0))], &[]);
    let found = check_storm(model, &Effort::UNLIMITED, &mut Impatient);
    assert!(matches!(found.verdict(), Verdict::Unknown(Reason::Unfinished(_))), "{found}");
}

#[test]
#[should_panic(expected = "a state has one tick at most")]
fn two_ticks_in_one_state_are_refused() {
    let arrows = [(0, "tick", 0, Some(0)), (0, "tock", 0, Some(1))];
    ask(drawn(&arrows, &[("tick", Kind::tick()), ("tock", Kind::tick())]));
}
