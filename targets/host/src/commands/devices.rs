//! `rebound devices`: lists the devices that this build can compute on.

use std::io::Write;

use runtime_session::approval::Allowed;
use runtime_session::endpoint;
use runtime_session::engines;
use serde_json::json;

pub(crate) const EXAMPLES: &str = "rebound devices";

/// List this build's inference engines, their devices and the configured endpoint
#[derive(clap::Args)]
pub(crate) struct Devices {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Devices {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut out = targets_console::out();
        let endpoints = (endpoint::REMOTE, endpoint::known(Allowed::default()));
        for (engine, devices) in engines::devices().into_iter().chain([endpoints]) {
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
