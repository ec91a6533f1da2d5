//! Memory mapping of files that are read and never written while mapped.
//!
//! The one module of this crate with `unsafe` in it. What the bytes mean is
//! for [`crate::gguf`] to say.

use std::fs::File;
use std::io;
use std::path::Path;

/// Maps a whole file; an empty file maps to no bytes.
pub(crate) fn open(path: &Path) -> io::Result<memmap2::Mmap> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    // SAFETY: a mapping is sound as long as nobody changes the file under it.
    // Files of weights are never edited in place: everything that writes one
    // writes beside it, syncs and renames, which leaves the mapped file as it
    // was. The bytes are only read as `u8`, for which every value is valid.
    unsafe { memmap2::Mmap::map(&file) }
}
