//! Verdicts up to renaming against those over all states; and the short cuts that go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use squall::explore::{Edges, Exploration, Silent};
use squall::model::Formula;
use squall::system::{
    Arrow, Breach, Facts, FigureId, MeterId, Quotient, Renaming, Start, Step, System, Word,
};
use squall::trace::Trace;
use squall::verdict::bound::{Total, TotalQuestion, total};
use squall::verdict::possible::always_possible;
use squall::verdict::rate::{Rate, RateQuestion, rate};
use squall::verdict::recovery::{RecoveryQuestion, recovery};
use squall::verdict::regions::{RegionsQuestion, regions};
use squall::verdict::storm::{Grade, LoopFinding, StormAnswer, StormFinding, StormQuestion, storm};
use squall::verdict::temporal::{Outcome, temporal};

use super::renamed::{World, random_world};
use super::textbook::{Course, Expected, Textbook};
use super::worlds::{explore_all, for_seeds};

const CALM: FigureId = FigureId(0);
const HEALTHY: FigureId = FigureId(1);
const METER: MeterId = MeterId(1);

fn question(healthy: Option<FigureId>) -> StormQuestion {
    StormQuestion { meter: METER, region: Some(CALM), healthy }
}

/// A trace of the system itself that looks, up to renaming, like one of the quotient.
fn unfolded(quotient: &Quotient<'_>, trace: &Trace) -> Trace {
    let found = quotient.unfold(&trace.start, &trace.actions);
    let (start, actions) = found.expect("every step of a representative has its like");
    Trace { start, actions, repeats_from: trace.repeats_from }
}

fn unfolded_storm(quotient: &Quotient<'_>, found: Option<StormFinding>) -> Option<StormFinding> {
    found.map(|found| StormFinding { trace: unfolded(quotient, &found.trace), ..found })
}

/// Checks a storm; if states have several representatives, there may be a way with fewer faults.
fn check_storm(
    book: &Textbook<'_>,
    found: Option<&StormFinding>,
    expected: &Expected,
    (allowed, course, is_exact): (&BTreeSet<Word>, &Course<'_>, bool),
) {
    if is_exact {
        return book.check_storm(found, expected, allowed, course);
    }
    assert_eq!(found.is_some(), expected.storm.is_some());
    let Some(found) = found else { return };
    assert_eq!(found.grade == Grade::Trap, expected.trap.is_some());
    assert!(Some(found.fewest_faults) >= expected.storm);
    let lap = book.check_lasso(&found.trace, allowed, course);
    assert_eq!((lap.faults, lap.counted), (found.faults, found.meter_per_turn));
    assert!(lap.counted > 0 && lap.is_fair);
}

/// Storms and loops up to renaming are what definitions say of all states, and what is shown is there.
fn check_storms(world: &World, is_exact: bool) {
    let quotient = Quotient::new(&world.system, &world.names);
    let exploration = explore_all(&quotient, Edges::Everywhere);
    let book = Textbook::new(&world.system);
    let [all, calm] = [book.all(), book.all_where(CALM)];
    let count = |_: Word, arrow: &Arrow| arrow.counts[1];
    let course = Course { keep: &|_, _| true, count: &count };
    for healthy in [Some(HEALTHY), None] {
        let StormAnswer { storm, unfair_loop, beyond_region, breach } =
            storm(&quotient, &exploration.graph, question(healthy), &mut Silent)
                .expect("silence does not interrupt");
        assert_eq!(breach, None);
        let curable = match healthy {
            Some(figure) => book.curable(figure),
            None => book.stoppable(&course),
        };
        let in_calm = book.expected(&calm, &course, &curable);
        let is_calm = storm.is_none();
        let storm = unfolded_storm(&quotient, storm);
        check_storm(&book, storm.as_ref(), &in_calm, (&calm, &course, is_exact));
        assert_eq!(unfair_loop.is_some(), in_calm.is_counted && in_calm.storm.is_none());
        if let Some(LoopFinding { trace, meter_per_turn, .. }) = unfair_loop {
            let lap = book.check_lasso(&unfolded(&quotient, &trace), &calm, &course);
            assert!(lap.counted == meter_per_turn && lap.counted > 0 && !lap.is_fair);
        }
        if is_calm {
            let anywhere = book.expected(&all, &course, &curable);
            let beyond = unfolded_storm(&quotient, beyond_region);
            check_storm(&book, beyond.as_ref(), &anywhere, (&all, &course, is_exact));
        }
    }
}

#[test]
fn storms_up_to_renaming_are_those_of_all_states() {
    for_seeds(3000, |dice| check_storms(&random_world(dice, true), true));
}

#[test]
fn states_may_have_several_representatives() {
    for_seeds(1000, |dice| check_storms(&random_world(dice, false), false));
}

/// What claims amount to, without what is counted in states.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    totals: Vec<String>,
    rate: String,
    recovers: String,
    is_always_possible: Option<u32>,
    regions: Vec<String>,
    is_violated: Vec<bool>,
}

