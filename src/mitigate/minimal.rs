//! The smallest sets that make a property hold, and the sets to which a mitigation must not be added.
//!
//! A set is minimal if the claim holds under it and under none of its proper subsets, each of which was
//! run. What holds under a set may fail under a larger one, so every answer is read off the whole matrix.

use super::matrix::{Matrix, Row, places};
use crate::model::MitigationId;

/// A smallest set that makes something hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minimal {
    /// Its row.
    pub row: usize,
    /// Whether it is known of every smaller set that it does not do.
    pub is_certain: bool,
    /// The rows of larger sets under which it fails again.
    pub spoiled: Vec<usize>,
    /// Whether it is known of every larger set that was to be tried whether it fails there.
    pub is_settled: bool,
}

/// A mitigation that breaks what held without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// The row of the set under which the claims hold.
    pub before: usize,
    /// The mitigation.
    pub added: MitigationId,
    /// The row of the set with it.
    pub after: usize,
    /// The positions of the properties that hold before and fail after, ascending.
    pub broken: Vec<usize>,
    /// How many larger sets it breaks the same claims of.
    pub larger_count: usize,
}

/// The smallest sets under which something is good, in the order of the rows.
pub fn minimal(matrix: &Matrix, is_good: impl Fn(&Row) -> Option<bool>) -> Vec<Minimal> {
    // Where there is nothing to judge, nothing holds.
    let known = |row: &Row| is_good(row).or((!row.is_open()).then_some(false));
    let places = places(matrix);
    // Of each row: whether some proper subset is good, and whether all of them are known.
    let mut below: Vec<(bool, bool)> = Vec::with_capacity(matrix.rows.len());
    let mut found = Vec::new();
    for (at, row) in matrix.rows.iter().enumerate() {
        let smaller = row.set.iter().map(|&out| places[&without(&row.set, out)]);
        let (has_good, are_known) = smaller.fold((false, true), |(good, are_known), subset| {
            let verdict = known(&matrix.rows[subset]);
            let (good_below, known_below) = below[subset];
            (
                good || good_below || verdict == Some(true),
                are_known && known_below && verdict.is_some(),
            )
        });
        below.push((has_good, are_known));
        if known(row) == Some(true) && !has_good {
            found.push((at, are_known));
        }
    }
    let describe = |(at, is_certain): (usize, bool)| {
        let larger = |row: usize| is_proper_subset(&matrix.rows[at].set, &matrix.rows[row].set);
        let larger = (at + 1..matrix.rows.len()).filter(|&row| larger(row));
        let (mut spoiled, mut is_settled) = (Vec::new(), true);
        for row in larger {
            match is_good(&matrix.rows[row]) {
                Some(true) => {}
                Some(false) => spoiled.push(row),
                None => is_settled &= !matrix.rows[row].is_open(),
            }
        }
        Minimal { row: at, is_certain, spoiled, is_settled }
    };
    found.into_iter().map(describe).collect()
}

/// Where a mitigation breaks claims that held: the smallest sets to which it must not be added, in the
/// order of the rows. Larger sets of which it breaks nothing more are counted.
pub fn setbacks(matrix: &Matrix) -> Vec<Setback> {
    let places = places(matrix);
    let mut found: Vec<Setback> = Vec::new();
    for (after, row) in matrix.rows.iter().enumerate() {
        for &added in &row.set {
            let before = places[&without(&row.set, added)];
            let broken = broken(matrix, before, after);
            if broken.is_empty() {
                continue;
            }
            let covers = |known: &&mut Setback| {
                known.added == added
                    && is_proper_subset(&matrix.rows[known.before].set, &matrix.rows[before].set)
                    && broken.iter().all(|property| known.broken.contains(property))
            };
            match found.iter_mut().find(covers) {
                Some(known) => known.larger_count += 1,
                None => {
                    found.push(Setback { before, added, after, broken, larger_count: 0 });
                }
            }
        }
    }
    found
}

/// The positions of the properties that are good in one row and not in another one.
fn broken(matrix: &Matrix, before: usize, after: usize) -> Vec<usize> {
    let (before, after) = (&matrix.rows[before], &matrix.rows[after]);
    let breaks =
        |at: &usize| before.is_good(*at) == Some(true) && after.is_good(*at) == Some(false);
    (0..matrix.properties.len()).filter(breaks).collect()
}

/// A set without one of its elements.
fn without(set: &[MitigationId], out: MitigationId) -> Vec<MitigationId> {
    set.iter().copied().filter(|&one| one != out).collect()
}

