//! The program `rebound-train`.

mod commands;

use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser};
use targets_console::command::with_examples;
use targets_console::{account, errln, finish, signals};
use trainer::TrainError;
use trainer_contract::exit;

use commands::examples::EXAMPLES;

/// Train LoRA adapters from the recorded trials of rebound's agents
#[derive(Parser)]
#[command(name = "rebound-train", version, after_long_help = CODES_AND_VARIABLES)]
struct Program {
    #[command(subcommand)]
    command: commands::Command,
}

/// Exit codes and environment variables, below the program's long help.
const CODES_AND_VARIABLES: &str = "\
Exit codes:
  0          done
  1          something failed, and the message says what to do
  2          the command line is wrong
  4          the data contain nothing to train on
  130, 143   stopped by Ctrl-C or SIGTERM after a checkpoint; resume continues

Environment variables:
  REBOUND_MODELS   folder of model files [default: rebound/models in the user's cache]
  REBOUND_TRIED    file of the chat templates that were tried [default: rebound/tried there]";

/// The command line parser, with its examples.
fn command() -> clap::Command {
    with_examples(Program::command(), &[EXAMPLES])
}

fn main() -> ExitCode {
    let program = Program::from_arg_matches(&command().get_matches());
    let command = program.unwrap_or_else(|error| error.exit()).command;
    // A child tries, and has no children of its own.
    if !matches!(command, commands::Command::Probe { .. }) {
        runtime_probe::allow(commands::PROBE);
        runtime_probe::chat_templates();
        models::fault::name_files();
        models_decoder::kernels::memory::keep_freed();
    }
    match signals::listen().context("cannot listen for signals").and_then(|()| command.run()) {
        Ok(code) => finish(code),
        Err(error) => {
            errln!("error: {}", account(error.as_ref(), |_| false));
            match error.chain().find_map(|cause| cause.downcast_ref::<TrainError>()) {
                Some(TrainError::Empty(_)) => finish(exit::NOTHING_TO_LEARN),
                _ => finish(exit::FAILED),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_that_the_program_takes() {
        let wrong = targets_console::command::wrong_examples(&command(), &[EXAMPLES]);

        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_program_takes_every_line_that_the_documents_show() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");

        let wrong = targets_console::command::wrong_lines(&command(), &root).unwrap();

        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
