//! What judging programs costs: references of HumanEval and MBPP a second, Rust programs compiled and
//! run a second, and endless loops beside their limit. It also says which references do not pass.
//!
//! ```text
//! cargo run --release -p benches --bin programs -- --data FOLDER [--workers N] [--json]
//! ```

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use runtime_environments::programs::judge::{ProgramJudge, ProgramLimits};
use runtime_environments::programs::problem::{self, Language, Problem};
use runtime_environments::programs::verdict::{Fault, ProgramVerdict};
use runtime_sandbox::Strength;

/// A list of Rust problems, and a program for the first that it names.
const RUST_FILE: &str = "reflexion-humaneval-rs.jsonl";
const RUST_PROBLEM: &str = "HumanEval_24_largest_divisor";
const RUST_PROGRAM: &str = "fn largest_divisor(n: isize) -> isize {\n    (1..n).rev().find(|d| n % d == 0).unwrap_or(1)\n}";
/// Processor time that an endless loop is allowed.
const LOOP_LIMIT: Duration = Duration::from_secs(1);

/// What does judging programs cost?
#[derive(Parser)]
struct Options {
    /// The folder that holds the data sets
    #[arg(long, env = "REBOUND_DATA")]
    data: PathBuf,
    /// Judges side by side
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Rust programs to judge
    #[arg(long, default_value_t = 60)]
    rust: usize,
    /// Endless loops to judge
    #[arg(long, default_value_t = 100)]
    loops: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A row of the table.
#[derive(serde::Serialize)]
struct Row {
    what: String,
    programs: usize,
    /// Of these did so many what was expected.
    as_expected: usize,
    seconds: f64,
    programs_per_second: f64,
    /// The ids of the others.
    others: Vec<String>,
}

/// Programs to judge, each with its problem.
struct Work<'a> {
    what: String,
    programs: Vec<(&'a Problem, &'a str)>,
    limits: ProgramLimits,
    is_expected: fn(&ProgramVerdict) -> bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let read = |file: &str| {
        let path = options.data.join("code").join(file);
        problem::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let mut judge = ProgramJudge::default();
    let [python, rust] = [Language::Python, Language::Rust].map(|language| judge.tool(language));
    let tools = format!("{}; {}", python?, rust?);
    let mut rows = Vec::new();
    for file in ["HumanEval.jsonl.gz", "mbpp.jsonl"] {
        let problems = read(file)?;
        let programs = problems.iter().filter_map(|one| Some((one, one.reference.as_deref()?)));
        let programs = programs.collect();
        let (what, limits) = (format!("references of {file}"), ProgramLimits::default());
        let work = Work { what, programs, limits, is_expected: ProgramVerdict::passed };
        rows.push(judged(&work, options.workers)?);
    }
    let problems = read(RUST_FILE)?;
    let problem = problems.iter().find(|problem| problem.id == RUST_PROBLEM);
    let problem = problem.with_context(|| format!("{RUST_FILE} has no {RUST_PROBLEM}"))?;
    let work = Work {
        what: "Rust, compiled and run".into(),
        programs: vec![(problem, RUST_PROGRAM); options.rust],
        limits: ProgramLimits::default(),
        is_expected: ProgramVerdict::passed,
    };
    rows.push(judged(&work, options.workers)?);
    let problems = read("HumanEval.jsonl.gz")?;
    let problem = problems.first().context("HumanEval has problems")?;
    let endless = format!("{}    while True: pass\n", problem.prompt);
    let work = Work {
        what: format!("endless loops of {} s", LOOP_LIMIT.as_secs()),
        programs: vec![(problem, &endless); options.loops],
        limits: ProgramLimits { processor: LOOP_LIMIT, ..ProgramLimits::default() },
        is_expected: |verdict| verdict.fault == Some(Fault::Time),
    };
    rows.push(judged(&work, options.workers)?);
    print(&if options.json { serde_json::to_string_pretty(&rows)? } else { table(&tools, &rows) });
    ensure!(rows.iter().all(|row| row.others.is_empty()), "not all did what was expected");
    Ok(())
}

/// Judges programs on so many threads. Each judge is warm before time is taken.
fn judged(work: &Work<'_>, workers: usize) -> Result<Row> {
    let share = |worker: usize, gate: &std::sync::Barrier| -> Result<(Instant, Vec<String>)> {
        let mut judge = ProgramJudge::new(work.limits, Strength::Full);
        let warmed = work.programs.first().map(|(problem, _)| judge.judge(problem, ""));
        gate.wait();
        let begun = now();
        warmed.transpose()?;
        let mut others = Vec::new();
        for (problem, program) in work.programs.iter().skip(worker).step_by(workers) {
            let verdict = judge.judge(problem, program);
            if !verdict.as_ref().is_ok_and(work.is_expected) {
                others.push(format!("{}: {verdict:?}", problem.id));
            }
        }
        Ok((begun, others))
    };
    let gate = std::sync::Barrier::new(workers);
    let found: Result<Vec<_>> = std::thread::scope(|scope| {
        let gate = &gate;
        let threads: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || share(worker, gate))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    let found = found?;
    let begun = found.iter().map(|(begun, _)| *begun).min().context("there is a worker")?;
    let seconds = begun.elapsed().as_secs_f64();
    let others: Vec<String> = found.into_iter().flat_map(|(_, others)| others).collect();
    let programs = work.programs.len();
    Ok(Row {
        what: work.what.clone(),
        programs,
        as_expected: programs - others.len(),
        seconds,
        programs_per_second: programs as f64 / seconds,
        others,
    })
}

fn table(tools: &str, rows: &[Row]) -> String {
    let head = format!(
        "{:<36} {:>9} {:>12} {:>9} {:>11}",
        "what", "programs", "as expected", "seconds", "programs/s"
    );
    let row = |row: &Row| {
        let Row { what, programs, as_expected, seconds, programs_per_second, others } = row;
        let line = format!(
            "{what:<36} {programs:>9} {as_expected:>12} {seconds:>9.1} {programs_per_second:>11.1}"
        );
        others.iter().fold(line, |lines, other| format!("{lines}\n  {other}"))
    };
    let lines = [tools.to_owned(), head].into_iter().chain(rows.iter().map(row));
    lines.collect::<Vec<_>>().join("\n")
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(text: &str) {
    println!("{text}");
}
