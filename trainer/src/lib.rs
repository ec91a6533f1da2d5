//! Records in, adapter out: gradient updates on the desktop.
//!
//! ```text
//! records ─┬► dataset ─► packing ─► stage (loss) ─► gradients ─► optimizer ─► adapter
//! files   ─┘                ▲                                        │
//!                           └──────────── checkpoint ◄───────────────┘
//! ```
//!
//! A run is one TOML file and a seed; the same two give the same adapter, bit
//! for bit on the CPU with the same number of threads, however often the run was
//! killed and resumed. Environments and engines are left to the runtime.

pub mod config;
pub mod dataset;
pub mod packing;
pub mod learned;
pub mod schedule;
pub mod stages;
pub mod objective;
pub mod factors;
pub mod optimizer;
pub mod checkpoint;
pub mod metrics;
mod tensorboard;
mod plot;
mod journal;
pub mod run;
pub mod bench;
mod replace;
mod error;

pub use error::TrainError;
