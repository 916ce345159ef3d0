//! When growing sizes have said the same for long enough to stop asking. It proves nothing of larger
//! sizes, and nobody may say it does.

/// How many sizes in a row must be alike. By taste: two can be chance, and each costs more than the
/// last.
pub const ALIKE_TO_STOP: usize = 3;

/// Whether the last sizes are known and alike; None is a size of which something is not known.
pub fn is_stable<T: PartialEq>(sizes: &[Option<T>]) -> bool {
    let Some(start) = sizes.len().checked_sub(ALIKE_TO_STOP) else { return false };
    let last = &sizes[start..];
    last[0].is_some() && last.iter().all(|one| *one == last[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_alike_are_enough_and_what_is_unknown_is_never_alike() {
        assert!(is_stable(&[Some(1), Some(2), Some(2), Some(2)]));
        assert!(!is_stable(&[Some(2), Some(2)]));
        assert!(!is_stable(&[Some(2), Some(2), Some(2), Some(1)]));
        assert!(!is_stable(&[Some(2), None, Some(2), Some(2)]));
        assert!(!is_stable::<i32>(&[None, None, None]));
    }
}
