//! Storms, stopped time and figures, against their definitions.

use std::collections::BTreeSet;

use squall::explore::{Edges, Exploration, Limits, Plan, Silent, explore};
use squall::system::{
    ActionFacts, ActionId, Arrow, Drawn, Facts, Fairness, FairnessId, FigureId, HandDrawn, MeterId,
    Role, Strength, System, Word,
};
use squall::trace::Trace;
use squall::verdict::safety::{first_where, peak};
use squall::verdict::stopped_time::stopped_time;
use squall::verdict::storm::{Grade, StormQuestion, storm};

use super::textbook::{Course, Textbook, distances};
use super::worlds::{Shape, explore_all, for_seeds, random_system};

const CALM: FigureId = FigureId(0);
const HEALTHY: FigureId = FigureId(1);
const LEVEL: FigureId = FigureId(2);

/// The states from which a tick is reached.
fn moving(book: &Textbook<'_>) -> BTreeSet<Word> {
    let ticks = |state| book.system.arrows(state).iter().any(|a| a.action == ActionId::TICK);
    book.can_reach(ticks, |_| true)
}

fn check_system(system: &HandDrawn) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system);
    let [all, calm] = [book.all(), book.all_where(CALM)];
    for (meter, healthy) in [(0, Some(HEALTHY)), (1, Some(HEALTHY)), (1, None)] {
        let count = |_: Word, arrow: &Arrow| arrow.counts[meter as usize];
        let course = Course { keep: &|_, _| true, count: &count };
        let question = StormQuestion { meter: MeterId(meter), region: Some(CALM), healthy };
        let answer = storm(system, &exploration.graph, question, &mut Silent)
            .expect("silence does not interrupt");
        let curable = match healthy {
            Some(figure) => book.curable(figure),
            None => book.stoppable(&course),
        };
        let in_calm = book.expected(&calm, &course, &curable);
        book.check_storm(answer.storm.as_ref(), &in_calm, &calm, &course);
        book.check_loop(answer.unfair_loop.as_ref(), &in_calm, &calm, &course);
        if answer.storm.is_none() {
            let anywhere = book.expected(&all, &course, &curable);
            book.check_storm(answer.beyond_region.as_ref(), &anywhere, &all, &course);
        }
    }
}

#[test]
fn storms_are_the_fair_sets_that_count() {
    for_seeds(30_000, |dice| check_system(&random_system(dice, &Shape::small(6))));
}

#[test]
fn storms_with_more_obligations_than_bits_are_found_all_the_same() {
    for_seeds(3000, |dice| {
        check_system(&random_system(dice, &Shape { copies: 64, ..Shape::small(6) }))
    });
}

#[test]
fn storms_of_all_graphs_with_three_states_and_two_actions() {
    for choice in 0..4_usize.pow(6) {
        for strength in [Strength::Weak, Strength::Strong] {
            check_system(&small_graph(choice, strength));
        }
    }
}

/// The graph of this number: for each of three states, where an owed action that counts nothing leads,
/// and where a may action that counts leads; each to one of three states, or it is not enabled.
fn small_graph(choice: usize, strength: Strength) -> HandDrawn {
    let known = |role, obligations| ActionFacts { role, obligations };
    let owed = known(Role::Eventually, vec![FairnessId(0)]);
    let facts = Facts {
        actions: [known(Role::Tick, vec![]), owed, known(Role::May, vec![])].into_iter().collect(),
        fairness: [Fairness { strength }].into_iter().collect(),
        meter_count: 2,
    };
    let mut system = HandDrawn::new(facts).start(Drawn::State(0));
    let mut choice = choice;
    for state in 0..3 {
        for action in [1, 2] {
            let next = (choice % 4) as Word;
            choice /= 4;
            if next < 3 {
                let counts = vec![0, u64::from(action == 2)];
                system =
                    system.arrow(state, Arrow { action: ActionId(action), counts, next: Ok(next) });
            }
        }
    }
    system.figure(vec![Ok(1), Ok(1), Ok(0)]).figure(vec![Ok(0), Ok(0), Ok(1)])
}

#[test]
fn peeling_finds_the_largest_of_all_fair_sets() {
    for_seeds(4000, |dice| {
        let system = random_system(dice, &Shape::small(7));
        let book = Textbook::new(&system);
        let count = |_: Word, arrow: &Arrow| arrow.counts[1];
        let waits = |_: Word, arrow: &Arrow| arrow.action != ActionId::TICK;
        for (allowed, keep) in [
            (book.all(), &waits as &dyn Fn(Word, &Arrow) -> bool),
            (book.all_where(CALM), &|_, _| true),
        ] {
            let course = Course { keep, count: &count };
            let every = book.every_fair_set(&allowed, &course);
            let is_largest = |set: &BTreeSet<Word>| {
                !every.iter().any(|other| set != other && set.is_subset(other))
            };
            let largest: BTreeSet<_> =
                every.iter().filter(|set| is_largest(set)).cloned().collect();
            let peeled = book.largest_fair_sets(&allowed, &course).into_iter().collect();
            assert_eq!(largest, peeled);
            let counted = !book.counting_sets(&allowed, &course).is_empty();
            assert_eq!(book.is_counted_in_many(&allowed, &course), counted);
        }
    });
}

