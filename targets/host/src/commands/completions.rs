//! `rebound completions`: prints completion scripts for shells.

use clap_complete::Shell;
use targets_console::command;

pub(crate) const EXAMPLES: &str =
    "rebound completions bash > ~/.local/share/bash-completion/completions/rebound";

/// Print a completion script for a shell
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    #[expect(clippy::unnecessary_wraps, reason = "every command may fail")]
    pub(crate) fn run(self) -> anyhow::Result<()> {
        command::completions(crate::command(), self.shell);
        Ok(())
    }
}
