//! Totals and windows, against the most that can be counted from each state on.

use squall::explore::{Edges, Silent};
use squall::system::{ActionId, Arrow, FigureId, HandDrawn, MeterId, Word};
use squall::verdict::bound::{Most, Total, TotalQuestion, total};

use super::heights::{ExpectedTotal, ExpectedWindow, Measure};
use super::textbook::{Course, Textbook};
use super::worlds::{Dice, Shape, explore_all, for_seeds, random_system};

const CALM: FigureId = FigureId(0);
const HEALTHY: FigureId = FigureId(1);

/// Checks the total of all of an execution.
pub fn check_total(book: &Textbook<'_>, found: &Total, by_faults: &[u64], course: &Course<'_>) {
    let expected = ExpectedTotal::new(book, course, &book.curable(HEALTHY));
    match found {
        Total::Exactly(most) => {
            let (count, distance) = expected.most.expect("there is a bound");
            assert_eq!((most.count, most.counts_from), (count, 0));
            check_most(book, most, distance, course);
        }
        Total::Storm(storm) => {
            book.check_storm(Some(storm), &expected.endless, &book.all(), course);
        }
        Total::FiniteEachTime(found) => {
            book.check_loop(Some(found), &expected.endless, &book.all(), course);
        }
    }
    assert_eq!(expected.most.is_none(), expected.endless.is_counted);
    assert_eq!(by_faults, expected.by_faults);
}

fn check_most(book: &Textbook<'_>, most: &Most, distance: usize, course: &Course<'_>) {
    let Some(trace) = &most.trace else { return assert_eq!(most.count, 0) };
    let (steps, _) = book.walk_path(trace);
    let steps = &steps[most.counts_from as usize..];
    let counted: u64 = steps.iter().map(|(state, arrow)| (course.count)(*state, arrow)).sum();
    assert_eq!((counted, steps.len()), (most.count, distance));
}

/// Checks the most within a number of ticks.
fn check_window(book: &Textbook<'_>, found: &Total, ticks: u64, count: &Measure) {
    let course = Course { keep: &|_, arrow| arrow.action != ActionId::TICK, count };
    let expected = ExpectedWindow::new(book, ticks, &course, &book.curable(HEALTHY));
    match found {
        Total::Exactly(most) => {
            let (count, nearest) = expected.most.expect("there is a bound");
            assert_eq!(most.count, count);
            let Some(trace) = &most.trace else { return assert_eq!(most.count, 0) };
            let (steps, _) = book.walk_path(trace);
            let (way_in, stretch) = steps.split_at(most.counts_from as usize);
            assert!(stretch.iter().map(|(_, arrow)| arrow.counts[0]).sum::<u64>() <= ticks);
            assert_eq!(way_in.len(), nearest);
            check_most(book, most, expected.stretch(stretch[0].0), &course);
        }
        Total::Storm(storm) => {
            book.check_storm(Some(storm), &expected.endless, &book.all(), &course);
        }
        Total::FiniteEachTime(found) => {
            book.check_loop(Some(found), &expected.endless, &book.all(), &course);
        }
    }
    assert_eq!(expected.most.is_none(), expected.endless.is_counted);
}

fn check_system(dice: &mut Dice, system: &HandDrawn) {
    let exploration = explore_all(system, Edges::Everywhere);
    let book = Textbook::new(system);
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
                    let course = Course { keep: &|_, _| true, count: &count };
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
