//! The signal of a mapped file that was cut short: it ends the program with the file's name.
//!
//! A read beyond the end of a mapped file is SIGBUS, in whatever thread. The handler looks which of
//! the watched files is shorter than it was, says so and ends the program; of any other cause it
//! lets the system end it as ever. It calls only what is safe in a signal handler: fstat, write,
//! _exit, and reads of atomics.

#![allow(unsafe_code, reason = "a signal handler")]

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Greatest number of watched files; further ones end the program without their names.
const FILES_MAX: usize = 64;
/// No descriptor.
const NONE: i32 = -1;

struct Slot {
    descriptor: AtomicI32,
    bytes: AtomicU64,
    name: AtomicPtr<libc::c_char>,
}

static SLOTS: [Slot; FILES_MAX] = [const {
    Slot {
        descriptor: AtomicI32::new(NONE),
        bytes: AtomicU64::new(0),
        name: AtomicPtr::new(std::ptr::null_mut()),
    }
}; FILES_MAX];

/// Names are kept for good, each once: a handler may read one at any time.
static NAMES: Mutex<BTreeSet<&'static CStr>> = Mutex::new(BTreeSet::new());

/// A watched file, until it is dropped.
#[derive(Debug)]
pub(crate) struct FaultName(usize);

impl Drop for FaultName {
    fn drop(&mut self) {
        SLOTS[self.0].descriptor.store(NONE, Ordering::SeqCst);
    }
}

/// Watches an open file of this length, if there is room.
pub(crate) fn watch(file: &File, path: &Path, bytes: u64) -> Option<FaultName> {
    use std::os::fd::AsRawFd;
    use std::os::unix::ffi::OsStrExt;
    let name = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = names.get(name.as_c_str()).copied();
    let name = known.unwrap_or_else(|| {
        let kept: &'static CStr = Box::leak(name.into_boxed_c_str());
        names.insert(kept);
        kept
    });
    // Under the names' lock nobody else takes the slot.
    let free = SLOTS.iter().position(|slot| slot.descriptor.load(Ordering::SeqCst) == NONE)?;
    let slot = &SLOTS[free];
    slot.bytes.store(bytes, Ordering::SeqCst);
    slot.name.store(name.as_ptr().cast_mut(), Ordering::SeqCst);
    slot.descriptor.store(file.as_raw_fd(), Ordering::SeqCst);
    Some(FaultName(free))
}

/// Lets the program say which file it was. Programs call it once as they start; libraries leave it
/// to them.
pub fn name_files() {
    // SAFETY: the structure is zeroed, which is valid for it; the handler has the signature that
    // SA_SIGINFO asks for, and is a function for as long as the program runs.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        // Where it cannot be set, the system ends the program without a name.
        libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn handle(signal: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    for slot in &SLOTS {
        let descriptor = slot.descriptor.load(Ordering::SeqCst);
        let name = slot.name.load(Ordering::SeqCst);
        if descriptor == NONE || name.is_null() {
            continue;
        }
        // SAFETY: the structure is zeroed, which is valid for it, and outlives the call; the name is
        // a C string that is never freed. All calls are safe in a signal handler.
        unsafe {
            let mut found: libc::stat = std::mem::zeroed();
            let is_known = libc::fstat(descriptor, &raw mut found) == 0;
            let bytes = u64::try_from(found.st_size).unwrap_or(0);
            if is_known && bytes < slot.bytes.load(Ordering::SeqCst) {
                say(c"error: ");
                say(CStr::from_ptr(name));
                say(c" was cut short while it was used; put it back, and go on by --resume\n");
                libc::_exit(1);
            }
        }
    }
    // SAFETY: integers alone. The read is repeated, and the system ends the program.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
    }
}

fn say(text: &CStr) {
    // SAFETY: the text outlives the call, and the length is its own. What cannot be written is not.
    unsafe {
        libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.count_bytes());
    }
}
