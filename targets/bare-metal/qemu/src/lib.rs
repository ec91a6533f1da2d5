//! The firmware in QEMU, and a host that speaks with it: for tests, and for whoever
//! wants to see a node run.
//!
//! ```text
//! board ─► Machine (QEMU, one at a time) ◄─┬─► Host (a session)
//! image ─► sizes           │                └─► Gateway (a TCP port, a bad line)
//!                          └──► monitor, debugger (restarts, memory, hangs)
//! ```
//!
//! The images are built beforehand, by `make firmware`. What a node says to what is
//! `runtime-node`'s matter.

pub mod board;
pub mod image;
pub mod machine;
pub mod host;
pub mod gateway;
pub mod damage;
pub mod monitor;
pub mod debugger;
