//! `rebound-train` as a child: started, watched, gone on with.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use models::checksum::sha256_file;
use runtime_evaluation::arm::ArmError;
use runtime_evaluation::learning::state::{AdapterFile, TrainingResults};
use runtime_store::replace::replace;
use toml::Table;
use trainer_contract::metrics::StepMetrics;
use trainer_contract::{exit, file as keys, folder};

use super::budget::Budget;
use super::training::{Job, Trainer};
use crate::board::Board;
use crate::program::{SessionEvent, Started, Surroundings};
use crate::trainer;

/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Looks until a child that was asked to stop is killed: a minute.
const LOOKS_MAX: u32 = 1200;
/// Lines that are kept of what it said.
const LINES: usize = 8;

/// The program `rebound-train`.
pub(super) struct TrainerProgram;

impl Trainer for TrainerProgram {
    fn check(&self, config: &Table, file: &Path) -> anyhow::Result<()> {
        replace(file, toml::to_string(config)?.as_bytes())?;
        let output = trainer::command()?.arg("check").arg(file).output();
        let output = output.context("cannot start rebound-train")?;
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.trim().trim_start_matches("error: ");
        // That file is none of the user's.
        let told = told.strip_prefix(&format!("{}: ", file.display())).unwrap_or(told);
        ensure!(output.status.success(), "{told}");
        Ok(())
    }

    fn train(
        &self,
        job: &Job<'_>,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Option<TrainingResults>> {
        train(job, surroundings)
    }
}

fn train(job: &Job<'_>, surroundings: &Surroundings) -> anyhow::Result<Option<TrainingResults>> {
    let Job { config, file, out, threads, board } = *job;
    let adapter = out.join(folder::ADAPTER);
    let mut peak_bytes = None;
    if !adapter.exists() {
        replace(file, toml::to_string(config)?.as_bytes())?;
        let begun = || out.join(folder::FILE).exists();
        let command = |goes_on: bool| -> anyhow::Result<Command> {
            let mut command = trainer::command()?;
            if goes_on {
                command.arg("resume").arg(out);
            } else {
                command.arg("run").arg(file).arg("--out").arg(out);
            }
            command.arg("--plain").args(threads.map(|threads| format!("--threads={threads}")));
            Ok(command)
        };
        let goes_on = begun();
        let ended = match run(command(goes_on)?, board, surroundings) {
            // One whose parent was killed has begun it meanwhile, and has ended by now.
            Err(_) if !goes_on && begun() && !surroundings.is_stopped() => {
                run(command(true)?, board, surroundings)?
            }
            ended => ended?,
        };
        match ended {
            Ended::Learned(bytes) => peak_bytes = Some(bytes),
            Ended::Nothing => return Ok(None),
            Ended::TooLarge(error) => {
                // What was begun would go on as it was asked then.
                std::fs::remove_dir_all(out)
                    .with_context(|| format!("cannot remove {}", out.display()))?;
                return Err(error);
            }
        }
    }
    let last = last_step(&out.join(folder::METRICS))?;
    let stage = match config.get(keys::STAGE) {
        Some(toml::Value::Table(table)) => table.keys().next().cloned().unwrap_or_default(),
        Some(name) => name.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let sha256 = sha256_file(&adapter)
        .with_context(|| format!("cannot read the adapter {}", adapter.display()))?;
    let adapter = AdapterFile { path: adapter, sha256 };
    let kl = last.policy.map(|policy| policy.kl).filter(|kl| kl.is_finite());
    let (steps, loss) = (last.step, Some(last.loss));
    Ok(Some(TrainingResults { adapter, stage, steps, loss, kl, peak_bytes }))
}

/// How a child ended.
enum Ended {
    /// It wrote an adapter; it and the engine took so much together at most.
    Learned(u64),
    /// It found nothing to learn from.
    Nothing,
    /// It was ended, since a board has no room for it.
    TooLarge(anyhow::Error),
}

/// Runs the child to its end.
fn run(
    mut command: Command,
    board: Option<&Board>,
    surroundings: &Surroundings,
) -> anyhow::Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let _kept = surroundings.program.keep();
    let started = surroundings.program.start(&mut command).context("cannot start rebound-train")?;
    let Started { mut child, ask_to_stop } = started;
    let printed = Arc::new(Mutex::new(VecDeque::new()));
    surroundings.tell(SessionEvent::TrainingBegins);
    let readers = [
        child.stdout.take().map(|stream| follow(stream, &printed, surroundings)),
        child.stderr.take().map(|stream| follow(stream, &printed, surroundings)),
    ];
    let mut budget = Budget::new(board, child.id());
    let code = wait((&mut child, &*ask_to_stop), &mut budget, surroundings);
    for reader in readers.into_iter().flatten() {
        // It ends with the child.
        let _ = reader.join();
    }
    surroundings.tell(SessionEvent::TrainingEnds);
    let code = match code? {
        Ok(code) => code,
        Err(error) => return Ok(Ended::TooLarge(error)),
    };
    let is_stopped = surroundings.is_stopped();
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(exit::DONE) => Ok(Ended::Learned(budget.peak_bytes)),
        Some(exit::NOTHING_TO_LEARN) => Ok(Ended::Nothing),
        known if is_stopped || known.is_some_and(|code| exit::STOPPED.contains(&code)) => {
            Err(anyhow::Error::new(ArmError::Interrupted).context("the training was stopped"))
        }
        _ => {
            let lines = printed.lock().unwrap_or_else(PoisonError::into_inner);
            let told = lines.iter().cloned().collect::<Vec<_>>().join("\n");
            let how =
                code.map_or("by a signal".to_owned(), |code| format!("with exit code {code}"));
            bail!("rebound-train ended {how}:\n{told}")
        }
    }
}

/// Tells of each line as it comes, and keeps the last ones.
fn follow(
    stream: impl Read + Send + 'static,
    printed: &Arc<Mutex<VecDeque<String>>>,
    surroundings: &Surroundings,
) -> JoinHandle<()> {
    let (printed, surroundings) = (Arc::clone(printed), surroundings.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(warning) = line.strip_prefix("warning: ") {
                surroundings.warn(warning);
            }
            surroundings.tell(SessionEvent::TrainingLine(&line));
            let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
            printed.push_back(line);
            while printed.len() > LINES {
                printed.pop_front();
            }
        }
    })
}

/// The child's exit code, or why its memory was too much. A signal is handed on to it; where
/// that does not stop it, it is killed, and goes on from its checkpoints.
fn wait(
    (child, ask_to_stop): (&mut Child, &dyn Fn()),
    budget: &mut Budget,
    surroundings: &Surroundings,
) -> anyhow::Result<anyhow::Result<Option<i32>>> {
    let mut looks = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ok(status.code()));
        }
        if let Err(error) = budget.look() {
            child.kill()?;
            child.wait()?;
            return Ok(Err(error));
        }
        if surroundings.is_stopped() {
            if looks == 0 {
                ask_to_stop();
            }
            looks += 1;
            if looks > LOOKS_MAX {
                child.kill()?;
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// What the last step of a training measured.
fn last_step(path: &Path) -> anyhow::Result<StepMetrics> {
    let text = runtime_files::read_text(path)
        .with_context(|| format!("cannot read the training's metrics {}", path.display()))?;
    let last = text.lines().next_back().context("the training has no step")?;
    serde_json::from_str(last).with_context(|| format!("in the last line of {}", path.display()))
}
