//! `rebound data`: lists, downloads and checks data sets.

mod pull;

use std::path::PathBuf;

use anyhow::Context;
use runtime_session::{data_sets, files};
use targets_console::{out, outln};

use pull::Pull;

pub(crate) const EXAMPLES: &str = "\
rebound data list
rebound data pull alfworld
rebound data verify";

/// List, download and check the data sets of environments
#[derive(clap::Args)]
pub(crate) struct Data {
    /// Folder of data sets [default: rebound/data in the user's data folder]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA", global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the known data sets: their source, and whether they are installed
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Download a data set, or build it from local files; an interrupted download is resumed
    Pull(Pull),
    /// Compare installed data sets with their published checksums
    Verify {
        /// Names from `rebound data list` [default: all that are installed]
        names: Vec<String>,
    },
}

impl Data {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let folder = files::data_folder(self.data)
            .context("there is no data folder; set REBOUND_DATA to one")?;
        match self.action {
            Action::List { json: true } => {
                outln!("{}", serde_json::to_string_pretty(&data_sets::json(&folder)?)?);
                Ok(())
            }
            Action::List { json: false } => {
                out().text(&data_sets::text(&folder)?);
                Ok(())
            }
            Action::Pull(pull) => pull.run(&folder),
            Action::Verify { names } => {
                data_sets::verify(&folder, &names, &mut |line| outln!("{line}"))
            }
        }
    }
}
