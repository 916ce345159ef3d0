//! Rates, against all simple cycles of all sets that a fair execution can visit for ever.

use std::collections::BTreeSet;

use squall::explore::{Edges, Silent};
use squall::system::{ActionId, Arrow, FigureId, HandDrawn, MeterId, Word};
use squall::verdict::rate::{Lasso, Rate, RateQuestion, Ratio, rate};

use super::slopes::{Reached, Slopes};
use super::textbook::{Course, Textbook, is_strong, subsets};
use super::worlds::{Shape, explore_all, for_seeds, random_system};

const CALM: FigureId = FigureId(0);

/// A simple cycle: its arrows with the states they leave.
type Cycle<'a> = Vec<(Word, &'a Arrow)>;

/// All simple cycles in a set of states.
fn simple_cycles<'a>(book: &'a Textbook<'_>, set: &BTreeSet<Word>) -> Vec<Cycle<'a>> {
    let mut cycles = Vec::new();
    for &first in set {
        // Each cycle is found from its smallest state.
        let later: BTreeSet<Word> = set.range(first..).copied().collect();
        extend(book, &later, &mut Vec::new(), first, first, &mut cycles);
    }
    cycles
}

fn extend<'a>(
    book: &'a Textbook<'_>,
    allowed: &BTreeSet<Word>,
    way: &mut Cycle<'a>,
    first: Word,
    state: Word,
    cycles: &mut Vec<Cycle<'a>>,
) {
    for step in book.arrows_from(state) {
        let Ok(next) = step.1.next else { continue };
        way.push(step);
        if next == first {
            cycles.push(way.clone());
        } else if allowed.contains(&next) && !way.iter().any(|(state, _)| *state == next) {
            extend(book, allowed, way, first, next, cycles);
        }
        way.pop();
    }
}

fn counted(cycle: &Cycle<'_>, meter: usize) -> u64 {
    cycle.iter().map(|(_, arrow)| arrow.counts[meter]).sum()
}

/// Compares a cycle with a ratio, exactly.
fn has_ratio(cycle: &Cycle<'_>, meter: usize, (count, ticks): (u64, u64)) -> bool {
    counted(cycle, meter) * ticks == count * counted(cycle, 0)
}

fn check_system(system: &HandDrawn, meter: usize) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system);
    let calm = book.all_where(CALM);
    let count = |_: Word, arrow: &Arrow| arrow.counts[meter];
    let course = Course { keep: &|_, _| true, count: &count };
    let question = RateQuestion { meter: MeterId(meter as u32), region: Some(CALM) };
    let answer = rate(system, &exploration.graph, question, &mut Silent).expect("no interrupt");
    let fair = book.fair_sets(&calm, &course);
    let cycles: Vec<Cycle<'_>> = fair.iter().flat_map(|set| simple_cycles(&book, set)).collect();
    let cycles: Vec<Cycle<'_>> = cycles.into_iter().filter(|c| counted(c, meter) > 0).collect();
    let timeless = cycles.iter().filter(|cycle| counted(cycle, 0) == 0);
    let largest = cycles.iter().filter(|cycle| counted(cycle, 0) > 0).max_by(|left, right| {
        let cross = |one: &Cycle<'_>, other| counted(one, meter) * counted(other, 0);
        cross(left, right).cmp(&cross(right, left))
    });
    let faults = book.faults();
    let fewest =
        |best: Vec<&Cycle<'_>>| best.into_iter().flatten().map(|(state, _)| faults[state]).min();
    let slopes = Slopes::new(&book, &calm, meter);
    match &answer.rate {
        Rate::Zero => assert!(cycles.is_empty() && slopes.is_flat()),
        Rate::NoTick(lasso) => {
            let course = Course { keep: &|_, arrow| arrow.action != ActionId::TICK, ..course };
            let fairly = book.expected(&calm, &course, &BTreeSet::new()).storm;
            let expected = Reached::new(fairly, fewest(timeless.collect()));
            check_lasso(&book, lasso, &calm, &course, expected);
            assert_eq!(slopes.timeless(), expected);
        }
        Rate::Exactly(ratio, lasso) => {
            assert_eq!((timeless.count(), slopes.timeless()), (0, Reached::Nowhere));
            let largest = largest.expect("there is a cycle");
            let parts = (counted(largest, meter), counted(largest, 0));
            check_ratio(*ratio, parts, (lasso.meter_per_turn, lasso.ticks_per_turn));
            let best = cycles.iter().filter(|cycle| has_ratio(cycle, meter, parts));
            let fairly = attained(&book, &calm, meter, parts);
            let expected = Reached::new(fairly, fewest(best.collect()));
            check_lasso(&book, lasso, &calm, &course, expected);
            assert_eq!(slopes.with(parts), Some(expected));
            assert_eq!(slopes.with((2 * parts.0 - 1, 2 * parts.1)), None);
        }
    }
}

