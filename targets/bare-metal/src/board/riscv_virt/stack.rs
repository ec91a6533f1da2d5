//! Paint on the unused stack, so that its greatest depth can be read from outside.
//!
//! cortex-m-rt does the same for the other boards; riscv-rt does not.

use core::arch::asm;

/// What unused stack holds, as on the other boards.
const PAINT: u32 = 0xcccc_cccc;
/// Below the stack pointer, for this function itself.
const SPARED_BYTES: usize = 64;

unsafe extern "C" {
    /// The lowest address of the stack, of the linker script.
    static mut _stack_end: u32;
}

/// Paints all of the stack below its caller.
pub(super) fn paint() {
    let top: usize;
    // SAFETY: it reads a register.
    unsafe { asm!("mv {}, sp", out(reg) top, options(nomem, nostack, preserves_flags)) }
    let mut place = &raw mut _stack_end;
    while place as usize + SPARED_BYTES < top {
        // SAFETY: the word is of the stack's memory, and below all that is on it.
        unsafe {
            place.write_volatile(PAINT);
            place = place.add(1);
        }
    }
}
