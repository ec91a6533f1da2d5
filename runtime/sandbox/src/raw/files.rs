//! What a confined program sees of the file system: mounts, Landlock's rules, files of the kernel.

use std::ffi::CStr;
use std::io;

use libc::{c_int, c_ulong};

use super::done;

/// Adds a rule for a folder to Landlock's.
pub(super) unsafe fn allow(rules: c_int, folder: &CStr, access: u64) -> io::Result<()> {
    /// `struct landlock_path_beneath_attr`.
    #[repr(C, packed)]
    struct Beneath {
        access: u64,
        folder: c_int,
    }
    const PATH_BENEATH: c_int = 1;
    // SAFETY: the structure is the kernel's and outlives the call; the folder is opened for it.
    unsafe {
        let opened = done(libc::open(folder.as_ptr(), libc::O_PATH | libc::O_CLOEXEC))?;
        let rule = Beneath { access, folder: opened };
        let rule = &raw const rule;
        let added = done(libc::syscall(libc::SYS_landlock_add_rule, rules, PATH_BENEATH, rule, 0));
        libc::close(opened);
        added.map(drop)
    }
}

pub(super) unsafe fn mount(
    source: Option<&CStr>,
    target: &CStr,
    kind: Option<&CStr>,
    flags: c_ulong,
    options: Option<&CStr>,
) -> io::Result<()> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: each pointer is null or a text that outlives the call.
    let mounted = unsafe {
        libc::mount(pointer(source), target.as_ptr(), pointer(kind), flags, pointer(options).cast())
    };
    done(mounted).map(drop)
}

/// Makes all that is mounted from a path on readable only, or changeable again. Before Linux 5.12,
/// where a full sandbox does not run, there is no such call.
pub(super) unsafe fn make_readable_only(path: &CStr, is_so: bool) -> io::Result<()> {
    /// `struct mount_attr`.
    #[repr(C)]
    struct Attributes {
        set: u64,
        clear: u64,
        propagation: u64,
        users: u64,
    }
    let [set, clear] = [is_so, !is_so].map(|does| u64::from(does) * libc::MOUNT_ATTR_RDONLY);
    let attributes = Attributes { set, clear, propagation: 0, users: 0 };
    let (from, flags) = (libc::AT_FDCWD, libc::AT_RECURSIVE);
    // SAFETY: the path and the structure, which is the kernel's, outlive the call; the size is its own.
    let changed = unsafe {
        let (path, attributes, size) =
            (path.as_ptr(), &raw const attributes, size_of_val(&attributes));
        done(libc::syscall(libc::SYS_mount_setattr, from, path, flags, attributes, size))
    };
    match changed {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Ok(()),
        changed => changed.map(drop),
    }
}

pub(super) unsafe fn write(path: &CStr, text: &CStr) -> io::Result<()> {
    // SAFETY: the texts outlive the calls, the length is the text's.
    unsafe {
        let file = done(libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC))?;
        let written = libc::write(file, text.as_ptr().cast(), text.count_bytes());
        let error = io::Error::last_os_error();
        libc::close(file);
        if written >= 0 { Ok(()) } else { Err(error) }
    }
}
