//! What worlds of other programs cost: steps a second of one that does nothing, told over standard
//! streams from the sandbox, and of Rebound's own worlds played from Python; and what a use of the
//! sandbox costs, by a program started anew and by a fork of one that is warm.
//!
//! ```text
//! cargo build --release -p benches -p targets-host
//! target/release/worlds [--data FOLDER] [--seconds S] [--json]
//! ```

use std::io::Read;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use runtime_core::task::Task;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::world::{Playable, World};
use runtime_environments::worlds;
use runtime_sandbox::{Sandbox, UseLimits, Warm};

/// A world without a package: all that is measured is lines.
const TRIVIAL: &str = r#"
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    method, result = asked["method"], {"observation": "Nothing happens.", "actions": ["wait", "look"]}
    if method == "describe":
        result = {"protocol": 1, "name": "nothing", "steps_max": 1000000000}
    elif method == "tasks":
        result = {"tasks": [{"id": "0", "instruction": ""}]}
    elif method == "close":
        break
    print(json.dumps({"id": asked["id"], "result": result}), flush=True)
"#;

/// Rebound's worlds, played from Python in batches.
const PLAYED: &str = r#"
import itertools, random, sys, time
sys.path.insert(0, sys.argv[1])
from rebound_agents import Environment
name, split, batch, seconds, data = sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), sys.argv[6:]
dice = random.Random(1)
with Environment(name, data=data[0] if data else None) as world:
    tasks = list(itertools.islice(itertools.cycle(list(itertools.islice(world.tasks(split), batch))), batch))
    answers, steps, begun = world.reset_all(tasks), 0, time.perf_counter()
    while time.perf_counter() < begun + seconds:
        answers = world.step_all([dice.choice(answer.actions or ["look"]) for answer in answers])
        steps += len(answers)
    print(steps / (time.perf_counter() - begun))
"#;

/// What do worlds of other programs cost?
#[derive(Parser)]
struct Options {
    /// The folder that holds alfworld's archives; without it only households are played from Python
    #[arg(long, env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// How long each row is measured
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// The program that runs Python
    #[arg(long, default_value = "python3")]
    python: String,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A row of the table.
#[derive(serde::Serialize)]
struct Row {
    world: String,
    way: &'static str,
    /// Environments side by side.
    environments: usize,
    steps_per_second: f64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("nothing.py"), TRIVIAL)?;
    std::env::set_current_dir(folder.path())?;
    let address = format!("exec:{} nothing.py", options.python);
    let world = worlds::open(&address, &EnvironmentOptions::default())?;
    let mut rows = Vec::new();
    for environments in [1, 2, 8] {
        let way = "lines over standard streams";
        let steps_per_second = told(&*world, environments, options.seconds)?;
        rows.push(Row { world: "nothing".into(), way, environments, steps_per_second });
    }
    let alfworld = options.data.as_ref().map(|_| ("alfworld", "valid_unseen"));
    for (name, split) in [("household", "train/easy")].into_iter().chain(alfworld) {
        for environments in [1, 16, 134] {
            let way = "from Python, in batches";
            let steps_per_second = played(&options, (name, split), environments)?;
            rows.push(Row { world: name.into(), way, environments, steps_per_second });
        }
    }
    for is_warm in [false, true] {
        let way = if is_warm { "a fork of a warm worker" } else { "a program started anew" };
        let steps_per_second = used(&options, is_warm)?;
        rows.push(Row { world: "sandbox".into(), way, environments: 1, steps_per_second });
    }
    print(&if options.json { serde_json::to_string_pretty(&rows)? } else { table(&rows) });
    Ok(())
}

/// Steps a second of so many environments, a thread each.
fn told(world: &dyn World, environments: usize, seconds: f64) -> Result<f64> {
    let mut playing: Vec<_> = (0..environments).map(|_| world.environment()).collect();
    for environment in &mut playing {
        environment.reset(&Task::named("0"))?;
    }
    let begun = now();
    let end = begun + Duration::from_secs_f64(seconds);
    let play = |environment: &mut Box<dyn Playable + Send>| -> Result<u64> {
        let mut steps = 0;
        while now() < end {
            environment.step("wait")?;
            std::hint::black_box(environment.admissible_actions());
            steps += 1;
        }
        Ok(steps)
    };
    let steps: Result<Vec<u64>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            playing.iter_mut().map(|environment| scope.spawn(|| play(environment))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    Ok(steps?.iter().sum::<u64>() as f64 / begun.elapsed().as_secs_f64())
}

/// Uses a second of a sandboxed Python that prints a word.
fn used(options: &Options, is_warm: bool) -> Result<f64> {
    let python = std::ffi::OsStr::new("/usr/bin/python3");
    let (sandbox, code) = (Sandbox::default(), "print('here')");
    let limits = UseLimits { time: Duration::from_secs(10), output_bytes: 1000 };
    let mut worker = Warm::start(&sandbox, python, "")?;
    worker.run(code, limits)?;
    let begun = now();
    let mut uses = 0;
    while begun.elapsed().as_secs_f64() < options.seconds {
        let output = if is_warm {
            worker.run(code, limits)?.output
        } else {
            let mut confined = sandbox.spawn(python, ["-c", code])?;
            let mut output = Vec::new();
            confined.take_output().context("it has an output")?.read_to_end(&mut output)?;
            confined.wait()?;
            output
        };
        ensure!(output == b"here\n", "it said {output:?}");
        uses += 1;
    }
    Ok(f64::from(uses) / begun.elapsed().as_secs_f64())
}

/// Steps a second that a Python program plays in batches.
fn played(options: &Options, (name, split): (&str, &str), batch: usize) -> Result<f64> {
    let program = std::env::current_exe()?.with_file_name("rebound");
    ensure!(program.is_file(), "{} is not built", program.display());
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../python/src");
    let mut python = Command::new(&options.python);
    python.args(["-c", PLAYED, package, name, split]);
    python.args([batch.to_string(), options.seconds.to_string()]).env("REBOUND", program);
    if let Some(data) = &options.data {
        python.arg(std::path::absolute(data)?);
    }
    let ended = python.output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "Python ended with {}: {said}", ended.status);
    let found = String::from_utf8_lossy(&ended.stdout);
    found.trim().parse().with_context(|| format!("Python said {found:?}"))
}

fn table(rows: &[Row]) -> String {
    let head =
        format!("{:<10} {:<28} {:>12} {:>16}", "world", "way", "environments", "steps or uses/s");
    let row = |row: &Row| {
        let Row { world, way, environments, steps_per_second } = row;
        format!("{world:<10} {way:<28} {environments:>12} {steps_per_second:>16.0}")
    };
    [head].into_iter().chain(rows.iter().map(row)).collect::<Vec<_>>().join("\n")
}

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "a program prints")]
fn print(text: &str) {
    println!("{text}");
}
