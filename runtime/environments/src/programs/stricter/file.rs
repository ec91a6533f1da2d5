//! The file of stricter tests, JSON lines.
//!
//! ```text
//! {"stricter": 1, "seed": …, "tests_max": …, "interpreter": …}
//! {"task_id": "HumanEval/0", "tests": ["assert near(f(1), 2)"]}     or "doubt": why it has none
//! ```
//!
//! The first line says how they were made; then each problem has a line.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Stricter;
use crate::rows::{self, Row, RowError};

/// The version of the form.
const VERSION: u64 = 1;

/// How tests were made: the first line of their file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StricterHead {
    /// The version of the file's form.
    pub stricter: u64,
    /// The seed of the calls.
    pub seed: u64,
    /// Greatest number of tests of a problem.
    pub tests_max: u64,
    /// The interpreter that told the references' values.
    pub interpreter: String,
}

impl StricterHead {
    /// Of tests that are made now.
    pub fn new(seed: u64, tests_max: u64, interpreter: String) -> Self {
        Self { stricter: VERSION, seed, tests_max, interpreter }
    }
}

/// The line of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StricterProblem {
    /// The problem's id.
    pub task_id: String,
    /// Its tests, or why it has none.
    #[serde(flatten)]
    pub made: StricterMade,
}

/// What was made for a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StricterMade {
    /// Its tests.
    Tests(Vec<String>),
    /// Why it has none.
    Doubt(String),
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StricterLine {
    /// The first one.
    Head(StricterHead),
    /// One of the others.
    Problem(StricterProblem),
}

impl StricterProblem {
    /// The line of a problem for which that was made.
    pub fn new(task_id: String, made: Stricter) -> Self {
        let made = match made {
            Stricter::Tests(tests) => StricterMade::Tests(tests),
            Stricter::Doubtful(doubt) => StricterMade::Doubt(doubt.to_string()),
        };
        Self { task_id, made }
    }
}

/// The tests in a file, by their problem's id; none of the problems that are doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StricterFile {
    /// How they were made.
    pub head: StricterHead,
    /// The tests of each problem that has some.
    pub tests: BTreeMap<String, Vec<String>>,
}

/// Reads a file of stricter tests; one that lacks its first line has other lines than these.
pub fn read(path: &Path) -> Result<StricterFile, RowError> {
    let mut head = None;
    let mut tests = BTreeMap::new();
    rows::each(path, |row| {
        if head.is_none() {
            head = Some(first(&row)?);
            return Ok(());
        }
        let id = row.text("task_id")?.to_owned();
        if row.value("doubt").is_none() {
            let made = row.texts("tests")?.into_iter().map(str::to_owned).collect();
            tests.insert(id, made);
        }
        Ok::<(), RowError>(())
    })?;
    let head = head.ok_or_else(|| RowError::Line {
        path: path.to_owned(),
        line: 1,
        field: String::new(),
        expected: "the first line of a file of stricter tests",
        found: "an empty file".to_owned(),
    })?;
    Ok(StricterFile { head, tests })
}

fn first(row: &Row<'_>) -> Result<StricterHead, RowError> {
    if row.count("stricter")? != VERSION {
        let found = row.value("stricter").cloned().unwrap_or_default();
        return Err(row.wrong("stricter", "1, the version that is read here", &found));
    }
    Ok(StricterHead {
        stricter: VERSION,
        seed: row.count("seed")?,
        tests_max: row.count("tests_max")?,
        interpreter: row.text("interpreter")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_told_by_line_and_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stricter.jsonl");
        let problem = |id: &str, made| StricterLine::Problem(StricterProblem::new(id.into(), made));
        let head = StricterHead::new(1, 30, "Python 3.11.2".into());
        let tests = vec!["assert near(f(1), 2)".to_owned()];
        let lines = [
            StricterLine::Head(head.clone()),
            problem("own/1", Stricter::Tests(tests.clone())),
            problem("own/2", Stricter::Doubtful(super::super::Doubt::Changing)),
        ];
        let text = lines.map(|line| serde_json::to_string(&line).unwrap()).join("\n");
        std::fs::write(&path, &text).unwrap();

        let read_back = read(&path).unwrap();
        assert_eq!(read_back.head, head);
        assert_eq!(read_back.tests, BTreeMap::from([("own/1".to_owned(), tests)]));

        for (from, to, told) in [
            ("\"stricter\":1", "\"stricter\":2", "line 1, field stricter"),
            ("\"seed\":1", "\"seed\":-1", "line 1, field seed"),
            ("[\"assert near(f(1), 2)\"]", "[7]", "line 2, field tests[0]"),
            ("\"own/2\"", "null", "line 3, field task_id"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            std::fs::write(&path, text.replace(from, to)).unwrap();
            let problem = read(&path).unwrap_err().to_string();
            assert!(problem.contains(told), "{problem}");
        }
        std::fs::write(&path, "").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("an empty file"));
    }
}
