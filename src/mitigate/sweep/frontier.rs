//! Where a row changes from failing to holding, and whether it does so only once.
//!
//! Only what was seen is said: a point of which nobody knows belongs to neither side, and one that does
//! not exist (no start, a refused configuration) does not interrupt a row.

use itertools::Itertools;

/// What is known of a claim at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It fails.
    Fails,
    /// Nobody knows.
    Open,
    /// There is no such system: no start, or the configuration is refused.
    Absent,
}

/// Neighbours in a row that stand alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// How they stand.
    pub standing: Standing,
    /// The position of the first.
    pub first: usize,
    /// The position of the last.
    pub last: usize,
}

/// How a claim stands along a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row, in stretches that stand alike.
    pub runs: Vec<Run>,
    /// Its shape, as far as it is known.
    pub shape: Shape,
    /// The position of the first point that holds.
    pub first_holding: Option<usize>,
    /// Whether anything in it is unknown, so that its shape may be another one.
    pub is_open: bool,
}

/// The shape of a row, by the points that hold or fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing is known, or nothing is there.
    Empty,
    /// All hold.
    Holds,
    /// All fail.
    Fails,
    /// All hold from this position on, and all before it fail.
    Rises(usize),
    /// All hold up to this position, and all behind it fail.
    Falls(usize),
    /// It changes more than once.
    NotMonotone,
}

impl Shape {
    /// Whether it changes at most once.
    pub fn is_monotone(self) -> bool {
        self != Shape::NotMonotone
    }
}

impl Row {
    /// The row of these points.
    pub fn of(standings: &[Standing]) -> Row {
        let groups = standings.iter().copied().enumerate().chunk_by(|&(_, standing)| standing);
        let runs = groups.into_iter().filter_map(|(standing, points)| {
            let positions = points.map(|(position, _)| position).collect_vec();
            let (&first, &last) = (positions.first()?, positions.last()?);
            Some(Run { standing, first, last })
        });
        let runs = runs.collect_vec();
        let known = |run: &&Run| matches!(run.standing, Standing::Holds | Standing::Fails);
        let known = runs.iter().filter(known).copied();
        // What stands alike on both sides of a gap is one stretch.
        let known = known.coalesce(|one, next| match one.standing == next.standing {
            true => Ok(Run { last: next.last, ..one }),
            false => Err((one, next)),
        });
        let known = known.collect_vec();
        let shape = match known.as_slice() {
            [] => Shape::Empty,
            [one] if one.standing == Standing::Holds => Shape::Holds,
            [_] => Shape::Fails,
            [_, then] if then.standing == Standing::Holds => Shape::Rises(then.first),
            [first, _] => Shape::Falls(first.last),
            _ => Shape::NotMonotone,
        };
        Row {
            shape,
            first_holding: standings.iter().position(|&one| one == Standing::Holds),
            is_open: standings.contains(&Standing::Open),
            runs,
        }
    }

    /// The neighbours of which one holds and the other fails, by their positions, from the left. What
    /// lies between them does not exist.
    pub fn flips(standings: &[Standing]) -> Vec<(usize, usize)> {
        let there = standings.iter().enumerate().filter(|(_, one)| **one != Standing::Absent);
        let differ = |one: Standing, next: Standing| {
            matches!(
                (one, next),
                (Standing::Holds, Standing::Fails) | (Standing::Fails, Standing::Holds)
            )
        };
        let pairs = there.tuple_windows().filter(|((_, one), (_, next))| differ(**one, **next));
        pairs.map(|((left, _), (right, _))| (left, right)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `h`olds, `f`ails, `?` unknown, `-` absent.
    fn check(row: &str, shape: Shape, first_holding: Option<usize>, flips: &[(usize, usize)]) {
        let standing = |sign| match sign {
            'h' => Standing::Holds,
            'f' => Standing::Fails,
            '?' => Standing::Open,
            _ => Standing::Absent,
        };
        let standings = row.chars().map(standing).collect_vec();
        let found = Row::of(&standings);
        assert_eq!((found.shape, found.first_holding), (shape, first_holding), "{row}");
        assert_eq!(found.is_open, row.contains('?'), "{row}");
        assert_eq!(Row::flips(&standings), flips, "{row}");
        let covered = found.runs.iter().map(|run| run.last + 1 - run.first).sum::<usize>();
        assert_eq!(covered, row.len(), "{row}");
    }

    #[test]
    fn a_row_has_the_shape_that_was_seen() {
        check("", Shape::Empty, None, &[]);
        check("-?-", Shape::Empty, None, &[]);
        check("hh", Shape::Holds, Some(0), &[]);
        check("ff?", Shape::Fails, None, &[]);
        check("ffh", Shape::Rises(2), Some(2), &[(1, 2)]);
        check("hff", Shape::Falls(0), Some(0), &[(0, 1)]);
        check("fhf", Shape::NotMonotone, Some(1), &[(0, 1), (1, 2)]);
        check("hfh", Shape::NotMonotone, Some(0), &[(0, 1), (1, 2)]);
    }

    #[test]
    fn what_does_not_exist_lies_between_neighbours_and_what_is_unknown_does_not() {
        check("f-h", Shape::Rises(2), Some(2), &[(0, 2)]);
        check("f?h", Shape::Rises(2), Some(2), &[]);
        check("h-h?f", Shape::Falls(2), Some(0), &[]);
        check("f?h-f", Shape::NotMonotone, Some(2), &[(2, 4)]);
    }
}
