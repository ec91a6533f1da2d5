//! Flash that loses its power at a chosen operation, and may leave that one half
//! done. `WORD` is its write size in bytes.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

use super::Chance;

pub(crate) const SECTOR_BYTES: usize = 512;
const FLASH_BYTES: usize = 8 * SECTOR_BYTES;

/// What the operation under way leaves when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Nothing,
    FirstHalf,
    LastHalf,
    SomeBits { seed: u64 },
    Everything,
}

/// When the power goes: before it, this many words or sectors are done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) after: usize,
    pub(crate) fate: Fate,
}

#[derive(Clone)]
pub(crate) struct SimulatedFlash<const WORD: usize> {
    bytes: [u8; FLASH_BYTES],
    is_written: [bool; FLASH_BYTES],
    /// Words written and sectors erased.
    pub(crate) operations: usize,
    pub(crate) cut: Option<Cut>,
    is_powered: bool,
}

impl<const WORD: usize> SimulatedFlash<WORD> {
    /// Full of what some other program left.
    pub(crate) fn new() -> Self {
        let mut chance = Chance(3);
        Self {
            bytes: core::array::from_fn(|_| chance.byte()),
            is_written: [true; FLASH_BYTES],
            operations: 0,
            cut: None,
            is_powered: true,
        }
    }

    pub(crate) fn restore_power(&mut self) {
        *self = Self { cut: None, is_powered: true, operations: 0, ..self.clone() };
    }

    pub(crate) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        &self.bytes[from..to]
    }

    pub(crate) fn flip(&mut self, address: usize, bit: u32) {
        self.bytes[address] ^= 1 << bit;
    }

    /// Turns the bytes at `at` into `wanted`, as far as the power lasts.
    fn change(&mut self, at: usize, wanted: &[u8]) -> Result<(), NorFlashErrorKind> {
        if !self.is_powered {
            return Err(NorFlashErrorKind::Other);
        }
        let cut = self.cut.filter(|cut| cut.after == self.operations);
        let fate = cut.map_or(Fate::Everything, |cut| cut.fate);
        let half = wanted.len() / 2;
        let mut chance = Chance(match fate {
            Fate::SomeBits { seed } => seed,
            _ => 1,
        });
        for (place, &wanted) in wanted.iter().enumerate() {
            let mask = match fate {
                Fate::Nothing => 0,
                Fate::FirstHalf => {
                    if place < half {
                        0xff
                    } else {
                        0
                    }
                }
                Fate::LastHalf => {
                    if place < half {
                        0
                    } else {
                        0xff
                    }
                }
                Fate::SomeBits { .. } => chance.byte(),
                Fate::Everything => 0xff,
            };
            let byte = &mut self.bytes[at + place];
            *byte = *byte & !mask | wanted & mask;
        }
        self.operations += 1;
        self.is_powered = cut.is_none();
        if self.is_powered { Ok(()) } else { Err(NorFlashErrorKind::Other) }
    }
}

impl<const WORD: usize> ErrorType for SimulatedFlash<WORD> {
    type Error = NorFlashErrorKind;
}

impl<const WORD: usize> ReadNorFlash for SimulatedFlash<WORD> {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        if !self.is_powered {
            return Err(NorFlashErrorKind::Other);
        }
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        FLASH_BYTES
    }
}

impl<const WORD: usize> NorFlash for SimulatedFlash<WORD> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        for at in (from as usize..to as usize).step_by(SECTOR_BYTES) {
            self.change(at, &[0xff; SECTOR_BYTES])?;
            self.is_written[at..at + SECTOR_BYTES].fill(false);
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        for (word, wanted) in bytes.chunks(WORD).enumerate() {
            let at = offset as usize + word * WORD;
            assert!(!self.is_written[at], "the word at {at} was not erased");
            self.is_written[at..at + WORD].fill(true);
            self.change(at, wanted)?;
        }
        Ok(())
    }
}
