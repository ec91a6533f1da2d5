//! What the programs share at their edge: how they print, how text suits a terminal, how they tell
//! an error, how they are told to end, and what their command lines have in common.
//!
//! Everything that is printed goes through here, so that no closed pipe and no full device
//! ever costs what was worked for.

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