fn said_of_total(found: &Total) -> String {
    match found {
        Total::Exactly(most) => {
            let length = most.trace.as_ref().map(|trace| trace.actions.len());
            format!("{} from {} in {length:?}", most.count, most.counts_from)
        }
        Total::Storm(storm) => said_of_storm(storm),
        Total::FiniteEachTime(_) => "finite each time".to_owned(),
    }
}

fn said_of_storm(storm: &StormFinding) -> String {
    format!("{:?} after {} of {} faults", storm.grade, storm.faults, storm.fewest_faults)
}

fn formulas() -> Vec<Formula> {
    let calm = || Box::new(Formula::Holds(CALM));
    let healthy = || Box::new(Formula::Holds(HEALTHY));
    let always_eventually = Formula::Always(Box::new(Formula::Eventually(healthy())));
    let settles = Formula::Eventually(Box::new(Formula::Always(calm())));
    vec![
        always_eventually.clone(),
        settles.clone(),
        Formula::Implies(Box::new(settles), Box::new(always_eventually)),
        Formula::LeadsTo(calm(), healthy()),
        Formula::Until(calm(), healthy()),
        Formula::Next(Box::new(Formula::Next(healthy()))),
    ]
}

fn said(system: &dyn System, Exploration { graph, .. }: &Exploration) -> Said {
    let mut totals = Vec::new();
    for within in [None, Some(0), Some(2)] {
        let question =
            TotalQuestion { meter: METER, region: Some(CALM), within, healthy: Some(HEALTHY) };
        let found = total(system, graph, question, &mut Silent).expect("no interrupt");
        totals.push(format!("{} by {:?}", said_of_total(&found.total), found.by_faults));
    }
    let question = RateQuestion { meter: METER, region: Some(CALM) };
    let rate = match rate(system, graph, question, &mut Silent).expect("no interrupt").rate {
        Rate::Zero => "zero".to_owned(),
        Rate::Exactly(ratio, lasso) => format!("{ratio:?} {}", lasso.put_off.is_none()),
        Rate::NoTick(lasso) => format!("no tick {}", lasso.put_off.is_none()),
    };
    let question = RecoveryQuestion { calm: Some(CALM), healthy: HEALTHY };
    let found = recovery(system, graph, question, &mut Silent).expect("no interrupt");
    let never = found.never.as_ref().map(said_of_storm);
    let recovers = format!("{never:?} {} {:?}", said_of_total(&found.time), found.time_by_faults);
    let traps = always_possible(system, graph, HEALTHY, &mut Silent).expect("no interrupt").traps;
    let question = RegionsQuestion { calm: Some(CALM), healthy: HEALTHY };
    let found = regions(system, graph, question, &mut Silent).expect("no interrupt");
    let regions = found.survey.iter().map(|region| {
        let steps = region.first.trace.actions.len();
        format!("{:?} after {} faults, {steps} steps", region.prospect, region.faults)
    });
    let violated = |formula: &Formula| {
        let found = temporal(system, graph, formula, None, &mut Silent).expect("no interrupt");
        match found.outcome {
            Outcome::Violated(_) => true,
            Outcome::Kept => false,
            other => panic!("small enough, and yet {other:?}"),
        }
    };
    Said {
        totals,
        rate,
        recovers,
        is_always_possible: traps.map(|traps| traps.faults),
        regions: regions.collect(),
        is_violated: formulas().iter().map(violated).collect(),
    }
}

#[test]
fn every_claim_up_to_renaming_is_as_over_all_states() {
    for_seeds(1200, |dice| {
        let world = random_world(dice, true);
        let quotient = Quotient::new(&world.system, &world.names);
        let all = said(&world.system, &explore_all(&world.system, Edges::Everywhere));
        let up_to_renaming = said(&quotient, &explore_all(&quotient, Edges::Everywhere));
        assert_eq!(all, up_to_renaming);
    });
}

