//! The threads of a run. What it learns hangs on their number to the bit, so a run keeps the
//! number that it was begun with, and none is chosen by what else the machine does.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::Context;
use models::threads::{Machine, cores_allowed, threads_allowed};
use targets_console::errln;

/// Where a run's folder says them.
const FILE: &str = "threads";

/// What was asked for, else one for each core.
pub(super) fn of_command(asked: Option<NonZeroU32>) -> NonZeroU32 {
    asked.unwrap_or_else(|| warned(cores_allowed()))
}

/// What was asked for, else what the run in `out` was begun with.
///
/// A run of an earlier version, which has no such file, had one for each thread of the
/// processor.
pub(super) fn of_run_again(asked: Option<NonZeroU32>, out: &Path) -> NonZeroU32 {
    let kept = std::fs::read_to_string(out.join(FILE)).ok();
    let kept: Option<NonZeroU32> = kept.and_then(|text| text.trim().parse().ok());
    match (asked, kept) {
        (Some(asked), Some(kept)) if asked != kept => {
            errln!("begun with {kept} threads, goes on with {asked}: other bits may follow");
            asked
        }
        (Some(asked), _) => asked,
        (None, kept) => warned(kept.unwrap_or_else(threads_allowed)),
    }
}

/// Keeps the number in the run's folder.
pub(super) fn keep(threads: NonZeroU32, out: &Path) -> anyhow::Result<()> {
    let file = out.join(FILE);
    std::fs::write(&file, format!("{threads}\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The number that nobody asked for, and a line where the machine has no room for it.
fn warned(threads: NonZeroU32) -> NonZeroU32 {
    if let Some(line) = Machine::watch().warned(threads) {
        errln!("{line}");
    }
    threads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_with_the_threads_that_it_was_begun_with() {
        let folder = tempfile::tempdir().unwrap();
        let number = |threads| NonZeroU32::new(threads).unwrap();
        let earlier = of_run_again(None, folder.path());

        keep(number(3), folder.path()).unwrap();

        assert_eq!(earlier, threads_allowed());
        assert_eq!(of_run_again(None, folder.path()), number(3));
        assert_eq!(of_run_again(Some(number(1)), folder.path()), number(1));
    }
}
