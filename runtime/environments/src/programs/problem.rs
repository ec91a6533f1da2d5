//! A problem that a program answers, from a row of one of three forms.

mod humaneval;
mod mbpp;
mod multiple;

use std::path::Path;

use crate::rows::{self, Row, RowError};
use crate::split::Purpose;

/// A language that programs are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Python 3.
    Python,
    /// Rust, of edition 2021.
    Rust,
}

impl Language {
    /// Its name in fences and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }

    /// The text of tests that are these assertions, a whole one each.
    pub fn tests<T: AsRef<str>>(self, assertions: &[T]) -> String {
        let assertions: Vec<&str> = assertions.iter().map(AsRef::as_ref).collect();
        match self {
            Self::Python => assertions.join("\n"),
            Self::Rust => format!("fn main() {{\n    {}\n}}\n", assertions.join("\n    ")),
        }
    }
}

/// A problem with its hidden tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its id in the data set.
    pub id: String,
    /// What its programs are written in.
    pub language: Language,
    /// What is asked for: the beginning of a program, or a sentence.
    pub prompt: String,
    /// What the tests call, the most important first; at least one.
    pub functions: Vec<String>,
    /// The first line of the function that is asked for, up to what begins its body.
    pub signature: String,
    /// What a program's text begins with where an answer is only the rest of it; empty where answers
    /// are whole.
    pub beginning: String,
    /// The hidden test that the problem's text shows, if it does.
    pub example: Option<String>,
    /// What tests find besides the program.
    pub before: String,
    /// What is run after the program, in its process.
    pub setup: String,
    /// The hidden tests.
    pub tests: String,
    /// Whether the tests define a function `check` that takes the function asked for.
    pub calls_check: bool,
    /// Whether what the tests give it is more than plain values: then what stands left in an
    /// assertion is told to the program's process as text, and is evaluated there.
    pub needs_expressions: bool,
    /// A program that passes, where the data set has one.
    pub reference: Option<String>,
    /// What the problem may be used for; `None` of one that is an example for prompts.
    pub purpose: Option<Purpose>,
}

impl Problem {
    /// What is asked for, as the agent reads it.
    pub fn opening(&self) -> String {
        let language = self.language.name();
        if self.beginning.is_empty() {
            let example =
                self.example.iter().map(|test| format!("\nIt shall pass this test: {test}"));
            let asked = format!("{}\nThe function begins: {}", self.prompt, self.signature);
            return [asked].into_iter().chain(example).collect();
        }
        let what = match self.language {
            Language::Python => "Complete this Python function.",
            Language::Rust => "Complete this Rust function.",
        };
        format!("{what}\n\n```{language}\n{}\n```", self.prompt.trim_end())
    }
}

/// The problems in a file of JSON lines, each in the form that its fields tell: `HumanEval`'s, MBPP's
/// or MultiPL-E's; an empty one is an error.
pub fn read(path: &Path) -> Result<Vec<Problem>, RowError> {
    let problems = rows::read(path, |row| problem(&row))?;
    if problems.is_empty() {
        return Err(RowError::Line {
            path: path.to_owned(),
            line: 1,
            field: String::new(),
            expected: "a problem",
            found: "an empty file".to_owned(),
        });
    }
    Ok(problems)
}

/// The problem in a row.
pub fn problem(row: &Row<'_>) -> Result<Problem, RowError> {
    if row.value("test_list").is_some() {
        mbpp::problem(row)
    } else if row.value("task_id").is_some() {
        humaneval::problem(row)
    } else {
        multiple::problem(row)
    }
}

/// What a problem may be used for, by its number in MBPP: 1 to 10 are examples for prompts, which
/// nothing else is done with, up to 510 for test, up to 600 for validation, up to 974 to train on. What is
/// numbered otherwise is none of MBPP's, and for test.
fn purpose_of_mbpp(number: u64) -> Option<Purpose> {
    match number {
        1..=10 => None,
        511..=600 => Some(Purpose::Validation),
        601..=974 => Some(Purpose::Train),
        _ => Some(Purpose::Test),
    }
}

/// A problem whose function is `f`, without tests.
#[cfg(test)]
pub(super) fn of_f(language: Language, beginning: &str, signature: &str) -> Problem {
    Problem {
        id: "own".into(),
        language,
        prompt: beginning.into(),
        functions: vec!["f".into()],
        signature: signature.into(),
        beginning: beginning.into(),
        example: None,
        before: String::new(),
        setup: String::new(),
        tests: String::new(),
        calls_check: false,
        needs_expressions: false,
        reference: None,
        purpose: Some(Purpose::Test),
    }
}

/// The whole line that begins the definition of a function: `def NAME(` or `fn NAME(`, up to the end
/// of the line.
pub(super) fn definition<'a>(program: &'a str, name: &str) -> Option<&'a str> {
    program.lines().find(|line| {
        let line = line.trim_start().trim_start_matches("pub ");
        let rest = ["def ", "fn ", "async def "].iter().find_map(|word| line.strip_prefix(word));
        let rest = rest.and_then(|rest| rest.trim_start().strip_prefix(name));
        rest.is_some_and(|rest| rest.trim_start().starts_with(['(', '<']))
    })
}
