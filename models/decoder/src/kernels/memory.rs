//! What the C library does with memory between operations.

/// Keeps what is freed for what comes next, for the rest of the program.
///
/// A pass makes and frees some megabytes at each operation. glibc gives them back to the system each time, which
/// brings them again page by page: an eighth of a training step was in the kernel.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code, reason = "calls of the C library")]
    // SAFETY: it takes numbers alone, and may be called at any time by any thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD);
        libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        libc::mallopt(libc::M_TOP_PAD, TOP_PAD);
    }
}

/// The greatest that glibc takes: what is larger is mapped by itself, and unmapped when freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MMAP_THRESHOLD: libc::c_int = 32 << 20;

/// Asked for at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TOP_PAD: libc::c_int = 64 << 20;
