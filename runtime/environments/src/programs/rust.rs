//! The judge of Rust programs: the program is a crate of its own, compiled without unsafe code
//! before the tests are written anywhere, and linked to the crate of the tests.
//!
//! ```text
//! program.rs ─► rustc -F unsafe_code ─► libprogram.rlib ─┐
//! harness.rs + signature + tests ───────────────► rustc ─┴► tests ─► lines behind a number
//! ```
//!
//! The running program reads no file of the tests: theirs can be run and not be read, and is removed
//! when it has been started and before it has been told to begin. What it prints is told from the verdict by a number that the
//! tests' crate reads before the program's first call. Each of the three runs is confined.

mod report;
mod running;
mod signature;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use runtime_sandbox::{Grants, Sandbox, SandboxError, Strength};
use tempfile::TempDir;

use super::limits::{JudgeError, ProgramLimits};
use super::problem::Problem;
use super::verdict::{Fault, ProgramVerdict};
use running::{Allowed, Ran, RunEnding, ran};

const HARNESS: &str = include_str!("rust/harness.rs");
/// Processor time of a compiler.
const COMPILE: Duration = Duration::from_secs(10);
/// Address space of a compiler, in bytes.
const COMPILE_MEMORY_BYTES: u64 = 4 << 30;
/// What a compiler may say, and write into a file, in bytes.
const COMPILE_OUTPUT_BYTES: u64 = 1 << 20;
const COMPILE_DISK_BYTES: u64 = 64 << 20;
/// Processes and threads of a running program.
const PROCESSES: u64 = 8;

/// Judges Rust programs.
#[derive(Debug)]
pub struct RustJudge {
    limits: ProgramLimits,
    strength: Strength,
    /// Where the compiler and its libraries lie.
    root: PathBuf,
}

impl RustJudge {
    /// A judge with the compiler that `rustc` is here.
    pub fn new(limits: ProgramLimits, strength: Strength) -> Result<Self, JudgeError> {
        let root = PathBuf::from(said(&["--print", "sysroot"])?);
        Ok(Self { limits, strength, root })
    }

    /// What becomes of a program under tests of the problem.
    pub fn judge(
        &mut self,
        problem: &Problem,
        program: &str,
        tests: &str,
    ) -> Result<ProgramVerdict, JudgeError> {
        let folder = TempDir::with_prefix("rebound-rust-").map_err(SandboxError::Hold)?;
        let program = signature::with_public(program, &problem.functions[0]);
        let compiled = self.program(folder.path(), &program)?;
        if compiled.ending != RunEnding::Exit(0) {
            let diagnosis = report::diagnosis(&compiled);
            return Ok(ProgramVerdict::of_fault(Fault::NotCompiled(diagnosis)));
        }
        let (crate_text, first_line) = crate_of_tests(problem, tests)?;
        let linked = self.tests(folder.path(), &crate_text)?;
        if linked.ending != RunEnding::Exit(0) {
            self.must_accept(problem, tests)?;
            let mut diagnosis = report::diagnosis(&linked);
            // The line is one of the tests.
            (diagnosis.line, diagnosis.text) = (0, String::new());
            return Ok(ProgramVerdict::of_fault(Fault::NotCompiled(diagnosis)));
        }
        let number = number().map_err(SandboxError::Hold)?;
        let ran = self.run(folder.path(), &number)?;
        let verdict = report::verdict(&ran, &number, tests, first_line);
        if verdict.results.is_empty() && verdict.fault.is_none() {
            return Err(wrong(problem, "they have no assertion".into()));
        }
        Ok(verdict)
    }

    /// An error unless the tests can be compiled with a function of the problem's signature.
    pub fn must_accept(&self, problem: &Problem, tests: &str) -> Result<(), JudgeError> {
        let folder = TempDir::with_prefix("rebound-rust-").map_err(SandboxError::Hold)?;
        let stub = self.program(folder.path(), &signature::stub(&problem.signature))?;
        let (crate_text, _) = crate_of_tests(problem, tests)?;
        let linked = self.tests(folder.path(), &crate_text)?;
        match [&stub, &linked].into_iter().find(|ran| ran.ending != RunEnding::Exit(0)) {
            Some(ran) => Err(wrong(problem, report::diagnosis(ran).to_string())),
            None => Ok(()),
        }
    }

