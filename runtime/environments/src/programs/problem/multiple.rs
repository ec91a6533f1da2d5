//! MultiPL-E's form: the beginning of a program in one of several languages, and tests that are the
//! end of it. Reflexion's lists have it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Language, Problem, definition, purpose_of_mbpp};
use crate::rows::{Row, RowError};
use crate::split::Purpose;

pub(super) fn problem(row: &Row<'_>) -> Result<Problem, RowError> {
    let (name, prompt) = (row.text("name")?, row.text("prompt")?);
    let language = match row.text("language")? {
        "py" => Language::Python,
        "rs" => Language::Rust,
        other => return Err(row.wrong("language", "py or rs", &Value::from(other))),
    };
    let function = match row.value("entry_point") {
        Some(_) => row.text("entry_point")?.to_owned(),
        None => asked_for(prompt).unwrap_or_default(),
    };
    let signature = definition(prompt, &function).ok_or_else(|| {
        row.wrong("prompt", "a text that defines the entry point", &Value::from(prompt))
    })?;
    let tests = row.value("test").map_or("tests", |_| "test");
    let tests = row.text(tests)?;
    let is_python = language == Language::Python;
    Ok(Problem {
        id: name.to_owned(),
        language,
        prompt: prompt.to_owned(),
        functions: vec![function.clone()],
        signature: signature.trim().trim_end_matches('{').trim_end().to_owned(),
        beginning: prompt.to_owned(),
        example: None,
        before: if is_python { prompt.to_owned() } else { String::new() },
        setup: String::new(),
        // In Rust they close the function, in some lists; where answers are whole there is nothing to close.
        tests: tests.trim_start().trim_start_matches('}').to_owned(),
        calls_check: false,
        needs_expressions: false,
        reference: None,
        purpose: purpose(name),
    })
}

/// The last function that a prompt begins to define.
fn asked_for(prompt: &str) -> Option<String> {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:def|fn)\s+(\w+)").expect("it is tested"));
    let last = NAME.captures_iter(prompt).last()?;
    Some(last.get(1)?.as_str().to_owned())
}

/// By the number of the original problem, which the name has; one's own problems are for test.
fn purpose(name: &str) -> Option<Purpose> {
    let number = name.strip_prefix("mbpp_").and_then(|rest| rest.split('_').next());
    let number = number.and_then(|number| number.parse().ok());
    number.map_or(Some(Purpose::Test), purpose_of_mbpp)
}
