//! The program `rebound-train`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program prints")]

mod commands;

use std::process::ExitCode;

use clap::Parser;

/// Train adapters on a desktop, for `rebound` to load.
///
/// Exit codes: 0 done; 1 an error, said on standard error; 2 wrong usage; 130 interrupted,
/// and checkpointed.
#[derive(Parser)]
#[command(name = "rebound-train", version)]
struct Program {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    match Program::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
