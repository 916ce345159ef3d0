//! The Pareto front of cost against the worst case: the sets than which none does as well for less, or
//! better for as much.
//!
//! A set costs as much as its mitigations together. What cannot be compared is left out and counted: a set
//! with a mitigation of no known cost, and one whose worst case is not known.

use std::cmp::Ordering;

use super::batch::Outcome;
use super::matrix::{Cell, Matrix, Row, Standing};
use super::minimal::is_proper_subset;
use crate::model::{MitigationId, Model};
use crate::verdict::Worst;
use crate::verdict::storm::Grade;

/// How bad a claim can get: first by its worst value, then by what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Badness(Value, Harm);

#[derive(Clone, Copy, Debug)]
enum Value {
    /// A fraction, with a positive denominator.
    Ratio(i64, i64),
    Unbounded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    None,
    Loop,
    Fails,
    Storm,
    Trap,
}

/// Sets of one cost that do equally well, and better than any that costs less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What each of them costs.
    pub cost: u64,
    /// Their rows, ascending; none of the sets contains another one.
    pub rows: Vec<usize>,
}

/// What is worth its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    /// The cheapest first, each better than those before.
    pub points: Vec<Point>,
    /// How many sets have a cost but no worst case that is known: one of them may do better.
    pub open_count: usize,
}

/// What each row costs, where that is known of all its mitigations.
pub fn costs(matrix: &Matrix, model: &Model) -> Vec<Option<u64>> {
    let cost = |id: &MitigationId| model.mitigations[*id].cost;
    let total = |row: &Row| {
        row.set.iter().map(cost).try_fold(0_u64, |sum, one| Some(sum.saturating_add(one?)))
    };
    matrix.rows.iter().map(total).collect()
}

/// How bad a claim can get under a set; nothing where that is not known.
pub fn badness(row: &Row, property: usize) -> Option<Badness> {
    Badness::of(&row.judged()?.cells[property])
}

/// The front, of rows with these costs.
pub fn front<B: Ord>(
    matrix: &Matrix,
    costs: &[Option<u64>],
    badness: impl Fn(&Row) -> Option<B>,
) -> Front {
    let mut open_count = 0;
    let mut known = Vec::new();
    for ((at, row), cost) in matrix.rows.iter().enumerate().zip(costs) {
        match (cost, badness(row)) {
            (Some(cost), Some(badness)) => known.push((*cost, badness, at)),
            (Some(_), None) if is_to_be_known(row) => open_count += 1,
            (_, None) | (None, _) => {}
        }
    }
    known.sort();
    let mut points: Vec<Point> = Vec::new();
    let mut best: Option<B> = None;
    for (cost, badness, at) in known {
        match (best.as_ref().map(|best| badness.cmp(best)), points.last_mut()) {
            (None | Some(Ordering::Less), _) => {
                best = Some(badness);
                points.push(Point { cost, rows: vec![at] });
            }
            (Some(Ordering::Equal), Some(point)) if point.cost == cost => {
                let set = &matrix.rows[at].set;
                let mut rows = point.rows.iter();
                if !rows.any(|&row| is_proper_subset(&matrix.rows[row].set, set)) {
                    point.rows.push(at);
                }
            }
            _ => {}
        }
    }
    Front { points, open_count }
}

/// Whether there is something to know of a set: its mitigations agree, and there is a start.
fn is_to_be_known(row: &Row) -> bool {
    row.judged().is_some() || matches!(row.outcome, Outcome::NotRun)
}

