//! Interval arithmetic: what proves values in range, or leaves a run-time check standing.
//!
//! Every function returns an interval that holds each result the operation can have without
//! overflowing; wider is always sound.

use super::types::Interval;

/// The interval between two wide bounds, cut to 64 bits.
fn cut(low: i128, high: i128) -> Interval {
    let bound = |value: i128| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    Interval::new(bound(low), bound(high))
}

/// The smallest interval around all the values.
fn around(values: impl IntoIterator<Item = i128>) -> Interval {
    let (low, high) = values
        .into_iter()
        .fold((i128::MAX, i128::MIN), |(low, high), value| (low.min(value), high.max(value)));
    cut(low, high)
}

fn wide(interval: Interval) -> (i128, i128) {
    (i128::from(interval.low), i128::from(interval.high))
}

/// Both intervals and what is between them.
pub fn join(a: Interval, b: Interval) -> Interval {
    Interval::new(a.low.min(b.low), a.high.max(b.high))
}

/// Of `a + b`.
pub fn add(a: Interval, b: Interval) -> Interval {
    let ((a, b), (c, d)) = (wide(a), wide(b));
    cut(a + c, b + d)
}

/// Of `-a`.
pub fn negate(a: Interval) -> Interval {
    let (low, high) = wide(a);
    cut(-high, -low)
}

/// Of `a - b`.
pub fn subtract(a: Interval, b: Interval) -> Interval {
    let ((a, b), (c, d)) = (wide(a), wide(b));
    cut(a - d, b - c)
}

/// Of `a * b`.
pub fn multiply(a: Interval, b: Interval) -> Interval {
    let ((a, b), (c, d)) = (wide(a), wide(b));
    around([a * c, a * d, b * c, b * d])
}

/// Of `a / b`, rounded down; all numbers if `b` can only be zero.
pub fn divide(a: Interval, b: Interval) -> Interval {
    let divisors =
        [b.low, b.high, -1, 1].into_iter().filter(|&d| d != 0 && b.low <= d && d <= b.high);
    let quotients = divisors
        .flat_map(|d| [a.low, a.high].map(|n| floor_divide(i128::from(n), i128::from(d))))
        .collect::<Vec<_>>();
    if quotients.is_empty() { Interval::ALL } else { around(quotients) }
}

/// Of `a mod b`, which has the divisor's sign.
pub fn modulo(a: Interval, b: Interval) -> Interval {
    let (low, high) = wide(b);
    let result = cut((low + 1).min(0), (high - 1).max(0));
    let is_unchanged = a.low >= 0 && b.low > a.high;
    if is_unchanged { Interval::new(a.low, a.high) } else { result }
}

/// Of `a ^ b`.
pub fn power(a: Interval, b: Interval) -> Interval {
    let raise = |base: i64, exponent: i64| -> i128 {
        let exponent = u32::try_from(exponent.clamp(0, 64)).expect("clamped to 0..64");
        i128::from(base).checked_pow(exponent).unwrap_or(i128::MAX)
    };
    if a.low >= 0 {
        let lowest = if a.low == 0 { 0 } else { raise(a.low, b.low) };
        cut(lowest, raise(a.high, b.high).max(1))
    } else {
        let largest = i128::from(a.low).abs().max(i128::from(a.high).abs());
        let largest = i64::try_from(largest).unwrap_or(i64::MAX);
        let bound = raise(largest, b.high).max(1);
        cut(-bound, bound)
    }
}

/// The quotient rounded down.
pub fn floor_divide(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares an operation's interval with all its results on every pair of small intervals.
    fn check(
        of: impl Fn(Interval, Interval) -> Interval,
        result: impl Fn(i64, i64) -> Option<i64>,
    ) {
        let small = || (-4..=4).flat_map(|low| (low..=4).map(move |high| Interval::new(low, high)));
        for a in small() {
            for b in small() {
                let interval = of(a, b);
                for x in a.low..=a.high {
                    for y in b.low..=b.high {
                        let Some(value) = result(x, y) else { continue };
                        let inside = interval.low <= value && value <= interval.high;
                        assert!(
                            inside,
                            "{a:?} {b:?}: {x} and {y} give {value}, not in {interval:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn intervals_hold_every_result() {
        check(add, |x, y| Some(x + y));
        check(subtract, |x, y| Some(x - y));
        check(multiply, |x, y| Some(x * y));
        check(|a, _| negate(a), |x, _| Some(-x));
        check(join, |x, y| Some(x.min(y)));
        check(divide, |x, y| (y != 0).then(|| floor_divide(x.into(), y.into()) as i64));
        check(modulo, |x, y| (y != 0).then(|| x - y * floor_divide(x.into(), y.into()) as i64));
        check(power, |x, y| u32::try_from(y).ok().map(|y| x.pow(y)));
    }

    #[test]
    fn huge_bounds_are_cut_not_wrapped() {
        assert_eq!(add(Interval::ALL, Interval::ALL), Interval::ALL);
        assert_eq!(multiply(Interval::ALL, Interval::ALL), Interval::ALL);
        assert_eq!(power(Interval::new(2, 2), Interval::new(0, 90)).high, i64::MAX);
    }
}
