//! A file of documents in memory, in a program without the feature `index`.

use std::path::Path;

use super::each_page;
use crate::worlds::hotpotqa::documents::{Documents, MemoryDocuments};
use crate::worlds::hotpotqa::error::HotpotqaError;

/// Greatest number of bytes of a file.
const BYTES_MAX: u64 = 64 << 20;

/// Reads a file of documents.
pub(in crate::worlds::hotpotqa) fn open(path: &Path) -> Result<Box<dyn Documents>, HotpotqaError> {
    let found = std::fs::metadata(path)
        .map_err(|source| HotpotqaError::Unreadable { path: path.to_owned(), source })?;
    if found.len() > BYTES_MAX {
        let (path, bytes) = (path.to_owned(), found.len());
        return Err(HotpotqaError::TooLarge { path, bytes, bytes_max: BYTES_MAX });
    }
    let mut pages = Vec::new();
    each_page(path, |page| {
        pages.push(page);
        Ok(())
    })?;
    if pages.is_empty() {
        return Err(HotpotqaError::NoDocuments { path: path.to_owned() });
    }
    Ok(Box::new(MemoryDocuments::new(pages)))
}
