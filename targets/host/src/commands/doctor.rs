//! `rebound doctor`: checks this machine, its models and its data sets.

use std::io::Write;
use std::path::PathBuf;

use runtime_session::doctor::Findings;
use runtime_session::files;
use targets_console::{out, outln};

pub(crate) const EXAMPLES: &str = "\
rebound doctor
rebound doctor --json";

/// Check this machine: memory, devices, which models fit which boards, and what is missing
#[derive(clap::Args)]
pub(crate) struct Doctor {
    /// Folder of data sets [default: rebound/data in the user's data folder]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let findings = Findings::look(files::data_folder(self.data))?;
        if self.json {
            outln!("{}", serde_json::to_string_pretty(&findings)?);
        } else {
            out().write_all(findings.text().as_bytes())?;
        }
        Ok(())
    }
}
