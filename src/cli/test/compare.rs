//! What was expected against what was found.

use crate::model::Outcome;
use crate::verdict::{Reason, Verdict, Worst};

/// How what was found compares with what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// As expected.
    Met,
    /// Not as expected.
    Wrong,
    /// Nobody knows.
    Open,
}

/// Compares an expectation with a verdict.
pub fn compare(expected: Outcome, verdict: &Verdict) -> Comparison {
    let is = |truth: bool| if truth { Comparison::Met } else { Comparison::Wrong };
    match (expected, verdict) {
        (Outcome::Unknown, verdict) => is(matches!(verdict, Verdict::Unknown(_))),
        // A model that breaks its own rules will do so the next time as well.
        (_, Verdict::Unknown(Reason::ModelBreaches)) => Comparison::Wrong,
        (_, Verdict::Unknown(_)) => Comparison::Open,
        (Outcome::Holds, verdict) => is(matches!(verdict, Verdict::Holds { .. })),
        (Outcome::Fails, verdict) => is(matches!(verdict, Verdict::Fails { .. })),
        (
            Outcome::Worst { numerator, denominator },
            Verdict::Holds { worst, .. } | Verdict::Fails { worst, .. },
        ) => match worst {
            Some(Worst::Exactly(found)) => is(denominator == 1 && *found == numerator),
            Some(Worst::AtLeast(found)) => at_least((*found, 1), (numerator, denominator)),
            Some(Worst::RatioAtLeast { numerator: found, denominator: of }) => {
                at_least((*found, *of), (numerator, denominator))
            }
            Some(Worst::Ratio { numerator: found, denominator: of, .. }) => {
                is(*found == numerator && *of == denominator)
            }
            Some(Worst::NoTick | Worst::Unbounded) | None => Comparison::Wrong,
        },
    }
}

/// What is known where a fraction is reached and another one was expected.
fn at_least(found: (i64, i64), expected: (i64, i64)) -> Comparison {
    let is_passed =
        i128::from(found.0) * i128::from(expected.1) > i128::from(expected.0) * i128::from(found.1);
    if is_passed { Comparison::Wrong } else { Comparison::Open }
}
