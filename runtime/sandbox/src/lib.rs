//! Foreign programs, confined to what they are granted.
//!
//! ```text
//! Grants ─► Sandbox::spawn ─► waiter ─► the program, process 1 of its own namespace
//!              │                 │           │
//!              │ Landlock rules  │ new user, mount, pid, ipc, uts and network namespaces
//!              │ seccomp filter  │           │ limits, no capabilities, Landlock, seccomp
//!              └ private folder  └ ends with the program; killed, all of its processes end
//! ```
//!
//! Layers cover for each other: Landlock holds files, seccomp what the kernel offers, namespaces
//! processes, networks and what of files Landlock has no rule for (modes, owners, times), limits and control groups what is used up. Where the kernel lacks one, [`Layer::missing`]
//! says so, and a [`Strength::Full`] sandbox refuses to run.
//!
//! The layers are the crates `landlock` and `seccompiler`, and what namespaces and limits take of
//! libc. bubblewrap was weighed: it is a program that a device may lack, sets up mounts where
//! Landlock needs none, and has neither seccomp rules nor limits of its own.

mod grants;
mod layers;
#[cfg(target_os = "linux")]
mod control_groups;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod rules;
#[cfg(target_os = "linux")]
mod raw;
mod memory;
mod spawn;
mod server;
mod warm;
mod talk;

pub use grants::{Grants, Network};
pub use layers::{Layer, Strength};
pub use memory::take_at_most;
pub use spawn::{Confined, Sandbox, SandboxError};
pub use talk::{Heard, TalkEnding, TalkLimits, TalkOver, Talks};
pub use warm::{UseEnding, UseLimits, Used, Warm};
