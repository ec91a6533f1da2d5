//! The flags of what a user alone allows.

use clap::Args;
use runtime_session::approval::Allowed;

use super::PAID;

/// Permissions that only the command line can give, never a file.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct AllowedFlags {
    /// Run the `exec:` command named by the configuration file or the run's folder without
    /// asking, this time. A command that was given on this command line, or approved at the
    /// terminal before, needs no flag
    #[arg(long)]
    allow_exec: bool,
    /// Send the API key by unencrypted http to private addresses (192.168.1.5, 10.0.0.5,
    /// NAME.local), where others on that network can read it. Never sent so to public addresses
    #[arg(long, help_heading = PAID)]
    allow_http: bool,
}

impl From<AllowedFlags> for Allowed {
    fn from(AllowedFlags { allow_exec, allow_http }: AllowedFlags) -> Self {
        Self { allow_exec, allow_http }
    }
}
