//! The program in a model's answer.
//!
//! Models write a program in a fence, in prose, as the rest of what they were given, or twice; or
//! they stop in the middle. What is cut out is a whole program: a block that defines the function,
//! behind what the problem begins with, or else the problem's beginning with the answer as its end.

mod blocks;
mod python;
mod rust;

use super::problem::{Language, Problem};
use blocks::{Block, blocks};

/// The program that an answer to a problem means; `None` if there is nothing in it.
pub fn program(problem: &Problem, answer: &str) -> Option<String> {
    let answer = answer.replace("\r\n", "\n").replace('\t', "    ");
    let function = problem.functions.first()?;
    let defines = |text: &str| super::problem::definition(text, function).is_some();
    let begins = |line: &str| begins_function(problem.language, line);
    let found = blocks(&answer, begins);
    let block = found.iter().find(|block| defines(&block.text)).or(found.first());
    // Without a fence, what is no code is left out.
    let whole = Block { text: answer.clone(), is_closed: false };
    let (block, is_fenced) = block.map_or((&whole, false), |block| (block, true));
    // A whole program of another name is a program, too, which does not pass.
    let is_rest = block.text.trim_start_matches('\n').starts_with(' ');
    let is_other = is_fenced && !is_rest && block.text.lines().any(begins);
    if defines(&block.text) || is_other {
        let text = match problem.language {
            Language::Python => python::cut(&block.text, function, block.is_closed),
            Language::Rust => rust::cut(&block.text, is_fenced, block.is_closed),
        };
        return Some(joined(problem, &text));
    }
    let rest = if is_fenced { block.text.as_str() } else { answer.trim_end() };
    if rest.trim().is_empty() {
        return None;
    }
    Some(match problem.language {
        Language::Python => python::continued(&problem.beginning, rest),
        Language::Rust => rust::continued(&problem.beginning, rest),
    })
}

/// Whether a line at the left edge begins a function.
fn begins_function(language: Language, line: &str) -> bool {
    match language {
        Language::Python => line.starts_with("def "),
        Language::Rust => line.starts_with("fn ") || line.starts_with("pub fn "),
    }
}

/// A program behind what the problem's beginning has before the function: imports, and functions that
/// are given.
fn joined(problem: &Problem, program: &str) -> String {
    match problem.language {
        Language::Python => {
            let start = problem.beginning.find(&problem.signature).unwrap_or(0);
            let given = problem.beginning[..start].trim_end();
            if given.is_empty() { program.to_owned() } else { format!("{given}\n\n{program}") }
        }
        Language::Rust => {
            let uses = problem.beginning.lines().filter(|line| line.starts_with("use "));
            let lacking: Vec<&str> = uses.filter(|line| !program.contains(line.trim())).collect();
            if lacking.is_empty() {
                return program.to_owned();
            }
            format!("{}\n{program}", lacking.join("\n"))
        }
    }
}

#[cfg(test)]
mod tests;
