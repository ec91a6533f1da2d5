//! Memory through a power cut.
//!
//! A keeper has the memory as it was saved last; a power cut during a save leaves
//! that or the new one. When to save is the [`node`](crate::node)'s decision.

mod chunks;
mod page;
mod pages;

use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

use crate::memory::EpisodicMemory;

pub use page::{HEADER_BYTES, VERSION, stored_bytes_max};
pub use pages::{Pages, Region};

/// Where memory is kept. No method may block for as long as the node's deadline:
/// erasing a large flash sector takes seconds on some chips.
pub trait Keeper<const STEPS: usize, const REFLECTIONS: usize> {
    /// Whether what is saved outlives a power cut.
    const OUTLIVES_POWER: bool;

    /// Makes `memory` what was saved last; empty if nothing was.
    fn load(&mut self, memory: &mut EpisodicMemory<STEPS, REFLECTIONS>)
    -> Result<(), StorageError>;

    /// Saves `memory`. After an error the last one saved is still there.
    fn save(&mut self, memory: &EpisodicMemory<STEPS, REFLECTIONS>) -> Result<(), StorageError>;
}

/// For a node without flash to spare: memory lasts while the power does.
#[derive(Clone, Copy, Debug)]
pub struct Volatile;

impl<const STEPS: usize, const REFLECTIONS: usize> Keeper<STEPS, REFLECTIONS> for Volatile {
    const OUTLIVES_POWER: bool = false;

    fn load(
        &mut self,
        memory: &mut EpisodicMemory<STEPS, REFLECTIONS>,
    ) -> Result<(), StorageError> {
        memory.clear();
        Ok(())
    }

    fn save(&mut self, _memory: &EpisodicMemory<STEPS, REFLECTIONS>) -> Result<(), StorageError> {
        Ok(())
    }
}

impl<K, const STEPS: usize, const REFLECTIONS: usize> Keeper<STEPS, REFLECTIONS> for &mut K
where
    K: Keeper<STEPS, REFLECTIONS>,
{
    const OUTLIVES_POWER: bool = K::OUTLIVES_POWER;

    fn load(
        &mut self,
        memory: &mut EpisodicMemory<STEPS, REFLECTIONS>,
    ) -> Result<(), StorageError> {
        (**self).load(memory)
    }

    fn save(&mut self, memory: &EpisodicMemory<STEPS, REFLECTIONS>) -> Result<(), StorageError> {
        (**self).save(memory)
    }
}

/// Why memory was not loaded or saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The flash failed.
    #[error("the flash failed: {0}")]
    Flash(NorFlashErrorKind),
    /// The region is not two pages of whole sectors within the flash.
    #[error("a page of {page_bytes} bytes at {address:#x} is not of whole sectors in the flash")]
    Region {
        /// Where the first page begins.
        address: u32,
        /// Length of one page.
        page_bytes: u32,
    },
    /// A page is too small for a full memory.
    #[error("a page has {page_bytes} bytes, a full memory needs {needed_bytes}")]
    PageTooSmall {
        /// Length of one page.
        page_bytes: u32,
        /// What a full memory needs.
        needed_bytes: usize,
    },
    /// An entry cannot be written.
    #[error("an entry of memory cannot be written")]
    Entry,
    /// What was written reads back differently: the flash is worn.
    #[error("what was written reads back differently")]
    Unverified,
}

impl StorageError {
    #[allow(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
    fn flash(error: impl NorFlashError) -> Self {
        Self::Flash(error.kind())
    }
}
