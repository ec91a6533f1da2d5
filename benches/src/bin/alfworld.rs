//! What a step of ALFWorld costs: how fast walkthroughs and random games are
//! played, with the admissible actions listed at every step, and how long a game
//! takes to be made ready.
//!
//! The Python package is bound to its planner; here the environment must never
//! be what an agent waits for.
//!
//! ```text
//! cargo run --release -p benches --bin alfworld -- [--json] [--data FOLDER] [--split SPLIT]
//! ```

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use runtime_core::seed::mix;
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::alfworld::{Alfworld, AlfworldOptions};

/// Steps of one random game.
const RANDOM_STEPS: u64 = 50;
/// Rounds over all games, so that a short split is measured long enough.
const ROUNDS: u64 = 5;

/// How fast is the native engine of ALFWorld?
#[derive(Parser)]
struct Options {
    /// The folder that holds alfworld's archives
    #[arg(long, env = "REBOUND_DATA")]
    data: PathBuf,
    /// Which games
    #[arg(long, default_value = "valid_unseen")]
    split: String,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(serde::Serialize)]
struct Report {
    split: String,
    games: usize,
    open_ms: f64,
    reset_ms_mean: f64,
    reset_ms_max: f64,
    walkthrough_steps_per_second: f64,
    walkthroughs_won: usize,
    random_steps_per_second: f64,
    random_admissible_mean: f64,
}

fn main() -> Result<()> {
    let Options { data, split, json } = Options::parse();
    let report = measure(&Alfworld::new(&data, AlfworldOptions::default()), &split)?;
    print(&if json { serde_json::to_string_pretty(&report)? } else { table(&report) });
    Ok(())
}

fn measure(world: &Alfworld, split: &str) -> Result<Report> {
    let selection =
        TaskSelection { split: split.to_owned(), count: None, seed: 0, limits: Limits::default() };
    let start = now();
    let tasks = world.tasks(&selection)?;
    let open_ms = ms(start.elapsed());
    let (mut resets, mut walks, mut randoms) = (Vec::new(), Rate::default(), Rate::default());
    let (mut won, mut listed) = (0, 0);
    for task in &tasks {
        let mut environment = world.environment();
        let start = now();
        environment.reset(task)?;
        resets.push(ms(start.elapsed()));
        let walkthrough = world.file(&task.id)?.context("a task has its file")?.walkthrough;
        for _ in 0..ROUNDS {
            environment.reset(task)?;
            let start = now();
            for command in &walkthrough {
                environment.step(command)?;
                std::hint::black_box(environment.admissible_actions());
            }
            walks.add(start.elapsed(), walkthrough.len() as u64);
        }
        won += usize::from(environment.standing().won);
        let start = now();
        listed += play_randomly(environment.as_mut(), task)?;
        randoms.add(start.elapsed(), RANDOM_STEPS);
    }
    Ok(Report {
        split: split.to_owned(),
        games: tasks.len(),
        open_ms,
        reset_ms_mean: resets.iter().sum::<f64>() / resets.len() as f64,
        reset_ms_max: resets.iter().copied().fold(0.0, f64::max),
        walkthrough_steps_per_second: walks.per_second(),
        walkthroughs_won: won,
        random_steps_per_second: randoms.per_second(),
        random_admissible_mean: listed as f64 / (tasks.len() as f64 * RANDOM_STEPS as f64),
    })
}

/// Plays admissible actions by chance; returns how many were listed in all.
fn play_randomly(
    environment: &mut dyn runtime_environments::world::Playable,
    task: &Task,
) -> Result<usize> {
    environment.reset(task)?;
    let mut admissible = environment.admissible_actions().unwrap_or_default();
    let mut listed = 0;
    for step in 0..RANDOM_STEPS {
        let draw = mix(step) % admissible.len() as u64;
        environment.step(&admissible[usize::try_from(draw)?])?;
        admissible = environment.admissible_actions().unwrap_or_default();
        listed += admissible.len();
    }
    Ok(listed)
}

/// Steps over time.
#[derive(Default)]
struct Rate {
    elapsed: Duration,
    steps: u64,
}

impl Rate {
    fn add(&mut self, elapsed: Duration, steps: u64) {
        self.elapsed += elapsed;
        self.steps += steps;
    }

    fn per_second(&self) -> f64 {
        self.steps as f64 / self.elapsed.as_secs_f64()
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

fn ms(elapsed: Duration) -> f64 {
    elapsed.as_secs_f64() * 1e3
}

fn table(report: &Report) -> String {
    let rows = [
        format!("alfworld {}, {} games", report.split, report.games),
        format!("open and select    {:>10.1} ms", report.open_ms),
        format!("reset, mean        {:>10.2} ms", report.reset_ms_mean),
        format!("reset, max         {:>10.2} ms", report.reset_ms_max),
        format!("walkthroughs       {:>10.0} steps/s", report.walkthrough_steps_per_second),
        format!("walkthroughs won   {:>10}", report.walkthroughs_won),
        format!("random play        {:>10.0} steps/s", report.random_steps_per_second),
        format!("admissible actions {:>10.1} a step", report.random_admissible_mean),
    ];
    rows.join("\n")
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(text: &str) {
    println!("{text}");
}
