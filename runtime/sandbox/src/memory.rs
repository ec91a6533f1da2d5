//! A limit that a process sets itself, once it is up.

use std::io;

/// Lets this process have at most so many bytes of memory of its own, heaps and stacks of threads but
/// no code, until it ends; what asks for more ends it. Elsewhere than on Linux nothing is limited.
#[cfg(target_os = "linux")]
pub fn take_at_most(bytes: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let most = Some(bytes);
    Ok(setrlimit(Resource::Data, Rlimit { current: most, maximum: most })?)
}

/// Lets this process take as much as it asks for.
#[cfg(not(target_os = "linux"))]
pub fn take_at_most(_: u64) -> io::Result<()> {
    Ok(())
}
