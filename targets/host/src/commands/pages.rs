//! `rebound completions` and `rebound man`: what shells and `man` read.

use std::path::PathBuf;

use anyhow::Context;
use clap_complete::Shell;
use targets_console::command;
use targets_console::command::Examples;

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[(
    "completions",
    &["rebound completions bash > ~/.local/share/bash-completion/completions/rebound"],
)];

/// Print what a shell needs to complete command lines
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) {
        command::completions(crate::command(), self.shell);
    }
}

/// Write the manual pages
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Man {
    /// Their folder
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        command::manual(crate::command(), &self.folder)
            .with_context(|| format!("cannot write manual pages to {}", self.folder.display()))
    }
}