#[test]
fn what_is_found_in_an_unfinished_graph_is_so() {
    for_seeds(5000, |dice| {
        let system = random_system(dice, &Shape::small(7));
        let book = Textbook::new(&system);
        let limits = Limits { states: Some(1 + dice.below(4) as u64), ..Limits::NONE };
        let plan = Plan { edges: Edges::Everywhere, figures: Vec::new(), limits, workers: 1 };
        check_part(&book, &explore(&system, &plan, &mut Silent));
    });
}

fn check_part(book: &Textbook<'_>, part: &Exploration) {
    let question = StormQuestion { meter: MeterId(1), region: Some(CALM), healthy: Some(HEALTHY) };
    let answer = storm(book.system, &part.graph, question, &mut Silent).expect("no interrupt");
    if let Some(found) = answer.storm {
        let course = Course { keep: &|_, _| true, count: &|_, arrow| arrow.counts[1] };
        assert!(book.check_lasso(&found.trace, &book.all_where(CALM), &course).is_fair);
        let (_, cycle) = book.walk(&found.trace);
        let curable = book.curable(HEALTHY);
        let is_trap = cycle.iter().all(|(state, _)| !curable.contains(state));
        assert!(found.grade == Grade::Storm || is_trap);
    }
    if let Some(found) = stopped_time(book.system, &part.graph, &mut Silent).expect("no interrupt")
    {
        assert!(!moving(book).contains(&end(book.system, &found.trace)));
    }
}

#[test]
fn time_stops_where_no_tick_can_be_reached() {
    for_seeds(2000, |dice| {
        let system = random_system(dice, &Shape::small(12));
        for edges in [Edges::WhereTimeWaits, Edges::Everywhere] {
            let exploration = explore_all(&system, edges);
            let book = Textbook::new(&system);
            let moving = moving(&book);
            let stopped =
                stopped_time(&system, &exploration.graph, &mut Silent).expect("no interrupt");
            let count = stopped.as_ref().map_or(0, |stopped| stopped.state_count);
            assert_eq!(count, book.states.len() - moving.len());
            if let Some(stopped) = stopped {
                assert!(!moving.contains(&end(&system, &stopped.trace)));
            }
        }
    });
}

#[test]
fn figures_are_found_by_shortest_traces() {
    for_seeds(2000, |dice| {
        let system = random_system(dice, &Shape::small(12));
        let exploration = explore_all(&system, Edges::Nowhere);
        check_first(&system, &exploration, true);
        check_first(&system, &exploration, false);
        check_peak(&system, &exploration);
    });
}

fn check_first(system: &HandDrawn, exploration: &Exploration, wanted: bool) {
    let nearest =
        nearest(system, exploration, |state| system.read(CALM, &[state]) == Ok(i64::from(wanted)));
    let answer = first_where(system, exploration, CALM, wanted, &mut Silent).expect("no interrupt");
    assert_eq!(answer.found.as_ref().map(|found| found.trace.actions.len()), nearest);
    if let Some(found) = answer.found {
        assert_eq!(system.read(CALM, &[end(system, &found.trace)]), Ok(i64::from(wanted)));
    }
    if let Some(breach) = answer.breach {
        assert!(system.read(CALM, &[end(system, &breach.trace)]).is_err());
    }
}

fn check_peak(system: &HandDrawn, exploration: &Exploration) {
    let graph = &exploration.graph;
    let value = |state| system.read(LEVEL, &[state]).expect("the level never breaches");
    let most = graph.states().map(|state| value(graph.words(state)[0])).max();
    let answer = peak(system, exploration, LEVEL, &mut Silent).expect("no interrupt");
    let (highest, found) = answer.highest.expect("there is a state");
    assert_eq!(Some(highest), most);
    let nearest = nearest(system, exploration, |state| value(state) == highest);
    assert_eq!(Some(found.trace.actions.len()), nearest);
}

/// How far the nearest state of a kind is from the starts.
fn nearest(
    system: &HandDrawn,
    exploration: &Exploration,
    is_wanted: impl Fn(Word) -> bool,
) -> Option<usize> {
    let graph = &exploration.graph;
    let starts: Vec<Vec<Word>> =
        graph.states().take(graph.start_count()).map(|s| graph.words(s).to_vec()).collect();
    let found = distances(system, &starts).into_iter().filter(|(state, _)| is_wanted(state[0]));
    found.map(|(_, distance)| distance).min()
}

/// The state in which a trace ends.
fn end(system: &HandDrawn, trace: &Trace) -> Word {
    trace.actions.iter().fold(trace.start[0], |state, action| {
        let arrow = system.arrows(state).iter().find(|arrow| arrow.action == *action);
        arrow.expect("a step exists").next.expect("the trace goes on")
    })
}
