//! What a microcontroller needs to be an environment, and what a host needs to
//! speak with one.
//!
//! ```text
//! host                         line                          node
//! Client ─► Request ─► frame ─► bytes ─► Decoder ─► Node ─► Hardware
//!        ◄─ Answer  ◄─ frame ◄─ bytes ◄───────────┘  │ └──► Memory ─► Keeper
//!                                                    └────► Deadline, Watchdog
//! ```
//!
//! The node owns the hardware: it describes its sensors and actuators itself,
//! refuses what is not admissible, acts once on a request that arrives twice, and
//! returns its actuators to their safe states when the host falls silent.
//!
//! The crate reads no clock, waits for nothing and does no I/O: instants, bytes
//! and flash come in as arguments, and frames go out as slices. It has no
//! allocator; every buffer has a stated size. What a board is called and how its
//! registers look belong to the firmware, retries and time limits to the host.
#![no_std]
#![forbid(unsafe_code)]

pub mod description;
pub mod message;
pub mod frame;
pub mod decoder;
pub mod client;
pub mod memory;
pub mod storage;
pub mod deadline;
pub mod hardware;
pub mod node;
pub mod thermostat;
