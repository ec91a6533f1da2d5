//! Going on with a run, or playing its later trials again.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use runtime_core::event::{Event, RunEvent};
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_store::plain::check_plain;
use runtime_store::run_folder::RunFolder;
use runtime_store::trial_log::{Events, LogError, OpenedLog, TrialLog};
use targets_console::errln;

use crate::approval;
use crate::first_trials;
use crate::options::{self, RunFile, RunOptions};
use crate::run_name::{self, Claimed};
use crate::session::{Plan, Session};
use crate::uses;

/// Options that decide nothing of what is played.
pub(crate) const FREE_KEYS: [&str; 14] = [
    "connect",
    "connect-seconds",
    "cost-limit",
    "cost-limit-per-task",
    "data",
    "first-byte-seconds",
    "name",
    "out",
    "parallel",
    "prices",
    "request-seconds",
    "retries",
    "retry-seconds",
    "threads",
];

/// A run whose first trials another one begins with.
pub(crate) struct Copied {
    /// The run that played them.
    from: RunFolder,
    /// The first trial that is not copied.
    before_trial: u32,
}

/// The plan of a run that is in `from`.
pub(crate) fn plan(session: &Session, from: &Path) -> anyhow::Result<Plan> {
    let stored = RunFolder::new(from);
    ensure!(stored.config().exists(), "there is no run in {}: it has no run.toml", from.display());
    check_plain(from)?;
    let (claim, copied) = match session.from_trial {
        None => (run_name::take(from).context("cannot go on")?, None),
        Some(before_trial) => {
            let claim = claim_copy(from, before_trial, &session.options)?;
            (claim, Some(Copied { from: stored.clone(), before_trial }))
        }
    };
    let file = options::read_stored(&stored.config())?;
    refuse_changes(&session.options, &file)?;
    let strategies =
        file.strategies.iter().map(|name| name.parse()).collect::<Result<Vec<Strategy>, _>>()?;
    let options = session.options.or(file.options.clone())?;
    uses::show(&options, session.allowed, from, &[]);
    approval::check(&options, &session.options, &stored.config(), session.allowed)?;
    Ok(Plan {
        strategies,
        options,
        allowed: session.allowed,
        folder: RunFolder::new(claim.folder()),
        claim,
        resumed: true,
        copied,
        demonstration: file.demonstration,
        collection: file.collection,
        is_bare: false,
    })
}

fn refuse_changes(flags: &RunOptions, file: &RunFile) -> anyhow::Result<()> {
    let here = std::env::current_dir().context("cannot tell the working folder")?;
    let stored = options::with_paths_from(&here, file.options.clone());
    for (key, asked) in options::with_paths_from(&here, flags.table()?) {
        if FREE_KEYS.contains(&key.as_str()) || stored.get(&key) == Some(&asked) {
            continue;
        }
        let stored = stored.get(&key).map_or("its default".into(), ToString::to_string);
        bail!(
            "--{key} {asked} cannot change under a run; it was played with {stored}. Drop the flag, or begin a new run"
        );
    }
    Ok(())
}

/// Claims the folder of a new run that begins with the trials of the one in `from`.
fn claim_copy(from: &Path, before_trial: u32, flags: &RunOptions) -> anyhow::Result<Claimed> {
    let path = match (&flags.out, &flags.name) {
        (Some(out), _) => out.clone(),
        (None, Some(name)) => name.folder(),
        (None, None) => {
            let mut name = from.components().as_path().as_os_str().to_owned();
            name.push(format!("-from-trial-{before_trial}"));
            name.into()
        }
    };
    check_plain(&path)?;
    let claim = run_name::take(&path).context("cannot begin a run")?;
    ensure!(
        !RunFolder::new(&path).config().exists(),
        "there is a run in {} already; choose another --out",
        path.display()
    );
    Ok(claim)
}

/// Begins the arms of a run with trials of another one.
pub(crate) fn copy(copied: &Copied, folder: &RunFolder) -> anyhow::Result<()> {
    let Copied { from, before_trial } = copied;
    for strategy in from.arms() {
        folder
            .create_arm(strategy)
            .with_context(|| format!("cannot make the run's folder {}", folder.path.display()))?;
        copy_log(&from.trial_log(strategy), &folder.trial_log(strategy), *before_trial)?;
    }
    Ok(())
}

fn copy_log(from: &Path, to: &Path, before_trial: u32) -> anyhow::Result<()> {
    let mut log = None;
    for event in Events::open(from)? {
        let event = event?;
        match (&event, event.key(), log.as_mut()) {
            (Event::Run(run), ..) => log = Some(TrialLog::create(to, run)?),
            (_, Some(key), Some(log)) if key.trial < before_trial => log.append(&event)?,
            _ => {}
        }
    }
    Ok(())
}

/// Begins the arm's log, with the first trials of another where it names one, or reads it
/// and checks that it is of this run.
pub(crate) fn open_log(
    folder: &RunFolder,
    strategy: Strategy,
    run: RunEvent,
    first_trials: Option<&Path>,
) -> anyhow::Result<(TrialLog, RunHistory)> {
    let path = folder.trial_log(strategy);
    folder
        .create_arm(strategy)
        .with_context(|| format!("cannot make the arm's folder in {}", folder.path.display()))?;
    let opened = if path.exists() { Some(TrialLog::open(&path)) } else { None };
    match opened {
        Some(Ok(OpenedLog { log, history, torn })) => {
            if let Some(torn) = torn {
                errln!("warning: {}: {torn}", path.display());
            }
            refuse_other(&history.run, &run)?;
            Ok((log, history))
        }
        None | Some(Err(LogError::Unbegun { .. })) => {
            let mut log = TrialLog::create(&path, &run)?;
            let mut history = RunHistory::from_events([Event::Run(run)])?;
            if let Some(from) = first_trials {
                first_trials::copy(from, (&mut log, &mut history))?;
            }
            Ok((log, history))
        }
        Some(Err(error)) => Err(error.into()),
    }
}

/// What decides what is played. Models are compared by their weights: their files may have
/// moved.
fn played(settings: &str) -> anyhow::Result<serde_json::Map<String, serde_json::Value>> {
    let mut settings: serde_json::Map<_, _> = serde_json::from_str(settings)?;
    settings.retain(|key, _| !["actor", "retrospective"].contains(&key.as_str()));
    Ok(settings)
}

/// An arm goes on only with what it was begun with.
fn refuse_other(stored: &RunEvent, now: &RunEvent) -> anyhow::Result<()> {
    let RunEvent { version, strategy: _, settings, prompts_sha256, actor, retrospective, tasks } =
        now;
    let same = [
        ("version of rebound", *version == stored.version),
        ("settings", played(settings)? == played(&stored.settings)?),
        ("prompt templates", *prompts_sha256 == stored.prompts_sha256),
        ("actor's weights or adapter", *actor == stored.actor),
        ("retrospective's weights or adapter", *retrospective == stored.retrospective),
        ("tasks", *tasks == stored.tasks),
    ];
    for (what, same) in same {
        ensure!(same, "the {what} are not those that the run was begun with; begin a new run");
    }
    Ok(())
}
