//! What became of a program under the tests of a problem.

use std::fmt;

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramVerdict {
    /// Each test, in the order of the tests' text.
    pub results: Vec<TestResult>,
    /// Why no test could be made, or not all, if that is so.
    pub fault: Option<Fault>,
    /// The beginning of what the program printed.
    pub output: String,
}

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Its text.
    pub test: String,
    /// What became of it.
    pub outcome: TestOutcome,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed {
        /// What the program gave, as text.
        left: String,
        /// What was expected.
        right: String,
    },
    /// The program raised an exception or panicked; the text is its own.
    Raised(String),
    /// The program ended, or was ended, while it was made; the fault says why.
    Ended,
    /// It was not made, since the program had ended before.
    NotMade,
}

/// Why a program was ended, or not even begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no program: what the compiler says.
    NotCompiled(Diagnosis),
    /// It raised an exception before it was called.
    Raised(String),
    /// Its time was used up.
    Time,
    /// Its memory was used up.
    Memory,
    /// It printed too much.
    Output,
    /// It ended itself, or a signal ended it.
    Ended(String),
    /// The tests themselves broke on what it gave.
    Tests(String),
}

/// What a compiler says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its message.
    pub message: String,
    /// Line of the program, from 1; 0 where it is unknown.
    pub line: usize,
    /// Column, from 1; 0 where it is unknown.
    pub column: usize,
    /// The line's text.
    pub text: String,
}

impl ProgramVerdict {
    /// A program of which no test was made.
    pub fn of_fault(fault: Fault) -> Self {
        Self { results: Vec::new(), fault: Some(fault), output: String::new() }
    }

    /// Whether the program passes: there are tests, and all hold.
    pub fn passed(&self) -> bool {
        self.fault.is_none()
            && !self.results.is_empty()
            && self.passed_tests() == self.results.len()
    }

    /// Number of tests that hold.
    pub fn passed_tests(&self) -> usize {
        self.results.iter().filter(|result| result.passed()).count()
    }

    /// The share of tests that hold, 0.0 to 1.0.
    pub fn share(&self) -> f32 {
        match self.results.len() {
            0 => 0.0,
            all => self.passed_tests() as f32 / all as f32,
        }
    }
}

impl TestResult {
    /// Whether it holds.
    pub fn passed(&self) -> bool {
        self.outcome == TestOutcome::Passed
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCompiled(diagnosis) => diagnosis.fmt(formatter),
            Self::Raised(text) => write!(formatter, "it raised {text}"),
            Self::Time => formatter.write_str("its time was used up"),
            Self::Memory => formatter.write_str("its memory was used up"),
            Self::Output => formatter.write_str("it printed too much"),
            Self::Ended(how) => write!(formatter, "it ended: {how}"),
            Self::Tests(text) => write!(formatter, "the tests broke on what it gave: {text}"),
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        if self.line > 0 {
            write!(
                formatter,
                ", line {}, column {}: {}",
                self.line,
                self.column,
                self.text.trim()
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for TestResult {
    /// The test and what became of it, as the agent may be shown it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = self.test.trim();
        match &self.outcome {
            TestOutcome::Passed => write!(formatter, "{test}: it holds"),
            TestOutcome::Failed { left, .. } => write!(formatter, "{test}: it is {left}"),
            TestOutcome::Raised(what) => write!(formatter, "{test}: it raised {what}"),
            TestOutcome::Ended => write!(formatter, "{test}: the program ended"),
            TestOutcome::NotMade => write!(formatter, "{test}: not tried"),
        }
    }
}
