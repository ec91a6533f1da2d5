//! What happens between the fork and the program, by system calls.
//!
//! Everything is prepared before the fork, since afterwards only what is safe in a signal handler
//! is: no allocation, no lock. Each call's result is checked.

#![allow(unsafe_code, reason = "system calls that no crate makes without allocating")]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{c_int, c_ulong, pid_t};
use seccompiler::BpfProgram;

/// Namespaces of a confined program; its network is one, too.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWNET;

/// `SECBIT_NOROOT` and `SECBIT_NO_SETUID_FIXUP`, both locked: user 0 has no capabilities by being it.
const SECURE_BITS: c_ulong = 0b1111;

/// How a program is confined.
pub(crate) struct Confinement {
    /// Maps of the namespace's user and group; none without namespaces.
    pub(crate) maps: Option<Maps>,
    /// What can be changed there besides the private folder. All else is mounted to be read, since
    /// Landlock has no rule for modes, owners, times and attributes of files.
    pub(crate) writable: Vec<CString>,
    /// Whether its own loopback is up.
    pub(crate) has_loopback: bool,
    /// Doors to control groups.
    pub(crate) doors: Vec<OwnedFd>,
    /// Limits of each process.
    pub(crate) limits: Vec<(Resource, u64)>,
    /// Landlock's rules.
    pub(crate) rules: Option<OwnedFd>,
    /// The private folder, and what may be done in it, by Landlock's bits.
    pub(crate) private: CString,
    pub(crate) access: u64,
    /// The working folder.
    pub(crate) working: CString,
    /// Filters of system calls.
    pub(crate) filters: Option<[BpfProgram; 2]>,
}

/// A limit of `setrlimit`.
#[cfg(target_env = "gnu")]
pub(crate) type Resource = libc::__rlimit_resource_t;
/// A limit of `setrlimit`.
#[cfg(not(target_env = "gnu"))]
pub(crate) type Resource = c_int;

/// The user and the group of a namespace, and its private file system's options.
pub(crate) struct Maps {
    users: CString,
    groups: CString,
    options: CString,
}

impl Maps {
    /// Maps of this process's user and group to themselves, and a private file system of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        // SAFETY: these calls have no arguments and cannot fail.
        let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
        let text = |text: String| CString::new(text).unwrap_or_default();
        Self {
            users: text(format!("{user} {user} 1")),
            groups: text(format!("{group} {group} 1")),
            options: text(format!("size={bytes},nr_inodes=65536,mode=0700,uid={user},gid={group}")),
        }
    }
}

impl Confinement {
    /// Confines this process, which was just forked and is about to become the program.
    pub(crate) fn enter(&self) -> io::Result<()> {
        // SAFETY: plain calls with integers, and pointers to what `self` owns or what is static.
        unsafe {
            done(libc::setsid())?;
            end_with_parent()?;
            for door in &self.doors {
                done(libc::write(door.as_raw_fd(), c"0".as_ptr().cast(), 1))?;
            }
            if let Some(maps) = &self.maps {
                done(libc::unshare(NAMESPACES))?;
                write(c"/proc/self/setgroups", c"deny")?;
                write(c"/proc/self/uid_map", &maps.users)?;
                write(c"/proc/self/gid_map", &maps.groups)?;
                mount(None, c"/", None, libc::MS_REC | libc::MS_PRIVATE, None)?;
                for path in &self.writable {
                    let path = path.as_c_str();
                    mount(Some(path), path, None, libc::MS_BIND | libc::MS_REC, None)?;
                }
                make_readable_only(c"/", true)?;
                for path in &self.writable {
                    // What was never to be changed stays so.
                    let _ = make_readable_only(path, false);
                }
                let flags = libc::MS_NOSUID | libc::MS_NODEV;
                let options = Some(maps.options.as_c_str());
                mount(Some(c"tmpfs"), &self.private, Some(c"tmpfs"), flags, options)?;
                done(libc::chdir(self.working.as_ptr()))?;
                match done(libc::fork())? {
                    0 => end_with_parent()?,
                    program => wait_for(program),
                }
                if self.has_loopback {
                    bring_loopback_up()?;
                }
                drop_capabilities()?;
            }
            for (resource, most) in &self.limits {
                // What is limited further already stays so.
                let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                done(libc::getrlimit(*resource, &raw mut limit))?;
                let least = limit.rlim_max.min(*most);
                let limit = libc::rlimit { rlim_cur: least, rlim_max: least };
                done(libc::setrlimit(*resource, &raw const limit))?;
            }
            done(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
            if let Some(rules) = &self.rules {
                let rules = rules.as_raw_fd();
                allow(rules, &self.private, self.access)?;
                done(libc::syscall(libc::SYS_landlock_restrict_self, rules, 0))?;
            }
            // What libraries of this program opened to be inherited is not the other's. Before Linux
            // 5.11, where a full sandbox does not run, the flag is unknown.
            libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        for filter in self.filters.iter().flatten() {
            seccompiler::apply_filter(filter).map_err(|_| io::Error::last_os_error())?;
        }
        Ok(())
    }
}

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

/// The process ends when the thread that forked it does.
unsafe fn end_with_parent() -> io::Result<()> {
    // SAFETY: integers alone.
    done(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) }).map(drop)
}

