//! `HumanEval`'s form: the beginning of a program, whose function `check` is given.

use super::{Language, Problem, definition};
use crate::rows::{Row, RowError};
use crate::split::Purpose;

pub(super) fn problem(row: &Row<'_>) -> Result<Problem, RowError> {
    let (prompt, function) = (row.text("prompt")?, row.text("entry_point")?);
    let solution = row.value("canonical_solution").map(|_| row.text("canonical_solution"));
    let reference = solution.transpose()?.map(|solution| format!("{prompt}{solution}\n"));
    let signature = definition(prompt, function).ok_or_else(|| {
        let found = serde_json::Value::from(prompt);
        row.wrong("prompt", "a text that defines the entry point", &found)
    })?;
    Ok(Problem {
        id: row.text("task_id")?.to_owned(),
        language: Language::Python,
        prompt: prompt.to_owned(),
        functions: vec![function.to_owned()],
        signature: signature.trim().to_owned(),
        beginning: prompt.to_owned(),
        example: None,
        before: prompt.to_owned(),
        setup: String::new(),
        tests: row.text("test")?.to_owned(),
        calls_check: true,
        needs_expressions: false,
        reference,
        purpose: Some(Purpose::Test),
    })
}
