//! The judge of Python programs: the program in one confined process, its tests in another.
//!
//! ```text
//! tests.py ── call, plain arguments ─► judge ─► candidate.py ─► the program
//!     ▲                                  │            │
//!     └──────── plain value ◄────────────┴────────────┘
//! ```
//!
//! The program never sees the tests, and only values without behaviour come back: its classes,
//! patched builtins and exit codes stay in its process. Both processes are forks of Pythons that
//! were started once.

mod calls;
mod report;

use std::ffi::OsStr;
use std::time::Duration;

use runtime_sandbox::{
    Grants, Heard, Sandbox, SandboxError, Strength, TalkEnding, TalkLimits, TalkOver, Talks,
};
use serde_json::json;

use super::limits::{JudgeError, ProgramLimits};
use super::problem::Problem;
use super::verdict::{Diagnosis, Fault, ProgramVerdict};
pub use calls::ProgramCall;

const VALUES: &str = include_str!("python/values.py");
const CANDIDATE: &str = include_str!("python/candidate.py");
const TESTS: &str = include_str!("python/tests.py");
/// The interpreter, found where the sandbox lets programs be run from.
const PYTHON: &str = "python3";
/// What a value or a verdict may have, in bytes.
const MESSAGE_BYTES: u32 = 8 << 20;
/// What of a program's output a verdict keeps, in bytes.
const OUTPUT_KEPT: usize = 2000;
/// Processor time of the tests beyond the program's.
const TESTS_PROCESSOR: Duration = Duration::from_secs(20);
/// Room for both of a program's processes: the one that forks and its fork, and one to spare.
const PROCESSES: u64 = 3;

/// Judges Python programs.
#[derive(Debug)]
pub struct PythonJudge {
    limits: ProgramLimits,
    strength: Strength,
    servers: Option<Servers>,
}

#[derive(Debug)]
struct Servers {
    candidate: Talks,
    tests: Talks,
}

/// How a talk between tests and program went.
struct Judged {
    /// What the tests' process says.
    said: Vec<u8>,
    /// How the program ended, if it did.
    over: Option<TalkOver>,
}

impl PythonJudge {
    /// A judge. Its processes are started with the first program.
    pub fn new(limits: ProgramLimits, strength: Strength) -> Self {
        Self { limits, strength, servers: None }
    }

    /// What becomes of a program under tests of the problem.
    ///
    /// Servers that failed are started anew, once: they end with the thread that started them, and a
    /// program may have used up what it shares with its own.
    pub fn judge(
        &mut self,
        problem: &Problem,
        program: &str,
        tests: &str,
    ) -> Result<ProgramVerdict, JudgeError> {
        self.with_servers(|servers, limits| {
            servers.judge(limits, problem, (program, tests), &mut |_| {})
        })
    }

    /// What `ask` gets of the servers; it is asked again where servers that had served failed.
    fn with_servers<T>(
        &mut self,
        mut ask: impl FnMut(&mut Servers, ProgramLimits) -> Result<T, JudgeError>,
    ) -> Result<T, JudgeError> {
        let had_servers = self.servers.is_some();
        match self.with_servers_once(&mut ask) {
            Err(JudgeError::Sandbox(SandboxError::Hold(_))) if had_servers => {
                self.with_servers_once(&mut ask)
            }
            answered => answered,
        }
    }

    fn with_servers_once<T>(
        &mut self,
        ask: &mut impl FnMut(&mut Servers, ProgramLimits) -> Result<T, JudgeError>,
    ) -> Result<T, JudgeError> {
        let mut servers = match self.servers.take() {
            Some(servers) => servers,
            None => Servers::start(self.limits, self.strength)?,
        };
        let answered = ask(&mut servers, self.limits);
        // A server that failed is of no more use.
        self.servers = Some(servers).filter(|_| !matches!(answered, Err(JudgeError::Sandbox(_))));
        answered
    }
}

impl Servers {
    fn start(limits: ProgramLimits, strength: Strength) -> Result<Self, JudgeError> {
        let grants = Grants {
            processor: Duration::from_hours(24 * 365),
            processes: PROCESSES,
            memory_bytes: limits.memory_bytes * 2,
            disk_bytes: 16 << 20,
            // Sets and dictionaries have the same order each time.
            environment: vec![("PYTHONHASHSEED".into(), "0".into())],
            ..Grants::default()
        };
        let sandbox = Sandbox { grants, strength };
        let start =
            |own: &str| Talks::start(&sandbox, OsStr::new(PYTHON), &format!("{VALUES}\n{own}"));
        Ok(Self { candidate: start(CANDIDATE)?, tests: start(TESTS)? })
    }

    fn judge(
        &mut self,
        limits: ProgramLimits,
        problem: &Problem,
        (program, tests): (&str, &str),
        overhear: &mut dyn FnMut(&[u8]),
    ) -> Result<ProgramVerdict, JudgeError> {
        let allowed = allowed(limits);
        if let Some((fault, over)) = self.define(problem, program, allowed)? {
            let over = over.map_or_else(|| self.candidate.end(), |over| Ok(Some(over)))?;
            return Ok(ProgramVerdict {
                output: output(over.as_ref()),
                ..ProgramVerdict::of_fault(fault)
            });
        }
        let tests_processor = limits.processor + TESTS_PROCESSOR;
        let tests_wall = limits.wall() + TESTS_PROCESSOR * 10;
        let allowed = TalkLimits { processor: tests_processor, wall: tests_wall, ..allowed };
        self.tests.begin(asked(problem, tests).as_bytes(), allowed)?;
        let judged = self.relay(overhear)?;
        let ended = self.candidate.end()?;
        let output = output(judged.over.as_ref().or(ended.as_ref()));
        let fault = judged.over.as_ref().map(fault_of);
        report::verdict(&judged.said, fault, output)
            .map_err(|reason| JudgeError::Tests { problem: problem.id.clone(), reason })
    }

