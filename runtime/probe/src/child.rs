//! A child of this program: how it starts, what it is asked, and how it ended.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use runtime_sandbox::{Confined, Grants, Network, Sandbox, SandboxError, Strength};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The hidden command under which this program serves.
static COMMAND: OnceLock<&'static str> = OnceLock::new();

/// What a template may take beyond what the program takes without it, in bytes.
pub(crate) const MEMORY_BYTES: u64 = 64 << 20;
/// The address space of a child, which it lowers itself once it runs.
pub(crate) const SPACE_BYTES: u64 = 4 << 30;
/// Greatest length of an answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// What is kept of what a child wrote to its standard error, in bytes.
const TOLD_BYTES_MAX: u64 = 64 << 10;
/// Lines of that which an error tells, the last ones.
const TOLD_LINES: usize = 4;
/// Threads of a child.
const THREADS_MAX: u64 = 512;

/// Says that this program serves under a hidden command: from now on things are tried.
pub fn allow(command: &'static str) {
    // A second call says the same.
    let _ = COMMAND.set(command);
}

/// Whether this program serves, so that things are tried.
pub fn is_allowed() -> bool {
    COMMAND.get().is_some()
}

/// What a child tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A chat template.
    Chat,
    /// Prompt templates of a folder.
    Prompts,
    /// A model in an engine that is foreign code.
    Model,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Prompts, Self::Model];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Prompts => "prompts",
            Self::Model => "model",
        }
    }
}

/// What a child may take.
#[derive(Clone, Debug)]
pub struct ChildLimits {
    /// Files that it may read, besides the program.
    pub read: Vec<PathBuf>,
    /// Its address space, in bytes.
    pub memory_bytes: u64,
    /// Its processor time.
    pub processor: Duration,
}

/// Why something that a child was to try is not used here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// No child can be started.
    #[error(
        "no child can be started to try it, and it is not used untried: let this user start \
         processes, or use what was tried before"
    )]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The child ended before it answered.
    #[error("a child that tried it ended {how}{told}")]
    Ended {
        /// Its exit code or signal.
        how: String,
        /// The last lines that it wrote; empty if there are none.
        told: String,
    },
    /// The child asked for more memory than it may take.
    #[error("a child that tried it wanted more memory")]
    Memory,
    /// The child did not answer in time.
    #[error("a child that tried it took more than {} s", .0.as_secs_f32())]
    Time(Duration),
}

/// A child that answers questions, one after the other.
#[derive(Debug)]
pub struct Child {
    to: ChildStdin,
    from: Receiver<String>,
    told: Option<JoinHandle<String>>,
    confined: Confined,
}

impl Child {
    /// Starts a child for questions of one kind. It ends with the thread that started it.
    pub fn start(kind: Kind, limits: &ChildLimits) -> Result<Self, ProbeError> {
        let command = COMMAND.get().ok_or_else(|| ProbeError::Start("it serves nothing".into()))?;
        let at = std::env::current_exe().map_err(|error| ProbeError::Start(error.into()))?;
        let kernels = at.parent().map(|folder| folder.join("lib"));
        let program = program(at);
        let read = [program.clone()].into_iter().chain(kernels).chain(limits.read.iter().cloned());
        let passed = ["REBOUND_CPU", "RUST_LOG"];
        let environment = passed
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
        let grants = Grants {
            read: read.collect(),
            network: Network::None,
            memory_bytes: limits.memory_bytes,
            processor: limits.processor,
            processes: THREADS_MAX,
            environment: environment.collect(),
            ..Grants::default()
        };
        // It is this program that is confined: layers that the kernel lacks are done without.
        let sandbox = Sandbox { grants, strength: Strength::Weak };
        let mut confined = sandbox.spawn(program.as_ref(), [command, kind.name()])?;
        let piped = "a confined program's streams are pipes";
        let to = confined.take_input().unwrap_or_else(|| unreachable!("{piped}"));
        let answers = confined.take_output().unwrap_or_else(|| unreachable!("{piped}"));
        let errors = confined.take_error().unwrap_or_else(|| unreachable!("{piped}"));
        let cannot = |error: io::Error| ProbeError::Start(error.into());
        let told = Builder::new().spawn(move || last_lines(errors)).map_err(cannot)?;
        let from = lines(answers).map_err(cannot)?;
        Ok(Self { to, from, told: Some(told), confined })
    }

