//! `rebound prompts`: the built-in prompt templates, to look at and to change.

use std::io::Write;
use std::path::PathBuf;

use runtime_environments::worlds;
use runtime_session::templates;
use targets_console::out;

use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound prompts list
rebound prompts export my-prompts";

/// List the built-in prompt templates, or write them to change
#[derive(clap::Args)]
pub(crate) struct Prompts {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// The templates' names and purposes, and the sha256 of each environment's set
    List,
    /// Write an environment's templates into a folder that `--prompts` takes
    ///
    /// Unchanged they make the same prompts as the built-in ones. A folder may also hold only
    /// the templates that differ.
    Export {
        /// The folder, which need not exist
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The world
        #[arg(
            long,
            short,
            default_value = worlds::DEFAULT,
            value_name = "NAME",
            value_parser = values::world(|_| true),
            ignore_case = true
        )]
        environment: String,
        /// Write over templates that are there
        #[arg(long)]
        force: bool,
    },
}

impl Prompts {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let text = match self.action {
            Action::List => templates::list()?,
            Action::Export { folder, environment, force } => {
                templates::export(&folder, &environment, force)?
            }
        };
        out().write_all(text.as_bytes())?;
        Ok(())
    }
}