    /// Lets the candidate's process define a program; why it is none, if it is none, and how the
    /// process ended, if it did.
    fn define(
        &mut self,
        problem: &Problem,
        program: &str,
        allowed: TalkLimits,
    ) -> Result<Option<(Fault, Option<TalkOver>)>, JudgeError> {
        let text = json!({ "program": program, "setup": problem.setup }).to_string();
        self.candidate.begin(text.as_bytes(), allowed)?;
        Ok(match self.candidate.hear()? {
            Heard::Message(answer) => refused(&answer).map(|fault| (fault, None)),
            Heard::Over(over) => Some((fault_of(&over), Some(over))),
        })
    }

    /// Passes calls and values on until the tests are through; each call is overheard.
    fn relay(&mut self, overhear: &mut dyn FnMut(&[u8])) -> Result<Judged, JudgeError> {
        let (mut over, mut has_value): (Option<TalkOver>, bool) = (None, false);
        loop {
            let said = match self.tests.hear()? {
                Heard::Message(said) => said,
                Heard::Over(_) if !has_value && over.is_none() => {
                    return Err(JudgeError::Broken("the tests ended without a value".into()));
                }
                // The program's values may take the tests' time, never their verdict.
                Heard::Over(ended) => {
                    let fault = report::BROKEN_TESTS.as_bytes().to_vec();
                    let over = over.unwrap_or(ended);
                    return Ok(Judged { said: fault, over: Some(over) });
                }
            };
            let Some((kind, text)) = said.split_first() else {
                return Err(JudgeError::Broken("the tests said nothing".into()));
            };
            if *kind == b'v' {
                self.tests.end()?;
                return Ok(Judged { said: text.to_vec(), over });
            }
            if over.is_some() {
                self.tests.say(b"g")?;
                continue;
            }
            overhear(text);
            self.candidate.say(text)?;
            match self.candidate.hear()? {
                Heard::Message(value) => {
                    has_value = true;
                    self.tests.say(&[b"r".as_slice(), &value].concat())?;
                }
                Heard::Over(ended) => {
                    over = Some(ended);
                    self.tests.say(b"g")?;
                }
            }
        }
    }
}

/// What a program may use up.
fn allowed(limits: ProgramLimits) -> TalkLimits {
    TalkLimits {
        processor: limits.processor,
        wall: limits.wall(),
        output_bytes: limits.output_bytes,
        message_bytes: MESSAGE_BYTES,
        memory_bytes: limits.memory_bytes,
    }
}

/// What the tests' process is told.
fn asked(problem: &Problem, tests: &str) -> String {
    json!({
        "before": problem.before,
        "functions": problem.functions,
        "tests": tests,
        "check": problem.calls_check && tests == problem.tests,
        "expressions": problem.needs_expressions,
    })
    .to_string()
}

/// Why the program is none, if the first answer of its process says so.
fn refused(answer: &[u8]) -> Option<Fault> {
    #[derive(serde::Deserialize)]
    struct First {
        syntax: Option<(String, usize, usize, String)>,
        raised: Option<(String, String)>,
    }
    match serde_json::from_slice(answer) {
        Ok(First { syntax: Some((message, line, column, text)), .. }) => {
            Some(Fault::NotCompiled(Diagnosis { message, line, column, text }))
        }
        Ok(First { raised: Some((name, text)), .. }) => {
            let is_memory = name == "MemoryError";
            Some(if is_memory { Fault::Memory } else { Fault::Raised(format!("{name}: {text}")) })
        }
        // It may say what it likes: later answers are checked as values.
        _ => None,
    }
}

fn fault_of(over: &TalkOver) -> Fault {
    match over.ending {
        TalkEnding::Processor | TalkEnding::Wall => Fault::Time,
        TalkEnding::Output => Fault::Output,
        TalkEnding::Message => Fault::Ended("its value is too long".into()),
        TalkEnding::Exit(code) => Fault::Ended(format!("with the code {code}")),
        TalkEnding::Signal(9) => Fault::Memory,
        TalkEnding::Signal(signal) => Fault::Ended(format!("by the signal {signal}")),
        TalkEnding::Told => Fault::Ended("it was ended".into()),
    }
}

fn output(over: Option<&TalkOver>) -> String {
    let output = over.map_or(&[][..], |over| &over.output);
    String::from_utf8_lossy(&output[..output.len().min(OUTPUT_KEPT)]).into_owned()
}

/// The interpreter with its version.
pub fn version(strength: Strength) -> Result<String, JudgeError> {
    let sandbox = Sandbox { grants: Grants::default(), strength };
    let mut confined = sandbox.spawn(OsStr::new(PYTHON), ["--version"])?;
    let mut said = String::new();
    let output = confined.take_output().ok_or(JudgeError::NoTool("Python"))?;
    std::io::Read::read_to_string(&mut std::io::Read::take(output, 100), &mut said)
        .map_err(SandboxError::Hold)?;
    confined.wait()?;
    Ok(said.trim().to_owned())
}
