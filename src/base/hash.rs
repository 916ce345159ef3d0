//! The one hash: seeded with a constant, so it is equal on every machine, build and run.
//!
//! Multiply and fold, as in wyhash (Wang Yi, 2019): one wide multiplication a word, and its two halves
//! combined. Nothing rests on its quality but speed: every set that uses it compares the words themselves.

/// The hash of a packed state.
pub fn hash_words(words: &[u64]) -> u64 {
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for &word in words {
        hash = fold(hash ^ word, 0xa076_1d64_78bd_642f);
    }
    fold(hash, 0xe703_7ed1_a0b4_28db)
}

/// One number out of two, in which their order matters.
pub fn mix(left: u64, right: u64) -> u64 {
    fold(left ^ 0xa076_1d64_78bd_642f, right ^ 0xe703_7ed1_a0b4_28db).wrapping_add(left)
}

/// The exclusive or of the two halves of a full product.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_words_spread_over_the_table() {
        let low_bits = (0..4096_u64).map(|word| hash_words(&[word]) & 0xfff);
        let distinct = low_bits.collect::<std::collections::BTreeSet<_>>().len();
        assert!(distinct > 2300, "only {distinct} of 4096 slots hit");
    }
}