    /// The answer to a question. After an error the child is of no more use.
    pub fn ask<A: DeserializeOwned>(
        &mut self,
        question: &impl Serialize,
        time: Duration,
    ) -> Result<A, ProbeError> {
        let mut line =
            serde_json::to_string(question).map_err(|error| ProbeError::Start(Box::new(error)))?;
        line.push('\n');
        // One that has ended does not read; how it ended is told below.
        let _ = self.to.write_all(line.as_bytes()).and_then(|()| self.to.flush());
        match self.from.recv_timeout(time) {
            Ok(answer) => serde_json::from_str(&answer).map_err(|_| self.ended()),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.confined.kill();
                Err(ProbeError::Time(time))
            }
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.confined.ended(), Ok(None))
    }

    fn ended(&mut self) -> ProbeError {
        // It has closed its output: it ends, or hangs about and is killed.
        let mut status = None;
        for _ in 0..50 {
            status = self.confined.ended().ok().flatten();
            if status.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = status.or_else(|| self.confined.kill().ok());
        let told = self.told.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        // What Rust, and what the C++ of an engine, says as it gives up.
        if ["memory allocation of", "bad_alloc"].iter().any(|text| told.contains(text)) {
            return ProbeError::Memory;
        }
        ProbeError::Ended { how: status.map_or("somehow".to_owned(), described), told }
    }
}

impl From<SandboxError> for ProbeError {
    fn from(error: SandboxError) -> Self {
        Self::Start(Box::new(error))
    }
}

/// This program, whatever lies at its path by now.
fn program(at: PathBuf) -> PathBuf {
    let itself = PathBuf::from("/proc/self/exe");
    if itself.exists() { itself } else { at }
}

/// An error with its sources, behind what the child was to do.
pub(crate) fn told(error: &ProbeError, what: &str, time: Duration) -> String {
    let (seconds, megabytes) = (time.as_secs(), MEMORY_BYTES >> 20);
    let mut told = format!("{what} has to end within {seconds} s and {megabytes} MB, and {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(told, ": {cause}");
        source = cause.source();
    }
    told
}

/// Lines as they come.
fn lines(from: ChildStdout) -> io::Result<Receiver<String>> {
    let (sender, lines) = sync_channel(1);
    Builder::new().spawn(move || {
        let mut from = BufReader::new(from);
        loop {
            let mut line = String::new();
            match (&mut from).take(ANSWER_BYTES_MAX).read_line(&mut line) {
                Ok(1..) if line.ends_with('\n') => {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    })?;
    Ok(lines)
}

/// The last lines of what a child writes, behind a colon each.
fn last_lines(mut from: ChildStderr) -> String {
    let mut told = Vec::new();
    let mut read = Read::by_ref(&mut from).take(TOLD_BYTES_MAX);
    // What cannot be read is not told.
    let _ = read.read_to_end(&mut told);
    let _ = io::copy(&mut from, &mut io::sink());
    let told = String::from_utf8_lossy(&told);
    let lines: Vec<&str> = told.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(TOLD_LINES)..];
    last.iter().fold(String::new(), |told, line| told + ": " + line.trim())
}

#[cfg(unix)]
fn described(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("with exit code {code}"),
        (None, Some(signal)) => format!("by signal {signal}"),
        (None, None) => "somehow".to_owned(),
    }
}

#[cfg(not(unix))]
fn described(status: ExitStatus) -> String {
    status.code().map_or("somehow".to_owned(), |code| format!("with exit code {code}"))
}
