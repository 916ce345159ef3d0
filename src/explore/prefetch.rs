//! Asking for a cache line before it is needed.

/// Asks for the line of this item, if there is one and the machine can be asked.
#[inline]
#[allow(unsafe_code)] // There is no safe name for the instruction.
pub(super) fn prefetch<T>(items: &[T], index: usize) {
    let Some(item) = items.get(index) else { return };
    #[cfg(target_arch = "x86_64")]
    // SAFETY: A prefetch changes nothing but caches, and every such machine has SSE.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(item).cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: A prefetch changes nothing but caches.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{}]", in(reg) item, options(nostack, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = item;
}
