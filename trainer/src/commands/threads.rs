//! The number of threads of a run. The trained adapter depends on it to the bit, so a resumed
//! run uses the same number, and the default does not depend on the machine's load.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context, ensure};
use models::checksum::sha256_bytes;
use models::replace::replace;
use models::threads::{Processor, cores_allowed, threads_allowed};
use targets_console::errln;
use trainer_contract::folder;

/// The requested number, or one thread for each core.
pub(super) fn of_command(asked: Option<NonZeroU32>) -> NonZeroU32 {
    asked.unwrap_or_else(|| warned(cores_allowed()))
}

/// The requested number, or that of the run in `out`.
///
/// A run of an earlier version, which has no such file, had one for each thread of the
/// processor.
pub(super) fn of_run_again(asked: Option<NonZeroU32>, out: &Path) -> anyhow::Result<NonZeroU32> {
    Ok(match (asked, kept(out)?) {
        (Some(asked), Some(kept)) if asked != kept => {
            errln!("begun with {kept} threads, goes on with {asked}: other bits may follow");
            asked
        }
        (Some(asked), _) => asked,
        (None, kept) => warned(kept.unwrap_or_else(threads_allowed)),
    })
}

/// The number stored in the run's folder, if any.
fn kept(out: &Path) -> anyhow::Result<Option<NonZeroU32>> {
    let file = out.join(folder::THREADS);
    if !file.exists() {
        return Ok(None);
    }
    let damaged = || {
        let file = file.display();
        format!("{file} is damaged; remove it, and say by --threads what the run was begun with")
    };
    let text = runtime_files::read_text(&file).with_context(damaged)?;
    let (number, sha256) = text.split_once(' ').with_context(damaged)?;
    ensure!(sha256_bytes(number.as_bytes()) == sha256.trim(), damaged());
    Ok(Some(number.parse().with_context(damaged)?))
}

/// Stores the number in the run's folder.
pub(super) fn keep(threads: NonZeroU32, out: &Path) -> anyhow::Result<()> {
    let file = out.join(folder::THREADS);
    let sha256 = sha256_bytes(threads.to_string().as_bytes());
    replace(&file, format!("{threads} {sha256}\n").as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The default number, with a warning if other programs keep the machine busy.
fn warned(threads: NonZeroU32) -> NonZeroU32 {
    if let Some(line) = Processor::watch().warned(threads) {
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
        let again = |asked| of_run_again(asked, folder.path()).unwrap();
        let earlier = again(None);

        keep(number(3), folder.path()).unwrap();

        assert_eq!(earlier, threads_allowed());
        assert_eq!(again(None), number(3));
        assert_eq!(again(Some(number(1))), number(1));
    }

    #[test]
    fn no_flipped_bit_makes_it_another_number() {
        let (folder, three) = (tempfile::tempdir().unwrap(), NonZeroU32::new(3).unwrap());
        keep(three, folder.path()).unwrap();
        let bytes = std::fs::read(folder.path().join(folder::THREADS)).unwrap();

        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(folder.path().join(folder::THREADS), flipped).unwrap();

            let read = super::kept(folder.path());

            assert!(read.is_err() || read.is_ok_and(|threads| threads == Some(three)), "bit {bit}");
        }
    }
}
