//! Starts a confined program, and ends it with all of its processes.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};

use tempfile::TempDir;

use crate::grants::Grants;
use crate::layers::{Layer, Strength};

/// A sandbox: what is granted, and how strong it has to be.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// What is granted.
    pub grants: Grants,
    /// Which layers there have to be.
    pub strength: Strength,
}

/// Why a program was not started, or not waited for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Layers that a full sandbox needs.
    #[error("the sandbox lacks {}; a weak one does without, if you trust the program", names(.0))]
    Lacks(Vec<Layer>),
    /// The rules or filters cannot be made.
    #[error("the sandbox cannot be made: {0}")]
    Rules(String),
    /// The program cannot be started.
    #[error("cannot start {}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The private folder cannot be made, or the program not waited for.
    #[error("a confined program cannot be held")]
    Hold(#[from] io::Error),
}

fn names(layers: &[Layer]) -> String {
    layers.iter().map(Layer::to_string).collect::<Vec<_>>().join(" and ")
}

/// A confined program. Dropped, it is killed, with all that it started.
#[derive(Debug)]
pub struct Confined {
    child: Child,
    /// Where it puts what it writes; with namespaces only it sees what is in there.
    private: TempDir,
    /// Limits of all of its processes together.
    _groups: linux::Groups,
}

impl Sandbox {
    /// Starts a program; its input and both outputs are pipes. It ends with the thread that started
    /// it, if it did not before.
    pub fn spawn(
        &self,
        program: &OsStr,
        arguments: impl IntoIterator<Item: AsRef<OsStr>>,
    ) -> Result<Confined, SandboxError> {
        let missing = Layer::missing();
        if self.strength == Strength::Full && !missing.is_empty() {
            return Err(SandboxError::Lacks(missing));
        }
        let private = TempDir::with_prefix("rebound-")?;
        let mut command = std::process::Command::new(program);
        command.args(arguments);
        let (child, groups) = linux::start(command, self, (&missing, private.path()))?;
        Ok(Confined { child, private, _groups: groups })
    }
}

impl Confined {
    /// Its standard input, once.
    pub fn take_input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Its standard output, once.
    pub fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its standard error, once.
    pub fn take_error(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// The folder that is gone with it.
    pub fn private(&self) -> &std::path::Path {
        self.private.path()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, SandboxError> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends.
    pub fn wait(&mut self) -> Result<ExitStatus, SandboxError> {
        Ok(self.child.wait()?)
    }

    /// Kills it with all that it started; it has ended afterwards.
    pub fn kill(&mut self) -> Result<ExitStatus, SandboxError> {
        self.child.kill()?;
        self.wait()
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        // One that has ended is not killed again; there is nobody to tell an error to.
        let _ = self.kill();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CString;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};

    use super::{Sandbox, SandboxError};
    use crate::control_groups::ControlGroups;
    use crate::grants::{Grants, Network};
    use crate::layers::Layer;
    use crate::raw::{Confinement, Maps};
    use crate::{filter, rules};

    /// Limits of all processes together.
    pub(super) type Groups = ControlGroups;

    pub(super) fn start(
        mut command: Command,
        sandbox: &Sandbox,
        (missing, private): (&[Layer], &Path),
    ) -> Result<(Child, Groups), SandboxError> {
        let mut groups = ControlGroups::new(&sandbox.grants);
        let doors = std::mem::take(&mut groups.doors);
        let confinement = Confinement { doors, ..prepare(&sandbox.grants, missing, private)? };
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command
            .env("HOME", private)
            .env("TMPDIR", private)
            .envs(sandbox.grants.environment.clone());
        command.current_dir(sandbox.grants.working.as_deref().unwrap_or(private));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        crate::raw::confine(&mut command, confinement);
        let program = command.get_program().into();
        let child = command.spawn().map_err(|source| SandboxError::Start { program, source })?;
        Ok((child, groups))
    }

    fn prepare(
        grants: &Grants,
        missing: &[Layer],
        private: &Path,
    ) -> Result<Confinement, SandboxError> {
        let has = |layer| !missing.contains(&layer);
        let wrong = |error: &dyn std::error::Error| SandboxError::Rules(error.to_string());
        let text =
            |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(|error| wrong(&error));
        let writable = grants.write.iter().filter(|path| path.exists()).map(|path| text(path));
        let working = text(grants.working.as_deref().unwrap_or(private))?;
        let rules = has(Layer::Landlock).then(|| rules::rules(grants));
        let rules = rules.transpose().map_err(|error| wrong(&error))?;
        let rules = rules.and_then(Option::<OwnedFd>::from);
        let filters = has(Layer::Seccomp).then(|| filter::filters(grants.network));
        let seconds = grants.processor.as_secs() + u64::from(grants.processor.subsec_nanos() > 0);
        Ok(Confinement {
            maps: has(Layer::Namespaces).then(|| Maps::new(grants.disk_bytes)),
            writable: writable.collect::<Result<_, _>>()?,
            doors: Vec::new(),
            has_loopback: grants.network == Network::Loopback,
            limits: vec![
                (libc::RLIMIT_AS, grants.memory_bytes),
                (libc::RLIMIT_CPU, seconds),
                (libc::RLIMIT_NPROC, grants.processes),
                (libc::RLIMIT_FSIZE, grants.disk_bytes),
                (libc::RLIMIT_NOFILE, 256),
                (libc::RLIMIT_CORE, 0),
                (libc::RLIMIT_MSGQUEUE, 0),
                (libc::RLIMIT_MEMLOCK, 0),
            ],
            rules,
            private: text(private)?,
            working,
            access: rules::change().bits(),
            filters: filters.transpose().map_err(|error| wrong(&error))?,
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    use std::path::Path;
    use std::process::{Child, Command};

    use super::{Sandbox, SandboxError};
    use crate::layers::Layer;

    /// Elsewhere there are none.
    pub(super) type Groups = ();

    /// Elsewhere there is no layer at all.
    pub(super) fn start(
        _: Command,
        _: &Sandbox,
        (missing, _): (&[Layer], &Path),
    ) -> Result<(Child, Groups), SandboxError> {
        Err(SandboxError::Lacks(missing.to_vec()))
    }
}
