//! Approval of the commands that a file names, before they are started on this machine.
//!
//! A run's folder and configuration are data, possibly by somebody else. A command on the
//! command line is the user's own and is recorded as approved. A command from a file is
//! started only if it is recorded, if the user approves it at the terminal, or with
//! `--allow-exec`, which is not recorded.
//!
//! ```text
//! rebound/approved-commands in the user's data, or REBOUND_APPROVALS: a line each
//! <sha256> <command>
//! ```

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, bail};
use models::checksum::sha256_bytes;
use runtime_environments::worlds::external::{OPTION_GRANTS, OPTION_SANDBOX};
use runtime_environments::worlds::node::CONNECT;
use runtime_environments::worlds::node::port::Port;

use crate::files;
use crate::options::RunOptions;
use crate::program::Surroundings;
use crate::words::printable;

/// Permissions that only the user can give; no file has these keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// Whether the command named by a file is started without asking.
    pub allow_exec: bool,
    /// Whether an API key may be sent by http to a private address.
    pub allow_http: bool,
}

/// An error if the run's port or environment is a command that `file` names and that is not
/// approved; a command `given` on the command line is recorded as approved.
pub(crate) fn check(
    options: &RunOptions,
    (given, allowed): (&RunOptions, Allowed),
    file: &Path,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    if let Some(Ok(Port::Command(command))) = options.own.get(CONNECT).map(str::parse) {
        let is_given = given.own.get(CONNECT).is_some();
        check_command((&command, is_given), allowed, file, surroundings)?;
    }
    let Some(command) = world_command(options) else { return Ok(()) };
    let is_given = world_command(given).as_ref() == Some(&command);
    check_command((&command, is_given), allowed, file, surroundings)
}

/// The command that plays the run's world, with what it is granted and how it is confined.
fn world_command(options: &RunOptions) -> Option<String> {
    let address = options.environment.as_deref().filter(|name| name.starts_with("exec:"))?;
    let told = |option| options.own.get(option);
    let granted = told(OPTION_GRANTS).map(|grants| format!(" (granted {grants})"));
    let sandbox = told(OPTION_SANDBOX).map(|strength| format!(" (sandbox {strength})"));
    Some([Some(address.to_owned()), granted, sandbox].into_iter().flatten().collect())
}

fn check_command(
    (command, is_given): (&str, bool),
    allowed: Allowed,
    file: &Path,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    let folder = std::env::current_dir().context("cannot tell which folder this is")?;
    let names = Names::of(command, &folder);
    if is_given {
        // If it cannot be recorded, the user is asked again later.
        remember(&names, command).unwrap_or_else(|error| surroundings.warn(&format!("{error:#}")));
        return Ok(());
    }
    let account = format!(
        "{} names a command that nobody approved on this machine:\n  {}\nIt would start in {}.",
        file.display(),
        printable(command),
        folder.display()
    );
    if is_remembered(&names)? {
        return Ok(());
    }
    if allowed.allow_exec {
        let (file, command) = (file.display(), printable(command));
        surroundings.note(&format!("starting the command of {file}: {command}"));
        return Ok(());
    }
    if surroundings.program.agrees(&format!("{account}\nStart it, and again without asking?"))? {
        return remember(&names, command);
    }
    bail!("{account} Where you trust it, --allow-exec starts it")
}

/// The two hashes of a command, each of which can be recorded as approved.
struct Names {
    /// SHA-256 of the command.
    anywhere: String,
    /// SHA-256 of the command and this folder.
    here: String,
    /// Whether the command refers to a file in this folder, so that it is approved only for
    /// this folder.
    is_of_here: bool,
}

impl Names {
    fn of(command: &str, folder: &Path) -> Self {
        let words = command.split(|c: char| c.is_whitespace() || "'\"=;&|<>()".contains(c));
        let is_here = |word: &str| Path::new(word).is_relative() && folder.join(word).exists();
        let of_folder = [command.as_bytes(), &[0], folder.as_os_str().as_encoded_bytes()].concat();
        Self {
            anywhere: sha256_bytes(command.as_bytes()),
            here: sha256_bytes(&of_folder),
            is_of_here: words.filter(|word| !word.is_empty()).any(is_here),
        }
    }
}

fn is_remembered(names: &Names) -> anyhow::Result<bool> {
    let path = files::approvals_file()?;
    let approves = |line: &str| {
        line.split(' ').next().is_some_and(|found| found == names.anywhere || found == names.here)
    };
    match runtime_files::read_text(&path) {
        Ok(text) => Ok(text.lines().any(approves)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn remember(names: &Names, command: &str) -> anyhow::Result<()> {
    if is_remembered(names)? {
        return Ok(());
    }
    let path = files::approvals_file()?;
    let written = || {
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        let digest = if names.is_of_here { &names.here } else { &names.anywhere };
        let line = format!("{digest} {}\n", printable(command));
        append(&path)?.write_all(line.as_bytes())
    };
    written().with_context(|| {
        format!("cannot remember in {} that a command was approved", path.display())
    })
}

/// Opens a file for appending, readable only by the user.
#[cfg(unix)]
fn append(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Opens a file for appending, with the folder's permissions.
#[cfg(not(unix))]
fn append(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_this_folder_is_approved_for_this_folder_alone() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(one.path().join("node.sh"), "").unwrap();
        let here = |command: &str| Names::of(command, one.path());

        for command in ["./node.sh", "sh node.sh", "sh -c 'x; ./node.sh'"] {
            assert!(here(command).is_of_here, "{command}");
        }
        for command in ["rebound node simulate", "/usr/bin/qemu -serial stdio"] {
            assert!(!here(command).is_of_here, "{command}");
        }
        let there = Names::of("./node.sh", other.path());
        assert_ne!(here("./node.sh").here, there.here);
        assert_eq!(here("./node.sh").anywhere, there.anywhere);
    }
}
