//! What a program may use up while it is judged, and why it could not be.

use std::time::Duration;

use runtime_sandbox::SandboxError;

/// What a program may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramLimits {
    /// Processor time of all tests together; time on the clock has ten times as much.
    pub processor: Duration,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// What it may print, in bytes.
    pub output_bytes: u64,
}

impl Default for ProgramLimits {
    /// Five seconds, 512 MiB, 64 KiB of output.
    fn default() -> Self {
        Self { processor: Duration::from_secs(5), memory_bytes: 512 << 20, output_bytes: 64 << 10 }
    }
}

impl ProgramLimits {
    /// Time on the clock, for programs that wait.
    pub fn wall(&self) -> Duration {
        self.processor * 10
    }
}

/// Why a program could not be judged. It is never the program's failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The sandbox failed.
    #[error("the judge's sandbox failed")]
    Sandbox(#[from] SandboxError),
    /// The judge's own process failed, or said something that it never says.
    #[error("the judge failed: {0}")]
    Broken(String),
    /// The tests of the problem cannot be made with any program.
    #[error("the tests of {problem} cannot be judged: {reason}")]
    Tests {
        /// The problem's id.
        problem: String,
        /// Why.
        reason: String,
    },
    /// There is no interpreter or compiler.
    #[error("there is no {0} for the judge")]
    NoTool(&'static str),
    /// The interpreter or compiler does not work.
    #[error("the judge's {tool} does not work: {error}")]
    BrokenTool {
        /// Its name.
        tool: &'static str,
        /// What it said.
        error: String,
    },
}
