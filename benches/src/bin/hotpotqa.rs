//! What a step of HotPotQA costs: how fast questions are searched at random, over their own
//! paragraphs or a file of documents, and how long the documents take to be made ready.
//!
//! Searches are for pairs of words of what was shown last, and for titles that were named as
//! similar; lookups are for a word of it. Here, too, the environment must never be what an agent
//! waits for.
//!
//! ```text
//! cargo run --release -p benches --bin hotpotqa -- [--json] [--data FOLDER] [--store FILE.jsonl]
//! ```

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use runtime_core::environment::Environment;
use runtime_core::seed::mix;
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::hotpotqa::{Hotpotqa, HotpotqaOptions};

/// How fast is the native world of HotPotQA?
#[derive(Parser)]
struct Options {
    /// The folder that holds hotpotqa's questions
    #[arg(long, env = "REBOUND_DATA")]
    data: PathBuf,
    /// Documents instead of the questions' own paragraphs
    #[arg(long)]
    store: Option<PathBuf>,
    /// How long it is played
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(Default, serde::Serialize)]
struct Report {
    questions: usize,
    first_open_ms: f64,
    open_ms: f64,
    steps_per_second: f64,
    searches: u64,
    searches_with_a_page: u64,
    lookups: u64,
    answers: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let report = measure(&options)?;
    print(&if options.json { serde_json::to_string_pretty(&report)? } else { table(&report) });
    Ok(())
}

fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::default();
    let open =
        || Hotpotqa::open(&options.data, options.store.as_deref(), HotpotqaOptions::default());
    let begun = now();
    drop(open()?);
    report.first_open_ms = begun.elapsed().as_secs_f64() * 1e3;
    let begun = now();
    let world = open()?;
    report.open_ms = begun.elapsed().as_secs_f64() * 1e3;
    let tasks = tasks(&world)?;
    report.questions = tasks.len();
    let mut environment = world.environment();
    let (mut seed, mut steps) = (0, 0_u64);
    let begun = now();
    while begun.elapsed() < Duration::from_secs_f64(options.seconds) {
        for task in &tasks {
            seed = mix(seed + 1);
            steps += play(&mut *environment, task, seed, &mut report)?;
        }
    }
    report.steps_per_second = steps as f64 / begun.elapsed().as_secs_f64();
    Ok(report)
}

fn tasks(world: &Hotpotqa) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for split in world.splits() {
        let limits = Limits::default();
        tasks.extend(world.tasks(&TaskSelection {
            split: split.name,
            count: None,
            seed: 1,
            limits,
        })?);
    }
    Ok(tasks)
}

/// Five steps at random and an answer; returns their number.
fn play(
    environment: &mut (impl Environment + ?Sized),
    task: &Task,
    seed: u64,
    report: &mut Report,
) -> Result<u64> {
    let mut shown = environment.reset(task)?;
    for step in 0..5 {
        let draw = mix(seed ^ mix(step));
        let action = if draw.is_multiple_of(3) {
            report.lookups += 1;
            format!("Lookup[{}]", word(&shown, mix(draw)))
        } else {
            report.searches += 1;
            format!("Search[{}]", title(&shown, mix(draw)))
        };
        shown = environment.step(&action)?.observation;
        let is_search = !draw.is_multiple_of(3);
        report.searches_with_a_page += u64::from(is_search && !shown.starts_with("Could not find"));
    }
    report.answers += 1;
    environment.step(&format!("Finish[{}]", word(&shown, seed)))?;
    Ok(6)
}

/// A title that the text names as similar, or two words of it.
fn title(shown: &str, draw: u64) -> String {
    let named = shown.split_once("Similar: [").and_then(|(_, titles)| titles.strip_suffix(']'));
    if let Some(titles) = named.filter(|titles| !titles.is_empty()) {
        let titles: Vec<&str> = titles.split("; ").collect();
        return titles[place(draw, titles.len())].to_owned();
    }
    format!("{} {}", word(shown, draw), word(shown, mix(draw)))
}

fn word(shown: &str, draw: u64) -> &str {
    let words: Vec<&str> =
        shown.split_whitespace().filter(|word| !word.contains(['[', ']'])).collect();
    words.get(place(draw, words.len().max(1))).copied().unwrap_or("nothing")
}

fn place(draw: u64, count: usize) -> usize {
    usize::try_from(draw % count as u64).unwrap_or(0)
}

fn table(report: &Report) -> String {
    let Report { questions, first_open_ms, open_ms, steps_per_second, .. } = report;
    let Report { searches, searches_with_a_page, lookups, answers, .. } = report;
    format!(
        "{questions} questions, opened in {first_open_ms:.0} ms, and again in {open_ms:.0} ms\n\
         {steps_per_second:.0} steps/s: {searches} searches ({searches_with_a_page} with a page), \
         {lookups} lookups, {answers} answers"
    )
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(text: &str) {
    println!("{text}");
}
