//! What the Cortex-M boards share: the tick, Arm's watchdog, and how faults end.

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{NVIC, SCB, SYST};
use cortex_m_rt::exception;

use super::WATCHDOG_MS;
use super::peripheral::Peripheral;
use crate::clock::{TICKS_PER_SECOND, tick};

/// An entry of the table of interrupts.
pub(super) type Vector = extern "C" fn();

/// An interrupt's number at the interrupt controller.
#[derive(Clone, Copy)]
pub(super) struct Interrupt(pub(super) u16);

// SAFETY: it is the number that it says it is.
unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self.0
    }
}

/// Begins to tick, at a core clock of `core_hz`.
pub(super) fn start_tick(timer: &mut SYST, core_hz: u32) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(core_hz / TICKS_PER_SECOND - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Lets an interrupt through.
pub(super) fn unmask(interrupt: Interrupt) {
    // SAFETY: no critical section masks single interrupts.
    unsafe { NVIC::unmask(interrupt) }
}

#[exception]
fn SysTick() {
    tick();
}

/// A fault, or the watchdog where it is wired so. Its stack may be gone: a Cortex-M
/// that cannot enter this handler stops, and the watchdog restarts it.
#[exception]
unsafe fn DefaultHandler(_number: i16) {
    SCB::sys_reset()
}

#[exception(trampoline = false)]
unsafe fn HardFault() -> ! {
    SCB::sys_reset()
}

/// Arm's SP805, and what Luminary Micro and the CMSDK made of it.
pub(super) struct ArmWatchdog(pub(super) Peripheral);

impl ArmWatchdog {
    const LOAD: usize = 0x000;
    const CONTROL: usize = 0x008;
    const CLEAR: usize = 0x00c;
    const COUNT: u32 = 1 << 0;
    const RESTART: u32 = 1 << 1;

    /// Begins to count at `clock_hz`: the count's first end is an interrupt, its
    /// second a restart.
    pub(super) fn start(&self, clock_hz: u32) {
        self.0.write::<{ Self::LOAD }>(clock_hz / 1_000 * WATCHDOG_MS);
        self.0.write::<{ Self::CONTROL }>(Self::COUNT | Self::RESTART);
    }

    /// Begins the count anew.
    pub(super) fn feed(&self) {
        self.0.write::<{ Self::CLEAR }>(1);
    }
}
