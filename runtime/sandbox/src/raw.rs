//! What happens between the fork and the program, by system calls.
//!
//! Everything is prepared before the fork, since afterwards only what is safe in a signal handler
//! is: no allocation, no lock. Each call's result is checked.

#![allow(unsafe_code, reason = "system calls that no crate makes without allocating")]

mod files;
mod kernel;

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{c_int, c_ulong, pid_t};
use seccompiler::BpfProgram;

use files::{allow, make_readable_only, mount, write};
pub(crate) use kernel::{can_unshare, has_seccomp, is_root, landlock_abi};

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

/// The result of a call; an error where it is −1.
fn done<T: PartialEq + From<i8>>(result: T) -> io::Result<T> {
    if result == T::from(-1) { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Confines what the command starts.
pub(crate) fn confine(command: &mut Command, confinement: Confinement) {
    // SAFETY: `enter` allocates nothing and takes no lock.
    unsafe { command.pre_exec(move || confinement.enter()) };
}
