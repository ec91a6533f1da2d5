//! The number of threads of an engine.

use std::num::NonZeroU32;
use std::sync::{LazyLock, Once};

use models::threads::{Processor, threads_allowed};

use crate::loading::Loading;

/// The processor at the start of the program: all models get the same number of threads.
static MACHINE: LazyLock<Processor> = LazyLock::new(Processor::watch);
/// The message is printed once.
static TOLD: Once = Once::new();

/// The requested number of threads, or else one for each idle core, with a message if not all
/// cores are idle.
///
/// In deterministic mode the number must not depend on the load, so there is only a message.
/// A run of an earlier version that does not record a number has one for each thread of the
/// processor.
pub(crate) fn of(loading: &Loading) -> NonZeroU32 {
    let (threads, line) = match (loading.threads, loading.deterministic) {
        (Some(threads), false) => return threads,
        (None, false) => (MACHINE.threads_free(), MACHINE.message()),
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