/// Every lasso that violates a formula, or shows a rate, is one of the system itself.
#[test]
fn what_violates_a_formula_up_to_renaming_is_fair_in_the_system() {
    for_seeds(1000, |dice| {
        let world = random_world(dice, true);
        let quotient = Quotient::new(&world.system, &world.names);
        let graph = explore_all(&quotient, Edges::Everywhere).graph;
        let book = Textbook::new(&world.system);
        let course = Course { keep: &|_, _| true, count: &|_, _| 0 };
        for formula in formulas() {
            let found = temporal(&quotient, &graph, &formula, None, &mut Silent);
            if let Outcome::Violated(violation) = found.expect("no interrupt").outcome {
                let trace = unfolded(&quotient, &violation.trace);
                let lap = book.check_lasso(&trace, &book.all(), &course);
                assert!(lap.is_fair);
                assert_eq!(lap.faults, violation.faults);
            }
        }
        let question = RateQuestion { meter: METER, region: None };
        let found = rate(&quotient, &graph, question, &mut Silent).expect("no interrupt").rate;
        if let Rate::Exactly(_, lasso) | Rate::NoTick(lasso) = found {
            let lap = book.check_lasso(&unfolded(&quotient, &lasso.trace), &book.all(), &course);
            assert_eq!(lap.is_fair, lasso.put_off.is_none());
        }
    });
}

/// A quotient that forgets who is who: a name is whoever bears it in a state.
struct Untracked<'a> {
    quotient: &'a Quotient<'a>,
    facts: Facts,
}

impl System for Untracked<'_> {
    fn width(&self) -> usize {
        self.quotient.width()
    }
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn initial(&self, visit: &mut dyn FnMut(Start<'_>) -> ControlFlow<()>) {
        self.quotient.initial(visit);
    }
    fn steps(&self, state: &[Word], visit: &mut dyn FnMut(Step<'_>)) {
        self.quotient.steps(state, visit);
    }
    fn read(&self, figure: FigureId, state: &[Word]) -> Result<i64, Breach> {
        self.quotient.read(figure, state)
    }
}

/// The same obligations, as if they were owed to all things together.
fn merged(facts: &Facts, names: &dyn Renaming) -> Facts {
    let mut merged = facts.clone();
    for action in merged.actions.ids().collect::<Vec<_>>() {
        for owed in &mut merged.actions[action].obligations {
            *owed = names.owed_to(*owed, 0);
        }
    }
    merged
}

/// The short cuts err both ways on these systems, so that these systems would show it if ours did.
#[test]
fn trap_4_short_cuts_find_storms_that_are_none_and_miss_others() {
    let mut wrong: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let wrong = std::cell::RefCell::new(&mut wrong);
    for_seeds(1500, |dice| {
        let world = random_world(dice, true);
        let is_storm = |system: &dyn System| {
            let graph = explore_all(system, Edges::Everywhere).graph;
            let found = storm(system, &graph, question(None), &mut Silent);
            found.expect("no interrupt").storm.is_some()
        };
        let truth = is_storm(&world.system);
        let quotient = &Quotient::new(&world.system, &world.names);
        assert_eq!(is_storm(quotient), truth);
        let facts = quotient.facts();
        let by_place = Untracked { quotient, facts: facts.clone() };
        let by_action = Untracked { quotient, facts: merged(facts, &world.names) };
        for (name, system) in [("by place", by_place), ("by action", by_action)] {
            let found = is_storm(&system);
            if found != truth {
                *wrong.borrow_mut().entry((name, found)).or_default() += 1;
            }
        }
    });
    let wrong = wrong.into_inner();
    for key in [("by place", false), ("by place", true), ("by action", false), ("by action", true)]
    {
        let count = wrong.get(&key).copied().unwrap_or(0);
        assert!(count > 0 || std::env::var("SQUALL_SEED").is_ok(), "{key:?} in {wrong:?}");
    }
}

/// Two steps that differ in who is named only lead to the same representative, and are two all the same.
#[test]
fn trap_1_steps_that_differ_in_who_is_named_are_kept_apart() {
    for_seeds(500, |dice| {
        let world = random_world(dice, true);
        let quotient = Quotient::new(&world.system, &world.names);
        let graph = explore_all(&quotient, Edges::Everywhere).graph;
        for state in graph.states() {
            let edges = graph.edges(state).iter().map(|edge| graph.action(edge.label));
            let arrows = world.system.arrows(graph.words(state)[0]);
            assert!(edges.eq(arrows.iter().map(|arrow| arrow.action)));
        }
    });
}
