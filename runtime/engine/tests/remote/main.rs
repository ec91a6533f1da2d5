//! The promises of models behind an endpoint, on an endpoint that misbehaves.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod server;
mod support;
mod answers;
mod constraints;
mod misbehaviour;
mod keys;
mod real;
