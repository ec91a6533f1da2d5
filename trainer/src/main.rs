//! The program `rebound-train`.

mod commands;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use targets_console::{errln, finish, signals};
use trainer::TrainError;

/// Train adapters on a desktop, for `rebound` to load.
///
/// Exit codes: 0 done; 1 an error, said on standard error; 2 wrong usage; 4 the data hold
/// nothing to learn from; 130 and 143 stopped, by Ctrl-C or by SIGTERM, and checkpointed.
#[derive(Parser)]
#[command(name = "rebound-train", version)]
struct Program {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let command = Program::parse().command;
    match signals::listen().context("cannot listen for signals").and_then(|()| command.run()) {
        Ok(code) => finish(code),
        Err(error) => {
            errln!("error: {error:#}");
            match error.chain().find_map(|cause| cause.downcast_ref::<TrainError>()) {
                Some(TrainError::Empty(_)) => finish(4),
                _ => finish(1),
            }
        }
    }
}
