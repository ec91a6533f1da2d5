//! The machine's second bank of flash: two chips side by side, with Intel's commands.
//!
//! Where QEMU is given no file for the bank, it lasts as long as QEMU.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use runtime_node::storage::Region;

const ADDRESS: usize = 0x2200_0000;
const SECTOR_BYTES: u32 = 256 * 1024;
const WORD_BYTES: usize = 4;

/// The first two sectors, one a page.
pub(super) const REGION: Region = Region { address: 0, page_bytes: SECTOR_BYTES };
const BANK_BYTES: usize = 2 * SECTOR_BYTES as usize;

// The same command to both chips.
const ERASE: u32 = 0x0020_0020;
const CONFIRM: u32 = 0x00d0_00d0;
const PROGRAM: u32 = 0x0040_0040;
const READ: u32 = 0x00ff_00ff;
const CLEAR_STATUS: u32 = 0x0050_0050;
const READY: u32 = 0x0080_0080;
/// Erasing or programming failed, the voltage was low, or the sector is locked.
const FAILED: u32 = 0x003a_003a;
/// Reads of the status before the chips count as broken.
const READS_MAX: u32 = 1_000_000;

/// The bank's only owner.
pub(crate) struct BankOne;

impl BankOne {
    /// Writes a command or data at an offset of the bank, in bytes.
    fn put(offset: usize, value: u32) {
        assert!(offset < BANK_BYTES && offset.is_multiple_of(WORD_BYTES));
        // SAFETY: the word lies within the bank, which holds nothing of the program.
        unsafe { ((ADDRESS + offset) as *mut u32).write_volatile(value) }
    }

    /// Waits for the chips to finish, and lets them be read again.
    fn finish(offset: usize) -> Result<(), NorFlashErrorKind> {
        // SAFETY: the word lies within the bank, as `put` has asserted of it.
        let status = || unsafe { ((ADDRESS + offset) as *const u32).read_volatile() };
        let last = (0..READS_MAX).map(|_| status()).find(|status| status & READY == READY);
        Self::put(offset, CLEAR_STATUS);
        Self::put(offset, READ);
        match last {
            Some(status) if status & FAILED == 0 => Ok(()),
            _ => Err(NorFlashErrorKind::Other),
        }
    }
}

impl ErrorType for BankOne {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for BankOne {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        for (at, byte) in (offset as usize..).zip(bytes) {
            // SAFETY: the byte lies within the bank, as was checked.
            *byte = unsafe { ((ADDRESS + at) as *const u8).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        BANK_BYTES
    }
}

impl NorFlash for BankOne {
    const WRITE_SIZE: usize = WORD_BYTES;
    const ERASE_SIZE: usize = SECTOR_BYTES as usize;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        for sector in (from as usize..to as usize).step_by(Self::ERASE_SIZE) {
            Self::put(sector, ERASE);
            Self::put(sector, CONFIRM);
            Self::finish(sector)?;
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let (words, _) = bytes.as_chunks::<WORD_BYTES>();
        for (at, word) in (offset as usize..).step_by(WORD_BYTES).zip(words) {
            Self::put(at, PROGRAM);
            Self::put(at, u32::from_le_bytes(*word));
            Self::finish(at)?;
        }
        Ok(())
    }
}
