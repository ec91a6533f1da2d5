//! Whether the system lets this process start as many threads as are asked for.
//!
//! llama.cpp ends the process where a thread of its own does not start, so it is tried before.

use std::io;
use std::num::NonZeroU32;
use std::sync::RwLock;
use std::thread::Builder;

/// Greatest number of threads that compute a model.
pub const THREADS_MAX: u32 = 1024;

/// Stack of a thread that only waits, in bytes.
const STACK_BYTES: usize = 64 << 10;

/// Why as many threads do not compute a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ThreadsError {
    /// More than compute a model at all.
    #[error("{asked} threads are asked for, at most {THREADS_MAX} compute a model; see --threads")]
    TooMany {
        /// The number asked for.
        asked: u32,
    },
    /// The system starts fewer.
    #[error(
        "the system starts {started} of {asked} threads: take fewer by --threads, or raise the limit of \
         processes, `ulimit -u`"
    )]
    Refused {
        /// The number asked for.
        asked: u32,
        /// The number that was started.
        started: u32,
        /// Why not the next.
        source: io::Error,
    },
}

/// Starts so many threads at once, and ends them.
pub fn check_startable(threads: NonZeroU32) -> Result<(), ThreadsError> {
    let asked = threads.get();
    if asked > THREADS_MAX {
        return Err(ThreadsError::TooMany { asked });
    }
    // All wait for this guard.
    let gate = RwLock::new(());
    std::thread::scope(|scope| {
        let closed = gate.write();
        let start = |started| {
            let waiting = Builder::new().stack_size(STACK_BYTES);
            let begun = waiting.spawn_scoped(scope, || drop(gate.read()));
            begun.map(drop).map_err(|source| ThreadsError::Refused { asked, started, source })
        };
        let result = (0..asked).try_for_each(start);
        drop(closed);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_threads_start_and_a_million_are_refused() {
        let number = |threads| NonZeroU32::new(threads).unwrap();

        assert!(check_startable(number(4)).is_ok());
        let message = check_startable(number(1_000_000)).unwrap_err().to_string();
        assert!(message.starts_with("1000000 threads are asked for, at most 1024"), "{message}");
    }
}
