//! Stellaris LM3S6965 evaluation board: Cortex-M3, 256 KiB of flash, 64 KiB of RAM.
//!
//! The UART is a PL011. QEMU has no controller to write this board's flash with, so
//! memory lasts while the power does.

use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use runtime_node::deadline::Watchdog;
use runtime_node::storage::Volatile;

use super::Board;
use super::cortex_m::{ArmWatchdog, Interrupt, Vector, start_tick, unmask};
use super::peripheral::Peripheral;
use crate::line;

/// What the core runs at after a reset in QEMU. On the chip the internal oscillator
/// is imprecise: a real board starts its crystal first.
const CORE_HZ: u32 = 12_500_000;
const BAUD: u32 = 115_200;

// SAFETY: the data sheet has this peripheral's page at this address.
const WATCHDOG: Peripheral = unsafe { Peripheral::at(0x4000_0000) };
// SAFETY: as above.
const UART: Peripheral = unsafe { Peripheral::at(0x4000_c000) };
// SAFETY: as above; clock gates and pin functions cannot touch memory.
const PORT_A: Peripheral = unsafe { Peripheral::at(0x4000_4000) };
// SAFETY: as above.
const SYSTEM: Peripheral = unsafe { Peripheral::at(0x400f_e000) };

mod uart {
    pub(super) const DATA: usize = 0x000;
    pub(super) const FLAGS: usize = 0x018;
    pub(super) const BAUD_WHOLE: usize = 0x024;
    pub(super) const BAUD_64THS: usize = 0x028;
    pub(super) const LINE: usize = 0x02c;
    pub(super) const CONTROL: usize = 0x030;
    pub(super) const INTERRUPTS: usize = 0x038;
    pub(super) const CLEAR: usize = 0x044;

    pub(super) const RECEIVER_EMPTY: u32 = 1 << 4;
    pub(super) const SENDER_FULL: u32 = 1 << 5;
    pub(super) const FIFO_8_BITS: u32 = 1 << 4 | 0b11 << 5;
    pub(super) const ENABLE_BOTH_WAYS: u32 = 1 << 0 | 1 << 8 | 1 << 9;
    /// Bytes came in, and bytes came in and then nothing.
    pub(super) const RECEIVED: u32 = 1 << 4 | 1 << 6;
}

const UART_INTERRUPT: Interrupt = Interrupt(5);

// SAFETY: the linker script places it behind the exceptions. It ends with the last
// interrupt that is ever let through.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [Vector; 6] =
    [unexpected, unexpected, unexpected, unexpected, unexpected, uart_received];

/// For interrupts that are never let through.
extern "C" fn unexpected() {
    ThisBoard::restart()
}

extern "C" fn uart_received() {
    while UART.read::<{ uart::FLAGS }>() & uart::RECEIVER_EMPTY == 0 {
        // The upper bits are errors of the line, which a frame's checksum finds.
        #[allow(clippy::cast_possible_truncation, reason = "the byte is the lowest")]
        line::put(UART.read::<{ uart::DATA }>() as u8);
    }
    UART.write::<{ uart::CLEAR }>(uart::RECEIVED);
}

pub(crate) struct ThisBoard {
    watchdog: ArmWatchdog,
}

impl Board for ThisBoard {
    type Keeper = Volatile;

    fn start() -> Self {
        gate_clocks();
        let mut core = Peripherals::take().expect("a board starts once");
        start_tick(&mut core.SYST, CORE_HZ);
        start_uart();
        let watchdog = ArmWatchdog(WATCHDOG);
        watchdog.start(CORE_HZ);
        Self { watchdog }
    }

    fn keeper(&mut self) -> Volatile {
        Volatile
    }

    fn send(&mut self, frame: &[u8]) {
        for &byte in frame {
            while UART.read::<{ uart::FLAGS }>() & uart::SENDER_FULL != 0 {}
            UART.write::<{ uart::DATA }>(byte.into());
        }
    }

    fn restart() -> ! {
        SCB::sys_reset()
    }
}

impl Watchdog for ThisBoard {
    fn feed(&mut self) {
        self.watchdog.feed();
    }
}

/// Clocks for the watchdog, the UART and its pins. QEMU needs none of it.
fn gate_clocks() {
    const CLOCKS_0: usize = 0x100;
    const CLOCKS_1: usize = 0x104;
    const CLOCKS_2: usize = 0x108;
    const PIN_FUNCTIONS: usize = 0x420;
    const PIN_DIGITAL: usize = 0x51c;

    SYSTEM.write::<CLOCKS_0>(1 << 3);
    SYSTEM.write::<CLOCKS_1>(1 << 0);
    SYSTEM.write::<CLOCKS_2>(1 << 0);
    // A clock takes three cycles to arrive.
    let _ = SYSTEM.read::<CLOCKS_2>();
    PORT_A.write::<PIN_FUNCTIONS>(0b11);
    PORT_A.write::<PIN_DIGITAL>(0b11);
}

fn start_uart() {
    // Rounded to the nearest: 16 samples a bit, 64ths of a divisor.
    let divisor_64ths = (8 * CORE_HZ / BAUD).div_ceil(2);
    UART.write::<{ uart::BAUD_WHOLE }>(divisor_64ths / 64);
    UART.write::<{ uart::BAUD_64THS }>(divisor_64ths % 64);
    UART.write::<{ uart::LINE }>(uart::FIFO_8_BITS);
    UART.write::<{ uart::INTERRUPTS }>(uart::RECEIVED);
    UART.write::<{ uart::CONTROL }>(uart::ENABLE_BOTH_WAYS);
    unmask(UART_INTERRUPT);
}
