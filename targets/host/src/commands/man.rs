//! `rebound man`: writes the manual pages.

use std::path::PathBuf;

use anyhow::Context;
use targets_console::command;

/// None, since only packages call it.
pub(crate) const EXAMPLES: &str = "";

/// Write the manual pages
#[derive(clap::Args)]
#[command(hide = true)]
pub(crate) struct Man {
    /// The folder to write to
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        command::manual(crate::command(), &self.folder)
            .with_context(|| format!("cannot write manual pages to {}", self.folder.display()))
    }
}
