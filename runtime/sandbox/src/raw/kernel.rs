//! What the kernel offers to whoever would confine a program.

use super::NAMESPACES;

/// Whether this user may make the namespaces: a child tries.
pub(crate) fn can_unshare() -> bool {
    // SAFETY: the child makes one call and ends; `status` outlives the call that writes it.
    unsafe {
        match libc::fork() {
            -1 => false,
            0 => libc::_exit(libc::unshare(NAMESPACES)),
            child => {
                let mut status = 0;
                libc::waitpid(child, &raw mut status, 0) == child && status == 0
            }
        }
    }
}

/// The version of Landlock that the kernel has; 0 without.
pub(crate) fn landlock_abi() -> libc::c_long {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes no attributes and returns the version.
    let found = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0, VERSION)
    };
    found.max(0)
}

/// Whether this is user 0, whom the kernel's limit of processes spares.
pub(crate) fn is_root() -> bool {
    // SAFETY: the call has no arguments and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Whether the kernel filters system calls.
pub(crate) fn has_seccomp() -> bool {
    // SAFETY: a query without pointers.
    unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 }
}
