//! What the node promises, told on simulated hardware, lines and flash.

mod simulated;

mod golden;
mod damage;
mod power_cut;
mod sessions;
mod recollection;
mod deadlines;
mod sizes;
