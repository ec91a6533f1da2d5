//! `rebound train`: starts `rebound-train` with the same arguments.

use std::ffi::OsString;

use anyhow::Context;
use runtime_session::trainer;
use targets_console::signals;

pub(crate) const EXAMPLES: &str = "\
rebound train run actor.toml --out runs/actor
rebound train --help";

/// Train LoRA adapters: runs the separate program rebound-train, if it is installed
#[derive(clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct Train {
    /// Arguments of rebound-train; `rebound train --help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

impl Train {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut command = trainer::command()?;
        let program = command.get_program().to_owned();
        let never = signals::hand_over(command.args(self.arguments));
        match never.with_context(|| format!("cannot start {}", program.display()))? {}
    }
}
