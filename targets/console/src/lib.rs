//! The parts of a command line program that both programs share: printing, text for terminals,
//! error messages, signals, and help.
//!
//! All output goes through this crate, so that a closed pipe or a full device never loses work.

mod output;
pub mod terminal;
mod account;
pub mod signals;
pub mod command;

pub use account::account;
pub use output::{Output, errors, finish, is_heard, out};

/// Prints a line to standard output, as `println!` does, but never panics.
#[macro_export]
macro_rules! outln {
    ($($told:tt)*) => { $crate::out().line(::core::format_args!($($told)*)) };
}

/// Prints a line to standard error, as `eprintln!` does, but never panics.
#[macro_export]
macro_rules! errln {
    ($($told:tt)*) => { $crate::errors().line(::core::format_args!($($told)*)) };
}
