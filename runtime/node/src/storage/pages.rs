//! Two pages in flash, of which one is always whole.
//!
//! ```text
//! A: generation 4   B: generation 3      load reads A
//! A: generation 4   B: erased, writing   power cut: load reads A
//! A: generation 4   B: generation 5      load reads B; the next save goes to A
//! ```
//!
//! A save erases and writes only the page that is not the latest.

use embedded_storage::nor_flash::NorFlash;

use super::chunks::CHUNK_BYTES;
use super::page::{self, Page};
use super::{Keeper, StorageError};
use crate::memory::EpisodicMemory;

/// Where two pages lie, one right after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where the first page begins; a multiple of the flash's sectors.
    pub address: u32,
    /// Length of one page: whole sectors, and a multiple of 64.
    pub page_bytes: u32,
}

/// A keeper in flash for a memory of these sizes.
pub struct Pages<F, const STEPS: usize, const REFLECTIONS: usize> {
    flash: F,
    /// Its pages are whole sectors of `flash` and hold a full memory.
    region: Region,
}

impl<F: NorFlash, const STEPS: usize, const REFLECTIONS: usize> Pages<F, STEPS, REFLECTIONS> {
    /// A keeper in `region` of `flash`; checks the region, reads nothing.
    pub fn new(flash: F, region: Region) -> Result<Self, StorageError> {
        let Region { address, page_bytes } = region;
        let end = u64::from(address) + 2 * u64::from(page_bytes);
        let is_whole = |bytes: u32| {
            (bytes as usize).is_multiple_of(F::ERASE_SIZE)
                && (bytes as usize).is_multiple_of(CHUNK_BYTES)
        };
        if !is_whole(address)
            || !is_whole(page_bytes)
            || end > (flash.capacity() as u64).min(u32::MAX.into())
        {
            return Err(StorageError::Region { address, page_bytes });
        }
        let needed_bytes = page::stored_bytes_max(STEPS, REFLECTIONS);
        if needed_bytes > page_bytes as usize {
            return Err(StorageError::PageTooSmall { page_bytes, needed_bytes });
        }
        Ok(Self { flash, region })
    }

    /// Gives the flash back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// The whole pages, the later one first.
    fn find(&mut self) -> Result<[Option<Page>; 2], StorageError> {
        let Region { address, page_bytes } = self.region;
        let first = page::find(&mut self.flash, address, page_bytes)?;
        let second = page::find(&mut self.flash, address + page_bytes, page_bytes)?;
        Ok(match (first, second) {
            (Some(a), Some(b)) if is_later(b, a) => [second, first],
            (None, _) => [second, first],
            _ => [first, second],
        })
    }
}

impl<F: NorFlash, const STEPS: usize, const REFLECTIONS: usize> Keeper<STEPS, REFLECTIONS>
    for Pages<F, STEPS, REFLECTIONS>
{
    const OUTLIVES_POWER: bool = true;

    fn load(
        &mut self,
        memory: &mut EpisodicMemory<STEPS, REFLECTIONS>,
    ) -> Result<(), StorageError> {
        memory.clear();
        for page in self.find()?.into_iter().flatten() {
            if page::read(&mut self.flash, page, memory)? {
                break;
            }
        }
        Ok(())
    }

    fn save(&mut self, memory: &EpisodicMemory<STEPS, REFLECTIONS>) -> Result<(), StorageError> {
        let Region { address, page_bytes } = self.region;
        let [latest, _] = self.find()?;
        let (target, generation) = match latest {
            Some(page) if page.address == address => (address + page_bytes, page.generation),
            Some(page) => (address, page.generation),
            None => (address, 0),
        };
        let generation = generation.wrapping_add(1);
        self.flash.erase(target, target + page_bytes).map_err(StorageError::flash)?;
        page::write(&mut self.flash, target, generation, memory)?;
        match page::find(&mut self.flash, target, page_bytes)? {
            Some(page) if page.generation == generation => Ok(()),
            _ => Err(StorageError::Unverified),
        }
    }
}

/// Generations wrap: the later one is less than half the way round ahead.
fn is_later(page: Page, other: Page) -> bool {
    let ahead = page.generation.wrapping_sub(other.generation);
    ahead != 0 && ahead < 1 << 31
}
