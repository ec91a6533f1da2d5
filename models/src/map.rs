//! Memory mapping of files that are read and never written while mapped.
//!
//! The one module of this crate with `unsafe` in it. What the bytes mean is
//! for [`crate::gguf`] to say.

use std::io;
use std::ops::Range;
use std::path::Path;

/// Maps a whole file; an empty file maps to no bytes.
pub(crate) fn open(path: &Path) -> io::Result<memmap2::Mmap> {
    let file = runtime_files::open(path)?;
    // SAFETY: a mapping is sound as long as nobody changes the file under it.
    // Files of weights are never edited in place: everything that writes one
    // writes beside it, syncs and renames, which leaves the mapped file as it
    // was. The bytes are only read as `u8`, for which every value is valid.
    unsafe { memmap2::Mmap::map(&file) }
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
