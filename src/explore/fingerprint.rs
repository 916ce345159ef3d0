//! Fingerprints: 64 bits that stand for a state, and the odds that two states have the same.
//!
//! The words of a state, in halves, are the coefficients of a polynomial, whose value at one point modulo
//! the prime 2^61 - 1 is the fingerprint (Carter and Wegman, *Universal Classes of Hash Functions*,
//! 1979). Two states with the same are a root of their difference, so of all points few have it, whatever
//! the states are: at most one for each coefficient. The point was drawn once, and is the same in every
//! run.

use super::seen::mix;

/// A Mersenne prime, which makes remainders cheap.
const PRIME: u64 = (1 << 61) - 1;

/// Drawn from the system's source of randomness.
const POINT: u64 = 0x0200_d569_725c_ceec;

/// The fingerprint of a state.
#[inline]
pub(super) fn fingerprint(words: &[u64]) -> u64 {
    let halves = words.iter().flat_map(|word| [word & u64::from(u32::MAX), word >> 32]);
    // Spreading the value over the word merges nothing.
    mix(halves.fold(0, times_point_plus))
}

/// `value * POINT + half` modulo the prime.
#[inline]
fn times_point_plus(value: u64, half: u64) -> u64 {
    let product = u128::from(value) * u128::from(POINT) + u128::from(half);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// The odds, at most, that two of so many states of `width` words have the same fingerprint, as one in so
/// many.
pub(super) fn one_in(states: u64, width: usize) -> u64 {
    let states = u128::from(states);
    let chances = states * states.saturating_sub(1) / 2 * 2 * width as u128;
    u128::from(PRIME).checked_div(chances).map_or(u64::MAX, |one_in| one_in as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_a_value_of_a_polynomial() {
        let by_hand = |halves: &[u64]| {
            let prime = u128::from(PRIME);
            let horner =
                |value: u128, half: &u64| (value * u128::from(POINT) + u128::from(*half)) % prime;
            mix(halves.iter().fold(0, horner) as u64)
        };
        let full = u64::from(u32::MAX);
        for halves in [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [full; 4], [7, full, 3, 1 << 31]] {
            let words = [halves[0] | halves[1] << 32, halves[2] | halves[3] << 32];
            assert_eq!(fingerprint(&words), by_hand(&halves), "{halves:?}");
        }
    }

    #[test]
    fn neighbours_have_fingerprints_of_their_own() {
        let strings = (0..50_000_u64).map(|at| [at & 0xff, at >> 8 << 40]);
        let distinct = strings.map(|words| fingerprint(&words));
        assert_eq!(distinct.collect::<std::collections::BTreeSet<_>>().len(), 50_000);
    }

    #[test]
    fn the_odds_grow_with_pairs_and_words() {
        assert_eq!([one_in(0, 2), one_in(1, 2)], [u64::MAX; 2]);
        assert_eq!([one_in(2, 2), one_in(3, 2), one_in(3, 4)], [4, 12, 24].map(|it| PRIME / it));
        assert_eq!(one_in(10_000_000, 6), 3_843);
        assert_eq!(one_in(u64::from(u32::MAX), 100), 0);
    }
}
