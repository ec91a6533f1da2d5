//! `rebound devices`: what this build can compute on.

use std::io::Write;

use serde_json::json;

use crate::engines;

/// List the engines of this build and the devices that they find
#[derive(clap::Args)]
pub(crate) struct Devices {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        for (engine, devices) in engines::devices() {
            for device in devices {
                if self.json {
                    writeln!(out, "{}", json!({ "engine": engine, "device": device }))?;
                } else {
                    writeln!(out, "{engine:<8} {device}")?;
                }
            }
        }
        Ok(())
    }
}
