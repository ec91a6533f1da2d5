//! What the firmware asks of a board, and the board it was built for.
//!
//! A port is one file beside these: it implements [`Board`], calls [`line::put`] from
//! its UART's interrupt and [`clock::tick`] from its timer's. Sensors and actuators
//! are `Hardware`'s matter. Unsafe code stands here and nowhere else.
//!
//! [`line::put`]: crate::line::put
//! [`clock::tick`]: crate::clock::tick
#![allow(unsafe_code, reason = "registers and interrupt vectors are reached in no other way")]

#[cfg(feature = "lm3s6965evb")]
mod lm3s6965evb;
#[cfg(feature = "mps2-an386")]
mod mps2_an386;
#[cfg(feature = "riscv-virt")]
mod riscv_virt;
#[cfg(feature = "cortex-m")]
mod cortex_m;
mod peripheral;

use runtime_node::deadline::Watchdog;
use runtime_node::storage::Keeper;

use crate::{REFLECTIONS, STEPS};

#[cfg(feature = "lm3s6965evb")]
pub(crate) use lm3s6965evb::ThisBoard;
#[cfg(feature = "mps2-an386")]
pub(crate) use mps2_an386::ThisBoard;
#[cfg(feature = "riscv-virt")]
pub(crate) use riscv_virt::ThisBoard;

/// How long a board goes on after its watchdog was fed, at least.
pub(crate) const WATCHDOG_MS: u32 = 1_000;

/// A board: one UART, one timer, a watchdog, and perhaps flash.
pub(crate) trait Board: Watchdog {
    /// Where memory outlives the power, if it does.
    type Keeper: Keeper<STEPS, REFLECTIONS>;

    /// Starts timer, UART and watchdog. Called once.
    fn start() -> Self;

    /// The flash, or what stands for it. Called once.
    fn keeper(&mut self) -> Self::Keeper;

    /// Sends a frame, and returns when its last byte is on its way: after 50 ms for
    /// the longest at 115,200 baud.
    fn send(&mut self, frame: &[u8]);

    /// Restarts as after a power cut. Actuators go to where a reset leaves them,
    /// which must be safe.
    fn restart() -> !;
}
