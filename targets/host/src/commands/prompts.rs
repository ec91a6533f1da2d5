//! `rebound prompts`: lists and exports the built-in prompt templates.

use std::path::PathBuf;

use runtime_environments::worlds;
use runtime_session::templates;
use targets_console::out;

use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound prompts list
rebound prompts export my-prompts
rebound prompts export my-prompts --environment exec:./my-world";

/// List the built-in prompt templates, or export them for editing
#[derive(clap::Args)]
pub(crate) struct Prompts {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the templates with their purposes, and the SHA-256 of each environment's set
    List,
    /// Write an environment's templates to a folder, to edit and use with `--prompts`
    ///
    /// Unchanged templates give the same prompts as the built-in ones. The folder may contain
    /// only the templates that differ.
    Export {
        /// The folder to write to; it is created if it does not exist
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The environment; those of your own, by their addresses, share the general set
        #[arg(
            long,
            short,
            default_value = worlds::DEFAULT,
            value_name = "NAME",
            value_parser = values::world_or_address(|_| true),
            ignore_case = true
        )]
        environment: String,
        /// Overwrite existing templates
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
        out().text(&text);
        Ok(())
    }
}
