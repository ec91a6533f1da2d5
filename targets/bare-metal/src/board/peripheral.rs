//! Registers at fixed addresses.

/// How far a peripheral's registers reach.
const PERIPHERAL_BYTES: usize = 0x1000;

/// The registers of one peripheral.
#[derive(Clone, Copy)]
pub(super) struct Peripheral {
    /// Upheld by [`Peripheral::at`]: a page of registers.
    address: usize,
}

impl Peripheral {
    /// The registers from `address` upwards.
    ///
    /// # Safety
    ///
    /// The page of 4 KiB from `address` belongs to a peripheral, and whatever is
    /// written there leaves the program's memory alone.
    pub(super) const unsafe fn at(address: usize) -> Self {
        Self { address }
    }

    /// Reads the 32-bit register at an offset in bytes.
    pub(super) fn read<const OFFSET: usize>(self) -> u32 {
        const { assert!(OFFSET.is_multiple_of(4) && OFFSET < PERIPHERAL_BYTES) }
        // SAFETY: `at` promises registers, and the offset stays among them.
        unsafe { ((self.address + OFFSET) as *const u32).read_volatile() }
    }

    /// Writes the 32-bit register at an offset in bytes.
    pub(super) fn write<const OFFSET: usize>(self, value: u32) {
        const { assert!(OFFSET.is_multiple_of(4) && OFFSET < PERIPHERAL_BYTES) }
        // SAFETY: `at` promises registers, and the offset stays among them.
        unsafe { ((self.address + OFFSET) as *mut u32).write_volatile(value) }
    }
}

/// The 8-bit registers of a peripheral from the time of 8-bit buses.
#[cfg(feature = "riscv-virt")]
impl Peripheral {
    pub(super) fn read_byte<const OFFSET: usize>(self) -> u8 {
        const { assert!(OFFSET < PERIPHERAL_BYTES) }
        // SAFETY: `at` promises registers, and the offset stays among them.
        unsafe { ((self.address + OFFSET) as *const u8).read_volatile() }
    }

    pub(super) fn write_byte<const OFFSET: usize>(self, value: u8) {
        const { assert!(OFFSET < PERIPHERAL_BYTES) }
        // SAFETY: `at` promises registers, and the offset stays among them.
        unsafe { ((self.address + OFFSET) as *mut u8).write_volatile(value) }
    }
}
