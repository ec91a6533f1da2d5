//! The file of stricter tests: a first line that says how they were made, then a line for each problem.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
pub fn line(id: &str, made: &Stricter) -> Value {
    match made {
        Stricter::Tests(tests) => json!({ "task_id": id, "tests": tests }),
        Stricter::Doubtful(doubt) => json!({ "task_id": id, "doubt": doubt.to_string() }),
    }
}

/// The tests in a file, by their problem's id; none of the problems that are doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StricterFile {
    /// How they were made.
    pub head: StricterHead,
    /// The tests of each problem that has some.
    pub tests: BTreeMap<String, Vec<String>>,
    /// Why others have none.
    pub doubts: BTreeMap<String, String>,
}

/// Reads a file of stricter tests; one that lacks its first line has other lines than these.
pub fn read(path: &Path) -> Result<StricterFile, RowError> {
    let mut head = None;
    let (mut tests, mut doubts) = (BTreeMap::new(), BTreeMap::new());
    rows::each(path, |row| {
        if head.is_none() {
            head = Some(first(&row)?);
            return Ok(());
        }
        let id = row.text("task_id")?.to_owned();
        if row.value("doubt").is_some() {
            doubts.insert(id, row.text("doubt")?.to_owned());
        } else {
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
    Ok(StricterFile { head, tests, doubts })
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
        let head = StricterHead::new(1, 30, "Python 3.11.2".into());
        let tests = vec!["assert near(f(1), 2)".to_owned()];
        let lines = [
            serde_json::to_value(&head).unwrap(),
            line("own/1", &Stricter::Tests(tests.clone())),
            line("own/2", &Stricter::Doubtful(super::super::Doubt::Changing)),
        ];
        let text = lines.map(|line| line.to_string()).join("\n");
        std::fs::write(&path, &text).unwrap();

        let read_back = read(&path).unwrap();
        assert_eq!(read_back.head, head);
        assert_eq!(read_back.tests, BTreeMap::from([("own/1".to_owned(), tests)]));
        assert_eq!(read_back.doubts.len(), 1);

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
