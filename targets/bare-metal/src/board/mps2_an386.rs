//! Arm's MPS2 board with the image AN386: Cortex-M4F, 4 MiB of code, 4 MiB of RAM.
//!
//! The UART is the CMSDK's. Code lies in RAM that a computer fills, so there is no
//! flash to keep memory in.

use cortex_m::Peripherals;
use cortex_m::peripheral::SCB;
use runtime_node::deadline::Watchdog;
use runtime_node::storage::Volatile;

use super::Board;
use super::cortex_m::{ArmWatchdog, Interrupt, Vector, start_tick, unmask};
use super::peripheral::Peripheral;
use crate::line;

const CORE_HZ: u32 = 25_000_000;
const BAUD: u32 = 115_200;

// SAFETY: the application note has this peripheral's page at this address.
const UART: Peripheral = unsafe { Peripheral::at(0x4000_4000) };
// SAFETY: as above.
const WATCHDOG: Peripheral = unsafe { Peripheral::at(0x4000_8000) };

mod uart {
    pub(super) const DATA: usize = 0x000;
    pub(super) const STATE: usize = 0x004;
    pub(super) const CONTROL: usize = 0x008;
    pub(super) const CLEAR: usize = 0x00c;
    pub(super) const DIVISOR: usize = 0x010;

    pub(super) const SENDER_FULL: u32 = 1 << 0;
    pub(super) const RECEIVER_FULL: u32 = 1 << 1;
    /// Both ways, and an interrupt for what comes in.
    pub(super) const ENABLE: u32 = 0b1011;
    pub(super) const RECEIVED: u32 = 1 << 1;
}

const UART_INTERRUPT: Interrupt = Interrupt(0);

// SAFETY: the linker script places it behind the exceptions. It ends with the last
// interrupt that is ever let through.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
static __INTERRUPTS: [Vector; 1] = [uart_received];

extern "C" fn uart_received() {
    // Before the byte is taken: the next one may come right after.
    UART.write::<{ uart::CLEAR }>(uart::RECEIVED);
    while UART.read::<{ uart::STATE }>() & uart::RECEIVER_FULL != 0 {
        #[allow(clippy::cast_possible_truncation, reason = "the register has 8 bits")]
        line::put(UART.read::<{ uart::DATA }>() as u8);
    }
}

pub(crate) struct ThisBoard {
    watchdog: ArmWatchdog,
}

impl Board for ThisBoard {
    type Keeper = Volatile;

    fn start() -> Self {
        let mut core = Peripherals::take().expect("a board starts once");
        start_tick(&mut core.SYST, CORE_HZ);
        UART.write::<{ uart::DIVISOR }>(CORE_HZ / BAUD);
        UART.write::<{ uart::CONTROL }>(uart::ENABLE);
        unmask(UART_INTERRUPT);
        // Its interrupt is not maskable here: already the first end restarts.
        let watchdog = ArmWatchdog(WATCHDOG);
        watchdog.start(CORE_HZ);
        Self { watchdog }
    }

    fn keeper(&mut self) -> Volatile {
        Volatile
    }

    fn send(&mut self, frame: &[u8]) {
        for &byte in frame {
            while UART.read::<{ uart::STATE }>() & uart::SENDER_FULL != 0 {}
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
