//! The tests whose results the agent is told: the examples in a problem's text.

use std::sync::LazyLock;

use regex::Regex;

use crate::programs::problem::{Language, Problem};

/// Which tests the agent is told the results of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownTests {
    /// None.
    None,
    /// Those that stand as examples in the problem's text.
    Examples,
    /// Those that a model proposed, from a file.
    Internal,
    /// The hidden ones: an oracle.
    Hidden,
}

impl ShownTests {
    /// That of a name in options.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "examples" => Some(Self::Examples),
            "internal" => Some(Self::Internal),
            "hidden" => Some(Self::Hidden),
            _ => None,
        }
    }

    /// The shown tests of a problem, if it has some; `internal` are those that a model proposed.
    pub(super) fn of(self, problem: &Problem, internal: &[String]) -> Option<String> {
        match self {
            Self::None => None,
            Self::Examples => examples(problem),
            Self::Internal => (!internal.is_empty()).then(|| problem.language.tests(internal)),
            Self::Hidden => Some(problem.tests.clone()),
        }
    }
}

/// The examples of a problem as tests: the test that its text shows, `>>> CALL` with its value in the
/// next line, and in Python also `CALL == VALUE`.
fn examples(problem: &Problem) -> Option<String> {
    static EQUATION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(\w+\(.*\))\s*(?:==|=>|➞)\s*(.+)$").expect("it is tested"));
    let function = problem.functions.first()?;
    let lines: Vec<&str> = problem.prompt.lines().map(bare).collect();
    let of_session = lines.windows(2).filter_map(|pair| {
        let call = pair[0].strip_prefix(">>>")?.trim();
        Some((call, pair[1].trim()))
    });
    let equations = lines.iter().filter_map(|line| {
        let [call, value] = EQUATION.captures(line)?.extract::<2>().1;
        (problem.language == Language::Python).then_some((call, value.trim()))
    });
    let is_usable = |(call, value): &(&str, &str)| {
        call.starts_with(function.as_str()) && is_balanced(call) && is_value(value)
    };
    let pairs: Vec<_> = of_session.chain(equations).filter(is_usable).collect();
    let test = |(call, value): &(&str, &str)| match problem.language {
        Language::Python => format!("assert {call} == {value}"),
        Language::Rust => format!("assert_eq!({call}, {value});"),
    };
    let tests: Vec<String> = pairs.iter().map(test).chain(problem.example.clone()).collect();
    (!tests.is_empty()).then(|| problem.language.tests(&tests))
}

/// A line without what makes it a comment.
fn bare(line: &str) -> &str {
    line.trim().trim_start_matches("///").trim()
}

/// Whether a text looks like a literal: what prose says of a value is no test.
fn is_value(text: &str) -> bool {
    let begins = text.starts_with(|sign: char| sign.is_ascii_digit() || "\"'[({-".contains(sign));
    let words = [
        "True",
        "False",
        "None",
        "true",
        "false",
        "Some(",
        "vec![",
        "String::",
        "Vec::",
        "HashMap::",
    ];
    (begins || words.iter().any(|word| text.starts_with(word))) && is_balanced(text)
}

/// Whether a text closes the brackets that it opens, and nothing follows the value.
fn is_balanced(text: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    for sign in text.chars() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, '#') => return false,
            // Within quotes nothing counts.
            _ => {}
        }
    }
    depth == 0 && quote.is_none()
}
