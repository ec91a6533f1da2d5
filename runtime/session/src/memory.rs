//! Memory that a session used and needs no more.

/// Gives what was freed back to the system, where the C library keeps it: glibc keeps as much as
/// several threads ever took at once, about 30 MB after a run of a tiny model, and others give it back.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code, reason = "a call of the C library")]
    // SAFETY: it takes a number alone, and may be called at any time by any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
