//! `rebound train`: starts `rebound-train`, so that one name is enough.

use std::convert::Infallible;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use models::secrets;

/// Train adapters: starts rebound-train, if it is installed, with these arguments
#[derive(clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct Train {
    /// What rebound-train is asked; --help says what it can do
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

impl Train {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut command = command()?;
        let program = command.get_program().to_owned();
        let never = start(command.args(self.arguments));
        match never.with_context(|| format!("cannot start {}", program.display()))? {}
    }
}

/// `rebound-train`, without arguments. It learns no key: it asks nobody.
pub(crate) fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    secrets::withhold(&mut command);
    Ok(command)
}

/// Where `rebound-train` lies.
fn program() -> anyhow::Result<PathBuf> {
    let beside = std::env::current_exe()
        .context("cannot tell where this program lies")?
        .with_file_name(format!("rebound-train{}", std::env::consts::EXE_SUFFIX));
    find(&beside).with_context(|| {
        format!(
            "rebound-train is not installed: it is neither {} nor on PATH; build it with \
             `cargo build --release -p trainer`",
            beside.display()
        )
    })
}

/// That file, or else one of its name on PATH.
fn find(beside: &Path) -> Option<PathBuf> {
    let name = beside.file_name()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    [beside.to_owned()].into_iter().chain(on_path).find(|program| program.is_file())
}

/// Becomes the program: signals and the exit code are its own.
#[cfg(unix)]
fn start(command: &mut Command) -> std::io::Result<Infallible> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Ends as the program ends.
#[cfg(not(unix))]
fn start(command: &mut Command) -> std::io::Result<Infallible> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
