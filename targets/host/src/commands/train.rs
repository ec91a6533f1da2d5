//! `rebound train`: starts `rebound-train`, so that one name is enough.

use std::convert::Infallible;
use std::ffi::OsString;
use std::process::Command;

use anyhow::Context;
use runtime_session::trainer;

pub(crate) const EXAMPLES: &str = "\
rebound train run actor.toml --out runs/actor
rebound train --help";

/// Train adapters: starts rebound-train, if it is installed, with these arguments
#[derive(clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct Train {
    /// What rebound-train is asked; --help says what it can do
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

impl Train {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut command = trainer::command()?;
        let program = command.get_program().to_owned();
        let never = start(command.args(self.arguments));
        match never.with_context(|| format!("cannot start {}", program.display()))? {}
    }
}

/// Becomes the program: signals and the exit code are its own.
#[cfg(unix)]
fn start(command: &mut Command) -> std::io::Result<Infallible> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Ends as the program ends.
#[cfg(not(unix))]
fn start(command: &mut Command) -> std::io::Result<Infallible> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