impl Badness {
    fn of(cell: &Cell) -> Option<Badness> {
        let harm = match (cell.standing, cell.storm.map(|storm| storm.grade)) {
            (Standing::Unknown(_), _) => return None,
            (Standing::Holds, _) if cell.has_loop => Harm::Loop,
            (Standing::Holds, _) => Harm::None,
            (Standing::Fails, None) => Harm::Fails,
            (Standing::Fails, Some(Grade::Storm)) => Harm::Storm,
            (Standing::Fails, Some(Grade::Trap)) => Harm::Trap,
        };
        let value = match (cell.worst, cell.standing) {
            (Some(Worst::Exactly(number)), _) => Value::Ratio(number, 1),
            (Some(Worst::Ratio { numerator, denominator, .. }), _) => {
                Value::Ratio(numerator, denominator)
            }
            (Some(Worst::AtLeast(_) | Worst::RatioAtLeast { .. }), _) => return None,
            (Some(Worst::NoTick | Worst::Unbounded), _) => Value::Unbounded,
            (None, Standing::Holds) => Value::Ratio(0, 1),
            (None, _) => Value::Unbounded,
        };
        Some(Badness(value, harm))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        match (*self, *other) {
            (Value::Ratio(n, d), Value::Ratio(m, e)) => {
                (i128::from(n) * i128::from(e)).cmp(&(i128::from(m) * i128::from(d)))
            }
            (Value::Ratio(..), Value::Unbounded) => Ordering::Less,
            (Value::Unbounded, Value::Ratio(..)) => Ordering::Greater,
            (Value::Unbounded, Value::Unbounded) => Ordering::Equal,
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Id;
    use crate::mitigate::matrix::Judged;
    use crate::model::PropertyId;

    /// All sets of three mitigations.
    fn matrix() -> Matrix {
        let set = |bits: usize| (0..3).filter(move |bit| bits >> bit & 1 == 1).map(Id::from_index);
        let found = Judged {
            cells: Vec::new(),
            summaries: Vec::new(),
            traces: Vec::new(),
            has_no_start: false,
            breaches: false,
        };
        let row = |bits: usize| Row {
            set: set(bits).collect(),
            outcome: Outcome::Run { found: found.clone(), same_as: None },
        };
        Matrix {
            mitigations: set(7).collect(),
            properties: vec![PropertyId(0)],
            up_to: 3,
            rows: (0..8).map(row).collect(),
        }
    }

    /// Against its definition, for many choices of costs and badness.
    #[test]
    fn nothing_on_the_front_is_dominated_and_nothing_else_is_undominated() {
        let matrix = matrix();
        for choice in 0..3_usize.pow(8) {
            let digit = |place: u32| choice / 3_usize.pow(place) % 3;
            let badness: Vec<usize> = (0..8).map(digit).collect();
            let price = [choice % 2, choice / 2 % 3, choice / 7 % 4];
            let cost = |row: usize| {
                let set = matrix.rows[row].set.iter();
                set.map(|id: &MitigationId| price[id.index()] as u64).sum::<u64>()
            };
            let costs: Vec<Option<u64>> = (0..8).map(|row| Some(cost(row))).collect();
            let at = |row: &Row| matrix.rows.iter().position(|one| one.set == row.set);
            let found = front(&matrix, &costs, |row| at(row).map(|at| badness[at]));
            assert_eq!(found.open_count, 0);
            let key = |row: usize| (cost(row), badness[row]);
            let is_dominated = |row: usize| {
                (0..8).any(|it| {
                    key(it) != key(row) && cost(it) <= cost(row) && badness[it] <= badness[row]
                })
            };
            let has_part = |row: usize| {
                let part =
                    |it: usize| is_proper_subset(&matrix.rows[it].set, &matrix.rows[row].set);
                (0..8).any(|it| key(it) == key(row) && part(it))
            };
            let mut expected: Vec<usize> =
                (0..8).filter(|&row| !is_dominated(row) && !has_part(row)).collect();
            expected.sort_by_key(|&row| (key(row), row));
            let told: Vec<usize> =
                found.points.iter().flat_map(|point| point.rows.iter().copied()).collect();
            assert_eq!(told, expected, "{badness:?} at {price:?}");
            assert!(found.points.is_sorted_by(|one, next| one.cost < next.cost));
        }
    }

    #[test]
    fn what_is_unknown_is_counted_and_what_has_no_cost_is_not() {
        let mut matrix = matrix();
        let open = |row: &Row| row.set.is_empty().then_some(0);
        let mut costs = vec![Some(1); 8];
        costs[7] = None;
        matrix.rows[6].outcome = Outcome::Refused(Vec::new());
        let found = front(&matrix, &costs, open);
        assert_eq!(found.points, [Point { cost: 1, rows: vec![0] }]);
        assert_eq!(found.open_count, 5);
    }

    #[test]
    fn worst_values_are_compared_as_numbers_before_grades() {
        let ratio = |n, d| Badness(Value::Ratio(n, d), Harm::None);
        assert!(ratio(1, 2) < ratio(2, 3));
        assert_eq!(ratio(2, 4), ratio(1, 2));
        assert!(Badness(Value::Ratio(9, 1), Harm::Trap) < Badness(Value::Unbounded, Harm::Fails));
        assert!(Badness(Value::Unbounded, Harm::Storm) < Badness(Value::Unbounded, Harm::Trap));
        assert!(ratio(i64::MAX, 1) > ratio(i64::MAX - 1, 1));
    }
}
