//! Totals and windows, against searches that carry the count along.

use std::collections::{BTreeMap, VecDeque};

use squall::explore::{Edges, Silent};
use squall::system::{ActionId, Arrow, FigureId, HandDrawn, MeterId, Role, Word};
use squall::verdict::bound::{Most, Total, TotalQuestion, total};

use super::textbook::{Course, Textbook};
use super::worlds::{Dice, Shape, explore_all, for_seeds, random_system};

const CALM: FigureId = FigureId(0);
const HEALTHY: FigureId = FigureId(1);

/// More than small systems count without a cycle; a count stops here.
const MANY: u64 = 150;

/// A state, what was counted on the way, and the dear steps taken.
type Place = (Word, u64, u64);

/// Searches through places, breadth first: the distance of each.
fn places(
    book: &Textbook<'_>,
    from: &[Word],
    course: &Course<'_>,
    price: &dyn Fn(Word, &Arrow) -> u64,
    purse: u64,
) -> BTreeMap<Place, usize> {
    let mut distances: BTreeMap<Place, usize> = from.iter().map(|&s| ((s, 0, 0), 0)).collect();
    let mut pending: VecDeque<Place> = distances.keys().copied().collect();
    while let Some((state, counted, paid)) = pending.pop_front() {
        let distance = distances[&(state, counted, paid)] + 1;
        for (_, arrow) in book.arrows_from(state) {
            let Ok(next) = arrow.next else { continue };
            let counted = MANY.min(counted + (course.count)(state, arrow));
            let place = (next, counted, paid + price(state, arrow));
            if place.2 <= purse && !distances.contains_key(&place) {
                distances.insert(place, distance);
                pending.push_back(place);
            }
        }
    }
    distances
}

/// The most that is counted, unless there is no bound, and the distance of a nearest place with so much.
fn most(places: &BTreeMap<Place, usize>) -> (Option<u64>, usize) {
    let most = places.keys().map(|place| place.1).max().unwrap_or(0);
    let nearest = places.iter().filter(|(place, _)| place.1 == most).map(|(_, &steps)| steps).min();
    (Some(most).filter(|&most| most < MANY), nearest.unwrap_or(0))
}

/// Checks the total of all of an execution.
pub fn check_total(book: &Textbook<'_>, found: &Total, by_faults: &[u64], course: &Course<'_>) {
    let expected = book.expected(&book.all(), course, &book.curable(HEALTHY));
    let free = |_: Word, _: &Arrow| 0;
    let (count, distance) = most(&places(book, &book.starts, course, &free, 0));
    match found {
        Total::Exactly(most) => {
            assert!(!expected.is_counted);
            assert_eq!(Some(most.count), count);
            assert_eq!(most.counts_from, 0);
            check_most(book, most, distance, course);
        }
        Total::Storm(storm) => book.check_storm(Some(storm), &expected, &book.all(), course),
        Total::FiniteEachTime(found) => {
            book.check_loop(Some(found), &expected, &book.all(), course);
        }
    }
    assert_eq!(count.is_none(), expected.is_counted);
    assert_eq!(by_faults, expected_by_faults(book, count, course));
}

fn check_most(book: &Textbook<'_>, most: &Most, distance: usize, course: &Course<'_>) {
    let Some(trace) = &most.trace else { return assert_eq!(most.count, 0) };
    let (steps, _) = book.walk_path(trace);
    let steps = &steps[most.counts_from as usize..];
    let counted: u64 = steps.iter().map(|(state, arrow)| (course.count)(*state, arrow)).sum();
    assert_eq!((counted, steps.len()), (most.count, distance));
}

/// The most with 0, 1, 2 … faults. A fault on a cycle is free, as it could come again.
fn expected_by_faults(book: &Textbook<'_>, of_all: Option<u64>, course: &Course<'_>) -> Vec<u64> {
    let is_once = |from: Word, arrow: &Arrow| {
        let returning = book.can_reach(|state| state == from, |_| true);
        book.role(arrow) == Role::Fault && !arrow.next.is_ok_and(|next| returning.contains(&next))
    };
    let price = |state: Word, arrow: &Arrow| u64::from(is_once(state, arrow));
    let mut by_faults = Vec::new();
    for purse in 0.. {
        let (Some(count), _) = most(&places(book, &book.starts, course, &price, purse)) else {
            break;
        };
        by_faults.push(count);
        if Some(count) == of_all {
            break;
        }
    }
    by_faults
}

/// Checks the most within a number of ticks.
fn check_window(
    book: &Textbook<'_>,
    found: &Total,
    ticks: u64,
    count: &dyn Fn(Word, &Arrow) -> u64,
) {
    let course = Course { keep: &|arrow| arrow.action != ActionId::TICK, count };
    let expected = book.expected(&book.all(), &course, &book.curable(HEALTHY));
    let price = |_: Word, arrow: &Arrow| arrow.counts[0];
    let from = |state| most(&places(book, &[state], &course, &price, ticks));
    let count = book.states.iter().map(|&state| from(state).0.unwrap_or(MANY)).max();
    match found {
        Total::Exactly(most) => {
            assert_eq!(Some(most.count), count);
            let Some(trace) = &most.trace else { return assert_eq!(most.count, 0) };
            let (steps, _) = book.walk_path(trace);
            let (way_in, stretch) = steps.split_at(most.counts_from as usize);
            assert!(stretch.iter().map(|(_, arrow)| arrow.counts[0]).sum::<u64>() <= ticks);
            check_most(book, most, from(stretch[0].0).1, &course);
            let free = |_: Word, _: &Arrow| 0;
            let reached = places(book, &book.starts, &Course { count: &free, ..course }, &free, 0);
            let rich = reached.iter().filter(|((state, ..), _)| from(*state).0 == count);
            assert_eq!(rich.map(|(_, &steps)| steps).min(), Some(way_in.len()));
        }
        Total::Storm(storm) => book.check_storm(Some(storm), &expected, &book.all(), &course),
        Total::FiniteEachTime(found) => {
            book.check_loop(Some(found), &expected, &book.all(), &course);
        }
    }
    assert_eq!(count == Some(MANY), expected.is_counted);
}

fn check_system(dice: &mut Dice, system: &HandDrawn) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system, &exploration);
    for meter in [0, 1] {
        for region in [None, Some(CALM)] {
            let count = |state: Word, arrow: &Arrow| {
                let counts = region.is_none_or(|figure| book.holds(figure, state));
                if counts { arrow.counts[meter as usize] } else { 0 }
            };
            let within = dice.chance(1, 2).then(|| dice.below(4) as u64);
            let meter = MeterId(meter);
            let question = TotalQuestion { meter, region, within, healthy: Some(HEALTHY) };
            let answer =
                total(system, &exploration.graph, question, &mut Silent).expect("no interrupt");
            match within {
                Some(ticks) => check_window(&book, &answer.total, ticks, &count),
                None => {
                    let course = Course { keep: &|_| true, count: &count };
                    check_total(&book, &answer.total, &answer.by_faults, &course);
                }
            }
        }
    }
}

#[test]
fn totals_are_what_a_search_that_counts_finds() {
    for_seeds(4000, |dice| {
        let system = random_system(dice, &Shape::small(6));
        check_system(dice, &system);
    });
}