/// Whether all of one set is in another, larger one.
pub(super) fn is_proper_subset(small: &[MitigationId], large: &[MitigationId]) -> bool {
    small.len() < large.len() && small.iter().all(|one| large.contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Id;
    use crate::mitigate::matrix::{Cell, Judged, Standing};
    use crate::mitigate::{Outcome, Row};
    use crate::model::PropertyId;
    use crate::verdict::Reason;

    /// A matrix of one property and three mitigations; of each set, whether it is good.
    fn matrix_of(verdicts: &[Option<bool>; 8]) -> Matrix {
        let ids = |bits: usize| (0..3).filter(move |bit| bits >> bit & 1 == 1).map(Id::from_index);
        let mut sets: Vec<usize> = (0..8).collect();
        sets.sort_by_key(|bits| bits.count_ones());
        let rows = sets.into_iter().map(|bits| Row {
            set: ids(bits).collect(),
            outcome: Outcome::Run { found: judged(verdicts[bits]), same_as: None },
        });
        Matrix {
            mitigations: ids(7).collect(),
            properties: vec![PropertyId(0)],
            up_to: 3,
            rows: rows.collect(),
        }
    }

    fn judged(is_good: Option<bool>) -> Judged {
        let standing = match is_good {
            Some(true) => Standing::Holds,
            Some(false) => Standing::Fails,
            None => Standing::Unknown(Reason::Interrupted),
        };
        let cell = Cell {
            standing,
            is_good,
            worst: None,
            storm: None,
            has_loop: false,
            is_vacuous: false,
            storms_while_not_calm: false,
        };
        Judged {
            cells: vec![cell],
            summaries: Vec::new(),
            traces: Vec::new(),
            has_no_start: false,
            breaches: false,
        }
    }

    /// A set as bits.
    fn bits(set: &[MitigationId]) -> usize {
        set.iter().map(|id| 1 << id.index()).sum()
    }

    /// Every way in which three mitigations can act, unknown sets included.
    fn all_matrices() -> impl Iterator<Item = [Option<bool>; 8]> {
        (0..3_usize.pow(8)).map(|number| {
            std::array::from_fn(|at| {
                [None, Some(false), Some(true)][number / 3_usize.pow(at as u32) % 3]
            })
        })
    }

    #[test]
    fn minimal_sets_are_those_of_the_definition() {
        for verdicts in all_matrices() {
            let matrix = matrix_of(&verdicts);
            let found = minimal(&matrix, |row| row.is_good(0));
            let sets: Vec<usize> = found.iter().map(|it| bits(&matrix.rows[it.row].set)).collect();
            let below = |set: usize| (0..8).filter(move |it| it & set == *it && *it != set);
            let above = |set: usize| (0..8).filter(move |it| it & set == set && *it != set);
            let is_minimal = |set: &usize| {
                verdicts[*set] == Some(true) && below(*set).all(|it| verdicts[it] != Some(true))
            };
            let expected: Vec<usize> =
                matrix.rows.iter().map(|row| bits(&row.set)).filter(is_minimal).collect();
            assert_eq!(sets, expected, "{verdicts:?}");
            for (one, &set) in found.iter().zip(&sets) {
                assert_eq!(one.is_certain, below(set).all(|it| verdicts[it].is_some()));
                assert_eq!(one.is_settled, above(set).all(|it| verdicts[it].is_some()));
                let spoiled = one.spoiled.iter().map(|&row| bits(&matrix.rows[row].set));
                let mut spoiled: Vec<usize> = spoiled.collect();
                spoiled.sort();
                let failing = above(set).filter(|&it| verdicts[it] == Some(false));
                assert_eq!(spoiled, failing.collect::<Vec<_>>(), "{verdicts:?}");
            }
        }
    }

    #[test]
    fn no_setback_is_missed_and_none_is_made_up() {
        for verdicts in all_matrices() {
            let matrix = matrix_of(&verdicts);
            let found = setbacks(&matrix);
            let real = (0..8_usize).flat_map(|set| (0..3).map(move |added| (set, 1 << added)));
            let real = real.filter(|&(set, added)| {
                set & added == 0
                    && verdicts[set] == Some(true)
                    && verdicts[set | added] == Some(false)
            });
            let told: usize = found.iter().map(|one| 1 + one.larger_count).sum();
            assert_eq!(told, real.count(), "{verdicts:?}");
            for one in &found {
                let (before, after) = (&matrix.rows[one.before].set, &matrix.rows[one.after].set);
                assert_eq!(verdicts[bits(before)], Some(true));
                assert_eq!(verdicts[bits(after)], Some(false));
                assert_eq!(without(after, one.added), *before);
            }
        }
    }
}
