//! MBPP's form: a sentence, a list of assertions, and a program that passes them.
//!
//! The sentence does not name the function; the first that the program defines and the first
//! assertion calls is it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Language, Problem, definition, purpose_of_mbpp};
use crate::rows::{Row, RowError};

/// The problems whose tests give more than plain values: what stands left in an assertion is told to
/// the program's process as text, evaluated there, and its value comes back.
///
/// - 367 and 927: trees of the program's class, which the setup after the program makes;
/// - 533: types;
/// - 601: pairs of the program's class.
const NEED_EXPRESSIONS: &[u64] = &[367, 533, 601, 927];

pub(super) fn problem(row: &Row<'_>) -> Result<Problem, RowError> {
    let number = row.count("task_id")?;
    let code = row.value("code").map(|_| row.text("code")).transpose()?;
    let tests = row.texts("test_list")?;
    let first = tests.first().copied().unwrap_or_default();
    let called = called(first);
    let defines = |name: &&str| code.is_none_or(|code| definition(code, name).is_some());
    let function = called.iter().copied().find(defines).ok_or_else(|| {
        row.wrong("test_list", "a call of the function asked for", &Value::from(first))
    })?;
    // Without a program that passes, arguments have no names.
    let unknown = || format!("def {function}(...):");
    let signature = code.and_then(|code| definition(code, function));
    let signature = signature.map_or_else(unknown, |line| line.trim().to_owned());
    Ok(Problem {
        id: format!("mbpp/{number}"),
        language: Language::Python,
        prompt: row.text("text")?.trim().to_owned(),
        functions: vec![function.to_owned()],
        signature,
        beginning: String::new(),
        example: Some(first.to_owned()),
        // Tests use what the program imports.
        before: code.map(imports).unwrap_or_default(),
        setup: row.text("test_setup_code").unwrap_or_default().to_owned(),
        tests: tests.join("\n"),
        calls_check: false,
        needs_expressions: NEED_EXPRESSIONS.contains(&number),
        reference: code.map(|code| code.replace("\r\n", "\n").replace('\t', "    ")),
        purpose: purpose_of_mbpp(number),
    })
}

/// The lines of a program that import something.
fn imports(code: &str) -> String {
    let imports =
        code.lines().filter(|line| line.starts_with("import ") || line.starts_with("from "));
    imports.collect::<Vec<_>>().join("\n")
}

/// The names that an assertion calls, in order, methods left out.
fn called(test: &str) -> Vec<&str> {
    static CALL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\.?)\b([A-Za-z_]\w*)\s*\(").expect("it is tested"));
    let found = CALL.captures_iter(test).map(|found| found.extract::<2>().1);
    let names = found.filter(|[dot, _]| dot.is_empty()).map(|[_, name]| name);
    names.filter(|name| !matches!(*name, "assert" | "set" | "list" | "tuple" | "not")).collect()
}
