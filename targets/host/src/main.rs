//! The program `rebound`: it parses, wires and prints. What it does lives in
//! the runtime's crates.
#![cfg_attr(
    not(any(feature = "llama", feature = "decoder")),
    allow(dead_code, reason = "what engines are told is of no use without one")
)]

mod commands;
mod options;
mod board;
mod settings;
mod run_name;
mod circumstances;
mod session;
mod resume;
mod approval;
mod uses;
mod first_trials;
mod stored;
mod reading;
mod spending;
mod engines;
mod endpoint;
mod wiring;
mod files;
mod learning;
mod progress;
mod terminal;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use runtime_core::model::ModelError;
use runtime_evaluation::arm::ArmError;
use targets_console::{errln, finish, signals};

/// Agents on small models that get better from their own failures
#[derive(Parser)]
#[command(name = "rebound", version, about, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Demo),
    Run(commands::run::Run),
    Compare(commands::compare::Compare),
    Demonstrate(commands::demonstrate::Demonstrate),
    Collect(commands::collect::Collect),
    Learn(commands::learn::Learn),
    Play(commands::play::Play),
    Score(commands::score::Score),
    Models(commands::models::Models),
    Data(commands::data::Data),
    Show(commands::show::Show),
    Records(commands::records::Records),
    Report(commands::report::Report),
    Prompts(commands::prompts::Prompts),
    Adapter(commands::adapter::Adapter),
    Node(commands::node::Node),
    Devices(commands::devices::Devices),
    Doctor(commands::doctor::Doctor),
    Train(commands::train::Train),
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 something failed, and the message says what to do; 2 the command \
line is wrong; 3 the run's --cost-limit is reached, what was played is in the results and \
--resume goes on; 130 and 143 stopped, by Ctrl-C or by SIGTERM: every finished step is kept
and --resume goes on.

RUST_LOG=debug shows what the engine does.";

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
    let result = match Cli::parse().command {
        Command::Demo(command) => command.run(),
        Command::Run(command) => command.run(),
        Command::Compare(command) => command.run(),
        Command::Demonstrate(command) => command.run(),
        Command::Collect(command) => command.run(),
        Command::Learn(command) => command.run(),
        Command::Play(command) => command.run(),
        Command::Score(command) => command.run(),
        Command::Models(command) => command.run(),
        Command::Data(command) => command.run(),
        Command::Show(command) => command.run(),
        Command::Records(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Prompts(command) => command.run(),
        Command::Adapter(command) => command.run(),
        Command::Node(command) => command.run(),
        Command::Devices(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Train(command) => command.run(),
    };
    match result {
        Ok(()) => finish(0),
        Err(error) => {
            errln!("error: {}", account(&error));
            finish(exit_code(&error))
        }
    }
}

/// The error and what it comes from. Where a model gave no answer, that comes first, and
/// below it what was under way.
fn account(error: &anyhow::Error) -> String {
    let Some(place) = error.chain().position(<dyn Error>::is::<ModelError>) else {
        return format!("{error:#}");
    };
    let told: Vec<String> = error.chain().map(ToString::to_string).collect();
    let (under_way, cause) = told.split_at(place);
    let lines = under_way.iter().rev().map(|line| format!("\n  {line}"));
    [cause.join(": ")].into_iter().chain(lines).collect()
}

/// What the help says about exit codes.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.chain().find_map(|cause| cause.downcast_ref::<ArmError>()) {
        Some(ArmError::Interrupted) => signals::exit_code(),
        Some(error) if error.is_cost_limit() => 3,
        _ => 1,
    }
}
