//! How hard the households are: admissible actions a step, length of the plan,
//! how often an actor that chooses by chance succeeds, and what a second trial is worth
//! with and without advice.
//!
//! The difficulties are ours, so their numbers are ours to watch.
//!
//! ```text
//! cargo run --release -p benches --bin household -- [--json]
//! ```

mod retries;

use anyhow::Result;
use clap::Parser as _;
use runtime_core::seed::mix;
use runtime_core::task::Limits;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::household::difficulty::DIFFICULTIES;
use runtime_environments::worlds::household::house;
use runtime_environments::worlds::open;

/// Steps after which success is counted.
const STEPS: [u64; 5] = [10, 15, 20, 30, 50];

/// How hard are the households for chance?
#[derive(clap::Parser)]
struct Options {
    /// JSON instead of lines
    #[arg(long)]
    json: bool,
}

/// What was measured at one difficulty.
#[derive(serde::Serialize)]
struct Report {
    difficulty: &'static str,
    tasks: usize,
    admissible_mean: f64,
    admissible_max: usize,
    plan_mean: f64,
    plan_max: usize,
    /// Share of tasks that random play solves, by steps.
    random_success: Vec<(u64, f64)>,
    retries: retries::Retries,
}

fn main() -> Result<()> {
    let Options { json } = Options::parse();
    let names = DIFFICULTIES.iter().map(|difficulty| difficulty.name);
    let reports = names.map(measure).collect::<Result<Vec<_>>>()?;
    if json {
        print(&serde_json::to_string_pretty(&reports)?);
        return Ok(());
    }
    for report in reports {
        let successes = report.random_success.iter();
        let successes: Vec<String> =
            successes.map(|(steps, share)| format!("{:.1} % in {steps}", share * 100.0)).collect();
        print(&format!(
            "{:<7} {} tasks, {:.1} admissible (at most {}), plan {:.1} (at most {}), random {}",
            report.difficulty,
            report.tasks,
            report.admissible_mean,
            report.admissible_max,
            report.plan_mean,
            report.plan_max,
            successes.join(", "),
        ));
        print(&report.retries.line());
    }
    Ok(())
}

fn measure(difficulty: &'static str) -> Result<Report> {
    let world = open("household", &EnvironmentOptions::default())?;
    let split = format!("test/{difficulty}");
    let selection = TaskSelection { split, count: None, seed: 0, limits: Limits::default() };
    let tasks = world.tasks(&selection)?;
    let mut environment = world.environment();
    let steps_max = STEPS[STEPS.len() - 1];
    let mut solved_after = Vec::new();
    let (mut counts, mut plans) = (Vec::new(), Vec::new());
    for (number, task) in (0_u64..).zip(&tasks) {
        plans.push(house(&task.id).map_or(0, |house| house.plan.len()));
        environment.reset(task)?;
        for step in 0..steps_max {
            let admissible = environment.admissible_actions().unwrap_or_default();
            counts.push(admissible.len());
            let draw = mix(mix(number) ^ step) % admissible.len() as u64;
            let outcome = environment.step(&admissible[usize::try_from(draw)?])?;
            if outcome.reward > 0.5 {
                solved_after.push(step + 1);
            }
            if outcome.done {
                break;
            }
        }
    }
    let share = |steps| solved_after.iter().filter(|&&after| after <= steps).count() as f64;
    Ok(Report {
        difficulty,
        tasks: tasks.len(),
        admissible_mean: counts.iter().sum::<usize>() as f64 / counts.len() as f64,
        admissible_max: counts.iter().copied().max().unwrap_or(0),
        plan_mean: plans.iter().sum::<usize>() as f64 / plans.len() as f64,
        plan_max: plans.iter().copied().max().unwrap_or(0),
        random_success: STEPS.map(|steps| (steps, share(steps) / tasks.len() as f64)).into(),
        retries: retries::measure(difficulty)?,
    })
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(line: &str) {
    println!("{line}");
}
