//! The shim in C, built on the spot, and what it is told by variables.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Its source; what the variables mean stands at its top.
const SOURCE: &str = include_str!("shim.c");

/// The built shim.
pub struct Shim {
    folder: TempDir,
}

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The program ends before the call.
    Kill,
    /// Half of a write is done, or another call, and then the program ends.
    Torn,
    /// The disk is full.
    NoSpace,
    /// The disk fails.
    InputOutput,
    /// Half of a write is done, and its length told.
    Short,
}

impl How {
    /// Every one of them.
    pub const ALL: [Self; 5] =
        [Self::Kill, Self::Torn, Self::NoSpace, Self::InputOutput, Self::Short];

    fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Torn => "torn",
            Self::NoSpace => "enospc",
            Self::InputOutput => "eio",
            Self::Short => "short",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The files through which one call of a program and its children is watched.
pub struct Watch {
    counter: PathBuf,
    record: PathBuf,
}

impl Shim {
    /// Builds it by the C compiler.
    pub fn build() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("shim.c");
        fs::write(&source, SOURCE)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(folder.path().join("shim.so"));
        let built = compiler.arg(&source).args(["-ldl", "-lpthread"]).output()?;
        if built.status.success() {
            return Ok(Self { folder });
        }
        Err(io::Error::other(String::from_utf8_lossy(&built.stderr).into_owned()))
    }

    /// Loads it into a command, for what changes files in `folder`; `point` is the call at which
    /// something happens, from 1. The files of the watch lie in `beside`.
    pub fn watch(
        &self,
        command: &mut Command,
        (folder, beside): (&Path, &Path),
        point: Option<(u64, How)>,
    ) -> io::Result<Watch> {
        let watch = Watch { counter: beside.join("counter"), record: beside.join("record") };
        fs::write(&watch.counter, [0; 8])?;
        let (at, how) = point.unwrap_or((0, How::Kill));
        command.env("LD_PRELOAD", self.folder.path().join("shim.so"));
        command.env("ATTACK_FOLDER", folder).env("ATTACK_COUNTER", &watch.counter);
        command.env("ATTACK_AT", at.to_string()).env("ATTACK_HOW", how.name());
        if point.is_none() {
            command.env("ATTACK_RECORD", &watch.record);
        }
        Ok(watch)
    }
}

impl Watch {
    /// The number of calls.
    pub fn calls(&self) -> io::Result<u64> {
        let bytes = fs::read(&self.counter)?;
        Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| io::Error::other("no counter"))?))
    }

    /// The record of the calls.
    pub fn record(&self) -> io::Result<Vec<u8>> {
        if self.record.exists() { fs::read(&self.record) } else { Ok(Vec::new()) }
    }
}
