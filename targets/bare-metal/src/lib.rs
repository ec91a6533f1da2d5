//! What the firmware regulates: a thermostat, simulated by the board itself.
//!
//! ```text
//! host ◄─► UART ◄─► Node ◄─► Thermostat (Hardware) ◄─► Room
//! ```
//!
//! The library holds what needs no board, so that it is tested on the host. The
//! program beside it (`main.rs`) runs it on one board, chosen by a feature:
//!
//! - `lm3s6965evb`: Cortex-M3; in QEMU the machine `lm3s6965evb`.
//! - `mps2-an386`: Cortex-M4F; in QEMU the machine `mps2-an386`.
//! - `riscv-virt`: RISC-V, with flash for memory; in QEMU the machine `virt`.
//!
//! The features `cortex-m` and `firmware` are what boards share, and of no use alone.
#![no_std]

pub mod thermostat;
