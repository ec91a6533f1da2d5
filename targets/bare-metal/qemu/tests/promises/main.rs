//! What the firmware promises, on every board in QEMU.
//!
//! One board runs at a time, so these tests are slow: some minutes in all.

#![allow(clippy::unwrap_used, reason = "what the tests are made of may unwrap as they do")]

/// Each test on each board, so that a failure names both.
macro_rules! on_every_board {
    ($($test:ident),+ $(,)?) => {
        mod lm3s6965evb {
            $(#[test] fn $test() { super::$test(&targets_bare_metal_qemu::board::LM3S6965EVB); })+
        }
        mod mps2_an386 {
            $(#[test] fn $test() { super::$test(&targets_bare_metal_qemu::board::MPS2_AN386); })+
        }
        mod riscv_virt {
            $(#[test] fn $test() { super::$test(&targets_bare_metal_qemu::board::RISCV_VIRT); })+
        }
    };
}

mod heater;
mod conversation;
mod bad_line;
mod silence;
mod restarts;
mod agent;
mod program;
mod power_cut;
mod budgets;