/// Ends as the program does. Every open file is the program's alone.
unsafe fn wait_for(program: pid_t) -> ! {
    // SAFETY: `status` outlives the call; after it this process only ends.
    unsafe {
        libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
        let mut status = 0;
        while libc::waitpid(program, &raw mut status, 0) == -1 {
            if *libc::__errno_location() != libc::EINTR {
                libc::_exit(127);
            }
        }
        if libc::WIFSIGNALED(status) {
            let signal = libc::WTERMSIG(status);
            let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
            libc::signal(signal, libc::SIG_DFL);
            libc::kill(libc::getpid(), signal);
            libc::_exit(128 + signal);
        }
        libc::_exit(libc::WEXITSTATUS(status))
    }
}

unsafe fn bring_loopback_up() -> io::Result<()> {
    /// `IFF_UP` as the request has it.
    const INTERFACE_UP: libc::c_short = 1;
    // SAFETY: `request` is zeroed, which is valid for it, named with its end in place, and outlives
    // the call.
    unsafe {
        let socket = done(libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0))?;
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
            *to = libc::c_char::from_ne_bytes([*from]);
        }
        request.ifr_ifru.ifru_flags = INTERFACE_UP;
        let up = done(libc::ioctl(socket, libc::SIOCSIFFLAGS, &raw mut request));
        libc::close(socket);
        up.map(drop)
    }
}

/// Gives up every capability in the namespace, for good.
unsafe fn drop_capabilities() -> io::Result<()> {
    #[repr(C)]
    struct Header {
        version: u32,
        process: c_int,
    }
    #[repr(C)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    /// `_LINUX_CAPABILITY_VERSION_3`: two words of each set.
    const VERSION: u32 = 0x2008_0522;
    let header = Header { version: VERSION, process: 0 };
    let none = || Data { effective: 0, permitted: 0, inheritable: 0 };
    let data = [none(), none()];
    // SAFETY: both structures are the kernel's for this version, and outlive the call.
    unsafe {
        done(libc::prctl(libc::PR_SET_SECUREBITS, SECURE_BITS, 0, 0, 0))?;
        done(libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr())).map(drop)
    }
}

/// Adds a rule for a folder to Landlock's.
unsafe fn allow(rules: c_int, folder: &CStr, access: u64) -> io::Result<()> {
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

unsafe fn mount(
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
unsafe fn make_readable_only(path: &CStr, is_so: bool) -> io::Result<()> {
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

unsafe fn write(path: &CStr, text: &CStr) -> io::Result<()> {
    // SAFETY: the texts outlive the calls, the length is the text's.
    unsafe {
        let file = done(libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC))?;
        let written = libc::write(file, text.as_ptr().cast(), text.count_bytes());
        let error = io::Error::last_os_error();
        libc::close(file);
        if written >= 0 { Ok(()) } else { Err(error) }
    }
}

/// The result of a call; an error where it is −1.
fn done<T: PartialEq + From<i8>>(result: T) -> io::Result<T> {
    if result == T::from(-1) { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Confines what the command starts.
pub(crate) fn confine(command: &mut Command, confinement: Confinement) {
    // SAFETY: `enter` allocates nothing and takes no lock.
    unsafe { command.pre_exec(move || confinement.enter()) };
}
