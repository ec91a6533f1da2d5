//! Going on with a run, or playing its later trials again.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use runtime_core::event::{Event, RunEvent};
use runtime_core::history::RunHistory;
use runtime_store::plain::check_plain;
use runtime_store::run_folder::RunFolder;
use runtime_store::trial_log::{Events, LogError, OpenedLog, TrialLog};

use crate::approval::{self, Allowed};
use crate::claims::{self, Claimed};
use crate::first_trials;
use crate::options::file::{self, RunFile};
use crate::options::{self, RunOptions};
use crate::plan::{Beginning, Copied, Plan};
use crate::program::Surroundings;
use crate::settings::{Decides, deciding, first_difference};
use crate::uses;

/// The plan of a run that is in `from`, or of one that begins with its trials before another.
pub(crate) fn plan(
    given: (&RunOptions, Allowed),
    (from, before_trial): (&Path, Option<u32>),
    surroundings: &Surroundings,
) -> anyhow::Result<Plan> {
    let stored = RunFolder::new(from);
    ensure!(stored.config().exists(), "there is no run in {}: it has no run.toml", from.display());
    check_plain(from)?;
    let claim = match before_trial {
        None => claims::take(from, surroundings).context("cannot go on")?,
        Some(trial) => claim_copy((from, trial), given.0, surroundings)?,
    };
    let file = file::read_stored(&stored.config())?;
    refuse_changes(given.0, &file)?;
    let strategies = file.strategies()?;
    let options = given.0.or(file.options)?;
    uses::show((&options, given.1), from, &[], surroundings);
    approval::check(&options, given, &stored.config(), surroundings)?;
    let plan = Plan::new((file.kind, strategies), (options, given.1), claim);
    Ok(match before_trial {
        None => plan,
        Some(before_trial) => {
            let beginning = Beginning::Copied(Copied { from: stored, before_trial });
            Plan { beginning, ..plan }
        }
    })
}

fn refuse_changes(given: &RunOptions, file: &RunFile) -> anyhow::Result<()> {
    let here = std::env::current_dir().context("cannot tell the working folder")?;
    let stored = file::with_paths_from(&here, file.options.clone());
    for (key, asked) in file::with_paths_from(&here, given.table()?) {
        if options::is_free(&key) || stored.get(&key) == Some(&asked) {
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
fn claim_copy(
    (from, before_trial): (&Path, u32),
    given: &RunOptions,
    surroundings: &Surroundings,
) -> anyhow::Result<Claimed> {
    let path = match (&given.out, &given.name) {
        (Some(out), _) => out.clone(),
        (None, Some(name)) => name.folder(),
        (None, None) => {
            let mut name = from.components().as_path().as_os_str().to_owned();
            name.push(format!("-from-trial-{before_trial}"));
            name.into()
        }
    };
    check_plain(&path)?;
    let claim = claims::take(&path, surroundings).context("cannot begin a run")?;
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
    run: RunEvent,
    first_trials: Option<&Path>,
    surroundings: &Surroundings,
) -> anyhow::Result<(TrialLog, RunHistory)> {
    let strategy = run.strategy.parse()?;
    let path = folder.trial_log(strategy);
    folder
        .create_arm(strategy)
        .with_context(|| format!("cannot make the arm's folder in {}", folder.path.display()))?;
    let opened = if path.exists() { Some(TrialLog::open(&path)) } else { None };
    match opened {
        Some(Ok(OpenedLog { log, history, torn })) => {
            if let Some(torn) = torn {
                surroundings.warn(&format!("{}: {torn}", path.display()));
            }
            refuse_other(&path, &history.run, &run)?;
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

/// An arm goes on only with what it was begun with.
fn refuse_other(log: &Path, stored: &RunEvent, now: &RunEvent) -> anyhow::Result<()> {
    let RunEvent { version, prompts_sha256, actor, retrospective, tasks, .. } = now;
    let settings = |settings| {
        let settings = deciding(settings, Decides::LaterTrials);
        settings.with_context(|| format!("in the settings that {} has", log.display()))
    };
    let difference = first_difference(&settings(&stored.settings)?, &settings(&now.settings)?);
    if let Some([key, before, asked]) = difference {
        let log = log.display();
        bail!(
            "the settings are not those that {log} was begun with: `{key}` was {before}, and is \
             {asked}; begin a new run"
        );
    }
    let same = [
        ("version of rebound", *version == stored.version),
        ("prompt templates", *prompts_sha256 == stored.prompts_sha256),
        ("actor's weights or adapter", *actor == stored.actor),
        ("retrospective's weights or adapter", *retrospective == stored.retrospective),
        ("tasks", *tasks == stored.tasks),
    ];
    for (what, same) in same {
        let log = log.display();
        ensure!(same, "the {what} are not those that {log} was begun with; begin a new run");
    }
    Ok(())
}
