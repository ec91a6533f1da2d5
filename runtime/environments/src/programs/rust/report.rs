//! What the tests' crate and the compiler say of a program, as a verdict.

use serde::Deserialize;

use super::running::{Ran, RunEnding};
use crate::programs::verdict::{Diagnosis, Fault, ProgramVerdict, TestOutcome, TestResult};

/// What of a program's output a verdict keeps, in characters.
const OUTPUT_KEPT: usize = 2000;

/// The verdict of a run, where the lines that begin with `number` are the judge's.
pub(super) fn verdict(ran: &Ran, number: &str, tests: &str, first_line: usize) -> ProgramVerdict {
    let mut sites: Vec<(usize, TestResult)> = sites(tests, first_line);
    let (mut is_whole, mut output) = (false, String::new());
    for line in String::from_utf8_lossy(&ran.said[0]).lines() {
        let Some(told) = line.strip_prefix(number) else {
            output.push_str(line);
            output.push('\n');
            continue;
        };
        let mut words = told.split_whitespace();
        match words.next() {
            Some("whole") => is_whole = true,
            Some(became) => {
                let line = words.next().and_then(|line| line.parse().ok());
                let site = sites.iter_mut().find(|(at, _)| Some(*at) == line);
                if let Some((_, result)) = site {
                    keep(result, became, &mut words.filter_map(text));
                }
            }
            None => {}
        }
    }
    let fault = if is_whole && ran.ending == RunEnding::Exit(0) { None } else { Some(fault(ran)) };
    let made = sites.into_iter().map(|(_, result)| result);
    let results =
        made.filter(|result| !is_whole || result.outcome != TestOutcome::NotMade).collect();
    ProgramVerdict { results, fault, output: output.trim().chars().take(OUTPUT_KEPT).collect() }
}

/// The assertions of a text by the line that they begin on.
fn sites(tests: &str, first_line: usize) -> Vec<(usize, TestResult)> {
    let lines = tests.lines().enumerate().filter(|(_, line)| is_assertion(line));
    let site = |(at, line): (usize, &str)| {
        let test = line.trim().trim_end_matches(';').to_owned();
        (first_line + at, TestResult { test, outcome: TestOutcome::NotMade })
    };
    lines.map(site).collect()
}

pub(super) fn is_assertion(line: &str) -> bool {
    ["assert_eq!", "assert!"].iter().any(|name| line.trim_start().starts_with(name))
}

/// What became of an assertion the first time that it did not hold.
fn keep(result: &mut TestResult, became: &str, texts: &mut dyn Iterator<Item = String>) {
    if !matches!(result.outcome, TestOutcome::NotMade | TestOutcome::Ended | TestOutcome::Passed) {
        return;
    }
    let mut text = || texts.next().unwrap_or_default();
    result.outcome = match became {
        "passed" => TestOutcome::Passed,
        "failed" => TestOutcome::Failed { left: text(), right: text() },
        "raised" => TestOutcome::Raised(text()),
        _ => TestOutcome::Ended,
    };
}

/// A text that the tests' crate wrote in hexadecimal behind a colon.
fn text(word: &str) -> Option<String> {
    let digits = word.strip_prefix(':')?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

/// Why a run was not whole.
fn fault(ran: &Ran) -> Fault {
    let said = String::from_utf8_lossy(&ran.said[1]);
    match ran.ending {
        // Its processor time ends a program by signal 9.
        RunEnding::Wall | RunEnding::Signal(9) => Fault::Time,
        RunEnding::Output => Fault::Output,
        _ if said.contains("memory allocation of") => Fault::Memory,
        RunEnding::Exit(code) => Fault::Ended(format!("with the code {code}")),
        RunEnding::Signal(signal) => Fault::Ended(format!("by the signal {signal}")),
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message")]
    text: String,
    level: String,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    is_primary: bool,
    line_start: usize,
    column_start: usize,
    #[serde(default)]
    text: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    text: String,
}

/// The first error that a compiler tells in JSON, or how it ended.
pub(super) fn diagnosis(ran: &Ran) -> Diagnosis {
    let said = String::from_utf8_lossy(&ran.said[1]);
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let mut errors = messages.filter(|message| message.level.starts_with("error"));
    let Some(error) = errors.next() else {
        let message = match ran.ending {
            RunEnding::Wall | RunEnding::Signal(9) => "the compiler's time was used up",
            RunEnding::Output => "the compiler says too much",
            _ => "the compiler ended without a word",
        };
        return Diagnosis { message: message.into(), line: 0, column: 0, text: String::new() };
    };
    let span = error.spans.into_iter().find(|span| span.is_primary);
    let (line, column, text) =
        span.map_or((0, 0, Vec::new()), |span| (span.line_start, span.column_start, span.text));
    let text = text.into_iter().next().map(|line| line.text).unwrap_or_default();
    Diagnosis { message: error.text, line, column, text }
}
