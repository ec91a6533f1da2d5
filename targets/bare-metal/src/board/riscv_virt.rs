//! QEMU's machine `virt` with one 32-bit RISC-V core.
//!
//! The UART is an NS16550, the timer the core's own. The second bank of flash keeps
//! memory. The machine has no watchdog: the tick counts how long the firmware has not
//! fed one, which finds a hang with interrupts on, and no other.

mod flash;
mod stack;

use core::sync::atomic::{AtomicU32, Ordering};

use riscv::interrupt::Interrupt;
use riscv::register::mie;
use riscv_rt::core_interrupt;
use runtime_node::deadline::Watchdog;
use runtime_node::storage::Pages;

use super::peripheral::Peripheral;
use super::{Board, WATCHDOG_MS};
use crate::clock::{TICKS_PER_SECOND, tick};
use crate::{REFLECTIONS, STEPS, line};

use flash::{BankOne, REGION};

/// How fast the core's timer counts.
const TIMER_HZ: u32 = 10_000_000;
const TICK_COUNTS: u32 = TIMER_HZ / TICKS_PER_SECOND;
const WATCHDOG_TICKS: u32 = WATCHDOG_MS * TICKS_PER_SECOND / 1_000;

// SAFETY: QEMU has this peripheral at this address.
const UART: Peripheral = unsafe { Peripheral::at(0x1000_0000) };
// SAFETY: as above.
const TIMER_DUE: Peripheral = unsafe { Peripheral::at(0x0200_4000) };
// SAFETY: as above.
const TIMER: Peripheral = unsafe { Peripheral::at(0x0200_b000) };
// SAFETY: as above; an interrupt's priority cannot touch memory.
const PRIORITIES: Peripheral = unsafe { Peripheral::at(0x0c00_0000) };
// SAFETY: as above.
const ENABLED: Peripheral = unsafe { Peripheral::at(0x0c00_2000) };
// SAFETY: as above.
const CONTEXT: Peripheral = unsafe { Peripheral::at(0x0c20_0000) };
// SAFETY: as above.
const POWER: Peripheral = unsafe { Peripheral::at(0x0010_0000) };

mod uart {
    pub(super) const DATA: usize = 0;
    pub(super) const INTERRUPTS: usize = 1;
    pub(super) const FIFO: usize = 2;
    pub(super) const STATE: usize = 5;

    pub(super) const RECEIVED: u8 = 1 << 0;
    pub(super) const SENDER_EMPTY: u8 = 1 << 5;
}

const UART_INTERRUPT: usize = 10;
const TIMER_DUE_LOW: usize = 0;
const TIMER_DUE_HIGH: usize = 4;
/// Claims an interrupt when read, completes it when written.
const CLAIM: usize = 4;

/// Ticks since the watchdog was fed.
static UNFED_TICKS: AtomicU32 = AtomicU32::new(0);

#[core_interrupt(Interrupt::MachineTimer)]
fn timer_is_due() {
    due_after(timer_due());
    tick();
    if UNFED_TICKS.fetch_add(1, Ordering::Relaxed) > WATCHDOG_TICKS {
        ThisBoard::restart();
    }
}

#[core_interrupt(Interrupt::MachineExternal)]
fn uart_received() {
    let claimed = CONTEXT.read::<CLAIM>();
    while UART.read_byte::<{ uart::STATE }>() & uart::RECEIVED != 0 {
        line::put(UART.read_byte::<{ uart::DATA }>());
    }
    CONTEXT.write::<CLAIM>(claimed);
}

pub(crate) struct ThisBoard(());

impl Board for ThisBoard {
    type Keeper = Pages<BankOne, STEPS, REFLECTIONS>;

    fn start() -> Self {
        stack::paint();
        start_uart();
        due_after(now());
        // SAFETY: both interrupts have their handlers, and all is set up.
        unsafe {
            mie::set_mtimer();
            mie::set_mext();
            riscv::interrupt::enable();
        }
        Self(())
    }

    fn keeper(&mut self) -> Self::Keeper {
        Pages::new(BankOne, REGION).expect("the region is two whole sectors of the bank")
    }

    fn send(&mut self, frame: &[u8]) {
        for &byte in frame {
            while UART.read_byte::<{ uart::STATE }>() & uart::SENDER_EMPTY == 0 {}
            UART.write_byte::<{ uart::DATA }>(byte);
        }
    }

    fn restart() -> ! {
        const RESTART: u32 = 0x7777;
        POWER.write::<0>(RESTART);
        loop {
            core::hint::spin_loop();
        }
    }
}

impl Watchdog for ThisBoard {
    fn feed(&mut self) {
        UNFED_TICKS.store(0, Ordering::Relaxed);
    }
}

/// Where exceptions end that nothing handles.
// SAFETY: riscv-rt asks for a function of this name and type.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    ThisBoard::restart()
}

fn start_uart() {
    UART.write_byte::<{ uart::FIFO }>(1);
    UART.write_byte::<{ uart::INTERRUPTS }>(uart::RECEIVED);
    PRIORITIES.write::<{ 4 * UART_INTERRUPT }>(1);
    ENABLED.write::<0>(1 << UART_INTERRUPT);
    CONTEXT.write::<0>(0);
}

/// The timer's count; 58,000 years pass until it wraps.
fn now() -> u64 {
    const LOW: usize = 0xff8;
    const HIGH: usize = 0xffc;
    loop {
        let (high, low) = (TIMER.read::<HIGH>(), TIMER.read::<LOW>());
        if high == TIMER.read::<HIGH>() {
            return join(high, low);
        }
    }
}

/// The count of the tick that is due.
fn timer_due() -> u64 {
    join(TIMER_DUE.read::<TIMER_DUE_HIGH>(), TIMER_DUE.read::<TIMER_DUE_LOW>())
}

/// Asks for a tick one period after `count`.
fn due_after(count: u64) {
    let due = count + u64::from(TICK_COUNTS);
    // At no moment are both halves together too early.
    TIMER_DUE.write::<TIMER_DUE_HIGH>(u32::MAX);
    #[allow(clippy::cast_possible_truncation, reason = "the halves are written apart")]
    TIMER_DUE.write::<TIMER_DUE_LOW>(due as u32);
    TIMER_DUE.write::<TIMER_DUE_HIGH>((due >> 32) as u32);
}

fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
