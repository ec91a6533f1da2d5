//! Memory mapping of files that are read and never written while mapped.
//!
//! Beside [`crate::fault`] the one module with `unsafe` in it. What the bytes mean is
//! for [`crate::gguf`] to say.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Maps a whole file; an empty file maps to no bytes.
pub(crate) fn open(path: &Path) -> io::Result<memmap2::Mmap> {
    of(&runtime_files::open(path)?)
}

/// The same of an open file.
pub(crate) fn of(file: &File) -> io::Result<memmap2::Mmap> {
    // SAFETY: a mapping is sound as long as nobody changes the file under it.
    // Whatever of ours writes a file of weights writes beside it, syncs and
    // renames, which leaves the mapped file as it was. Where somebody else edits
    // one in place, the bytes are only read as `u8`, for which every value is
    // valid; whoever computes with them checks by `crate::held` that they stayed.
    unsafe { memmap2::Mmap::map(file) }
}

/// Gives the memory of a part back: whoever reads it again gets it from the file.
#[cfg(unix)]
pub(crate) fn release(map: &memmap2::Mmap, part: Range<usize>) {
    // SAFETY: the mapping is of a file and is never written, so that pages which are read
    // again hold the same bytes; see `open` for why the file stays as it is.
    let released = unsafe {
        map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, part.start, part.len())
    };
    // What the system keeps costs memory and nothing else.
    let _ = released;
}

/// The system alone decides.
#[cfg(not(unix))]
pub(crate) fn release(_map: &memmap2::Mmap, _part: Range<usize>) {}
