//! Where the program `rebound-train` lies.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use models::secrets;

/// `rebound-train`, without arguments. It learns no key: it asks nobody.
pub fn command() -> anyhow::Result<Command> {
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
