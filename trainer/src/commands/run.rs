//! `rebound-train run`, `resume` and `export`.

use std::collections::VecDeque;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use burn::tensor::Device;
use targets_console::signals::{self, SignalGuard, StopRequest};
use targets_console::{errln, errors, outln};
use trainer::config::TrainConfig;
use trainer::run::{Base, Ended, Watch};
use trainer_contract::exit::DONE;
use trainer_contract::folder::{FILE, LOCK, METRICS};
use trainer_contract::metrics::StepMetrics;

use super::ComputeFlags;
use super::console::Console;
use super::threads;
use super::view::ViewState;

/// Starts a training run. Its folder receives metrics, checkpoints and the adapter.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// Configuration of the run
    #[arg(value_name = "TOML")]
    file: PathBuf,
    /// Folder to write the run to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    shared: Shared,
}

/// Resumes an interrupted training run; the result is the same as without interruption.
#[derive(clap::Args)]
pub(crate) struct Resume {
    /// The run's folder
    #[arg(value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    shared: Shared,
}

/// Reads the configuration of a training run and reports what is wrong with it.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// Configuration of the run
    #[arg(value_name = "TOML")]
    file: PathBuf,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        TrainConfig::read(&self.file)?;
        Ok(DONE)
    }
}

/// Writes the adapter of a run's newest checkpoint to the run's folder.
#[derive(clap::Args)]
pub(crate) struct Export {
    /// The run's folder
    #[arg(value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
struct Shared {
    #[command(flatten)]
    place: ComputeFlags,
    /// Print progress as lines instead of a live view
    #[arg(long)]
    plain: bool,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Whether the folder must be new or hold a run already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    New,
    Again,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let config = TrainConfig::read(&self.file)?;
        let base = super::base(&config.clone().with_paths().model)?;
        train(&config, base, &self.out, (Begin::New, &self.shared))
    }
}

impl Resume {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let config = TrainConfig::read_stored(&self.out.join(FILE))?;
        let base = super::base(&config.clone().with_paths().model)?;
        train(&config, base, &self.out, (Begin::Again, &self.shared))
    }
}

impl Export {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let config = TrainConfig::read_stored(&self.out.join(FILE))?;
        let base = super::base(&config.clone().with_paths().model)?;
        let _lock = lock(&self.out)?;
        let run = trainer::run::TrainingRun::open(config, base, &self.out, &Device::flex())?;
        warn_of_damage(&run);
        outln!("{}", run.export()?.display());
        Ok(DONE)
    }
}

fn train(
    config: &TrainConfig,
    base: Base,
    out: &Path,
    (begin, shared): (Begin, &Shared),
) -> anyhow::Result<u8> {
    let asked = shared.place.threads;
    let threads = match begin {
        Begin::New => threads::of_command(asked),
        Begin::Again => threads::of_run_again(asked, out)?,
    };
    let device = shared.place.open_with(threads)?;
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make the run's folder {}", out.display()))?;
    if begin == Begin::Again {
        signals::goes_on_by(goes_on(out));
    }
    let _lock = lock(out)?;
    // Checked under the lock, since another program may have started a run meanwhile.
    let kept = out.join(FILE);
    ensure!(
        begin == Begin::Again || !kept.exists(),
        "there is a run in {0}; continue it with resume {0}, or choose another --out",
        out.display()
    );
    let opened = trainer::run::TrainingRun::open(config.clone(), base, out, &device);
    if opened.is_err() && begin == Begin::New {
        // A run that never started removes its folder if that is empty.
        let _ = std::fs::remove_file(out.join(LOCK));
        let _ = std::fs::remove_dir(out);
    }
    let mut run = opened?;
    warn_of_damage(&run);
    threads::keep(threads, out)?;
    config.write(&out.join(FILE))?;
    signals::goes_on_by(goes_on(out));
    let console = Arc::new(Mutex::new(console(shared, out)));
    let (stop, _kept) = (signals::stop(), keep(&console));
    let (train, validation) = (run.dataset.train.len(), run.dataset.validation.len());
    let samples = format!("{train} samples to learn from, {validation} for validation");
    locked(&console).say(&samples);
    locked(&console).say(&run.dataset.dropped.to_string());
    let clock = clock();
    let progress = |metrics: &StepMetrics, steps| locked(&console).step(metrics, steps);
    let watch = Watch {
        now_us: &*clock,
        interrupted: &|| stop.load(Ordering::Relaxed),
        progress: &progress,
        scoring: &|done, all| locked(&console).scoring(done, all),
    };
    let ended = run.run(&watch);
    locked(&console).close();
    Ok(match ended? {
        Ended::Finished(adapter) => {
            outln!("{}", adapter.display());
            DONE
        }
        Ended::Interrupted(done) => {
            errln!("stopped after step {done}; {}", goes_on(out));
            signals::exit_code()
        }
    })
}

fn warn_of_damage(run: &trainer::run::TrainingRun) {
    for damaged in &run.damaged {
        errln!("warning: {damaged}; an older checkpoint is taken");
    }
}

/// The sentence that says how to resume the run.
fn goes_on(out: &Path) -> String {
    format!("`rebound-train resume {}` goes on", out.display())
}

/// Held while a run's folder is written; waits for another program that holds it, such as
/// one whose parent was killed.
fn lock(out: &Path) -> anyhow::Result<File> {
    let path = out.join(LOCK);
    let in_lock = || format!("cannot lock the run's folder by {}", path.display());
    let file = File::create(&path).with_context(in_lock)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            errln!("waiting for another program that trains in {}", out.display());
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(in_lock),
    }
    file.lock().with_context(in_lock)?;
    Ok(file)
}

/// A live view if there is a terminal and no flag asks for something else.
fn console(shared: &Shared, out: &Path) -> Console {
    if shared.quiet {
        return Console::Quiet;
    }
    if shared.plain || !errors().is_terminal() {
        return Console::Lines;
    }
    Console::live(ViewState {
        title: out.display().to_string(),
        steps: 0,
        done: trainer::metrics::read(&out.join(METRICS)),
        log: VecDeque::new(),
    })
}

/// The console; it stays usable after a panic of another thread.
fn locked(console: &Mutex<Console>) -> MutexGuard<'_, Console> {
    console.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Microseconds since 1970 that never go back.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
fn clock() -> Box<dyn Fn() -> u64> {
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let start = Instant::now();
    Box::new(move || u64::try_from((begun + start.elapsed()).as_micros()).unwrap_or(u64::MAX))
}

/// While the guard lives, a signal stops the run after the current step, a second one at once.
fn keep(console: &Arc<Mutex<Console>>) -> SignalGuard {
    let console = Arc::clone(console);
    signals::keep(move |asked| match asked {
        StopRequest::ToStop => {
            let told = "stopping after the step under way; the same again stops at once";
            locked(&console).warn(told);
        }
        StopRequest::ToEnd => locked(&console).close(),
    })
}