    /// Compiles the program; nothing of the tests is there yet.
    fn program(&self, folder: &Path, program: &str) -> Result<Ran, JudgeError> {
        fs::write(folder.join("program.rs"), program).map_err(SandboxError::Hold)?;
        let own = ["--crate-type", "rlib", "-F", "unsafe_code", "program.rs"];
        self.compile(folder, &own)
    }

    /// Compiles the tests and links them to the program.
    fn tests(&self, folder: &Path, tests: &str) -> Result<Ran, JudgeError> {
        fs::write(folder.join("tests.rs"), tests).map_err(SandboxError::Hold)?;
        self.compile(folder, &["--extern", "program=libprogram.rlib", "tests.rs"])
    }

    fn compile(&self, folder: &Path, own: &[&str]) -> Result<Ran, JudgeError> {
        let grants = Grants {
            read: vec![self.root.clone()],
            write: vec![folder.to_owned()],
            working: Some(folder.to_owned()),
            processor: COMPILE,
            memory_bytes: COMPILE_MEMORY_BYTES,
            disk_bytes: COMPILE_DISK_BYTES,
            ..Grants::default()
        };
        let sandbox = Sandbox { grants, strength: self.strength };
        let common = ["--edition", "2021", "-A", "warnings", "--error-format", "json"];
        let cheap = ["-C", "debuginfo=0", "-C", "codegen-units=1"];
        let arguments = common.iter().chain(&cheap).chain(own);
        let confined = sandbox.spawn(self.root.join("bin/rustc").as_os_str(), arguments)?;
        let allowed = Allowed { wall: COMPILE * 5, output_bytes: COMPILE_OUTPUT_BYTES };
        Ok(ran(confined, b"", allowed)?)
    }

    /// Runs the tests, which are removed before they begin.
    fn run(&self, folder: &Path, number: &str) -> Result<Ran, JudgeError> {
        let tests = folder.join("tests");
        // To be run and not to be read: what it expects is in it.
        let runnable = fs::Permissions::from_mode(0o111);
        fs::set_permissions(&tests, runnable).map_err(SandboxError::Hold)?;
        let grants = Grants {
            read: vec![tests.clone()],
            processor: self.limits.processor,
            memory_bytes: self.limits.memory_bytes,
            disk_bytes: COMPILE_DISK_BYTES,
            processes: PROCESSES,
            ..Grants::default()
        };
        let sandbox = Sandbox { grants, strength: self.strength };
        let confined = sandbox.spawn(tests.as_os_str(), std::iter::empty::<OsString>())?;
        fs::remove_file(&tests).map_err(SandboxError::Hold)?;
        let allowed = Allowed { wall: self.limits.wall(), output_bytes: self.limits.output_bytes };
        Ok(ran(confined, format!("{number}\n").as_bytes(), allowed)?)
    }
}

/// The crate of the tests, and the line on which their text begins, from 1.
fn crate_of_tests(problem: &Problem, tests: &str) -> Result<(String, usize), JudgeError> {
    let function = &problem.functions[0];
    let wrapper = signature::wrapper(&problem.signature, function)
        .ok_or_else(|| wrong(problem, format!("the signature is {}", problem.signature)))?;
    let uses: String = problem.prompt.lines().filter(|line| line.starts_with("use ")).collect();
    let head = format!("{HARNESS}\nmod tests {{ {uses} {wrapper}\n");
    let tests_of = tests.replacen("fn main()", "pub(crate) fn main()", 1);
    Ok((format!("{head}{tests_of}\n}}\n"), head.lines().count() + 1))
}

fn wrong(problem: &Problem, reason: String) -> JudgeError {
    JudgeError::Tests { problem: problem.id.clone(), reason }
}

/// A number that nobody can guess, in hexadecimal.
fn number() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// The compiler with its version.
pub fn version() -> Result<String, JudgeError> {
    said(&["--version"])
}

/// What the compiler that is here answers.
fn said(arguments: &[&str]) -> Result<String, JudgeError> {
    let answer = Command::new(OsStr::new("rustc")).args(arguments).output();
    let answer = answer.map_err(|_| JudgeError::NoTool("rustc"))?;
    if !answer.status.success() {
        let error = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        return Err(JudgeError::BrokenTool { tool: "rustc", error });
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
