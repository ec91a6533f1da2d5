//! What the node promises, told on simulated hardware, lines and flash.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "what the tests are made of may unwrap as they do; numbers are small"
)]

mod simulated;

mod golden;
mod damage;
mod power_cut;
mod sessions;
mod recollection;
mod deadlines;
mod hosts;
mod versions;
mod sizes;
mod thermostat;
