//! The file of internal tests, JSON lines.
//!
//! ```text
//! {"kind": "internal tests", "version": 1, "environment": …, "split": …, "model": …, "seed": …, …}
//! {"id": "test/HumanEval/0", "tests": ["assert f(1) == 2"], "dropped": {…}}
//! ```
//!
//! The first line says by which model, seed and prompts they were proposed; then each problem has a
//! line, also one for which no test is left.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Proposed, TESTS_MAX, is_test};
use crate::programs::problem::Problem;
use crate::rows::{self, Row, RowError};

/// What the first line's field `kind` says.
pub const KIND: &str = "internal tests";
/// The version of the form.
pub const VERSION: u64 = 1;

/// The first line: what decided the tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InternalTestsAbout {
    /// [`KIND`].
    pub kind: String,
    /// [`VERSION`].
    pub version: u64,
    /// Version of the program that asked.
    pub rebound: String,
    /// The world of the problems.
    pub environment: String,
    /// Their split.
    pub split: String,
    /// The model's name.
    pub model: String,
    /// SHA-256 of its file; empty where there is none.
    pub model_sha256: String,
    /// The same of its adapter, if there was one.
    pub adapter_sha256: Option<String>,
    /// SHA-256 of the prompts.
    pub prompts_sha256: String,
    /// Seed of the answers, and of what is drawn of them.
    pub seed: u64,
    /// Sampling temperature.
    pub temperature: f32,
    /// Nucleus sampling: the total probability of the tokens to sample from.
    pub top_p: f32,
    /// Greatest number of tokens of an answer.
    pub tokens_max: u32,
}

/// Another line: the tests of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemTests {
    /// The task's id.
    pub id: String,
    /// The tests, and what was dropped.
    #[serde(flatten)]
    pub proposed: Proposed,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum InternalTestsLine {
    /// The first one.
    About(InternalTestsAbout),
    /// One of the others.
    Problem(ProblemTests),
}

/// Internal tests by problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InternalTests {
    by_problem: BTreeMap<String, Vec<String>>,
}

impl InternalTests {
    /// The tests in a file for problems that have these task ids.
    pub fn read(path: &Path, problems: &[(String, Problem)]) -> Result<Self, RowError> {
        let problems: BTreeMap<&str, &Problem> =
            problems.iter().map(|(id, problem)| (id.as_str(), problem)).collect();
        let (mut by_problem, mut has_begun) = (BTreeMap::new(), false);
        rows::each(path, |row| {
            if !has_begun {
                has_begun = true;
                return first(&row);
            }
            let (id, tests) = tests(&row, &problems)?;
            match by_problem.insert(id.to_owned(), tests) {
                Some(_) => Err(row.wrong("id", "a problem once", &Value::from(id))),
                None => Ok(()),
            }
        })?;
        Ok(Self { by_problem })
    }

    /// The tests of a problem, which may be none; `None` where the file does not name it.
    pub fn of(&self, id: &str) -> Option<&[String]> {
        self.by_problem.get(id).map(Vec::as_slice)
    }
}

fn first(row: &Row<'_>) -> Result<(), RowError> {
    let kind = row.text("kind")?;
    if kind != KIND {
        return Err(row.wrong("kind", "\"internal tests\"", &Value::from(kind)));
    }
    match row.count("version")? {
        VERSION => Ok(()),
        other => Err(row.wrong("version", "1", &Value::from(other))),
    }
}

fn tests<'a>(
    row: &Row<'a>,
    problems: &BTreeMap<&str, &Problem>,
) -> Result<(&'a str, Vec<String>), RowError> {
    let id = row.text("id")?;
    let problem = problems.get(id);
    let unknown = || row.wrong("id", "the id of a problem of this environment", &Value::from(id));
    let problem = problem.ok_or_else(unknown)?;
    let tests = row.texts("tests")?;
    if tests.len() > TESTS_MAX {
        return Err(row.wrong("tests", "at most 6 tests", &Value::from(tests.len())));
    }
    if let Some(place) = tests.iter().position(|test| !is_test(problem, test)) {
        let field = format!("tests[{place}]");
        let expected = "an assertion that a call of the function is a value";
        return Err(row.wrong(&field, expected, &Value::from(tests[place])));
    }
    Ok((id, tests.into_iter().map(str::to_owned).collect()))
}
