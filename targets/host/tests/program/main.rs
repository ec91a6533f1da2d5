//! The program as a person or a script meets it.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod adapters;
mod earlier;
mod external;
mod node;
mod bad_input;
#[cfg(unix)]
mod hostile;
#[cfg(target_os = "linux")]
mod changing;
mod cli;
mod demo;
mod folders;
mod claims;
mod ceiling;
mod bench;
#[cfg(unix)]
mod output;
#[cfg(feature = "llama")]
mod collect;
mod data;
mod plain_data;
#[cfg(target_os = "linux")]
mod programs;
mod demonstrate;
#[cfg(unix)]
mod foreign;
mod learn;
mod conversion;
mod deterministic;
mod report;
mod show;
mod watch;
#[cfg(feature = "remote")]
mod remote;
#[cfg(all(unix, feature = "remote"))]
mod signals;
mod support;
#[cfg(unix)]
mod train;
mod tuning;
