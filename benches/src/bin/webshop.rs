//! What a step of WebShop costs: how long a catalogue takes to be opened, and how fast random buyers search,
//! look and buy, with what can be clicked listed at every step. And what a buyer without a model earns, who
//! searches the instruction and buys the first product, with the values that stand in the instruction.
//!
//! ```text
//! cargo run --release -p benches --bin webshop -- [--json] [--data FOLDER | --catalogue FILE]
//! ```

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use runtime_core::seed::mix;
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{Playable, World};
use runtime_environments::worlds::webshop::Webshop;

/// Number of goals that are played.
const GOALS: usize = 200;
/// Greatest number of steps of an episode, as of the reference's agents.
const STEPS_MAX: u64 = 15;
/// Rounds over all goals.
const ROUNDS: u64 = 20;

/// How fast is the shop?
#[derive(Parser)]
struct Options {
    /// The folder that holds webshop's products
    #[arg(long, env = "REBOUND_DATA", required_unless_present = "catalogue")]
    data: Option<PathBuf>,
    /// Another catalogue
    #[arg(long)]
    catalogue: Option<PathBuf>,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What was measured.
#[derive(serde::Serialize)]
struct Report {
    products: usize,
    open_ms: f64,
    episodes: u64,
    steps: u64,
    steps_per_second: f64,
    searches_per_second: f64,
    random_score_mean: f64,
    rule_episodes: u64,
    rule_score_mean: f64,
    rule_solved: u64,
}

fn main() -> Result<()> {
    let Options { data, catalogue, json } = Options::parse();
    let in_data = data.map(|data| data.join("webshop/products-1000.jsonl"));
    let path = catalogue.or(in_data).unwrap_or_default();
    let start = now();
    let world = Webshop::open(&path)?;
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    let report = measure(&world, open_ms)?;
    print(&if json { serde_json::to_string_pretty(&report)? } else { table(&report) });
    Ok(())
}

fn measure(world: &Webshop, open_ms: f64) -> Result<Report> {
    let (split, limits) = ("test".to_owned(), Limits::default());
    let tasks = world.tasks(&TaskSelection { split, count: Some(GOALS), seed: 1, limits })?;
    let mut environment = world.environment();
    let (mut steps, mut episodes, mut points) = (0, 0, 0);
    let start = now();
    for round in 0..ROUNDS {
        for (number, task) in (0_u64..).zip(&tasks) {
            steps += play_randomly(environment.as_mut(), task, mix(round ^ mix(number)))?;
            points += environment.standing().score;
            episodes += 1;
        }
    }
    let played = start.elapsed();
    let start = now();
    for task in &tasks {
        std::hint::black_box(world.catalogue().search(&task.instruction));
    }
    let searches_per_second = rate(tasks.len() as u64, start.elapsed());
    let (mut rule_points, mut rule_solved) = (0, 0);
    for task in &tasks {
        play_by_rule(environment.as_mut(), task)?;
        rule_points += environment.standing().score;
        rule_solved += u64::from(environment.standing().won);
    }
    Ok(Report {
        products: world.catalogue().products.len(),
        open_ms,
        episodes,
        steps,
        steps_per_second: rate(steps, played),
        searches_per_second,
        random_score_mean: points as f64 / 100.0 / episodes as f64,
        rule_episodes: tasks.len() as u64,
        rule_score_mean: rule_points as f64 / 100.0 / tasks.len() as f64,
        rule_solved,
    })
}

/// Searches the instruction, and clicks by chance; returns the number of steps.
fn play_randomly(environment: &mut dyn Playable, task: &Task, seed: u64) -> Result<u64> {
    environment.reset(task)?;
    for step in 0..STEPS_MAX {
        let action = match environment.admissible_actions() {
            Some(actions) => {
                let draw = mix(seed ^ mix(step)) % actions.len().max(1) as u64;
                actions[usize::try_from(draw)?].clone()
            }
            None => format!("search[{}]", task.instruction),
        };
        if environment.step(&action)?.done {
            return Ok(step + 1);
        }
    }
    Ok(STEPS_MAX)
}

/// Buys the first product that the instruction finds, with the listed values that stand in it.
fn play_by_rule(environment: &mut dyn Playable, task: &Task) -> Result<()> {
    environment.reset(task)?;
    let wish = task.instruction.split(", and price").next().unwrap_or_default().to_lowercase();
    let results = environment.step(&format!("search[{wish}]"))?.observation;
    let listed = environment.admissible_actions().unwrap_or_default();
    // The buttons before the first product are not products.
    let parts =
        results.split(" [SEP] ").filter(|part| !["Back to Search", "Next >"].contains(part));
    let mut actions = parts.map(|part| format!("click[{part}]"));
    let Some(first) = actions.find(|action| listed.contains(action)) else { return Ok(()) };
    environment.step(&first)?;
    for action in environment.admissible_actions().unwrap_or_default() {
        let button = action.trim_start_matches("click[").trim_end_matches(']');
        let is_choice = !["Description", "Features"].contains(&button) && wish.contains(button);
        if is_choice {
            environment.step(&action)?;
        }
    }
    environment.step("click[Buy Now]")?;
    Ok(())
}

fn rate(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

fn table(report: &Report) -> String {
    let rows = [
        format!("webshop, {} products", report.products),
        format!("open          {:>10.0} ms", report.open_ms),
        format!("random play   {:>10.0} steps/s", report.steps_per_second),
        format!(
            "searches      {:>10.0} a second, by whole instructions",
            report.searches_per_second
        ),
        format!(
            "by chance     {:>10.3} mean score of {}",
            report.random_score_mean, report.episodes
        ),
        format!(
            "by rule       {:>10.3} mean score of {}",
            report.rule_score_mean, report.rule_episodes
        ),
        format!("by rule       {:>10} solved", report.rule_solved),
    ];
    rows.join("\n")
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(text: &str) {
    println!("{text}");
}