fn check_ratio(ratio: Ratio, (count, ticks): (u64, u64), (shown, shown_ticks): (u64, u64)) {
    assert_eq!(ratio.count * u128::from(ticks), u128::from(count) * u128::from(ratio.ticks));
    assert_eq!(shown * ticks, count * shown_ticks);
    let [count, ticks] = [count as i64, ticks as i64];
    assert!(!ratio.exceeds(count, ticks));
    assert!(ratio.exceeds(2 * count - 1, 2 * ticks) && !ratio.exceeds(2 * count + 1, 2 * ticks));
}

/// The fewest faults to a set that a fair execution visits for ever by cycles of this ratio only.
fn attained(
    book: &Textbook<'_>,
    calm: &BTreeSet<Word>,
    meter: usize,
    ratio: (u64, u64),
) -> Option<u32> {
    let faults = book.faults();
    let sets = subsets(calm).filter(|set| {
        let cycles = simple_cycles(book, set).into_iter();
        let best = cycles.filter(|c| counted(c, 0) > 0 && has_ratio(c, meter, ratio));
        // What neither counts nor ticks may be taken as well.
        let idle = simple_cycles(book, set).into_iter();
        let idle = idle.filter(|c| counted(c, 0) == 0 && counted(c, meter) == 0);
        let best: Vec<Cycle<'_>> = best.collect();
        let arrows: Cycle<'_> = best.iter().cloned().chain(idle).flatten().collect();
        let taken = arrows.iter().flat_map(|(_, arrow)| book.obligations(arrow)).copied().collect();
        !best.is_empty()
            && is_strong(set, &arrows)
            && book.is_fair(set.iter().copied().collect(), &taken)
    });
    sets.filter_map(|set| set.iter().map(|state| faults[state]).min()).min()
}

/// Checks a lasso that is fair if one with this ratio is, and needs few faults.
fn check_lasso(
    book: &Textbook<'_>,
    lasso: &Lasso,
    calm: &BTreeSet<Word>,
    course: &Course<'_>,
    expected: Reached,
) {
    let lap = book.check_lasso(&lasso.trace, calm, course);
    assert_eq!(lap.is_fair, lasso.put_off.is_none());
    assert!(lasso.put_off.is_none_or(|owed| !lap.taken.contains(&owed)));
    let reached = if lap.is_fair { Reached::Fairly } else { Reached::Unfairly };
    assert_eq!(reached(lap.faults), expected);
    assert_eq!((lap.faults, lap.counted), (lasso.faults, lasso.meter_per_turn));
    assert_eq!(lap.ticks, lasso.ticks_per_turn);
}

#[test]
fn rates_are_those_of_cycles_where_a_fair_execution_can_stay() {
    for_seeds(6000, |dice| {
        let system = random_system(dice, &Shape::small(5));
        check_system(&system, 0);
        check_system(&system, 1);
    });
}
