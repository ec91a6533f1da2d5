//! The threads that an engine gets.

use std::num::NonZeroU32;
use std::sync::{LazyLock, Once};

use models::threads::{Processor, threads_allowed};

use crate::loading::Loading;

/// This machine as the program found it: all of its models get equally many threads.
static MACHINE: LazyLock<Processor> = LazyLock::new(Processor::watch);
/// It is said once.
static TOLD: Once = Once::new();

/// What was asked for; else as many as cores are free now, with a line to a person where
/// that is not all of them.
///
/// Where answers repeat to the bit, the number must not hang on what else runs: there it is
/// only said that the machine is busy. A run of an earlier version that says no number was
/// begun with one for each thread of the processor, and goes on so.
pub(crate) fn of(loading: &Loading) -> NonZeroU32 {
    let (threads, line) = match (loading.threads, loading.deterministic) {
        (Some(threads), false) => return threads,
        (None, false) => (MACHINE.threads_free(), MACHINE.told()),
        (asked, true) => {
            let threads = asked.unwrap_or_else(threads_allowed);
            (threads, MACHINE.warned(threads))
        }
    };
    if let Some(line) = line {
        TOLD.call_once(|| loading.surroundings.note(&line));
    }
    threads
}
