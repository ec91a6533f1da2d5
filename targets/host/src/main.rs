//! The program `rebound`: it parses, wires and prints. What it does lives in
//! the runtime's crates.

mod commands;
mod variables;
mod values;
mod options;
mod session;
mod progress;
mod page;

use std::error::Error;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use runtime_core::model::ModelError;
use runtime_evaluation::arm::ArmError;
use runtime_session::wrong;
use targets_console::command::with_examples;
use targets_console::{account, errln, finish, signals};

use crate::variables::CODES_AND_VARIABLES;

/// Run agents on small local language models, let them learn from their own failures by
/// reflection, and measure whether it helped
#[derive(Parser)]
#[command(name = "rebound", version, propagate_version = true)]
#[command(
    after_help = "Start with `rebound demo`. `rebound --help` lists exit codes and environment variables.",
    after_long_help = CODES_AND_VARIABLES
)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

/// The command line parser, with its examples.
fn command() -> clap::Command {
    with_examples(Cli::command(), commands::EXAMPLES)
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "error".into()),
        )
        .with_writer(targets_console::errors)
        .init();
    // At its finest the HTTP client writes down every byte that it sends, keys too.
    log::set_max_level(log::LevelFilter::Debug.min(log::max_level()));
    if let Err(error) = signals::listen() {
        errln!("error: cannot listen for signals: {error}");
        return finish(1);
    }
    runtime_environments::preparation::tell_to(progress::preparing);
    let cli = Cli::from_arg_matches(&command().get_matches());
    let command = cli.unwrap_or_else(|error| error.exit()).command;
    // A child tries, and has no children of its own.
    if !matches!(command, commands::Command::Probe(_)) {
        runtime_probe::allow(commands::PROBE);
        runtime_probe::chat_templates();
        models::fault::name_files();
    }
    match command.run() {
        Ok(()) => finish(0),
        Err(error) => {
            errln!("error: {}", account(error.as_ref(), <dyn Error>::is::<ModelError>));
            finish(exit_code(&error))
        }
    }
}

/// The exit code of an error, as the help lists them.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.chain().find_map(|cause| cause.downcast_ref::<ArmError>()) {
        Some(ArmError::Interrupted) => signals::exit_code(),
        Some(error) if error.is_cost_limit() => 3,
        _ if error.chain().any(wrong::is_wrong) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_that_the_program_takes() {
        let wrong = targets_console::command::wrong_examples(&command(), commands::EXAMPLES);

        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_program_takes_every_line_that_the_documents_show() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");

        let wrong = targets_console::command::wrong_lines(&command(), &root).unwrap();

        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
