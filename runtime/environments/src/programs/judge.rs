//! What judging a program takes, whatever its language.

use runtime_sandbox::Strength;

pub use super::limits::{JudgeError, ProgramLimits};
use super::problem::{Language, Problem};
use super::python::PythonJudge;
use super::rust::RustJudge;
use super::verdict::{ProgramVerdict, TestOutcome, TestResult};

/// Judges programs, one at a time; its processes are started at the first program of each language.
#[derive(Debug, Default)]
pub struct ProgramJudge {
    limits: ProgramLimits,
    strength: Strength,
    python: Option<PythonJudge>,
    rust: Option<RustJudge>,
}

impl ProgramJudge {
    /// A judge in a sandbox of this strength.
    pub fn new(limits: ProgramLimits, strength: Strength) -> Self {
        Self { limits, strength, python: None, rust: None }
    }

    /// What becomes of a whole program under a problem's hidden tests.
    pub fn judge(
        &mut self,
        problem: &Problem,
        program: &str,
    ) -> Result<ProgramVerdict, JudgeError> {
        self.judge_by(problem, program, &problem.tests)
    }

    /// What becomes of a program under other tests of the problem.
    pub fn judge_by(
        &mut self,
        problem: &Problem,
        program: &str,
        tests: &str,
    ) -> Result<ProgramVerdict, JudgeError> {
        let (limits, strength) = (self.limits, self.strength);
        match problem.language {
            Language::Python => {
                let judge = self.python.get_or_insert_with(|| PythonJudge::new(limits, strength));
                judge.judge(problem, program, tests)
            }
            Language::Rust => self.rust()?.judge(problem, program, tests),
        }
    }

    /// Whether assertions can be made with a program of the problem's signature: their syntax, in Rust
    /// their types too, and in Python each value that they expect.
    pub fn accepts(
        &mut self,
        problem: &Problem,
        assertions: &[String],
    ) -> Result<bool, JudgeError> {
        let tests = problem.language.tests(assertions);
        let accepted = match problem.language {
            Language::Python => self.judge_by(problem, &stub(problem), &tests).map(|verdict| {
                let is_value = |result: &TestResult| {
                    !matches!(result.outcome, TestOutcome::Raised(_) | TestOutcome::NotMade)
                };
                verdict.fault.is_none() && verdict.results.iter().all(is_value)
            }),
            Language::Rust => self.rust()?.must_accept(problem, &tests).map(|()| true),
        };
        match accepted {
            Err(JudgeError::Tests { .. }) => Ok(false),
            accepted => accepted,
        }
    }

    fn rust(&mut self) -> Result<&mut RustJudge, JudgeError> {
        let judge = match self.rust.take() {
            Some(judge) => judge,
            None => RustJudge::new(self.limits, self.strength)?,
        };
        Ok(self.rust.insert(judge))
    }

    /// The interpreter or compiler of a language, with its version.
    pub fn tool(&mut self, language: Language) -> Result<String, JudgeError> {
        match language {
            Language::Python => super::python::version(self.strength),
            Language::Rust => super::rust::version(),
        }
    }
}

/// A program in Python whose functions give nothing, whatever they get.
fn stub(problem: &Problem) -> String {
    let functions = problem.functions.iter();
    let stubs =
        functions.map(|name| format!("def {name}(*arguments, **named):\n    return None\n"));
    stubs.collect()
}
